"""PKCS #12 files (PFX, RFC 7292): a key with its certificates, for software that takes nothing else.

Whatever the key is encrypted with, the file's MAC is derived with 2,048 rounds or so, and guesses can be tried
against that: the file is a form for the transport, not for keeping (RFC 9579, 1).
"""

from collections.abc import Sequence
from enum import Enum, auto
from typing import TYPE_CHECKING, cast

from csrtui.core.base.errors import InputError
from csrtui.core.base.secret import Secret
from csrtui.core.keys import passphrase_quality as passphrase_rules

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import KeySerializationEncryption
    from cryptography.hazmat.primitives.serialization.pkcs12 import PKCS12PrivateKeyTypes

    from csrtui.core.keys.key_types import PrivateKey


class Strength(Enum):
    """What a PKCS #12 file is encrypted with."""

    AES = auto()
    """AES-256-CBC under PBES2, MAC with SHA-256: Windows Server 2019, Java 8u301, OpenSSL 1.1 and later."""
    LEGACY = auto()
    """3DES under PKCS #12's own scheme, MAC with SHA-1: Windows Server 2016 and older, old Java."""


def compose(
    name: str,
    key: "PrivateKey",
    certificates: Sequence["x509.Certificate"],
    passphrase: Secret,
    strength: Strength = Strength.AES,
) -> bytes:
    """Return a PKCS #12 file in DER.

    Args:
        name: The friendly name, which Java calls the alias.
        key: The private key.
        certificates: Its certificate first, then the chain.
        passphrase: What it is encrypted under.
        strength: With what.

    Raises:
        InputError: The passphrase is empty, or too long, or PKCS #12 cannot hold a key of that type.
    """
    from cryptography.hazmat.primitives.serialization.pkcs12 import serialize_key_and_certificates

    if not passphrase.encoded:
        raise InputError("an empty passphrase protects nothing", "give the PKCS #12 file a passphrase")
    passphrase_rules.check(passphrase)
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
            "PKCS #12 cannot hold a key of this type under this passphrase",
            "make a new pair with an RSA or EC key",
        ) from error


def _encryption(passphrase: Secret, strength: Strength) -> "KeySerializationEncryption":
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.serialization import PrivateFormat
    from cryptography.hazmat.primitives.serialization.pkcs12 import PBES

    scheme, mac = {
        Strength.AES: (PBES.PBESv2SHA256AndAES256CBC, hashes.SHA256()),
        Strength.LEGACY: (PBES.PBESv1SHA1And3KeyTripleDESCBC, hashes.SHA1()),  # noqa: S303 - what they can read
    }[strength]
    builder = PrivateFormat.PKCS12.encryption_builder().key_cert_algorithm(scheme).hmac_hash(mac)
    return builder.build(passphrase.encoded)
