"""What makes a passphrase good enough for a key, said in words."""

from collections.abc import Sequence

from csrtui.core.base.errors import InputError
from csrtui.core.base.secret import Secret

MIN_CHARACTERS = 12
MIN_WORDS = 4
MIN_LETTERS = 3
"""A word counts as one from so many letters on."""
MIN_WORD_CHARACTERS = 16
"""The length, with blanks, from which `MIN_WORDS` words are long enough."""
MAX_BYTES = 1023
"""The longest passphrase in UTF-8 that openssl reads (``PEM_BUFSIZE`` and ``APP_PASS_LEN`` are 1,024, with a NUL)."""
_FEWEST_DIFFERENT = 5
"""Different characters that a passphrase needs."""
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


def refusal(passphrase: Secret) -> InputError | None:
    """Return why a key must not come under this passphrase, or None if it may.

    openssl reads at most 1,023 octets of a passphrase and stops at a NUL, so that it could not open the key.
    """
    if len(passphrase.encoded) > MAX_BYTES:
        return InputError(
            f"the passphrase has more than {MAX_BYTES} bytes, and openssl cannot read so many",
            "use a shorter passphrase",
        )
    if "\0" in passphrase.revealed:
        return InputError(
            "the passphrase contains a NUL character, at which openssl stops reading",
            "use a passphrase without it",
        )
    return None


def check(passphrase: Secret) -> None:
    """Refuse a passphrase for a key that is to be encrypted.

    Raises:
        InputError: openssl could not open the key with it; see `refusal`.
    """
    if error := refusal(passphrase):
        raise error


def weaknesses(passphrase: Secret) -> list[str]:
    """Return what speaks against a passphrase, a sentence each; none of them quotes it."""
    text = passphrase.revealed
    found = []
    if len(text) < MIN_CHARACTERS:
        found.append(
            f"The passphrase is short: use at least {MIN_CHARACTERS} characters, better {MIN_WORDS} words of "
            f"{MIN_LETTERS} letters or more."
        )
    if _repeats(text):
        found.append("The passphrase repeats the same few characters: that adds nothing to its strength.")
    if _is_common(text):
        found.append("The passphrase is one of the most common ones: attackers try it first.")
    if not (text.isascii() and text.isprintable()):
        found.append(
            "The passphrase has characters outside printable ASCII: not every program can be given them."
        )
    return found


def strength(passphrase: Secret) -> str:
    """Return what to show about a passphrase while it is typed, in words that do not quote it."""
    text = passphrase.revealed
    if not text:
        return ""
    if error := refusal(passphrase):
        return f"{error.what[0].upper()}{error.what[1:]}."
    found = weaknesses(passphrase)
    if found:
        return " ".join(found)
    words = _words(text)
    is_phrase = words >= MIN_WORDS and len(text) >= MIN_WORD_CHARACTERS
    return f"Long enough: {words} words." if is_phrase else f"Long enough: {len(text)} characters."


def _words(text: str) -> int:
    """The number of words with at least `MIN_LETTERS` letters."""
    return sum(sum(map(str.isalpha, word)) >= MIN_LETTERS for word in text.split())


def _repeats(text: str) -> bool:
    """Whether it has hardly any different characters, or repeats a short unit: ``abababab``, ``secretsecret``."""
    longest = min(len(text) // 2, MIN_CHARACTERS - 1)
    if any(text[unit:] == text[:-unit] for unit in range(1, longest + 1)):
        return True
    return len(text) >= MIN_CHARACTERS and len(set(text)) < _FEWEST_DIFFERENT


def _is_common(text: str) -> bool:
    from csrtui.core.keys.frequent_passphrases import FREQUENT

    return "".join(text.lower().split()) in FREQUENT


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
