"""Private keys of other programs: plain and encrypted DER, PEM with headers (RFC 1421) and OpenSSH's own format.

Programs write the same key in slightly different ways. What the library refuses and openssl reads is rewritten
first: EC private values that are too long or too short, and PKCS #8 version 2 with its public key (RFC 5958).
"""

from typing import TYPE_CHECKING, Final, cast

from csrtui.core.base.asn1 import INTEGER, OCTET_STRING, OID, SEQUENCE, Node, encode, parse, read_node
from csrtui.core.base.errors import InputError
from csrtui.core.base.secret import Secret
from csrtui.core.bundle import pbe

if TYPE_CHECKING:
    from csrtui.core.keys.key_types import PrivateKey

_EC, _RSA_PSS = "1.2.840.10045.2.1", "1.2.840.113549.1.1.10"
_SCALAR_OCTETS: Final = {
    "1.2.840.10045.3.1.1": 24,
    "1.3.132.0.33": 28,
    "1.2.840.10045.3.1.7": 32,
    "1.3.132.0.10": 32,
    "1.3.36.3.3.2.8.1.1.7": 32,
    "1.3.132.0.34": 48,
    "1.3.36.3.3.2.8.1.1.11": 48,
    "1.3.36.3.3.2.8.1.1.13": 64,
    "1.3.132.0.35": 66,
}
"""How many octets a private value has on each curve (SEC 1, C.4)."""
_RAW: Final = frozenset({"1.3.101.112", "1.3.101.113"})
"""Ed25519 and Ed448 (RFC 8410), whose public key is the bits of the BIT STRING."""
_CONTEXT_0, _CONTEXT_1, _PRIMITIVE_CONTEXT_1 = 0xA0, 0xA1, 0x81
OPENSSH_MAGIC: Final = b"openssh-key-v1\0"
_NO_PASSPHRASE: Final = b"\0\0\0\4none"


def open_encrypted(der: bytes, passphrase: Secret | None) -> "PrivateKey":
    """Return the key in an EncryptedPrivateKeyInfo.

    Args:
        der: One that `structure.structure_of` recognises.
        passphrase: Its passphrase, or None.

    Raises:
        LockedError: No passphrase is given.
        RefusedError: The passphrase does not open it.
        InputError: It cannot be opened; the error says why.
    """
    if passphrase is None:
        raise pbe.LockedError("the key is under a passphrase")
    return load_decrypted(pbe.decrypt(pbe.encrypted_private_key(der), passphrase.encoded))


def open_pem_encrypted(cipher: str, iv: str, ciphertext: bytes, passphrase: Secret | None) -> "PrivateKey":
    """Return the key in a PEM block with the header ``DEK-Info: cipher,iv``.

    Raises:
        LockedError: No passphrase is given.
        RefusedError: The passphrase does not open it.
        InputError: It cannot be opened; the error says why.
    """
    if passphrase is None:
        raise pbe.LockedError("the key is under a passphrase")
    try:
        octets = bytes.fromhex(iv)
    except ValueError as error:
        raise InputError("the header DEK-Info of the key is malformed") from error
    return load_decrypted(pbe.decrypt_pem(cipher, octets, ciphertext, passphrase.encoded))


def load_decrypted(der: bytes) -> "PrivateKey":
    """Return the key in what a passphrase decrypted: where that is not DER at all, the passphrase was wrong.

    The padding shows a wrong passphrase in 255 of 256 cases, the structure in the rest.
    """
    if not _is_private_structure(der):
        raise pbe.WrongPassphraseError
    return load(der)


def _is_private_structure(der: bytes) -> bool:
    root = parse(der)
    try:
        return root is not None and root.tag == SEQUENCE and root.children()[0].tag == INTEGER
    except (ValueError, IndexError):
        return False


def load(der: bytes) -> "PrivateKey":
    """Return the key in DER of PKCS #8, PKCS #1, SEC 1 or OpenSSL's DSA.

    Raises:
        InputError: It is damaged, or of a kind that is not supported; the error says which.
    """
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_der_private_key

    _refuse_pss(der)
    reason: Exception | None = None
    for candidate in (der, _rewritten(der)):
        if candidate is None:
            continue
        try:
            key = cast("PrivateKey", load_der_private_key(candidate, None))
        except UnsupportedAlgorithm as error:
            raise InputError(
                f"the private key is of a kind that csrtui does not support{_kind(der)}"
            ) from error
        except Exception as error:  # noqa: BLE001 - which can come out is nowhere written down
            reason = error
        else:
            return _checked(key, der)
    raise InputError("the private key is damaged: its numbers do not fit together") from reason


def _checked(key: "PrivateKey", der: bytes) -> "PrivateKey":
    if not hasattr(key, "sign"):
        raise InputError("the key cannot sign: no CSR can be made with it")
    public = _raw_public_key(der)
    if public is not None and public != _raw_bits(key):
        raise InputError("the private key is damaged: the public key beside it is that of another key")
    return key


def _raw_bits(key: "PrivateKey") -> bytes:
    """The bits of the public key (RFC 8410, 4)."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    spki = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return read_node(spki).children()[1].content[1:]


def _refuse_pss(der: bytes) -> None:
    """Refuse a key for RSA-PSS alone: the library would write it as a plain RSA key, and its certificate would not fit."""
    if _algorithm(der) == _RSA_PSS:
        raise InputError(
            "the key is for RSA-PSS only (id-RSASSA-PSS), which csrtui cannot keep: as a plain RSA key it would not fit its certificate",
            "make a new pair with csrtui new; TLS 1.3 uses RSA-PSS with plain RSA keys too",
        )


def _parts(der: bytes) -> list[Node]:
    root = parse(der)  # of a key in OpenSSH's format there is none
    return root.children() if root is not None else []


def _algorithm(der: bytes) -> str | None:
    """The algorithm of PKCS #8."""
    try:
        return _parts(der)[1].child(0, OID).oid
    except (ValueError, IndexError):
        return None


def _kind(der: bytes) -> str:
    """The algorithm, or the curve of an EC key, in parentheses."""
    oid, parts = _algorithm(der), _parts(der)
    named = [parts[1]] if oid == _EC else [part for part in parts if part.tag == _CONTEXT_0]
    curves = [node.oid for part in named for node in part.children() if node.oid not in {None, _EC}]
    if curves:
        return f" (curve {curves[0]})"
    return f" ({oid})" if oid else ""


def _raw_public_key(der: bytes) -> bytes | None:
    """The public key beside the private one in PKCS #8 version 2 (RFC 8410, 7)."""
    if _algorithm(der) not in _RAW:
        return None
    public = next((part for part in _parts(der)[3:] if part.tag == _PRIMITIVE_CONTEXT_1), None)
    return public.content[1:] if public is not None else None


def _rewritten(der: bytes) -> bytes | None:
    """The same key as the library reads it; None where nothing is to be rewritten."""
    try:
        return _rewrite(_parts(der))
    except (ValueError, IndexError, OverflowError):
        return None


def _rewrite(parts: list[Node]) -> bytes | None:
    if len(parts) >= 3 and parts[1].tag == SEQUENCE and parts[2].tag == OCTET_STRING:  # noqa: PLR2004 - PKCS #8
        algorithm, private = parts[1].child(0, OID).oid, parts[2].encoded
        if algorithm == _EC:
            inner = parse(parts[2].content)
            if inner is None:
                return None
            curve = parts[1].child(1, OID).oid or ""
            private = encode(OCTET_STRING, _sec1(inner.children(), curve))
        return encode(SEQUENCE, encode(INTEGER, b"\0"), parts[1].encoded, private)
    if len(parts) >= 2 and parts[1].tag == OCTET_STRING:  # noqa: PLR2004 - SEC 1
        named = next((part for part in parts[2:] if part.tag == _CONTEXT_0), None)
        return _sec1(parts, (named.child(0, OID).oid or "") if named is not None else "")
    return None


def _sec1(parts: list[Node], curve: str) -> bytes:
    """ECPrivateKey with a private value of the length that the curve demands (RFC 5915, 3)."""
    value = int.from_bytes(parts[1].content)
    octets = value.to_bytes(_SCALAR_OCTETS.get(curve, len(parts[1].content)))
    rest = [part.encoded for part in parts[2:]]
    return encode(SEQUENCE, parts[0].encoded, encode(OCTET_STRING, octets), *rest)


def open_openssh(body: bytes) -> "PrivateKey":
    """Return the key in OpenSSH's own format (PROTOCOL.key of OpenSSH), decoded from base64.

    Raises:
        InputError: It is under a passphrase, damaged, or of a kind that is not supported.
    """
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_ssh_private_key

    from csrtui.core.base.asn1 import wrap

    if not body.startswith(OPENSSH_MAGIC):
        raise InputError("the OpenSSH key is damaged")
    if not body.startswith(OPENSSH_MAGIC + _NO_PASSPHRASE):
        raise InputError(
            "the OpenSSH key is under a passphrase, which csrtui does not open in this format",
            'cp KEY COPY && ssh-keygen -p -N "" -f COPY takes the passphrase off a copy; adopt COPY with --encrypt-key, then delete it',
        )
    try:
        key = cast("PrivateKey", load_ssh_private_key(wrap("OPENSSH PRIVATE KEY", body), None))
    except (UnsupportedAlgorithm, NotImplementedError) as error:  # the latter for points that are compressed
        raise InputError("the private key is of a kind that csrtui does not support") from error
    except Exception as error:
        raise InputError("the private key is damaged: its numbers do not fit together") from error
    return _checked(key, b"")
