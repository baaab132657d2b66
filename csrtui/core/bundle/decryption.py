"""Decrypt with a passphrase: PBES2 and PBES1 (RFC 8018), the PKCS #12 schemes (RFC 7292), PEM headers (RFC 1421).

cryptography decrypts and decodes in one step, and reports an unsupported key as a wrong passphrase. This module only
decrypts, so each cause has its own error. It first checks the cost of the key derivation.
"""

import hashlib
from typing import TYPE_CHECKING, Final, NamedTuple

from csrtui.core.base.asn1 import INTEGER, OCTET_STRING, OID, SEQUENCE, BerError, Node, read_node
from csrtui.core.base.errors import InputError, RefusedError
from csrtui.core.keys import kdf_limits
from csrtui.core.keys.pkcs8 import NOT_OPENED

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers import BlockCipherAlgorithm
    from cryptography.hazmat.primitives.hashes import HashAlgorithm

_HMAC_SHA1: Final = "1.2.840.113549.2.7"
_PRFS: Final = {
    _HMAC_SHA1: "SHA1",
    "1.2.840.113549.2.8": "SHA224",
    "1.2.840.113549.2.9": "SHA256",
    "1.2.840.113549.2.10": "SHA384",
    "1.2.840.113549.2.11": "SHA512",
}
_CIPHERS: Final = {
    "2.16.840.1.101.3.4.1.2": ("AES", 16), "2.16.840.1.101.3.4.1.22": ("AES", 24),
    "2.16.840.1.101.3.4.1.42": ("AES", 32), "1.2.840.113549.3.7": ("TripleDES", 24),
    "1.3.14.3.2.7": ("DES", 8), "1.2.392.200011.61.1.1.1.2": ("Camellia", 16),
    "1.2.392.200011.61.1.1.1.3": ("Camellia", 24), "1.2.392.200011.61.1.1.1.4": ("Camellia", 32),
}  # fmt: skip
_UNSUPPORTED_NAMES: Final = {
    "1.2.410.200046.1.1.2": "ARIA-128-CBC", "1.2.410.200046.1.1.7": "ARIA-192-CBC",
    "1.2.410.200046.1.1.12": "ARIA-256-CBC", "1.2.410.200004.1.4": "SEED-CBC",
    "1.2.840.113549.3.2": "RC2-CBC", "1.2.840.113549.3.9": "RC5-CBC",
    "1.2.156.10197.1.104.2": "SM4-CBC", "1.2.840.113549.1.5.1": "PBE-MD2-DES",
    "1.2.840.113549.1.5.4": "PBE-MD2-RC2", "1.2.840.113549.1.5.6": "PBE-MD5-RC2",
    "1.2.840.113549.1.5.11": "PBE-SHA1-RC2", "1.2.840.113549.1.12.1.1": "PBE-SHA1-RC4-128",
    "1.2.840.113549.1.12.1.2": "PBE-SHA1-RC4-40", "1.2.840.113549.2.12": "HMAC-SHA512-224",
    "1.2.840.113549.2.13": "HMAC-SHA512-256", "1.2.643.7.1.1.4.2": "HMAC-Streebog",
    "1.2.840.113549.2.6": "HMAC-MD5", "1.3.6.1.4.1.3029.1.2": "BF-CBC",
    "1.2.840.113533.7.66.10": "CAST5-CBC", "1.3.6.1.4.1.188.7.1.1.2": "IDEA-CBC",
}  # fmt: skip
"""The openssl names of schemes that cryptography does not support."""
_PBES1: Final = {"1.2.840.113549.1.5.3": "md5", "1.2.840.113549.1.5.10": "sha1"}
"""PBES1 with DES in CBC mode (RFC 8018, A.3)."""
_PKCS12: Final = {
    "1.2.840.113549.1.12.1.3": ("TripleDES", 24),
    "1.2.840.113549.1.12.1.4": ("TripleDES", 16),
    "1.2.840.113549.1.12.1.5": ("RC2", 16),
    "1.2.840.113549.1.12.1.6": ("RC2", 5),
}
"""The PKCS #12 schemes, which have their own key derivation (RFC 7292, C)."""
_PEM_CIPHERS: Final = {
    "DES-CBC": ("DES", 8), "DES-EDE3-CBC": ("TripleDES", 24),
    "AES-128-CBC": ("AES", 16), "AES-192-CBC": ("AES", 24),
    "AES-256-CBC": ("AES", 32), "CAMELLIA-128-CBC": ("Camellia", 16),
    "CAMELLIA-192-CBC": ("Camellia", 24), "CAMELLIA-256-CBC": ("Camellia", 32),
}  # fmt: skip
_LEGACY_PREFIXES: Final = (
    "DES-", "RC2", "RC5", "IDEA", "SEED", "BF-", "CAST5", "PBE-MD2", "PBE-MD5", "PBE-SHA1-R",
)  # fmt: skip
"""The prefixes of schemes that OpenSSL 3 supports only in its legacy provider."""
_MAX_MAC_KEY_OCTETS: Final = 64
"""The length of the longest hash. RFC 9579, 4 recommends a MAC key as long as the hash."""
_PKCS12_BLOCKS: Final = 3
"""The number of SHA-1 values needed for the longest key (24 octets) and an IV (8 octets)."""
_KEY_PURPOSE, _IV_PURPOSE, MAC_PURPOSE = 1, 2, 3
"""The ID octets of the PKCS #12 key derivation (RFC 7292, B.3)."""


class UnsupportedSchemeError(InputError):
    """cryptography does not support the encryption scheme. The hint contains the command that converts the key.

    `scheme` is the scheme's openssl name, or its object identifier.
    """

    def __init__(self, scheme: str) -> None:
        self.is_legacy = scheme.startswith(_LEGACY_PREFIXES)
        provider = "-provider legacy -provider default " if self.is_legacy else ""
        super().__init__(
            f"the key is encrypted with {scheme}, which csrtui does not support",
            f"openssl pkey {provider}-in KEY -aes256 -out NEW converts it; then adopt NEW",
        )
        self.scheme = scheme


class LockedError(InputError):
    """A key or PKCS #12 file needs a passphrase, and none was given."""


class EncryptedOctets(NamedTuple):
    """Octets encrypted with a passphrase: the scheme (an AlgorithmIdentifier) and the ciphertext."""

    scheme: Node
    ciphertext: bytes


def parse_encrypted_private_key(der: bytes) -> EncryptedOctets:
    """Return the parts of an EncryptedPrivateKeyInfo (RFC 5958, 3).

    Raises:
        BerError: The data has another structure.
    """
    root = read_node(der)
    return EncryptedOctets(root.child(0, SEQUENCE), root.child(1, OCTET_STRING).content)


def decrypt(encrypted: EncryptedOctets, passphrase: bytes | None) -> bytes:
    """Return the decrypted octets. In PKCS #12, no passphrase (None) differs from an empty one.

    Raises:
        UnsupportedSchemeError: cryptography does not support the scheme.
        InputError: The parameters are malformed, or the key derivation costs too much.
        RefusedError: The passphrase is wrong, or the ciphertext is damaged.
    """
    try:
        oid = encrypted.scheme.child(0, OID).oid or ""
        if oid == kdf_limits.PBES2:
            return _decrypt_pbes2(encrypted, passphrase or b"")
        if oid not in _PBES1 and oid not in _PKCS12:
            raise UnsupportedSchemeError(_UNSUPPORTED_NAMES.get(oid, oid))
        parameters = encrypted.scheme.child(1, SEQUENCE).children()
        salt, iterations = _octet_string(parameters[0]), parameters[1].integer
        blocks = 1 if oid in _PBES1 else _PKCS12_BLOCKS
        kdf_limits.check_iterations(iterations, blocks, kdf_limits.MAX_HASH_ITERATIONS)
        if oid in _PBES1:
            derived = _pbkdf1(_PBES1[oid], passphrase or b"", salt, iterations)
            return _decrypt_cbc("DES", derived[:8], derived[8:16], encrypted.ciphertext)
        algorithm, length = _PKCS12[oid]
        password = bmp_string(passphrase)
        key = derive_pkcs12("sha1", password, salt, iterations, purpose=_KEY_PURPOSE, length=length)
        iv = derive_pkcs12("sha1", password, salt, iterations, purpose=_IV_PURPOSE, length=8)
        return _decrypt_cbc(algorithm, key, iv, encrypted.ciphertext)
    except (ValueError, IndexError) as error:
        raise InputError("the key's encryption parameters are malformed") from error


def _decrypt_pbes2(encrypted: EncryptedOctets, passphrase: bytes) -> bytes:
    parameters = encrypted.scheme.child(1, SEQUENCE)
    derivation, cipher = parameters.child(0, SEQUENCE), parameters.child(1, SEQUENCE)
    oid = cipher.child(0, OID).oid or ""
    if oid not in _CIPHERS:
        raise UnsupportedSchemeError(_UNSUPPORTED_NAMES.get(oid, oid))
    algorithm, length = _CIPHERS[oid]
    key = _derive_key(derivation, passphrase, length)
    return _decrypt_cbc(algorithm, key, _octet_string(cipher.children()[1]), encrypted.ciphertext)


def _derive_key(derivation: Node, passphrase: bytes, length: int) -> bytes:
    """Return the key of `length` octets that PBKDF2 or scrypt derives."""
    oid, parameters = derivation.child(0, OID).oid or "", derivation.child(1, SEQUENCE).children()
    if oid == kdf_limits.PBKDF2:
        from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC

        salt, iterations = _octet_string(parameters[0]), parameters[1].integer
        prf = next((part for part in parameters[2:] if part.tag == SEQUENCE), None)
        prf_oid = (prf.child(0, OID).oid or "") if prf is not None else _HMAC_SHA1  # RFC 8018, A.2: DEFAULT
        if prf_oid not in _PRFS:
            raise UnsupportedSchemeError(_UNSUPPORTED_NAMES.get(prf_oid, prf_oid))
        algorithm = _hash(_PRFS[prf_oid])
        kdf_limits.check_iterations(iterations, -(-length // algorithm.digest_size))
        return PBKDF2HMAC(algorithm, length, salt, iterations).derive(passphrase)
    if oid == kdf_limits.SCRYPT:
        from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

        salt, (cost, block_size, lanes) = (
            _octet_string(parameters[0]),
            [part.integer for part in parameters[1:4]],
        )
        kdf_limits.check_scrypt(cost, block_size, lanes)
        return Scrypt(salt, length, cost, block_size, lanes).derive(passphrase)
    raise UnsupportedSchemeError(oid)


def _hash(name: str) -> "HashAlgorithm":
    from cryptography.hazmat.primitives import hashes

    algorithm: HashAlgorithm = getattr(hashes, name)()
    return algorithm


def derive_pbmac1_key(derivation: Node, scheme: Node, passphrase: bytes) -> tuple[str, bytes]:
    """Return the hash name and the key of a PBMAC1 MAC (RFC 8018, 7.1; RFC 9579).

    Raises:
        UnsupportedSchemeError: cryptography does not support the hash or the key derivation.
        ValueError: The parameters are malformed.
    """
    oid, parameters = scheme.child(0, OID).oid or "", derivation.child(1, SEQUENCE).children()
    length = next((part.integer for part in parameters[2:] if part.tag == INTEGER), 0)
    if oid not in _PRFS or not 1 <= length <= _MAX_MAC_KEY_OCTETS:
        raise UnsupportedSchemeError(_UNSUPPORTED_NAMES.get(oid, oid))
    return _PRFS[oid], _derive_key(derivation, passphrase, length)


def _pbkdf1(hash_name: str, passphrase: bytes, salt: bytes, iterations: int) -> bytes:
    """Return the octets that PBKDF1 derives (RFC 8018, 5.1)."""
    new_hash, digest = getattr(hashlib, hash_name), passphrase + salt
    for _ in range(iterations):
        digest = new_hash(digest).digest()
    return digest


def bmp_string(passphrase: bytes | None) -> bytes:
    """Return a passphrase as input for PKCS #12: UTF-16 with a final NUL (RFC 7292, B.1), or empty bytes for None.

    Raises:
        UnicodeDecodeError: The passphrase is not UTF-8.
    """
    return b"" if passphrase is None else (passphrase.decode("utf-8") + "\0").encode("utf-16-be")


def derive_pkcs12(
    hash_name: str, password: bytes, salt: bytes, iterations: int, *, purpose: int, length: int
) -> bytes:
    """Return the octets that PKCS #12 derives from a password (RFC 7292, B.2).

    `password` is a result of `bmp_string`. `purpose` is 1 for a key, 2 for an IV and 3 for a MAC. The caller must check
    the iteration count first.
    """
    new_hash = getattr(hashlib, hash_name)
    block_size = new_hash(usedforsecurity=False).block_size
    diversifier = bytes([purpose]) * block_size
    blocks = bytearray(_repeat(salt, block_size) + _repeat(password, block_size))
    derived = b""
    while len(derived) < length:
        digest = diversifier + blocks
        for _ in range(iterations):
            digest = new_hash(digest).digest()
        derived += digest
        addend = int.from_bytes(_repeat(digest, block_size)[:block_size]) + 1
        for at in range(0, len(blocks), block_size):
            total = int.from_bytes(blocks[at : at + block_size]) + addend
            blocks[at : at + block_size] = (total % (1 << 8 * block_size)).to_bytes(block_size)
    return derived[:length]


def _repeat(octets: bytes, block_size: int) -> bytes:
    """Return the octets, repeated until their length is a multiple of the block size."""
    length = -(-len(octets) // block_size) * block_size
    return (octets * (length // len(octets) + 1))[:length] if octets else b""


def decrypt_pem(cipher: str, iv: bytes, ciphertext: bytes, passphrase: bytes) -> bytes:
    """Return the decrypted octets of a PEM block with the header ``DEK-Info`` (RFC 1421, 4.6.1.3).

    RFC 1421 does not define a key derivation, so this is OpenSSL's.

    Raises:
        UnsupportedSchemeError: cryptography does not support the cipher.
        InputError: The IV is malformed.
        RefusedError: The passphrase is wrong, or the ciphertext is damaged.
    """
    if cipher.upper() not in _PEM_CIPHERS:
        raise UnsupportedSchemeError(cipher.upper())
    algorithm, length = _PEM_CIPHERS[cipher.upper()]
    key = digest = b""
    while len(key) < length:
        digest = hashlib.md5(digest + passphrase + iv[:8], usedforsecurity=False).digest()
        key += digest
    try:
        return _decrypt_cbc(algorithm, key[:length], iv, ciphertext)
    except ValueError as error:
        raise InputError("the header DEK-Info of the key is malformed") from error


def _decrypt_cbc(algorithm: str, key: bytes, iv: bytes, ciphertext: bytes) -> bytes:
    from cryptography.hazmat.primitives.ciphers import Cipher, modes
    from cryptography.hazmat.primitives.padding import PKCS7

    if algorithm == "RC2":
        block_bits, padded = 8 * _RC2_BLOCK, decrypt_rc2(key, iv, ciphertext)
    else:
        cipher = _cipher(algorithm, key)
        block_bits, decryptor = cipher.block_size, Cipher(cipher, modes.CBC(iv)).decryptor()
        padded = decryptor.update(ciphertext) + decryptor.finalize()
    unpadder = PKCS7(block_bits).unpadder()
    try:
        return unpadder.update(padded) + unpadder.finalize()
    except ValueError as error:
        raise RefusedError(NOT_OPENED) from error


def _cipher(algorithm: str, key: bytes) -> "BlockCipherAlgorithm":
    from cryptography.hazmat.decrepit.ciphers.algorithms import Camellia, TripleDES
    from cryptography.hazmat.primitives.ciphers.algorithms import AES

    match algorithm:
        case "AES":
            return AES(key)
        case "Camellia":
            return Camellia(key)
        case "DES":
            return TripleDES(key * 3)  # the same as DES if all three keys are equal
        case _:
            return TripleDES((key + key[:8])[:24])  # with two keys, the first is also the third


def _octet_string(node: Node) -> bytes:
    """Return the value of an OCTET STRING."""
    if node.tag != OCTET_STRING:
        raise BerError("an OCTET STRING is missing")
    return node.content


_RC2_BLOCK: Final = 8
MAX_RC2_BYTES: Final = 128 * 1024
"""The maximum size of a ciphertext in octets: about half a second of work. A chain has a few thousand octets."""
_RC2_TABLE: Final = bytes.fromhex(
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


def decrypt_rc2(key: bytes, iv: bytes, ciphertext: bytes) -> bytes:
    """Return the plaintext of RC2 in CBC mode (RFC 2268), with its padding. `iv` has 8 octets.

    OpenSSL 1.x, Java and Windows encrypted certificates in PKCS #12 files with 40-bit RC2, but cryptography supports
    only 128 bits. The effective key length is the length of `key`.

    Raises:
        InputError: The ciphertext is longer than `MAX_RC2_BYTES`.
        ValueError: The ciphertext or the IV has an invalid length.
    """
    if len(ciphertext) > MAX_RC2_BYTES:
        message = f"more than {MAX_RC2_BYTES} octets are encrypted with RC2"
        raise InputError(message, "convert the file with openssl")
    if len(ciphertext) % _RC2_BLOCK or len(iv) != _RC2_BLOCK:
        raise ValueError(len(ciphertext))
    key_words = _expand_rc2_key(key)
    plaintext = bytearray()
    previous = iv
    for at in range(0, len(ciphertext), _RC2_BLOCK):
        block = ciphertext[at : at + _RC2_BLOCK]
        decrypted = int.from_bytes(_decrypt_rc2_block(block, key_words)) ^ int.from_bytes(previous)
        plaintext += decrypted.to_bytes(_RC2_BLOCK)
        previous = block
    return bytes(plaintext)


def _expand_rc2_key(key: bytes) -> list[int]:
    """Return the 64 words of the expanded key (RFC 2268, 2)."""
    octets = bytearray(key) + bytearray(128 - len(key))
    for at in range(len(key), 128):
        octets[at] = _RC2_TABLE[(octets[at - 1] + octets[at - len(key)]) & 0xFF]
    octets[128 - len(key)] = _RC2_TABLE[octets[128 - len(key)]]
    for at in range(127 - len(key), -1, -1):
        octets[at] = _RC2_TABLE[octets[at + 1] ^ octets[at + len(key)]]
    return [int.from_bytes(octets[at : at + 2], "little") for at in range(0, 128, 2)]


def _decrypt_rc2_block(block: bytes, key_words: list[int]) -> bytes:
    """Return a decrypted block. Decryption has 16 mixing rounds and two mashing rounds between them (RFC 2268, 4)."""
    words = [int.from_bytes(block[at : at + 2], "little") for at in range(0, _RC2_BLOCK, 2)]
    for number in range(15, -1, -1):
        for at, shift in ((3, 5), (2, 3), (1, 2), (0, 1)):
            value = (words[at] >> shift | words[at] << 16 - shift) & 0xFFFF
            first, second, third = words[at - 1], words[at - 2], words[at - 3]
            words[at] = value - key_words[4 * number + at] - (first & second) - (~first & third) & 0xFFFF
        if number in {11, 5}:
            for at in (3, 2, 1, 0):
                words[at] = words[at] - key_words[words[at - 1] & 63] & 0xFFFF
    return b"".join(word.to_bytes(2, "little") for word in words)
