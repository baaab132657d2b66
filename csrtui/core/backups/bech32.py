"""Bech32 (BIP 173), in which age writes its recipients: text that tells when a character is wrong."""

from csrtui.core.base.errors import InputError

_ALPHABET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_CHECKSUM = 6
"""Characters at the end that tell whether the others are right."""
_GENERATORS = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)


def decode_bech32(text: str) -> tuple[str, bytes]:
    """Return the prefix and the bytes of a text in lower-case Bech32, of any length.

    Raises:
        InputError: A character is missing or wrong.
    """
    prefix, one, rest = text.rpartition("1")
    values = [_ALPHABET.find(character) for character in rest]
    if not one or -1 in values or len(values) < _CHECKSUM or not text.isascii():
        raise _wrong()
    high_and_low = [ord(character) >> 5 for character in prefix]
    high_and_low += [0, *(ord(character) & 31 for character in prefix)]
    if _remainder(high_and_low + values) != 1:
        raise _wrong()
    data = values[:-_CHECKSUM]
    number = 0
    for value in data:
        number = number << 5 | value
    spare = len(data) * 5 % 8
    if spare >= 5 or number & ((1 << spare) - 1):  # noqa: PLR2004 - BIP 173: fewer bits than one character, all zero
        raise _wrong()
    return prefix, (number >> spare).to_bytes(len(data) * 5 // 8)


def _remainder(values: list[int]) -> int:
    remainder = 1
    for value in values:
        top = remainder >> 25
        remainder = (remainder & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate(_GENERATORS):
            remainder ^= generator if top >> bit & 1 else 0
    return remainder


def _wrong() -> InputError:
    return InputError("a character of the age recipient is missing or wrong", "copy it again, all of it")
