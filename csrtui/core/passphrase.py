"""What makes a passphrase good enough for a key, said in words."""

from csrtui.core.secret import Secret

MIN_CHARACTERS = 12
MIN_WORDS = 4


def read_passphrase(data: bytes) -> Secret:
    """Return the passphrase in the first line of `data`, which is UTF-8; the line's end is not part of it.

    Raises:
        ValueError: It is empty, or no UTF-8.
    """
    first = data.split(b"\n", 1)[0].removesuffix(b"\r")
    if not first:
        raise ValueError("it is empty")
    try:
        return Secret(first.decode("utf-8"))
    except UnicodeDecodeError:
        raise ValueError("it is not UTF-8") from None


def weaknesses(passphrase: Secret) -> list[str]:
    """Return what speaks against a passphrase, a sentence each; none of them quotes it."""
    text = passphrase.revealed
    found = []
    if len(text) < MIN_CHARACTERS and len(text.split()) < MIN_WORDS:
        found.append(
            f"The passphrase is short: {MIN_CHARACTERS} characters or {MIN_WORDS} words and more are advised."
        )
    if not (text.isascii() and text.isprintable()):
        found.append(
            "The passphrase has characters outside printable ASCII: not every program can be given them."
        )
    return found
