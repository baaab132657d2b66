"""The ASN.1 of an encrypted private key: RFC 5958 (EncryptedPrivateKeyInfo), RFC 8018 (PBES2, PBKDF2)."""

from cryptography.hazmat import asn1
from cryptography.x509 import ObjectIdentifier

PBES2 = ObjectIdentifier("1.2.840.113549.1.5.13")
PBKDF2 = ObjectIdentifier("1.2.840.113549.1.5.12")
HMAC_WITH_SHA256 = ObjectIdentifier("1.2.840.113549.2.9")
AES_256_CBC = ObjectIdentifier("2.16.840.1.101.3.4.1.42")


@asn1.sequence
class PrfAlgorithm:
    """The pseudo-random function; its parameters are NULL (RFC 8018, B.1.2)."""

    algorithm: ObjectIdentifier
    parameters: asn1.Null


@asn1.sequence
class Pbkdf2Parameters:
    """PBKDF2-params (RFC 8018, A.2) without the optional key length, as openssl writes them."""

    salt: bytes
    rounds: int
    prf: PrfAlgorithm


@asn1.sequence
class Pbkdf2Algorithm:
    """The key derivation function."""

    algorithm: ObjectIdentifier
    parameters: Pbkdf2Parameters


@asn1.sequence
class AesAlgorithm:
    """The encryption scheme; its parameter is the initialization vector of 16 bytes (RFC 8018, B.2.5)."""

    algorithm: ObjectIdentifier
    iv: bytes


@asn1.sequence
class Pbes2Parameters:
    """PBES2-params (RFC 8018, A.4)."""

    key_derivation: Pbkdf2Algorithm
    encryption: AesAlgorithm


@asn1.sequence
class Pbes2Algorithm:
    """The AlgorithmIdentifier of PBES2."""

    algorithm: ObjectIdentifier
    parameters: Pbes2Parameters


@asn1.sequence
class EncryptedPrivateKeyInfo:
    """What an ``ENCRYPTED PRIVATE KEY`` holds (RFC 5958, 3)."""

    algorithm: Pbes2Algorithm
    encrypted_data: bytes
