"""Signatures over bytes with a pair's own private key, whatever its type.

RSA signs with PSS (MGF1 and hash SHA-256, a salt of 32 bytes), ECDSA with the hash of its curve (P-384: SHA-384,
P-521: SHA-512, else SHA-256), DSA with SHA-256; EdDSA and ML-DSA have their own hash. Every caller puts a context of
its own in front of the message, so that no signature passes for one of another purpose.
"""

from typing import TYPE_CHECKING, Any

from csrtui.core.keys import key_types

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.padding import PSS

    from csrtui.core.keys.key_types import PrivateKey, PublicKey, SignatureHash


def sign(key: "PrivateKey", message: bytes) -> bytes:
    """Return the signature of `message`, ECDSA and DSA in DER."""
    from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa

    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(message, _pss(), _hash(key.public_key()))
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return key.sign(message, ec.ECDSA(_hash(key.public_key())))
    if isinstance(key, dsa.DSAPrivateKey):
        return key.sign(message, _hash(key.public_key()))
    own_hash: Any = key
    signature: bytes = own_hash.sign(message)
    return signature


def verify(public_key: "PublicKey", signature: bytes, message: bytes) -> bool:
    """Return whether `signature` is that of `message`, made by `sign` with the key of `public_key`."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa

    try:
        if isinstance(public_key, rsa.RSAPublicKey):
            public_key.verify(signature, message, _pss(), _hash(public_key))
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


def _pss() -> "PSS":
    from cryptography.hazmat.primitives.asymmetric import padding
    from cryptography.hazmat.primitives.hashes import SHA256

    return padding.PSS(padding.MGF1(SHA256()), padding.PSS.DIGEST_LENGTH)
