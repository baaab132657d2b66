"""The key types csrtui makes, as a table, and the keys themselves.

cryptography is imported where a key is made or read, not before: the table alone must cost nothing.
"""

from collections.abc import Callable
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from csrtui.core.base.errors import InputError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import types

    SignatureHash: TypeAlias = hashes.SHA256 | hashes.SHA384 | hashes.SHA512
    PrivateKey: TypeAlias = types.CertificateIssuerPrivateKeyTypes
    PublicKey: TypeAlias = types.CertificatePublicKeyTypes


class KeyType(StrEnum):
    """The key types of the command line and of JSON."""

    EC_P256 = "ec-p256"
    EC_P384 = "ec-p384"
    EC_P521 = "ec-p521"
    RSA_2048 = "rsa-2048"
    RSA_3072 = "rsa-3072"
    RSA_4096 = "rsa-4096"
    ED25519 = "ed25519"
    ML_DSA_44 = "ml-dsa-44"
    ML_DSA_65 = "ml-dsa-65"
    ML_DSA_87 = "ml-dsa-87"

    @property
    def label(self) -> str:
        """The name people use: ``EC P-256``."""
        return _TABLE[self].label

    @property
    def public_ca(self) -> bool:
        """Whether public CAs take such a key today (BR 6.1.5)."""
        return _TABLE[self].public_ca

    @property
    def hash_name(self) -> str | None:
        """The hash its CSR is signed with (BR 7.1.3.2), or None where the algorithm has its own."""
        return _TABLE[self].hash_name


DEFAULT_KEY_TYPE = KeyType.EC_P256


class _Row(NamedTuple):
    label: str
    public_ca: bool
    hash_name: str | None
    size: int | str


_TABLE = {
    KeyType.EC_P256: _Row("EC P-256", public_ca=True, hash_name="sha256", size="SECP256R1"),
    KeyType.EC_P384: _Row("EC P-384", public_ca=True, hash_name="sha384", size="SECP384R1"),
    KeyType.EC_P521: _Row("EC P-521", public_ca=True, hash_name="sha512", size="SECP521R1"),
    KeyType.RSA_2048: _Row("RSA 2048", public_ca=True, hash_name="sha256", size=2048),
    KeyType.RSA_3072: _Row("RSA 3072", public_ca=True, hash_name="sha256", size=3072),
    KeyType.RSA_4096: _Row("RSA 4096", public_ca=True, hash_name="sha256", size=4096),
    KeyType.ED25519: _Row("Ed25519", public_ca=False, hash_name=None, size="Ed25519PrivateKey"),
    KeyType.ML_DSA_44: _Row("ML-DSA-44", public_ca=False, hash_name=None, size="MLDSA44PrivateKey"),
    KeyType.ML_DSA_65: _Row("ML-DSA-65", public_ca=False, hash_name=None, size="MLDSA65PrivateKey"),
    KeyType.ML_DSA_87: _Row("ML-DSA-87", public_ca=False, hash_name=None, size="MLDSA87PrivateKey"),
}


_NIST_CURVES = {
    "secp256r1": KeyType.EC_P256,
    "secp384r1": KeyType.EC_P384,
    "secp521r1": KeyType.EC_P521,
}
_RSA_SIZES = {2048: KeyType.RSA_2048, 3072: KeyType.RSA_3072, 4096: KeyType.RSA_4096}

KeyGenerator = Callable[[KeyType], "PrivateKey"]
"""What makes a private key of a type; the default is `generate`."""

RSA_PUBLIC_EXPONENT = 65537
"""The only exponent worth having (BR 6.1.6, FIPS 186-5)."""


def read_key_type(text: str) -> KeyType:
    """Return the key type called `text`.

    Raises:
        InputError: There is none of that name; the hint lists them.
    """
    try:
        return KeyType(text)
    except ValueError:
        known = ", ".join(KeyType)
        raise InputError(f"{text[:60]!r} is not a key type", f"key types: {known}") from None


def generate(key_type: KeyType) -> "PrivateKey":
    """Make a private key from the operating system's randomness.

    RSA takes from a tenth of a second (2048) to several seconds (4096); the others are immediate.
    cryptography lets other threads run meanwhile.
    """
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, mldsa, rsa

    size = _TABLE[key_type].size
    if isinstance(size, int):
        return rsa.generate_private_key(RSA_PUBLIC_EXPONENT, size)
    if key_type is KeyType.ED25519:
        return ed25519.Ed25519PrivateKey.generate()
    if size.startswith("MLDSA"):
        key: PrivateKey = getattr(mldsa, size).generate()
        return key
    curve: ec.EllipticCurve = getattr(ec, size)()
    return ec.generate_private_key(curve)


def signature_hash(key_type: KeyType) -> "SignatureHash | None":
    """Return the hash to sign a CSR with, as cryptography wants it: None where the algorithm has its own."""
    from cryptography.hazmat.primitives import hashes

    by_name: dict[str | None, SignatureHash | None] = {
        None: None,
        "sha256": hashes.SHA256(),
        "sha384": hashes.SHA384(),
        "sha512": hashes.SHA512(),
    }
    return by_name[key_type.hash_name]


def type_of(public_key: "PublicKey") -> KeyType | None:
    """Return the type of a public key, or None for one that csrtui does not make."""
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, mldsa, rsa

    if isinstance(public_key, rsa.RSAPublicKey):
        return _RSA_SIZES.get(public_key.key_size)
    if isinstance(public_key, ec.EllipticCurvePublicKey):
        return _NIST_CURVES.get(public_key.curve.name)
    of_one_size: dict[type, KeyType] = {
        ed25519.Ed25519PublicKey: KeyType.ED25519,
        mldsa.MLDSA44PublicKey: KeyType.ML_DSA_44,
        mldsa.MLDSA65PublicKey: KeyType.ML_DSA_65,
        mldsa.MLDSA87PublicKey: KeyType.ML_DSA_87,
    }
    return next((found for kind, found in of_one_size.items() if isinstance(public_key, kind)), None)


def name_of(public_key: "PublicKey") -> str:
    """Return what JSON and pair.json call the type of a public key, also of one that csrtui does not make.

    Such as ``ec-p256`` of `KeyType`, else ``rsa-1024``, ``ec-secp256k1``, ``dsa-2048``, ``ed448``.
    """
    key_type = type_of(public_key)
    return key_type.value if key_type else "-".join(_kind_and_size(public_key)).lower()


def label_of(public_key: "PublicKey") -> str:
    """Return the name people use, also of a key that csrtui does not make: ``RSA 1024``, ``EC secp256k1``."""
    key_type = type_of(public_key)
    return key_type.label if key_type else " ".join(_kind_and_size(public_key))


def label_of_name(name: str) -> str:
    """Return what people call a type of key as `name_of` gives it; what it cannot have given stays as it is."""
    if name in tuple(KeyType):
        return KeyType(name).label
    kind, dash, size = name.partition("-")
    return f"{kind.upper()} {size}" if dash and kind in {"rsa", "dsa", "ec"} else name


def _kind_and_size(public_key: "PublicKey") -> tuple[str, ...]:
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

    It is what ties a key, its CSR and its certificates together.
    """
    from hashlib import sha256

    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return sha256(public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()


def private_pem(key: "PrivateKey") -> bytes:
    """Return the key as unencrypted PKCS #8 in PEM."""
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
