"""Sign bytes with a key of any type, verify the signature, and check that an unencrypted private key is intact.

RSA signs with PSS (MGF1 and hash SHA-256, a salt of 32 bytes), or with PKCS #1 v1.5 if the key is too short for that.
ECDSA uses the hash of its curve (P-384: SHA-384, P-521: SHA-512, others: SHA-256), and DSA uses SHA-256. EdDSA and
ML-DSA have their own hash. Every caller puts its own context in front of the message, so a signature for one purpose is
never valid for another.
"""

from typing import TYPE_CHECKING, Any, cast

from csrtui.core.base.errors import StoreError, translate_errors
from csrtui.core.keys import key_types

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.padding import AsymmetricPadding
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateNumbers

    from csrtui.core.keys.key_types import PrivateKey, PublicKey, SignatureHash

_MIN_PSS_BITS = 8 * (32 + 32 + 2)
"""The size of the shortest RSA key for PSS: hash, salt and two more octets (RFC 8017, 9.1.1)."""


def sign(key: "PrivateKey", message: bytes) -> bytes:
    """Return the signature of `message`. ECDSA and DSA signatures are in DER."""
    from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa

    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(message, _padding(key.key_size), _hash(key.public_key()))
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return key.sign(message, ec.ECDSA(_hash(key.public_key())))
    if isinstance(key, dsa.DSAPrivateKey):
        return key.sign(message, _hash(key.public_key()))
    own_hash: Any = key
    signature: bytes = own_hash.sign(message)
    return signature


def verify(public_key: "PublicKey", signature: bytes, message: bytes) -> bool:
    """Return whether `signature` is a valid signature of `message`, made by `sign` with the matching private key."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa

    try:
        if isinstance(public_key, rsa.RSAPublicKey):
            public_key.verify(signature, message, _padding(public_key.key_size), _hash(public_key))
        elif isinstance(public_key, ec.EllipticCurvePublicKey):
            public_key.verify(signature, message, ec.ECDSA(_hash(public_key)))
        elif isinstance(public_key, dsa.DSAPublicKey):
            public_key.verify(signature, message, _hash(public_key))
        else:
            own_hash: Any = public_key
            own_hash.verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def _hash(public_key: "PublicKey") -> "SignatureHash":
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.hazmat.primitives.hashes import SHA256

    key_type = key_types.type_of(public_key)
    if key_type is None or isinstance(public_key, rsa.RSAPublicKey):
        return SHA256()
    return key_types.signature_hash(key_type) or SHA256()


def _padding(key_size: int) -> "AsymmetricPadding":
    from cryptography.hazmat.primitives.asymmetric import padding
    from cryptography.hazmat.primitives.hashes import SHA256

    if key_size < _MIN_PSS_BITS:
        return padding.PKCS1v15()
    return padding.PSS(padding.MGF1(SHA256()), padding.PSS.DIGEST_LENGTH)


_PROBE = b"csrtui doctor"


def load_intact_key(data: bytes) -> tuple["PrivateKey", str]:
    """Return the private key in a PEM text and its SPKI fingerprint, after checking that the key is intact.

    cryptography's primality check is skipped, because it takes 40 ms for RSA 2048, or minutes for ten thousand keys.
    Instead, the numbers of the key must be consistent (RFC 8017, 3.2), and the key must make a valid signature. The
    signature fails if a prime is wrong. A signature alone is not enough, because OpenSSL corrects the result of a
    damaged exponent, and other software does not.

    Raises:
        StoreError: The text contains no private key, or the key is damaged.
    """
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    with translate_errors(lambda _: StoreError("it contains no intact private key")):
        key = cast("PrivateKey", load_pem_private_key(data, None, unsafe_skip_rsa_key_validation=True))
        _check_rsa_key(key)
        return key, key_types.spki_sha256(key.public_key())


def _check_rsa_key(key: "PrivateKey") -> None:
    """Check that an RSA key is consistent and can sign. In other types, the public key follows from the private key."""
    from cryptography.hazmat.primitives.asymmetric import padding, rsa
    from cryptography.hazmat.primitives.hashes import SHA256

    if isinstance(key, rsa.RSAPrivateKey):
        if not _is_consistent(key.private_numbers()):
            raise ValueError("the numbers of the key are inconsistent")
        signature = key.sign(_PROBE, padding.PKCS1v15(), SHA256())
        key.public_key().verify(signature, _PROBE, padding.PKCS1v15(), SHA256())


def _is_consistent(numbers: "RSAPrivateNumbers") -> bool:
    """Return whether the modulus, exponents and coefficient of an RSA private key match its primes (RFC 8017, 3.2)."""
    p, q, d, public = numbers.p, numbers.q, numbers.d, numbers.public_numbers
    return (
        min(p, q) > 1
        and p * q == public.n
        and d * public.e % (p - 1) == d * public.e % (q - 1) == 1
        and numbers.dmp1 == d % (p - 1)
        and numbers.dmq1 == d % (q - 1)
        and numbers.iqmp * q % p == 1
    )
