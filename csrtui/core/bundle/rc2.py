"""RC2 decryption in CBC mode (RFC 2268): OpenSSL 1.x, Java and Windows wrote certificates in PKCS #12 under it.

The library has RC2 with 128 bits only, and those programs use 40. It protects nothing, and is read only.
"""

from typing import Final

from csrtui.core.base.errors import InputError

BLOCK: Final = 8
MAX_BYTES: Final = 128 * 1024
"""The most that is decrypted, in half a second: the certificates of a chain take a few thousand octets."""
_PI: Final = bytes.fromhex(
    "d978f9c419ddb5ed28e9fd794aa0d89dc67e37832b76538e624c6488448bfba2"
    "179a59f587b34f1361456d8d09817d32bd8f40eb86b77b0bf09521225c6b4e82"
    "54d66593ce60b21c7356c014a78cf1dc1275ca1f3bbee4d1423dd430a33cb626"
    "6fbf0eda4669075727f21d9bbc944303f811c7f690ef3ee706c3d52fc8661ed7"
    "08e8eade8052eef784aa72ac354d6a2a961ad2715a1549744b9fd05e0418a4ec"
    "c2e0416e0f51cbcc2491af50a1f47039997c3a8523b8b47afc02365b25559731"
    "2d5dfa98e38a92ae05df2910676cbac9d300e6cfe19ea82c6316013f58e289a9"
    "0d38341bab33ffb0bb480c5fb9b1cd2ec5f3db47e5a59c770aa62068fe7fc1ad"
)
"""The substitution table of the key expansion (RFC 2268, 2)."""


def decrypt_cbc(key: bytes, iv: bytes, ciphertext: bytes) -> bytes:
    """Return the plaintext, with its padding; all bits of the key count.

    Args:
        key: 1 to 128 octets.
        iv: 8 octets.
        ciphertext: A multiple of 8 octets.

    Raises:
        InputError: There are more than `MAX_BYTES`.
        ValueError: The ciphertext or the IV has another length.
    """
    if len(ciphertext) > MAX_BYTES:
        raise InputError(
            f"more than {MAX_BYTES} octets are encrypted with RC2", "convert the file with openssl"
        )
    if len(ciphertext) % BLOCK or len(iv) != BLOCK:
        raise ValueError(len(ciphertext))
    words = _expanded(key)
    plain = bytearray()
    before = iv
    for at in range(0, len(ciphertext), BLOCK):
        block = ciphertext[at : at + BLOCK]
        plain += (int.from_bytes(_decrypted(block, words)) ^ int.from_bytes(before)).to_bytes(BLOCK)
        before = block
    return bytes(plain)


def _expanded(key: bytes) -> list[int]:
    """The 64 words of the key (RFC 2268, 2); effective are all of its bits."""
    octets = bytearray(key) + bytearray(128 - len(key))
    for at in range(len(key), 128):
        octets[at] = _PI[(octets[at - 1] + octets[at - len(key)]) & 0xFF]
    octets[128 - len(key)] = _PI[octets[128 - len(key)]]
    for at in range(127 - len(key), -1, -1):
        octets[at] = _PI[octets[at + 1] ^ octets[at + len(key)]]
    return [int.from_bytes(octets[at : at + 2], "little") for at in range(0, 128, 2)]


def _decrypted(block: bytes, words: list[int]) -> bytes:
    """One block (RFC 2268, 4): 16 rounds of mixing, two of mashing between them."""
    parts = [int.from_bytes(block[at : at + 2], "little") for at in range(0, BLOCK, 2)]
    for number in range(15, -1, -1):
        for at, shift in ((3, 5), (2, 3), (1, 2), (0, 1)):
            value = (parts[at] >> shift | parts[at] << 16 - shift) & 0xFFFF
            first, second, third = parts[at - 1], parts[at - 2], parts[at - 3]
            parts[at] = value - words[4 * number + at] - (first & second) - (~first & third) & 0xFFFF
        if number in {11, 5}:
            for at in (3, 2, 1, 0):
                parts[at] = parts[at] - words[parts[at - 1] & 63] & 0xFFFF
    return b"".join(part.to_bytes(2, "little") for part in parts)
