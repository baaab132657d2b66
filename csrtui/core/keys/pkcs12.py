"""Write PKCS #12 files (PFX, RFC 7292) with a key and its certificates, for software that requires this format.

However strong the encryption of the key is, the file's MAC uses only about 2,048 iterations, and an attacker can test
guesses of the passphrase against it. The format is for transport, not for storage (RFC 9579, 1).
"""

from collections.abc import Sequence
from enum import Enum, auto
from typing import TYPE_CHECKING, cast

from csrtui.core.base.errors import InputError
from csrtui.core.base.secret import Secret
from csrtui.core.keys import passphrase_quality

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import KeySerializationEncryption
    from cryptography.hazmat.primitives.serialization.pkcs12 import PKCS12PrivateKeyTypes

    from csrtui.core.keys.key_types import PrivateKey


class Strength(Enum):
    """The algorithms that protect a PKCS #12 file."""

    AES = auto()
    """AES-256-CBC with PBES2, and a MAC with SHA-256. For Windows Server 2019, Java 8u301, OpenSSL 1.1 and later."""
    LEGACY = auto()
    """3DES with PKCS #12's own scheme, and a MAC with SHA-1. For Windows Server 2016 and older, and for old Java."""


def compose(
    name: str,
    key: "PrivateKey",
    certificates: Sequence["x509.Certificate"],
    passphrase: Secret,
    strength: Strength = Strength.AES,
) -> bytes:
    """Return a PKCS #12 file in DER.

    Args:
        name: The friendly name, called "alias" in Java.
        key: The private key.
        certificates: The certificate for the key, followed by its chain.
        passphrase: The passphrase for the file.
        strength: The algorithms that protect the file.

    Raises:
        InputError: The passphrase is empty or too long, or PKCS #12 cannot contain a key of that type.
    """
    from cryptography.hazmat.primitives.serialization.pkcs12 import serialize_key_and_certificates

    if not passphrase.encoded:
        raise InputError("an empty passphrase protects nothing", "give the PKCS #12 file a passphrase")
    passphrase_quality.check(passphrase)
    leaf, *chain = certificates
    try:
        return serialize_key_and_certificates(
            name.encode("utf-8"),
            cast("PKCS12PrivateKeyTypes", key),
            leaf,
            chain or None,
            _encryption(passphrase, strength),
        )
    except (TypeError, ValueError) as error:
        raise InputError(
            "PKCS #12 cannot contain a key of this type with this passphrase",
            "make a new pair with an RSA or EC key",
        ) from error


def _encryption(passphrase: Secret, strength: Strength) -> "KeySerializationEncryption":
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.serialization import PrivateFormat
    from cryptography.hazmat.primitives.serialization.pkcs12 import PBES

    scheme, mac = {
        Strength.AES: (PBES.PBESv2SHA256AndAES256CBC, hashes.SHA256()),
        Strength.LEGACY: (PBES.PBESv1SHA1And3KeyTripleDESCBC, hashes.SHA1()),  # noqa: S303 - old readers need it
    }[strength]
    builder = PrivateFormat.PKCS12.encryption_builder().key_cert_algorithm(scheme).hmac_hash(mac)
    return builder.build(passphrase.encoded)
