"""Decrypt RC2 in CBC mode (RFC 2268). OpenSSL 1.x, Java and Windows used it for certificates in PKCS #12 files.

Those programs use 40-bit keys, and cryptography supports only 128-bit RC2 keys. RC2 is insecure, so csrtui never
encrypts with it.
"""

from typing import Final

from csrtui.core.base.errors import InputError

BLOCK_OCTETS: Final = 8
MAX_BYTES: Final = 128 * 1024
"""The maximum size of a ciphertext in octets: about half a second of work. A chain has a few thousand octets."""
_PI_TABLE: Final = bytes.fromhex(
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
    """Return the plaintext with its padding. The effective key length is the length of `key`.

    Args:
        key: 1 to 128 octets.
        iv: 8 octets.
        ciphertext: A multiple of 8 octets.

    Raises:
        InputError: The ciphertext is longer than `MAX_BYTES`.
        ValueError: The ciphertext or the IV has an invalid length.
    """
    if len(ciphertext) > MAX_BYTES:
        message = f"more than {MAX_BYTES} octets are encrypted with RC2"
        raise InputError(message, "convert the file with openssl")
    if len(ciphertext) % BLOCK_OCTETS or len(iv) != BLOCK_OCTETS:
        raise ValueError(len(ciphertext))
    key_words = _expand_key(key)
    plaintext = bytearray()
    previous = iv
    for at in range(0, len(ciphertext), BLOCK_OCTETS):
        block = ciphertext[at : at + BLOCK_OCTETS]
        decrypted = int.from_bytes(_decrypt_block(block, key_words)) ^ int.from_bytes(previous)
        plaintext += decrypted.to_bytes(BLOCK_OCTETS)
        previous = block
    return bytes(plaintext)


def _expand_key(key: bytes) -> list[int]:
    """Return the 64 words of the expanded key (RFC 2268, 2)."""
    octets = bytearray(key) + bytearray(128 - len(key))
    for at in range(len(key), 128):
        octets[at] = _PI_TABLE[(octets[at - 1] + octets[at - len(key)]) & 0xFF]
    octets[128 - len(key)] = _PI_TABLE[octets[128 - len(key)]]
    for at in range(127 - len(key), -1, -1):
        octets[at] = _PI_TABLE[octets[at + 1] ^ octets[at + len(key)]]
    return [int.from_bytes(octets[at : at + 2], "little") for at in range(0, 128, 2)]


def _decrypt_block(block: bytes, key_words: list[int]) -> bytes:
    """Return a decrypted block. Decryption has 16 mixing rounds and two mashing rounds between them (RFC 2268, 4)."""
    words = [int.from_bytes(block[at : at + 2], "little") for at in range(0, BLOCK_OCTETS, 2)]
    for number in range(15, -1, -1):
        for at, shift in ((3, 5), (2, 3), (1, 2), (0, 1)):
            value = (words[at] >> shift | words[at] << 16 - shift) & 0xFFFF
            first, second, third = words[at - 1], words[at - 2], words[at - 3]
            words[at] = value - key_words[4 * number + at] - (first & second) - (~first & third) & 0xFFFF
        if number in {11, 5}:
            for at in (3, 2, 1, 0):
                words[at] = words[at] - key_words[words[at - 1] & 63] & 0xFFFF
    return b"".join(word.to_bytes(2, "little") for word in words)
