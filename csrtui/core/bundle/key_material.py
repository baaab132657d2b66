"""The result of `csrtui.core.bundle.read`: the keys, CSRs and certificates in a file, and the problems with it."""

from dataclasses import dataclass, field
from enum import Enum, auto
from typing import TYPE_CHECKING

from csrtui.core.base.errors import InputError
from csrtui.core.certificates.certificate import Certificate
from csrtui.core.certificates.csr import Request

if TYPE_CHECKING:
    from csrtui.core.keys.key_types import PrivateKey


class ProblemKind(Enum):
    """The kind of item that cannot be read."""

    KEY = auto()
    LOCKED = auto()
    """A key or PKCS #12 file that needs a passphrase, but none was given."""
    OPENSSH_LOCKED = auto()
    """An encrypted key in OpenSSH's format, which csrtui does not open."""
    REQUEST = auto()
    CERTIFICATE = auto()
    FILE = auto()
    """The whole file, or an item of an unknown kind."""


@dataclass(frozen=True, slots=True)
class Problem:
    """An item that cannot be read.

    Attributes:
        kind: The kind of item.
        text: The reason, safe to display. If the file has several items, it includes the item's place in the file.
        hint: What to do, or None.
        path: The path of the item in a JSON document, or "".
        request_der: The DER of a CSR that breaks encoding rules (`csrtui.core.certificates.csr.read_faulty`), or b"".
    """

    kind: ProblemKind
    text: str
    hint: str | None = None
    path: str = ""
    request_der: bytes = b""

    @property
    def error(self) -> InputError:
        """The problem as an exception."""
        return InputError(self.text, self.hint)

    @property
    def sentence(self) -> str:
        """The text and the hint on one line."""
        return self.error.sentence


@dataclass(frozen=True, slots=True)
class BundleKey:
    """A decrypted private key.

    Attributes:
        key: The key.
        is_encrypted: Whether the key was encrypted with a non-empty passphrase.
        path: The path of the key in a JSON document, such as ``le.Account.PrivateKey``, or "".
        is_openssh: Whether the key is in OpenSSH's format, which openssl cannot read.
    """

    key: "PrivateKey" = field(repr=False)
    is_encrypted: bool
    path: str = ""
    is_openssh: bool = False


@dataclass(frozen=True, slots=True)
class KeyMaterial:
    """The keys, CSRs and certificates in a file.

    Attributes:
        keys: The private keys, decrypted.
        requests: The CSRs, without duplicates.
        certificates: The certificates, without duplicates, in file order.
        problems: The items that cannot be read.
        has_private_key: Whether there is a private key, readable or not.
        other_content: The content of a file without items, such as ``a web page``, and a hint or "". None if the
            content is unknown.
    """

    keys: tuple[BundleKey, ...] = ()
    requests: tuple[Request, ...] = ()
    certificates: tuple[Certificate, ...] = ()
    problems: tuple[Problem, ...] = ()
    has_private_key: bool = False
    other_content: tuple[str, str] | None = None

    @property
    def needs_passphrase(self) -> bool:
        """Whether an item needs a passphrase and none was given."""
        return any(problem.kind is ProblemKind.LOCKED for problem in self.problems)

    @property
    def is_empty(self) -> bool:
        """Whether there are no items and no problems."""
        return not (self.keys or self.requests or self.certificates or self.problems)

    def missing_error(self, message: str, hint: str | None = None) -> InputError:
        """Return an error for a missing item. If the file has other content, the error names it and gives its hint."""
        if self.other_content is None:
            return InputError(message, hint)
        content, own_hint = self.other_content
        return InputError(f"{message}: it is {content}", own_hint or hint)

    def problem(self, kind: ProblemKind) -> Problem | None:
        """Return the first problem of this kind. If there is none, return the first problem of any kind, or None."""
        return min(self.problems, key=lambda problem: problem.kind is not kind, default=None)
