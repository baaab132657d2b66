"""Read keys from other programs: plain and encrypted DER, PEM with RFC 1421 headers, OpenSSH's format, public keys.

Some programs write forms that openssl reads and cryptography refuses: EC private values that are too long or too
short, and PKCS #8 version 2 with a public key (RFC 5958). Such a key is rewritten before it is loaded.
"""

import re
from base64 import b64encode
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import islice
from typing import TYPE_CHECKING, Final, cast

from csrtui.core.base import asn1
from csrtui.core.base.asn1 import INTEGER, OCTET_STRING, OID, SEQUENCE, Node, encode, parse, read_node, wrap
from csrtui.core.base.errors import InputError, RefusedError, translate_errors
from csrtui.core.base.secret import Secret
from csrtui.core.bundle import decryption, pem
from csrtui.core.bundle.der_items import MAX_ITEMS, MULTI_PRIME_TAGS
from csrtui.core.keys import key_types
from csrtui.core.keys.pkcs8 import NOT_OPENED

if TYPE_CHECKING:
    from csrtui.core.keys.key_types import PrivateKey, PublicKey


_EC, _RSA, _RSA_PSS = "1.2.840.10045.2.1", "1.2.840.113549.1.1.1", "1.2.840.113549.1.1.10"
_EDWARDS: Final = frozenset({"1.3.101.112", "1.3.101.113"})
"""Ed25519 and Ed448 (RFC 8410). Their public key is the content of the BIT STRING."""
_CONTEXT_0, _PRIMITIVE_CONTEXT_1 = 0xA0, 0x81
OPENSSH_MAGIC: Final = b"openssh-key-v1\0"
_NO_PASSPHRASE: Final = b"\0\0\0\4none"


class OpensshLockedError(InputError):
    """A key in OpenSSH's format is encrypted. csrtui does not open such keys, even with the passphrase."""


def open_encrypted(der: bytes, passphrase: Secret) -> "PrivateKey":
    """Return the private key in an EncryptedPrivateKeyInfo (RFC 5958, 3).

    Raises:
        RefusedError: The passphrase does not open the key.
        InputError: The key cannot be opened. The message says why.
    """
    return _load_decrypted(
        decryption.decrypt(decryption.parse_encrypted_private_key(der), passphrase.encoded)
    )


def open_pem_encrypted(cipher: str, iv: str, ciphertext: bytes, passphrase: Secret) -> "PrivateKey":
    """Return the private key in a PEM block with the header ``DEK-Info: cipher,iv`` (RFC 1421).

    The errors are the same as for `open_encrypted`.
    """
    try:
        iv_octets = bytes.fromhex(iv)
    except ValueError as error:
        raise InputError("the header DEK-Info of the key is malformed") from error
    return _load_decrypted(decryption.decrypt_pem(cipher, iv_octets, ciphertext, passphrase.encoded))


def _load_decrypted(der: bytes) -> "PrivateKey":
    """Return the private key in decrypted octets.

    With a wrong passphrase, the padding is still valid in one of 256 cases. Then the octets are not a key.
    """
    root = parse(der)
    try:
        is_key = root is not None and root.tag == SEQUENCE and root.children()[0].tag == INTEGER
    except (ValueError, IndexError):
        is_key = False
    if not is_key:
        raise RefusedError(NOT_OPENED)
    return load_private_key(der)


def load_private_key(der: bytes) -> "PrivateKey":
    """Return the private key in DER (PKCS #8, PKCS #1, SEC 1 or OpenSSL's DSA format).

    Raises:
        InputError: The key is damaged or of an unsupported kind. The message says which.
    """
    from cryptography.hazmat.primitives.serialization import load_der_private_key

    if _algorithm(der) == _RSA_PSS:  # cryptography would write it as a plain RSA key
        raise InputError(
            "the key is for RSA-PSS only (id-RSASSA-PSS), which is not supported",
            "make a new pair with csrtui new; TLS 1.3 uses RSA-PSS with plain RSA keys too",
        )
    if _is_multi_prime(der):
        raise InputError("the RSA key has more than two primes, which csrtui does not support")
    with translate_errors(lambda error: _load_error(error, der)):
        key = cast("PrivateKey", load_der_private_key(_rewrite(der) or der, None))
    return _check(key, der)


def _is_multi_prime(der: bytes) -> bool:
    """Return whether an RSA key in PKCS #8 or PKCS #1 has more than two primes."""
    try:
        parts = _parts(der)
        if _algorithm(der) == _RSA:
            parts = _parts(parts[2].content)
    except (ValueError, IndexError):
        return False
    return [part.tag for part in parts] == MULTI_PRIME_TAGS


def open_openssh(body: bytes) -> "PrivateKey":
    """Return the private key in OpenSSH's own format (PROTOCOL.key of OpenSSH). `body` is decoded from base64.

    Raises:
        OpensshLockedError: The key is encrypted.
        InputError: The key is damaged or of an unsupported kind. The message says which.
    """
    from cryptography.hazmat.primitives.serialization import load_ssh_private_key

    if not body.startswith(OPENSSH_MAGIC):
        raise InputError("the OpenSSH key is damaged")
    if not body.startswith(OPENSSH_MAGIC + _NO_PASSPHRASE):
        raise OpensshLockedError(
            "the OpenSSH key has a passphrase: csrtui cannot open such keys",
            'cp KEY COPY && ssh-keygen -p -N "" -f COPY removes the passphrase from a copy; '
            "adopt COPY (--encrypt-key), then delete it",
        )
    with translate_errors(_load_error):
        key = cast("PrivateKey", load_ssh_private_key(wrap("OPENSSH PRIVATE KEY", body), None))
    return _check(key)


def _load_error(error: Exception, der: bytes = b"") -> InputError:
    from cryptography.exceptions import UnsupportedAlgorithm

    if isinstance(error, UnsupportedAlgorithm | NotImplementedError):  # the latter: a compressed point
        return InputError(f"csrtui does not support this type of private key{_describe_kind(der)}")
    return InputError("the private key is damaged: its values do not match each other")


def _check(key: "PrivateKey", der: bytes = b"") -> "PrivateKey":
    """Return the key if it can sign and matches the public key stored with it. Otherwise raise `InputError`."""
    if not hasattr(key, "sign"):
        raise InputError("the key cannot sign: no CSR can be made with it")
    public_key = _stored_public_key(der)
    if public_key is not None and public_key != _public_key_bits(key):
        raise InputError("the private key is damaged: the public key stored with it belongs to another key")
    return key


def _public_key_bits(key: "PrivateKey") -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    spki = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return read_node(spki).children()[1].content[1:]


def _stored_public_key(der: bytes) -> bytes | None:
    """Return the Edwards public key that PKCS #8 version 2 stores with the private key (RFC 8410, 7), or None."""
    if _algorithm(der) not in _EDWARDS:
        return None
    public_key = next((part for part in _parts(der)[3:] if part.tag == _PRIMITIVE_CONTEXT_1), None)
    return public_key.content[1:] if public_key is not None else None


def _parts(der: bytes) -> list[Node]:
    root = parse(der)
    return root.children() if root is not None else []


def _algorithm(der: bytes) -> str | None:
    """Return the object identifier of the algorithm in PKCS #8, or None for another structure."""
    try:
        return _parts(der)[1].child(0, OID).oid
    except (ValueError, IndexError):
        return None


def _describe_kind(der: bytes) -> str:
    """Return the curve of an EC key or else the algorithm, in parentheses. Return "" if the key names neither."""
    oid, parts = _algorithm(der), _parts(der)
    candidates = [parts[1]] if oid == _EC else [part for part in parts if part.tag == _CONTEXT_0]
    curves = [node.oid for part in candidates for node in part.children() if node.oid not in {None, _EC}]
    if curves:
        return f" (curve {curves[0]})"
    return f" ({oid})" if oid else ""


def _rewrite(der: bytes) -> bytes | None:
    """Return PKCS #8 or SEC 1 in the form that cryptography reads, or None for malformed or other data."""
    try:
        match _parts(der):
            case [_, Node(tag=asn1.SEQUENCE) as algorithm, Node(tag=asn1.OCTET_STRING) as private_key, *_]:
                # PKCS #8
                content = private_key.content
                if algorithm.child(0, OID).oid == _EC:
                    content = _rewrite_sec1(_parts(content), algorithm.child(1, OID).oid)
                version = encode(INTEGER, b"\0")
                return encode(SEQUENCE, version, algorithm.encoded, encode(OCTET_STRING, content))
            case [_, Node(tag=asn1.OCTET_STRING), *optional] as parts:  # SEC 1
                curve = next((part for part in optional if part.tag == _CONTEXT_0), None)
                return _rewrite_sec1(parts, curve.child(0, OID).oid if curve is not None else None)
            case _:
                return None
    except (ValueError, IndexError, OverflowError):
        return None


def _rewrite_sec1(parts: list[Node], curve: str | None) -> bytes:
    """Return an ECPrivateKey whose private value has the length that the curve requires (RFC 5915, 3)."""
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509 import ObjectIdentifier

    version, private_value, *optional = parts
    octets = private_value.content
    with suppress(LookupError):  # an unknown curve
        bits = ec.get_curve_for_oid(ObjectIdentifier(curve or _EC))().key_size
        octets = int.from_bytes(octets).to_bytes((bits + 7) // 8)
    return encode(
        SEQUENCE, version.encoded, encode(OCTET_STRING, octets), *[part.encoded for part in optional]
    )


_SSH1_PRIVATE: Final = b"SSH PRIVATE KEY FILE FORMAT 1.1\n"
_SSH1_PUBLIC = re.compile(r"([1-9][0-9]{2,4}) [0-9]{1,10} [0-9]{100,6000}(?: |$)")
_MIN_LINE = 60
"""The minimum length of a line with a key. An Ed25519 key, the shortest, has 80 characters."""
_SSH_TYPE = re.compile(r"(?:ssh|ecdsa-sha2|sk-ssh|sk-ecdsa-sha2)-[a-z0-9@.-]{1,60}")
_BASE64 = re.compile(r"[A-Za-z0-9+/]{16,20000}={0,2}")
_LENGTH: Final = 4
"""The number of octets in a length field of OpenSSH's formats (RFC 4251, 5)."""
_DSA: Final = "ssh-dss"


@dataclass(frozen=True, slots=True)
class BundlePublicKey:
    """A public key, or the public half of a private key that csrtui does not open.

    Attributes:
        key: The key, or None if cryptography does not support it.
        label: The type of the key: ``EC P-256``, or ``DSA 1024 (ssh-dss)`` if `key` is None. Not escaped.
        form: The format: ``public key``, ``OpenSSH public key`` or ``OpenSSH private key``.
        comment: The comment of an OpenSSH key, not escaped, or "".
        is_encrypted: Whether it is the public half of an encrypted private key.
        ssh_sha256: The fingerprint that ``ssh-keygen -l`` prints, or "" for other formats.
    """

    key: "PublicKey | None" = field(repr=False)
    label: str
    form: str
    comment: str = ""
    is_encrypted: bool = False
    ssh_sha256: str = ""

    @property
    def is_private(self) -> bool:
        """Whether the file contains the private key too."""
        return "private" in self.form


def read_public_keys(data: bytes) -> tuple[BundlePublicKey, ...]:
    """Return the public keys in a file of at most `MAX_BYTES`, and the public halves of OpenSSH private keys."""
    if data.startswith(_SSH1_PRIVATE):
        return (BundlePublicKey(None, "RSA1 (SSH protocol 1)", "OpenSSH private key"),)
    if data[:1] == b"0" and (key := _load_public_key(data)) is not None:
        return (_from_spki(key),)
    text = pem.decode_text(data)
    return tuple(islice((*_read_blocks(text), *_read_lines(text)), MAX_ITEMS))


def _from_spki(key: "PublicKey") -> BundlePublicKey:
    return BundlePublicKey(key, key_types.label_of(key), "public key")


def _load_public_key(der: bytes) -> "PublicKey | None":
    """Return the public key in DER (SPKI or PKCS #1), or None if it cannot be read."""
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    try:
        _, length = asn1.to_der(der)
        return cast("PublicKey", load_der_public_key(der[:length]))
    except Exception:  # noqa: BLE001 - cryptography does not document which errors can occur
        return None


def _read_blocks(text: str) -> Iterator[BundlePublicKey]:
    for block in pem.find_blocks(text):
        body = block.body or b""
        if block.label in {"PUBLIC KEY", "RSA PUBLIC KEY"} and (key := _load_public_key(body)) is not None:
            yield _from_spki(key)
        elif block.label == "SSH2 PUBLIC KEY":  # RFC 4716
            yield from _read_blob(body, "OpenSSH public key")
        elif body.startswith(OPENSSH_MAGIC):
            yield from _read_public_half(body)


def _read_public_half(body: bytes) -> Iterator[BundlePublicKey]:
    """Yield the public half of a private key in OpenSSH's format. It is never encrypted (PROTOCOL.key)."""
    cipher, remaining = _read_string(body[len(OPENSSH_MAGIC) :])
    _kdf, remaining = _read_string(remaining)
    _options, remaining = _read_string(remaining)
    blob, _ = _read_string(remaining[_LENGTH:])
    yield from _read_blob(blob, "OpenSSH private key", is_encrypted=cipher != b"none")


def _read_lines(text: str) -> Iterator[BundlePublicKey]:
    """Yield the keys in lines of ``*.pub``, ``authorized_keys`` and ``known_hosts``."""
    for line in text.splitlines():
        if len(line) < _MIN_LINE:
            continue
        if match := _SSH1_PUBLIC.match(line):
            yield BundlePublicKey(None, f"RSA1 {match[1]} (SSH protocol 1)", "OpenSSH public key")
            continue
        words = line.split()
        at = next((at for at, word in enumerate(words[:-1]) if _SSH_TYPE.fullmatch(word)), None)
        if at is not None and _BASE64.fullmatch(words[at + 1]):
            blob = pem.decode_base64(words[at + 1])
            yield from _read_blob(blob, "OpenSSH public key", " ".join(words[at + 2 :]))


def _read_blob(
    blob: bytes, form: str, comment: str = "", *, is_encrypted: bool = False
) -> Iterator[BundlePublicKey]:
    """Yield the key in the wire format of SSH (RFC 4253, 6.6), or nothing if the octets do not begin with a type."""
    from cryptography.hazmat.primitives.serialization import load_ssh_public_key

    name, numbers = _read_string(blob)
    kind = name.decode("ascii", "replace")
    if not _SSH_TYPE.fullmatch(kind):
        return
    key: PublicKey | None = None
    try:
        key = cast("PublicKey", load_ssh_public_key(name + b" " + b64encode(blob)))
        label = key_types.label_of(key)
    except Exception:  # noqa: BLE001 - as in `_load_public_key`
        label = f"DSA {_count_bits(numbers)} ({kind})" if kind == _DSA else kind
    fingerprint = b64encode(sha256(blob).digest()).decode().rstrip("=")
    yield BundlePublicKey(key, label, form, comment, is_encrypted, f"SHA256:{fingerprint}")


def _count_bits(numbers: bytes) -> int:
    """Return the size in bits of a DSA key, read from its numbers in SSH's wire format (RFC 4253, 6.6)."""
    number, _ = _read_string(numbers)
    return int.from_bytes(number).bit_length()


def _read_string(data: bytes) -> tuple[bytes, bytes]:
    """Return the string at the beginning of `data` (RFC 4251, 5), and the data after it."""
    end = _LENGTH + int.from_bytes(data[:_LENGTH])
    return data[_LENGTH:end], data[end:]
