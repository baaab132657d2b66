"""What `csrtui.core.bundle.read` returns: keys, CSRs and certificates of a file, and what could not be read."""

from dataclasses import dataclass, field
from enum import Enum, auto
from typing import TYPE_CHECKING

from csrtui.core.base.errors import InputError
from csrtui.core.certificates.certificate import Certificate
from csrtui.core.certificates.csr import Request

if TYPE_CHECKING:
    from csrtui.core.keys.key_types import PrivateKey


class ProblemKind(Enum):
    """What could not be read."""

    KEY = auto()
    LOCKED = auto()
    """A key, or PKCS #12, that opens with a passphrase only, and none is given."""
    REQUEST = auto()
    CERTIFICATE = auto()
    FILE = auto()
    """The file as a whole, or something in it that is of no known kind."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that could not be read.

    Attributes:
        kind: What it is.
        text: What is wrong, with the place in the file where it has several items; text from outside is visible.
        hint: What to do, or None.
        path: Where in a JSON document it is, or empty.
    """

    kind: ProblemKind
    text: str
    hint: str | None = None
    path: str = ""

    @property
    def error(self) -> InputError:
        """The same as an error."""
        return InputError(self.text, self.hint)

    @property
    def sentence(self) -> str:
        """Text and hint in one."""
        return f"{self.text}; {self.hint}" if self.hint else self.text


@dataclass(frozen=True, slots=True)
class BundleKey:
    """A private key, opened.

    Attributes:
        key: The key.
        is_encrypted: Whether it was under a passphrase that is not empty.
        path: Where in a JSON document it is, such as ``le.Account.PrivateKey``; else empty.
        is_openssh: Whether it is in OpenSSH's format, which openssl does not read.
    """

    key: "PrivateKey" = field(repr=False)
    is_encrypted: bool
    path: str = ""
    is_openssh: bool = False


@dataclass(frozen=True, slots=True)
class KeyMaterial:
    """What a file contains.

    Attributes:
        keys: Private keys, opened.
        requests: CSRs, each once.
        certificates: Certificates, each once, in their order.
        problems: What could not be read.
        has_private_key: Whether there is a private key, opened or not.
    """

    keys: tuple[BundleKey, ...] = ()
    requests: tuple[Request, ...] = ()
    certificates: tuple[Certificate, ...] = ()
    problems: tuple[Problem, ...] = ()
    has_private_key: bool = False

    @property
    def needs_passphrase(self) -> bool:
        """Whether something in it opens with a passphrase only."""
        return any(problem.kind is ProblemKind.LOCKED for problem in self.problems)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing in it, nor anything that could not be read."""
        return not (self.keys or self.requests or self.certificates or self.problems)

    def problem(self, *kinds: ProblemKind) -> Problem | None:
        """Return the first problem of these kinds, else the first one, or None."""
        return next(
            (problem for problem in self.problems if problem.kind in kinds), next(iter(self.problems), None)
        )
