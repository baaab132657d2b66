"""Password-based decryption: PBES2 and PBES1 (RFC 8018), the schemes of PKCS #12 (RFC 7292), PEM headers (RFC 1421).

The libraries decrypt and decode in one step, and report a key that they do not like as a wrong passphrase. Here a
ciphertext becomes its octets, so that each has its own reason. What a derivation costs is checked first.
"""

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from csrtui.core.base.asn1 import INTEGER, OCTET_STRING, OID, SEQUENCE, BerError, Node, read_node
from csrtui.core.base.errors import InputError, RefusedError
from csrtui.core.bundle import rc2

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers import BlockCipherAlgorithm
    from cryptography.hazmat.primitives.hashes import HashAlgorithm

_PBES2, _PBKDF2, _SCRYPT = "1.2.840.113549.1.5.13", "1.2.840.113549.1.5.12", "1.3.6.1.4.1.11591.4.11"
_PRFS: Final = {
    "1.2.840.113549.2.7": "SHA1",
    "1.2.840.113549.2.8": "SHA224",
    "1.2.840.113549.2.9": "SHA256",
    "1.2.840.113549.2.10": "SHA384",
    "1.2.840.113549.2.11": "SHA512",
}
_CIPHERS: Final = {
    "2.16.840.1.101.3.4.1.2": ("AES", 16),
    "2.16.840.1.101.3.4.1.22": ("AES", 24),
    "2.16.840.1.101.3.4.1.42": ("AES", 32),
    "1.2.840.113549.3.7": ("TripleDES", 24),
    "1.3.14.3.2.7": ("DES", 8),
    "1.2.392.200011.61.1.1.1.2": ("Camellia", 16),
    "1.2.392.200011.61.1.1.1.3": ("Camellia", 24),
    "1.2.392.200011.61.1.1.1.4": ("Camellia", 32),
}
_NAMES: Final = {
    "1.2.410.200046.1.1.2": "ARIA-128-CBC",
    "1.2.410.200046.1.1.7": "ARIA-192-CBC",
    "1.2.410.200046.1.1.12": "ARIA-256-CBC",
    "1.2.410.200004.1.4": "SEED-CBC",
    "1.2.840.113549.3.2": "RC2-CBC",
    "1.2.840.113549.3.9": "RC5-CBC",
    "1.2.156.10197.1.104.2": "SM4-CBC",
    "1.2.840.113549.1.5.1": "PBE-MD2-DES",
    "1.2.840.113549.1.5.4": "PBE-MD2-RC2",
    "1.2.840.113549.1.5.6": "PBE-MD5-RC2",
    "1.2.840.113549.1.5.11": "PBE-SHA1-RC2",
    "1.2.840.113549.1.12.1.1": "PBE-SHA1-RC4-128",
    "1.2.840.113549.1.12.1.2": "PBE-SHA1-RC4-40",
    "1.2.840.113549.2.12": "HMAC-SHA512-224",
    "1.2.840.113549.2.13": "HMAC-SHA512-256",
    "1.2.643.7.1.1.4.2": "HMAC-Streebog",
}
"""Schemes that the library lacks, as openssl names them."""
_PBES1: Final = {"1.2.840.113549.1.5.3": "MD5", "1.2.840.113549.1.5.10": "SHA1"}
"""PBES1 with DES in CBC mode (RFC 8018, A.3)."""
_PKCS12: Final = {
    "1.2.840.113549.1.12.1.3": ("TripleDES", 24),
    "1.2.840.113549.1.12.1.4": ("TripleDES", 16),
    "1.2.840.113549.1.12.1.5": ("RC2", 16),
    "1.2.840.113549.1.12.1.6": ("RC2", 5),
}
"""The schemes with a derivation of their own (RFC 7292, C)."""
_PEM_CIPHERS: Final = {
    "DES-CBC": ("DES", 8),
    "DES-EDE3-CBC": ("TripleDES", 24),
    "AES-128-CBC": ("AES", 16),
    "AES-192-CBC": ("AES", 24),
    "AES-256-CBC": ("AES", 32),
    "CAMELLIA-128-CBC": ("Camellia", 16),
    "CAMELLIA-192-CBC": ("Camellia", 24),
    "CAMELLIA-256-CBC": ("Camellia", 32),
}
_OLDEST: Final = ("DES-", "RC2", "RC5", "IDEA", "SEED", "BF-", "CAST5", "PBE-MD2", "PBE-MD5", "PBE-SHA1-R")
"""How the names of schemes begin that OpenSSL 3 has in its legacy provider."""
_MAX_MAC_KEY: Final = 1024
_KEY_ID, _IV_ID, MAC_ID = 1, 2, 3
"""What the derivation of PKCS #12 is for (RFC 7292, B.3)."""


class UnsupportedSchemeError(InputError):
    """An encryption scheme that the library lacks, with the command that converts the key.

    Args:
        scheme: As openssl names it, or the object identifier.
    """

    def __init__(self, scheme: str) -> None:
        self.is_legacy = scheme.startswith(_OLDEST)
        provider = "-provider legacy -provider default " if self.is_legacy else ""
        super().__init__(
            f"the key is encrypted with {scheme}, which csrtui does not support",
            f"openssl pkey {provider}-in KEY -aes256 -out NEW converts it; then adopt NEW",
        )
        self.scheme = scheme


class LockedError(InputError):
    """Something that opens with a passphrase only.

    Args:
        message: A sentence that says so.
        command: What takes it out, or nothing.
    """

    def __init__(self, message: str, command: str = "") -> None:
        super().__init__(message, f"give its passphrase; or {command}" if command else "give its passphrase")


@dataclass(frozen=True, slots=True)
class Encrypted:
    """Octets under a passphrase.

    Attributes:
        scheme: The AlgorithmIdentifier.
        ciphertext: The encrypted octets.
    """

    scheme: Node
    ciphertext: bytes


def encrypted_private_key(der: bytes) -> Encrypted:
    """Return the parts of an EncryptedPrivateKeyInfo (RFC 5958, 3).

    Raises:
        BerError: It is of another structure.
    """
    root = read_node(der)
    return Encrypted(root.child(0, SEQUENCE), root.child(1, OCTET_STRING).content)


def decrypt(encrypted: Encrypted, passphrase: bytes | None) -> bytes:
    """Return the decrypted octets.

    Args:
        encrypted: The scheme and the ciphertext.
        passphrase: In UTF-8; None for none at all, which PKCS #12 tells from an empty one.

    Raises:
        UnsupportedSchemeError: The library lacks the scheme.
        InputError: The parameters are malformed, or the derivation costs too much.
        RefusedError: The passphrase is wrong, or the ciphertext damaged.
    """
    from csrtui.core.keys import kdf_limits

    try:
        oid = encrypted.scheme.child(0, OID).oid or ""
        if oid == _PBES2:
            return _pbes2(encrypted, passphrase or b"")
        if oid not in _PBES1 and oid not in _PKCS12:
            raise UnsupportedSchemeError(_NAMES.get(oid, oid))
        parameters = encrypted.scheme.child(1, SEQUENCE).children()
        salt, rounds = _octets(parameters[0]), parameters[1].integer
        kdf_limits.check_hash_rounds(rounds)
        if oid in _PBES1:
            derived = _pbkdf1(_PBES1[oid], passphrase or b"", salt, rounds)
            return _decrypt_cbc("DES", derived[:8], derived[8:16], encrypted.ciphertext)
        algorithm, length = _PKCS12[oid]
        password = bmp(passphrase)
        key = derive_pkcs12("SHA1", password, salt, rounds, purpose=_KEY_ID, length=length)
        iv = derive_pkcs12("SHA1", password, salt, rounds, purpose=_IV_ID, length=8)
        return _decrypt_cbc(algorithm, key, iv, encrypted.ciphertext)
    except (ValueError, IndexError, UnicodeDecodeError) as error:
        raise InputError("the parameters of the key's encryption are malformed") from error


def _pbes2(encrypted: Encrypted, passphrase: bytes) -> bytes:
    parameters = encrypted.scheme.child(1, SEQUENCE)
    derivation, cipher = parameters.child(0, SEQUENCE), parameters.child(1, SEQUENCE)
    name = cipher.child(0, OID).oid or ""
    if name not in _CIPHERS:
        raise UnsupportedSchemeError(_NAMES.get(name, name))
    algorithm, length = _CIPHERS[name]
    key = _derived(derivation, passphrase, length)
    return _decrypt_cbc(algorithm, key, _octets(cipher.children()[1]), encrypted.ciphertext)


def _derived(derivation: Node, passphrase: bytes, length: int) -> bytes:
    oid, parameters = derivation.child(0, OID).oid or "", derivation.child(1, SEQUENCE).children()
    if oid == _PBKDF2:
        salt, rounds = _octets(parameters[0]), parameters[1].integer
        prfs = [parameter for parameter in parameters[2:] if parameter.tag == SEQUENCE]
        prf = (
            prfs[0].child(0, OID).oid or "" if prfs else "1.2.840.113549.2.7"
        )  # RFC 8018, A.2: DEFAULT hmacWithSHA1
        if prf not in _PRFS:
            raise UnsupportedSchemeError(_NAMES.get(prf, prf))
        return pbkdf2(_PRFS[prf], passphrase, salt, rounds, length)
    if oid == _SCRYPT:
        from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

        from csrtui.core.keys import kdf_limits

        cost, size, lanes = (parameter.integer for parameter in parameters[1:4])
        kdf_limits.check_scrypt(cost, size, lanes)
        return Scrypt(_octets(parameters[0]), length, cost, size, lanes).derive(passphrase)
    raise UnsupportedSchemeError(oid)


def pbmac1_key(derivation: Node, scheme: Node, passphrase: bytes) -> tuple[str, bytes]:
    """Return the hash of a MAC of PBMAC1, as `hashlib` knows it, and its key (RFC 8018, 7.1; RFC 9579).

    Raises:
        UnsupportedSchemeError: The library lacks the hash or the derivation.
        ValueError: The parameters are malformed.
    """
    oid = scheme.child(0, OID).oid or ""
    lengths = [
        parameter.integer
        for parameter in derivation.child(1, SEQUENCE).children()[2:]
        if parameter.tag == INTEGER
    ]
    if oid not in _PRFS or not lengths or not 1 <= lengths[0] <= _MAX_MAC_KEY:
        raise UnsupportedSchemeError(_NAMES.get(oid, oid))
    return _PRFS[oid], _derived(derivation, passphrase, lengths[0])


def pbkdf2(hash_name: str, passphrase: bytes, salt: bytes, rounds: int, length: int) -> bytes:
    """Return what PBKDF2 with HMAC derives from a passphrase (RFC 8018, 5.2).

    Raises:
        InputError: There are too many rounds.
    """
    from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC

    from csrtui.core.keys import kdf_limits

    kdf_limits.check_rounds(rounds)
    return PBKDF2HMAC(hash_of(hash_name), length, salt, rounds).derive(passphrase)


def hash_of(name: str) -> "HashAlgorithm":
    """Return a hash of the library by its name."""
    from cryptography.hazmat.primitives import hashes

    algorithm: HashAlgorithm = getattr(hashes, name)()
    return algorithm


def _pbkdf1(hash_name: str, passphrase: bytes, salt: bytes, rounds: int) -> bytes:
    """PBKDF1 (RFC 8018, 5.1): the hash applied again and again."""
    make, digest = getattr(hashlib, hash_name.lower()), passphrase + salt
    for _ in range(rounds):
        digest = make(digest).digest()
    return digest


def bmp(passphrase: bytes | None) -> bytes:
    """Return a passphrase as PKCS #12 derives from it: UTF-16 with a NUL at its end (RFC 7292, B.1); none has no octet.

    Raises:
        UnicodeDecodeError: The passphrase is not UTF-8.
    """
    return b"" if passphrase is None else (passphrase.decode("utf-8") + "\0").encode("utf-16-be")


def derive_pkcs12(
    hash_name: str, password: bytes, salt: bytes, rounds: int, *, purpose: int, length: int
) -> bytes:
    """Return what the derivation of PKCS #12 gives (RFC 7292, B.2).

    Args:
        hash_name: As `hashlib` knows it.
        password: From `bmp`; empty for the file of a program that has no passphrase at all.
        salt: The salt.
        rounds: Checked before.
        purpose: 1 for a key, 2 for an IV, 3 for a MAC.
        length: How many octets.
    """
    make = getattr(hashlib, hash_name.lower())
    block = make(usedforsecurity=False).block_size
    diversifier = bytes([purpose]) * block
    filled = bytearray(_filled(salt, block) + _filled(password, block))
    derived = b""
    while len(derived) < length:
        digest = diversifier + filled
        for _ in range(rounds):
            digest = make(digest).digest()
        derived += digest
        addend = int.from_bytes(_filled(digest, block)[:block]) + 1
        for at in range(0, len(filled), block):
            total = int.from_bytes(filled[at : at + block]) + addend
            filled[at : at + block] = (total % (1 << 8 * block)).to_bytes(block)
    return derived[:length]


def _filled(text: bytes, block: int) -> bytes:
    """Text again and again, up to a multiple of the block's length."""
    length = -(-len(text) // block) * block
    return (text * (length // len(text) + 1))[:length] if text else b""


def decrypt_pem(cipher: str, iv: bytes, ciphertext: bytes, passphrase: bytes) -> bytes:
    """Return what a PEM block with the header ``DEK-Info`` holds (RFC 1421, 4.6.1.3, and OpenSSL's derivation).

    Raises:
        UnsupportedSchemeError: The library lacks the cipher.
        InputError: The IV is malformed.
        RefusedError: The passphrase is wrong, or the ciphertext damaged.
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
        block, padded = 8 * rc2.BLOCK, rc2.decrypt_cbc(key, iv, ciphertext)
    else:
        cipher = _cipher(algorithm, key)
        block, decryptor = cipher.block_size, Cipher(cipher, modes.CBC(iv)).decryptor()
        padded = decryptor.update(ciphertext) + decryptor.finalize()
    unpadder = PKCS7(block).unpadder()
    try:
        return unpadder.update(padded) + unpadder.finalize()
    except ValueError as error:
        raise WrongPassphraseError from error


class WrongPassphraseError(RefusedError):
    """A passphrase that does not decrypt."""

    def __init__(self) -> None:
        super().__init__("the passphrase does not open the key, or the key is damaged")


def _cipher(algorithm: str, key: bytes) -> "BlockCipherAlgorithm":
    from cryptography.hazmat.decrepit.ciphers.algorithms import Camellia, TripleDES
    from cryptography.hazmat.primitives.ciphers.algorithms import AES

    match algorithm:
        case "AES":
            return AES(key)
        case "Camellia":
            return Camellia(key)
        case "DES":
            return TripleDES(key * 3)  # with three times the same key it is DES
        case _:
            return TripleDES(key + key[:8] if len(key) == 16 else key)  # noqa: PLR2004 - two keys: the first again


def _octets(node: Node) -> bytes:
    """The value of an OCTET STRING.

    Raises:
        BerError: It is of another type.
    """
    if node.tag != OCTET_STRING:
        raise BerError("an OCTET STRING is missing")
    return node.content
