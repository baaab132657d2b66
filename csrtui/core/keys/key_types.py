"""The key types that csrtui generates, and functions for keys.

cryptography is imported only to generate or read a key, because commands that only need the table must start fast.
"""

from collections.abc import Callable
from enum import StrEnum
from typing import TYPE_CHECKING, Self, TypeAlias

from csrtui.core.base.errors import InputError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec, types

    SignatureHash: TypeAlias = hashes.SHA256 | hashes.SHA384 | hashes.SHA512
    PrivateKey: TypeAlias = types.CertificateIssuerPrivateKeyTypes
    PublicKey: TypeAlias = types.CertificatePublicKeyTypes


class KeyType(StrEnum):
    """A key type. The value is its name on the command line and in JSON.

    Attributes:
        label: The display name, such as ``EC P-256``.
        public_ca: Whether public CAs currently accept keys of this type (BR 6.1.5).
        hash_name: The hash for the CSR's signature (BR 7.1.3.2), or None if the algorithm has its own.
        kind: The result of `_kind_and_size`.
    """

    label: str
    public_ca: bool
    hash_name: str | None
    kind: tuple[str, ...]

    # Without the defaults, mypy would not accept `KeyType("ec-p256")`.
    def __new__(cls, value: str, label: str = "", hash_name: str | None = None, *kind: str) -> Self:
        """Return the member with this value."""
        key_type = str.__new__(cls, value)
        key_type._value_ = value
        key_type.label, key_type.hash_name, key_type.kind = label, hash_name, kind
        key_type.public_ca = kind[0] in {"EC", "RSA"}
        return key_type

    EC_P256 = "ec-p256", "EC P-256", "sha256", "EC", "secp256r1"
    EC_P384 = "ec-p384", "EC P-384", "sha384", "EC", "secp384r1"
    EC_P521 = "ec-p521", "EC P-521", "sha512", "EC", "secp521r1"
    RSA_2048 = "rsa-2048", "RSA 2048", "sha256", "RSA", "2048"
    RSA_3072 = "rsa-3072", "RSA 3072", "sha256", "RSA", "3072"
    RSA_4096 = "rsa-4096", "RSA 4096", "sha256", "RSA", "4096"
    ED25519 = "ed25519", "Ed25519", None, "Ed25519"
    ML_DSA_44 = "ml-dsa-44", "ML-DSA-44", None, "MLDSA44"
    ML_DSA_65 = "ml-dsa-65", "ML-DSA-65", None, "MLDSA65"
    ML_DSA_87 = "ml-dsa-87", "ML-DSA-87", None, "MLDSA87"


DEFAULT_KEY_TYPE = KeyType.EC_P256
_TYPES = {key_type.kind: key_type for key_type in KeyType}

KeyGenerator = Callable[[KeyType], "PrivateKey"]
"""A function that returns a new private key of the given type. The default is `generate`."""

RSA_PUBLIC_EXPONENT = 65537
"""The usual exponent (BR 6.1.6, FIPS 186-5)."""


def read_key_type(text: str) -> KeyType:
    """Return the key type with the name `text`.

    Raises:
        InputError: No key type has this name. The hint lists all names.
    """
    try:
        return KeyType(text)
    except ValueError:
        known = ", ".join(KeyType)
        raise InputError(f"{text[:60]!r} is not a key type", f"key types: {known}") from None


def generate(key_type: KeyType) -> "PrivateKey":
    """Return a new private key, generated with the operating system's random numbers.

    RSA takes from a tenth of a second (2048 bits) to several seconds (4096 bits). The other types take no noticeable
    time. Other threads can run meanwhile.
    """
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, mldsa, rsa

    match key_type.kind:
        case "RSA", size:
            return rsa.generate_private_key(RSA_PUBLIC_EXPONENT, int(size))
        case "EC", name:
            curve: ec.EllipticCurve = getattr(ec, name.upper())()
            return ec.generate_private_key(curve)
        case kind:
            module = ed25519 if key_type is KeyType.ED25519 else mldsa
            key: PrivateKey = getattr(module, f"{kind[0]}PrivateKey").generate()
            return key


def signature_hash(key_type: KeyType) -> "SignatureHash | None":
    """Return cryptography's hash object for the signature of a CSR, or None if the algorithm has its own hash."""
    from cryptography.hazmat.primitives import hashes

    name = key_type.hash_name
    algorithm: SignatureHash | None = getattr(hashes, name.upper())() if name else None
    return algorithm


def type_of(public_key: "PublicKey") -> KeyType | None:
    """Return the type of a public key, or None if csrtui does not generate such keys."""
    return _TYPES.get(_kind_and_size(public_key))


def name_of(public_key: "PublicKey") -> str:
    """Return the name of a public key's type in JSON and pair.json.

    It is the value of a `KeyType`. For other keys it is a name such as ``rsa-1024``, ``ec-secp256k1``, ``dsa-2048`` or
    ``ed448``.
    """
    key_type = type_of(public_key)
    return key_type.value if key_type else "-".join(_kind_and_size(public_key)).lower()


def label_of(public_key: "PublicKey") -> str:
    """Return the display name of the type of any public key, such as ``EC P-256``, ``RSA 1024`` or ``EC secp256k1``."""
    key_type = type_of(public_key)
    return key_type.label if key_type else " ".join(_kind_and_size(public_key))


def label_of_name(name: str) -> str:
    """Return the display name for a result of `name_of`. Return any other text unchanged."""
    if name in tuple(KeyType):
        return KeyType(name).label
    kind, dash, size = name.partition("-")
    return f"{kind.upper()} {size}" if dash and kind in {"rsa", "dsa", "ec"} else name


def _kind_and_size(public_key: "PublicKey") -> tuple[str, ...]:
    """Return the algorithm. If its keys differ in size, also return the size in bits or the curve."""
    from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa

    match public_key:
        case rsa.RSAPublicKey():
            return "RSA", str(public_key.key_size)
        case dsa.DSAPublicKey():
            return "DSA", str(public_key.key_size)
        case ec.EllipticCurvePublicKey():
            return "EC", public_key.curve.name
        case _:
            return (type(public_key).__name__.removesuffix("PublicKey"),)


def spki_sha256(public_key: "PublicKey") -> str:
    """Return the SPKI fingerprint: SHA-256 of the DER SubjectPublicKeyInfo, 64 lower-case hex digits.

    The fingerprint links a key, its CSR and its certificates.
    """
    from hashlib import sha256

    return sha256(spki(public_key)).hexdigest()


def spki(public_key: "PublicKey") -> bytes:
    """Return the SubjectPublicKeyInfo in DER (RFC 5280, 4.1)."""
    from csrtui.core.keys.encodings import Encoding, PublicFormat

    return public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


_EC_PUBLIC_KEY = 0xA1
"""The tag of the optional public key of an EC key in PKCS #8."""


def private_pem(key: "PrivateKey") -> bytes:
    """Return the key as unencrypted PKCS #8 in PEM.

    EC keys are encoded here, because cryptography would first import its SSH formats, which takes 8 ms.
    """
    from cryptography.hazmat.primitives.asymmetric import ec

    from csrtui.core.base import asn1

    if isinstance(key, ec.EllipticCurvePrivateKey):
        return asn1.wrap("PRIVATE KEY", _ec_private_key_info(key))
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _ec_private_key_info(key: "ec.EllipticCurvePrivateKey") -> bytes:
    """Return the DER PrivateKeyInfo of an EC key (RFC 5208, 5), with its public key (RFC 5915, 3)."""
    from csrtui.core.base import asn1

    algorithm, point = asn1.read_node(spki(key.public_key())).children()
    private = key.private_numbers().private_value.to_bytes((key.key_size + 7) // 8)
    ec_private_key = asn1.encode(
        asn1.SEQUENCE,
        asn1.encode(asn1.INTEGER, b"\1"),
        asn1.encode(asn1.OCTET_STRING, private),
        asn1.encode(_EC_PUBLIC_KEY, point.encoded),
    )
    version, octets = asn1.encode(asn1.INTEGER, b"\0"), asn1.encode(asn1.OCTET_STRING, ec_private_key)
    return asn1.encode(asn1.SEQUENCE, version, algorithm.encoded, octets)
