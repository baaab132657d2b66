"""The problems that the doctor finds, as a table: stable codes and their levels."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from csrtui.core.base.finding import Level
from csrtui.core.doctor.remedy import Remedy


class Code(StrEnum):
    """The stable codes of the doctor's findings; their levels are in `LEVELS`."""

    UNREADABLE = "unreadable"
    LINK = "link"
    WRONG_KIND = "wrong-kind"
    FOREIGN_OWNER = "foreign-owner"
    OPEN_MODE = "open-mode"
    UNEXPECTED = "unexpected"
    UNKNOWN_HIDDEN = "unknown-hidden"
    NAME_NOT_ALLOWED = "name-not-allowed"
    LEFTOVER_CREATION = "leftover-creation"
    CREATION_UNDER_WAY = "creation-under-way"
    LEFTOVER_TEMPORARY = "leftover-temporary"
    MEMORY_UNREADABLE = "memory-unreadable"
    MISSING_FILE = "missing-file"
    RECORD_UNREADABLE = "record-unreadable"
    RECORD_SCHEMA = "record-schema"
    REQUEST_UNREADABLE = "request-unreadable"
    REQUEST_SIGNATURE = "request-signature"
    REQUEST_CHANGED = "request-changed"
    FINGERPRINT_DISAGREES = "fingerprint-disagrees"
    SUBJECT_DISAGREES = "subject-disagrees"
    NAMES_DISAGREE = "names-disagree"
    KEY_UNREADABLE = "key-unreadable"
    KEY_OF_ANOTHER = "key-of-another"
    KEY_NOT_OPENED = "key-not-opened"
    KEY_WEAK = "key-weak"
    ENCRYPTION_DISAGREES = "encryption-disagrees"
    CERTIFICATE_UNREADABLE = "certificate-unreadable"
    CERTIFICATE_OF_ANOTHER = "certificate-of-another"
    CERTIFICATE_EXPIRED = "certificate-expired"
    CERTIFICATE_NOT_YET_VALID = "certificate-not-yet-valid"
    CERTIFICATE_MISSING = "certificate-missing"
    CHAIN_INVALID = "chain-invalid"
    CHAIN_INCOMPLETE = "chain-incomplete"
    CHAIN_NOT_CHECKABLE = "chain-not-checkable"
    VALIDITY_DISAGREES = "validity-disagrees"
    BACKUP_NONE = "backup-none"
    BACKUP_MISSING = "backup-missing"
    BACKUP_DAMAGED = "backup-damaged"
    BACKUP_UNVERIFIED = "backup-unverified"
    BACKUP_UNSIGNED = "backup-unsigned"
    BACKUP_SAME_DISK = "backup-same-disk"
    CREATED_IN_FUTURE = "created-in-future"
    TIME_IN_FUTURE = "time-in-future"
    BEFORE_CREATED = "before-created"
    SAME_KEY = "same-key"
    RENEWAL_NOT_NOTED = "renewal-not-noted"
    RENEWAL_BROKEN = "renewal-broken"
    CONFIG_UNUSABLE = "config-unusable"


LEVELS: Final = {
    Code.UNREADABLE: Level.ERROR,
    Code.LINK: Level.ERROR,
    Code.WRONG_KIND: Level.ERROR,
    Code.FOREIGN_OWNER: Level.ERROR,
    Code.OPEN_MODE: Level.ERROR,
    Code.UNEXPECTED: Level.WARNING,
    Code.UNKNOWN_HIDDEN: Level.NOTE,
    Code.NAME_NOT_ALLOWED: Level.WARNING,
    Code.LEFTOVER_CREATION: Level.WARNING,
    Code.CREATION_UNDER_WAY: Level.NOTE,
    Code.LEFTOVER_TEMPORARY: Level.WARNING,
    Code.MEMORY_UNREADABLE: Level.WARNING,
    Code.MISSING_FILE: Level.ERROR,
    Code.RECORD_UNREADABLE: Level.ERROR,
    Code.RECORD_SCHEMA: Level.ERROR,
    Code.REQUEST_UNREADABLE: Level.ERROR,
    Code.REQUEST_SIGNATURE: Level.ERROR,
    Code.REQUEST_CHANGED: Level.ERROR,
    Code.FINGERPRINT_DISAGREES: Level.ERROR,
    Code.SUBJECT_DISAGREES: Level.WARNING,
    Code.NAMES_DISAGREE: Level.WARNING,
    Code.KEY_UNREADABLE: Level.ERROR,
    Code.KEY_OF_ANOTHER: Level.ERROR,
    Code.KEY_NOT_OPENED: Level.NOTE,
    Code.KEY_WEAK: Level.ERROR,
    Code.ENCRYPTION_DISAGREES: Level.WARNING,
    Code.CERTIFICATE_UNREADABLE: Level.ERROR,
    Code.CERTIFICATE_OF_ANOTHER: Level.ERROR,
    Code.CERTIFICATE_EXPIRED: Level.WARNING,
    Code.CERTIFICATE_NOT_YET_VALID: Level.WARNING,
    Code.CERTIFICATE_MISSING: Level.ERROR,
    Code.CHAIN_INVALID: Level.WARNING,
    Code.CHAIN_INCOMPLETE: Level.WARNING,
    Code.CHAIN_NOT_CHECKABLE: Level.WARNING,
    Code.VALIDITY_DISAGREES: Level.WARNING,
    Code.BACKUP_NONE: Level.WARNING,
    Code.BACKUP_MISSING: Level.WARNING,
    Code.BACKUP_DAMAGED: Level.ERROR,
    Code.BACKUP_UNVERIFIED: Level.WARNING,
    Code.BACKUP_UNSIGNED: Level.NOTE,
    Code.BACKUP_SAME_DISK: Level.NOTE,
    Code.CREATED_IN_FUTURE: Level.WARNING,
    Code.TIME_IN_FUTURE: Level.WARNING,
    Code.BEFORE_CREATED: Level.WARNING,
    Code.SAME_KEY: Level.WARNING,
    Code.RENEWAL_NOT_NOTED: Level.WARNING,
    Code.RENEWAL_BROKEN: Level.WARNING,
    Code.CONFIG_UNUSABLE: Level.ERROR,
}
"""Errors: a command would fail, or a secret is exposed. Warnings: a person has to look. Notes: good to know."""


@dataclass(frozen=True, slots=True)
class Ailment:
    """A problem in the store, or something worth knowing.

    Attributes:
        code: Which kind of problem.
        path: The file or folder, absolute, as the system has it: untrusted text.
        text: One sentence; text from outside in it is visible.
        fix: What fixes it.
        pair: The pair's name, or None.
        lighter: Its level, where that is lower than in `LEVELS`; else None.
    """

    code: Code
    path: str
    text: str
    fix: Remedy
    pair: str | None = None
    lighter: Level | None = None

    @property
    def level(self) -> Level:
        """The level of the finding."""
        return self.lighter or LEVELS[self.code]

    @property
    def remedy(self) -> str:
        """The text of the remedy."""
        return self.fix.text

    @property
    def pasteable(self) -> str:
        """The remedy for a shell: an instruction is a comment."""
        return self.fix.pasteable

    def as_json(self) -> dict[str, object]:
        """Return the finding as ``csrtui doctor --json`` prints it."""
        return {
            "code": self.code.value,
            "level": self.level.value,
            "pair": self.pair,
            "path": self.path,
            "text": self.text,
            "remedy": self.remedy,
            "remedy_kind": self.fix.kind.value,
        }
