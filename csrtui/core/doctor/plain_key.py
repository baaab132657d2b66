"""Proving a private key without a passphrase: that it is whole, and which public key is its own."""

from typing import TYPE_CHECKING, cast

from csrtui.core import keys
from csrtui.core.errors import StoreError

if TYPE_CHECKING:
    from csrtui.core.keys import PrivateKey

_PROBE = b"csrtui doctor"


def proved_spki(data: bytes) -> str:
    """Return the SPKI fingerprint of a private key in PEM that has proved to be whole.

    cryptography's own check of an RSA key looks for primes, which takes 40 ms for 2048 bits: ten thousand keys
    would take minutes. So it is left out, and a signature is made and verified instead: with a damaged exponent
    or prime that fails.

    Raises:
        StoreError: It is none, or damaged.
    """
    from cryptography.exceptions import InternalError, InvalidSignature, UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(data, None, unsafe_skip_rsa_key_validation=True)
        _prove(cast("PrivateKey", key))
        return keys.spki_sha256(cast("PrivateKey", key).public_key())
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm, InternalError) as error:
        raise StoreError("it holds no private key that is whole") from error


def _prove(key: "PrivateKey") -> None:
    """The other types derive their public key from the private one, so that they cannot disagree."""
    from cryptography.hazmat.primitives.asymmetric import padding, rsa
    from cryptography.hazmat.primitives.hashes import SHA256

    if isinstance(key, rsa.RSAPrivateKey):
        signature = key.sign(_PROBE, padding.PKCS1v15(), SHA256())
        key.public_key().verify(signature, _PROBE, padding.PKCS1v15(), SHA256())
