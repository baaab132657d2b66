"""The reason why nothing is imported from a file, such as a private key or a backup that was given by mistake."""

from dataclasses import dataclass
from enum import Enum, auto

from csrtui.core import bundle
from csrtui.core.backups.age import is_age
from csrtui.core.backups.header import is_backup
from csrtui.core.base.errors import InputError
from csrtui.core.bundle import KeyMaterial, ProblemKind
from csrtui.core.bundle.formats import recognize
from csrtui.tasks.batch import Result

MAX_CERTIFICATES = 100
"""The maximum number of certificates imported from one text or file. A chain has three or four."""


_NO_ERROR = InputError("")


class RefusedKind(Enum):
    """A kind of file that belongs to another command."""

    OTHER = auto()
    """A file that belongs to no command."""
    KEY = auto()
    BACKUP = auto()


@dataclass(frozen=True, slots=True)
class RefusedFile(Result):
    """The result for a text or file from which nothing is imported.

    Attributes:
        error: The problem and its hint.
        kind: The kind of file. The hint depends on it.
    """

    error: InputError = _NO_ERROR
    kind: RefusedKind = RefusedKind.OTHER


def refusal(data: bytes, file: str | None, material: KeyMaterial) -> RefusedFile | None:
    """Return the reason why nothing is imported from a text or file, or None.

    Args:
        data: The contents.
        file: The path of the file, or None.
        material: The items that were read from the contents, without private keys.
    """
    kind, error = _reason(data, material)
    if error is None:
        return None
    return RefusedFile(ok=False, text=error.sentence, file=file, error=error, kind=kind)


def _reason(data: bytes, material: KeyMaterial) -> tuple[RefusedKind, InputError | None]:
    if is_age(data):
        hint = "if it is a backup, csrtui restore FILE --identity IDENTITY restores its pair"
        return RefusedKind.BACKUP, InputError("that is an age file, not a certificate", hint)
    if is_backup(data):
        message = "that is a backup of a private key, not a certificate"
        return RefusedKind.BACKUP, InputError(message, "csrtui restore FILE restores its pair")
    if material.has_private_key:
        return _key_reason(data, material)
    count = len(material.certificates)
    if count > MAX_CERTIFICATES:
        error = InputError(f"it contains {count} certificates; at most {MAX_CERTIFICATES} are read")
        return RefusedKind.OTHER, error
    is_readable = bool(material.certificates or material.problems)
    return RefusedKind.OTHER, None if is_readable else bundle.missing_certificate_error(material)


def _key_reason(data: bytes, material: KeyMaterial) -> tuple[RefusedKind, InputError]:
    problem = next((problem for problem in material.problems if problem.kind is ProblemKind.KEY), None)
    if problem is not None and recognize(data) is not None:  # a keystore of another program
        return RefusedKind.OTHER, problem.error
    message = "it contains a private key, and only certificates are imported; nothing of it was kept"
    hint = "csrtui adopt --key FILE adds the key, with its certificate, as a pair"
    return RefusedKind.KEY, InputError(message, f"{hint}; {problem.hint}" if problem is not None else hint)
