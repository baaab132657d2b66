"""What makes a passphrase good enough for a key, said in words."""

from collections.abc import Sequence

from csrtui.core.secret import Secret

MIN_CHARACTERS = 12
MIN_WORDS = 4
GENERATED_WORDS = 7
"""Words of a generated passphrase: 77 bits, beyond any guessing at a million rounds each."""
ENTROPY_BYTES = 10
"""Random bytes that `generate` takes: 80 bits, of which it uses 77."""
_WORD_BITS = 11


class NoPassphraseError(ValueError):
    """Why bytes hold no passphrase; it quotes nothing of them, so it can be told."""


def read_passphrase(data: bytes) -> Secret:
    """Return the passphrase in the first line of `data`, which is UTF-8; the line's end is not part of it.

    Raises:
        NoPassphraseError: It is empty, or no UTF-8.
    """
    first = data.split(b"\n", 1)[0].removesuffix(b"\r")
    if not first:
        raise NoPassphraseError("it is empty")
    try:
        return Secret(first.decode("utf-8"))
    except UnicodeDecodeError:
        raise NoPassphraseError("it is not UTF-8") from None


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


def strength(passphrase: Secret) -> str:
    """Return what is to be said of a passphrase while it is typed, in words that do not quote it."""
    text = passphrase.revealed
    if not text:
        return ""
    found = weaknesses(passphrase)
    if found:
        return " ".join(found)
    words = len(text.split())
    length = f"{words} words" if words >= MIN_WORDS else f"{len(text)} characters"
    return f"Long enough: {length}."


def generate(words: Sequence[str], entropy: bytes) -> Secret:
    """Return a passphrase of `GENERATED_WORDS` words with a blank between each two.

    Args:
        words: 2,048 different words.
        entropy: `ENTROPY_BYTES` random bytes; each word is chosen by 11 bits of them.
    """
    if len(entropy) != ENTROPY_BYTES or len(set(words)) != 1 << _WORD_BITS:
        raise ValueError("a passphrase is generated from 10 bytes and 2,048 words")
    number = int.from_bytes(entropy, "big")
    chosen = [words[number >> _WORD_BITS * at & (1 << _WORD_BITS) - 1] for at in range(GENERATED_WORDS)]
    return Secret(" ".join(chosen))
