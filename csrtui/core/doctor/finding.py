"""The doctor's findings, with their stable codes and their levels."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from csrtui.core.base.finding import Level
from csrtui.core.doctor.remedy import Remedy


class FindingCode(StrEnum):
    """The stable code of a finding, and its level.

    An error means that a command would fail or a secret is exposed. A warning needs a check by a person. A note is for
    information only.
    """

    level: Level

    def __new__(cls, value: str, level: Level) -> Self:
        """Return the member with this value and level."""
        code = str.__new__(cls, value)
        code._value_ = value
        code.level = level
        return code

    UNREADABLE = "unreadable", Level.ERROR
    LINK = "link", Level.ERROR
    WRONG_KIND = "wrong-kind", Level.ERROR
    FOREIGN_OWNER = "foreign-owner", Level.ERROR
    OPEN_MODE = "open-mode", Level.ERROR
    UNEXPECTED = "unexpected", Level.WARNING
    UNKNOWN_HIDDEN = "unknown-hidden", Level.NOTE
    NAME_NOT_ALLOWED = "name-not-allowed", Level.WARNING
    LEFTOVER_CREATION = "leftover-creation", Level.WARNING
    CREATION_UNDER_WAY = "creation-under-way", Level.NOTE
    LEFTOVER_TEMPORARY = "leftover-temporary", Level.WARNING
    MEMORY_UNREADABLE = "memory-unreadable", Level.WARNING
    MISSING_FILE = "missing-file", Level.ERROR
    RECORD_UNREADABLE = "record-unreadable", Level.ERROR
    RECORD_SCHEMA = "record-schema", Level.ERROR
    REQUEST_UNREADABLE = "request-unreadable", Level.ERROR
    REQUEST_SIGNATURE = "request-signature", Level.ERROR
    REQUEST_CHANGED = "request-changed", Level.ERROR
    FINGERPRINT_DISAGREES = "fingerprint-disagrees", Level.ERROR
    SUBJECT_DISAGREES = "subject-disagrees", Level.WARNING
    NAMES_DISAGREE = "names-disagree", Level.WARNING
    KEY_UNREADABLE = "key-unreadable", Level.ERROR
    KEY_OF_ANOTHER = "key-of-another", Level.ERROR
    KEY_NOT_OPENED = "key-not-opened", Level.NOTE
    KEY_WEAK = "key-weak", Level.ERROR
    KEY_COMPROMISED = "key-compromised", Level.ERROR
    ENCRYPTION_DISAGREES = "encryption-disagrees", Level.WARNING
    CERTIFICATE_UNREADABLE = "certificate-unreadable", Level.ERROR
    CERTIFICATE_OF_ANOTHER = "certificate-of-another", Level.ERROR
    CERTIFICATE_EXPIRED = "certificate-expired", Level.WARNING
    CERTIFICATE_NOT_YET_VALID = "certificate-not-yet-valid", Level.WARNING
    CERTIFICATE_MISSING = "certificate-missing", Level.ERROR
    CHAIN_INVALID = "chain-invalid", Level.WARNING
    CHAIN_INCOMPLETE = "chain-incomplete", Level.WARNING
    CHAIN_NOT_CHECKABLE = "chain-not-checkable", Level.WARNING
    VALIDITY_DISAGREES = "validity-disagrees", Level.WARNING
    BACKUP_NONE = "backup-none", Level.WARNING
    BACKUP_MISSING = "backup-missing", Level.WARNING
    BACKUP_DAMAGED = "backup-damaged", Level.ERROR
    BACKUP_UNVERIFIED = "backup-unverified", Level.WARNING
    BACKUP_UNSIGNED = "backup-unsigned", Level.NOTE
    BACKUP_SAME_DISK = "backup-same-disk", Level.NOTE
    CREATED_IN_FUTURE = "created-in-future", Level.WARNING
    TIME_IN_FUTURE = "time-in-future", Level.WARNING
    BEFORE_CREATED = "before-created", Level.WARNING
    SAME_KEY = "same-key", Level.WARNING
    RENEWAL_NOT_NOTED = "renewal-not-noted", Level.WARNING
    RENEWAL_BROKEN = "renewal-broken", Level.WARNING
    CONFIG_UNUSABLE = "config-unusable", Level.ERROR


@dataclass(frozen=True, slots=True)
class DoctorFinding:
    """A problem in the store, or a note.

    Attributes:
        code: The kind of problem.
        path: The absolute path of the file or folder. It is unescaped, untrusted text.
        text: One sentence, with untrusted text escaped.
        fix: The remedy.
        pair: The pair's name, or None.
        lower_level: The level of this finding if it is lower than that of its code, else None.
    """

    code: FindingCode
    path: str
    text: str
    fix: Remedy
    pair: str | None = None
    lower_level: Level | None = None

    @property
    def level(self) -> Level:
        """The level of the finding."""
        return self.lower_level or self.code.level

    @property
    def remedy(self) -> str:
        """The text of the remedy."""
        return self.fix.text

    @property
    def pasteable(self) -> str:
        """The remedy as text to paste into a shell. An instruction becomes a shell comment."""
        return self.fix.pasteable

    def as_json(self) -> dict[str, object]:
        """Return the finding in the form that ``csrtui doctor --json`` prints."""
        return {
            "code": self.code.value,
            "level": self.level.value,
            "pair": self.pair,
            "path": self.path,
            "text": self.text,
            "remedy": self.remedy,
            "remedy_kind": self.fix.kind.value,
        }
