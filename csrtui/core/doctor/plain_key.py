"""Proving a private key without a passphrase: that it is whole, and which public key is its own."""

from typing import TYPE_CHECKING, cast

from csrtui.core import keys
from csrtui.core.errors import StoreError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateNumbers

    from csrtui.core.keys import PrivateKey

_PROBE = b"csrtui doctor"


def proved_spki(data: bytes) -> str:
    """Return the SPKI fingerprint of a private key in PEM that has proved to be whole.

    cryptography's own check of an RSA key looks for primes, which takes 40 ms for 2048 bits: ten thousand keys
    would take minutes. So it is left out; instead its numbers must fit (RFC 8017, 3.2), and a signature is made and
    verified, which fails with a false prime. The signature alone would not do: OpenSSL mends what comes of a
    damaged exponent, and other software does not.

    Raises:
        StoreError: It is none, or damaged.
    """
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(data, None, unsafe_skip_rsa_key_validation=True)
        _prove(cast("PrivateKey", key))
        return keys.spki_sha256(cast("PrivateKey", key).public_key())
    except Exception as error:  # which can come out is nowhere written down
        raise StoreError("it holds no private key that is whole") from error


def _prove(key: "PrivateKey") -> None:
    """The other types derive their public key from the private one, so that they cannot disagree."""
    from cryptography.hazmat.primitives.asymmetric import padding, rsa
    from cryptography.hazmat.primitives.hashes import SHA256

    if isinstance(key, rsa.RSAPrivateKey):
        if not _fit(key.private_numbers()):
            raise ValueError("the numbers of the key do not fit")
        signature = key.sign(_PROBE, padding.PKCS1v15(), SHA256())
        key.public_key().verify(signature, _PROBE, padding.PKCS1v15(), SHA256())


def _fit(numbers: "RSAPrivateNumbers") -> bool:
    """Whether the numbers of an RSA private key are those that follow from its primes."""
    p, q, d, public = numbers.p, numbers.q, numbers.d, numbers.public_numbers
    return (
        min(p, q) > 1
        and p * q == public.n
        and d * public.e % (p - 1) == d * public.e % (q - 1) == 1
        and numbers.dmp1 == d % (p - 1)
        and numbers.dmq1 == d % (q - 1)
        and numbers.iqmp * q % p == 1
    )
