"""Private keys that other programs wrote: told apart, opened, and proved to be whole.

PKCS #8, PKCS #1, SEC 1 and the DSA form of OpenSSL in PEM or DER, PKCS #8 under a passphrase, the PEM of old
OpenSSL under a passphrase (RFC 1421's headers), OpenSSH's own form, and PKCS #12. cryptography is imported
when one is opened.
"""

from base64 import b64decode
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import TYPE_CHECKING, NoReturn, cast

from csrtui.core import pkcs8
from csrtui.core.errors import InputError, RefusedError
from csrtui.core.secret import Secret

if TYPE_CHECKING:
    from csrtui.core.keys import PrivateKey

KEY_LABELS = frozenset({b"PRIVATE KEY", b"RSA PRIVATE KEY", b"EC PRIVATE KEY", b"DSA PRIVATE KEY"})
"""PEM's labels of keys that are DER inside (RFC 7468, 10, and OpenSSL's older ones)."""
ENCRYPTED_LABEL, OPENSSH_LABEL = b"ENCRYPTED PRIVATE KEY", b"OPENSSH PRIVATE KEY"
_ENCRYPTED_HEADER = b"4,ENCRYPTED"
_OPENSSH_MAGIC = b"openssh-key-v1\0\0\0\0\x04none"
"""How an OpenSSH key begins that is under no passphrase (PROTOCOL.key of OpenSSH)."""
_CONVERT = "openssl pkey -in KEY -aes256 -out NEW writes it as PKCS #8, which can be adopted"
_CONVERT_SSH = "ssh-keygen -p -m PKCS8 -f COPY turns a copy of it into PKCS #8, which can be adopted"


class Envelope(Enum):
    """How a private key is wrapped."""

    PLAIN = auto()
    """DER of PKCS #8, PKCS #1, SEC 1 or OpenSSL's DSA."""
    ENCRYPTED = auto()
    """DER of PKCS #8 under a passphrase."""
    OLD_ENCRYPTED = auto()
    """PEM with the headers of RFC 1421 under a passphrase."""
    OPENSSH = auto()
    """PEM as ssh-keygen writes it."""
    PKCS12 = auto()
    """DER of PKCS #12, which may hold certificates too."""


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """A private key as it was found, not yet opened.

    Attributes:
        envelope: How it is wrapped.
        data: DER, or PEM where the envelope says so.
    """

    envelope: Envelope
    data: bytes = field(repr=False)

    @property
    def wants_passphrase(self) -> bool:
        """Whether it opens with a passphrase only."""
        return self.envelope in {Envelope.ENCRYPTED, Envelope.OLD_ENCRYPTED, Envelope.PKCS12}


@dataclass(frozen=True, slots=True)
class OpenedKey:
    """A private key that was opened.

    Attributes:
        key: The key.
        certificates: DER of the certificates that lay in the same PKCS #12.
    """

    key: "PrivateKey" = field(repr=False)
    certificates: tuple[bytes, ...] = ()


def in_section(label: bytes, body: bytes) -> ForeignKey | None:
    """Return the private key in a section of PEM, or None where the label is not that of a key.

    Args:
        label: Between ``BEGIN`` and the dashes.
        body: What stands between the two lines.

    Raises:
        InputError: It is no base64.
    """
    from csrtui.core.existing_bytes import der_of

    if label == OPENSSH_LABEL:
        return ForeignKey(Envelope.OPENSSH, _rebuilt(label, body))
    if label in KEY_LABELS and _ENCRYPTED_HEADER in body:
        return ForeignKey(Envelope.OLD_ENCRYPTED, _rebuilt(label, body))
    if label in KEY_LABELS:
        return ForeignKey(Envelope.PLAIN, der_of("private key", body))
    if label == ENCRYPTED_LABEL:
        return ForeignKey(Envelope.ENCRYPTED, der_of("encrypted private key", body))
    return None


def open_key(found: ForeignKey, passphrase: Secret | None = None) -> OpenedKey:
    """Open a private key. What that would cost is read first.

    Args:
        found: The key.
        passphrase: Its passphrase; ignored where it has none.

    Raises:
        InputError: It wants a passphrase and none is given, it is damaged, cannot sign, or is of a kind that
            cannot be opened here.
        RefusedError: The passphrase does not open it.
    """
    if found.wants_passphrase and passphrase is None:
        raise InputError("the key is under a passphrase", "give its passphrase")
    opened = _opened(found, passphrase or Secret(""))
    if not hasattr(opened.key, "sign"):
        raise InputError("it is a key that cannot sign, so that no CSR can be made with it")
    return opened


def _opened(found: ForeignKey, passphrase: Secret) -> OpenedKey:
    match found.envelope:
        case Envelope.PLAIN:
            return OpenedKey(_plain(found.data))
        case Envelope.ENCRYPTED:
            return OpenedKey(pkcs8.decrypt(found.data, passphrase))
        case Envelope.OLD_ENCRYPTED:
            return OpenedKey(_old_encrypted(found.data, passphrase))
        case Envelope.OPENSSH:
            return OpenedKey(_openssh(found.data))
    from csrtui.core import pkcs12_bytes

    return OpenedKey(*pkcs12_bytes.open_with_key(found.data, passphrase))


def _plain(der: bytes) -> "PrivateKey":
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_der_private_key

    try:
        return cast("PrivateKey", load_der_private_key(der, None))
    except UnsupportedAlgorithm as error:
        raise InputError("the private key is of a kind that is not known here") from error
    except Exception as error:  # noqa: BLE001 - which can come out is nowhere written down
        _damaged(error)


def _old_encrypted(pem: bytes, passphrase: Secret) -> "PrivateKey":
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        return cast("PrivateKey", load_pem_private_key(pem, passphrase.encoded))
    except Exception as error:
        if isinstance(error, UnsupportedAlgorithm) or "unknown cipher" in str(error):
            raise InputError("the key is encrypted in a way that cannot be opened here", _CONVERT) from error
        # the padding tells a wrong passphrase; in one of 256 cases it does not, and what comes out is no key
        raise RefusedError("the passphrase does not open the key, or the key is damaged") from error


def _openssh(pem: bytes) -> "PrivateKey":
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_ssh_private_key

    if not _openssh_body(pem).startswith(_OPENSSH_MAGIC):
        raise InputError("the key is in OpenSSH's own form, under a passphrase or damaged", _CONVERT_SSH)
    try:
        return cast("PrivateKey", load_ssh_private_key(pem, None))
    except (UnsupportedAlgorithm, NotImplementedError) as error:  # the latter for points that are compressed
        raise InputError("the private key is of a kind that is not known here") from error
    except Exception as error:  # noqa: BLE001 - as above
        _damaged(error)


def _openssh_body(pem: bytes) -> bytes:
    try:
        return b64decode(b"".join(pem.splitlines()[1:-1]))
    except ValueError:
        return b""


def _damaged(error: Exception) -> NoReturn:
    raise InputError("the private key is damaged: its numbers do not fit, or it is cut short") from error


def _rebuilt(label: bytes, body: bytes) -> bytes:
    """The section as PEM with plain line ends, whatever stood around it."""
    lines = [line.strip() for line in body.strip().splitlines()]
    return b"\n".join([b"-----BEGIN %s-----" % label, *lines, b"-----END %s-----" % label, b""])
