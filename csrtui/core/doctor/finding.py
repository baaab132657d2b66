"""The doctor's findings, their codes, levels and remedies, and the facts about files that they depend on.

`csrtui.store.file_facts` collects the facts without judging them. A remedy is a shell command or an instruction.

The replacement for a broken pair is restored from a backup, or adopted from the pair's undamaged files, in a new store
next to the examined one. When the replacement is complete, it changes places with the broken pair. So a failed or
interrupted command leaves the pair unchanged, and the new store keeps the broken files.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum, StrEnum
from typing import Final, Self

from csrtui.core.base import escaping
from csrtui.core.base.escaping import AND, Syntax, quote, visible
from csrtui.core.base.finding import Level
from csrtui.core.pairs.pair import Backup, PairRecord
from csrtui.core.servers.platforms import PLATFORMS


class FileKind(Enum):
    """The kind of a file. The value is the text to display."""

    FOLDER = "a folder"
    FILE = "a file"
    LINK = "a symbolic link"
    FIFO = "a FIFO"
    OTHER = "a device or socket"


@dataclass(frozen=True, slots=True)
class FileFacts:
    """Facts about a file or folder of a store. Links are not followed.

    Attributes:
        path: The absolute path, unescaped.
        kind: The kind, or None if stat(2) failed.
        mode: The permission bits.
        owner: The user ID of the owner.
        fault: The system's error message if the file could not be examined, listed or read, else None.
        data: The contents of a file, or None if the file is not read or could not be read.
        entries: The facts about the entries of a folder, sorted by name. Empty if the folder is not listed.
    """

    path: str
    kind: FileKind | None = None
    mode: int = 0
    owner: int = 0
    fault: str | None = None
    data: bytes | None = None
    entries: "tuple[FileFacts, ...]" = ()

    @property
    def name(self) -> str:
        """The last component of the path."""
        return self.path.rpartition("/")[2]


class BackupFileState(Enum):
    """Whether a backup file exists and can be read."""

    PRESENT = "present"
    MISSING = "missing"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class BackupFacts:
    """Facts about a backup file.

    Attributes:
        state: Whether the file exists and can be read.
        sha256: SHA-256 of the contents, 64 hex digits, or "" if the file could not be read.
        fault: The reason why the file could not be read, or "".
        with_store: Whether the file is on the same file system as the store.
    """

    state: BackupFileState
    sha256: str = ""
    fault: str = ""
    with_store: bool = False


class RemedyKind(StrEnum):
    """The way to use the text of a remedy."""

    COMMAND = "command"
    """A command to run in a shell unchanged."""
    TEMPLATE = "template"
    """A command to run in a shell after replacing its words in capitals (DIR, CERTIFICATE, CHAIN, IDENTITY)."""
    INSTRUCTION = "instruction"
    """A text to read, because a decision or a manual step is needed."""


_STORE: Final = "\0"
"""The place of the option ``--store`` in a command. No quoted word contains a NUL."""


@dataclass(frozen=True, slots=True)
class Remedy:
    """The fix for a finding.

    Attributes:
        kind: The way to use the text.
        text: One line. After `for_store`, it contains only printable characters.
    """

    kind: RemedyKind
    text: str

    def for_store(self, path: str) -> "Remedy":
        """Return the remedy with ``--store`` added to each csrtui command that acts on the examined store.

        An empty path is the default store.
        """
        option = f" --store {escaping.quote(path)}" if path else ""
        return replace(self, text=self.text.replace(f" {_STORE}", option))

    @property
    def pasteable(self) -> str:
        """The text to paste into a shell. An instruction becomes a comment, so pasting it runs nothing."""
        return f"# {self.text}" if self.kind is RemedyKind.INSTRUCTION else self.text


def csrtui(action: str, *arguments: str) -> tuple[str, ...]:
    """Return the words of a csrtui command that acts on the examined store."""
    return ("csrtui", action, Syntax(_STORE), *arguments)


def command(*words: str) -> Remedy:
    """Return a shell command made of these words. Each word is quoted unless it is `Syntax`."""
    return _in_shell(RemedyKind.COMMAND, words)


def template(*words: str) -> Remedy:
    """Return a shell command whose words in capitals the user has to replace."""
    return _in_shell(RemedyKind.TEMPLATE, words)


def instruction(text: str) -> Remedy:
    """Return an instruction. The text has whole sentences, with untrusted text escaped."""
    return Remedy(RemedyKind.INSTRUCTION, text)


def _in_shell(kind: RemedyKind, words: tuple[str, ...]) -> Remedy:
    if any(word.endswith("\n") for word in words):  # $(…) would strip it and name another file
        return instruction("Rename it first: a path that ends with a line break cannot be used in a command.")
    return Remedy(kind, escaping.command(*words))


@dataclass(frozen=True, slots=True)
class PairCondition:
    """The files of a pair that are intact and belong together.

    Attributes:
        has_key: Whether there is a private key that can be used, directly or with a passphrase.
        has_csr: Whether there is a CSR for that key, with a valid signature.
        has_certificate: Whether there is a certificate for that key.
    """

    has_key: bool
    has_csr: bool
    has_certificate: bool


class PairReplacement:
    """The remedies that replace a broken pair. The time `now` makes the name of the new store unique."""

    def __init__(
        self,
        folder: str,
        record: PairRecord | None,
        condition: PairCondition,
        backup_facts: Mapping[str, BackupFacts],
        now: datetime,
    ) -> None:
        self._folder = folder
        self._store, _, self._pair = folder.rpartition("/pairs/")
        self._record, self._condition = record, condition
        self._backup = best_backup(record, backup_facts) if record else None
        self._new_store = f"{self._store}-{self._pair}.{now:%Y%m%d-%H%M%S}"

    def for_damaged_files(self) -> Remedy:
        """Return the remedy for a missing or damaged key or CSR. It restores a backup, if possible."""
        can_make_csr = self._condition.has_key and self._condition.has_certificate
        return self._restoration() or (self._adoption("--make-csr") if can_make_csr else self._loss())

    def for_wrong_record(self) -> Remedy:
        """Return the remedy for a missing, damaged or wrong record. It adopts the files, if possible."""
        if self._condition.has_key and self._condition.has_csr:
            return self._adoption("--csr", f"{self._folder}/request.pem")
        return self.for_damaged_files()

    def _restoration(self) -> Remedy | None:
        if self._backup is None or not self._backup.path.startswith("/"):
            return None
        build = template if self._backup.to_recipients else command
        identity = ("--identity", "IDENTITY") if self._backup.to_recipients else ()
        restore = ("csrtui", "restore", "--store", self._new_store, self._backup.path, *identity)
        return build(*restore, *self._exchange(), *self._retirement())

    def _adoption(self, *csr: str) -> Remedy:
        certificate = ("--cert", f"{self._folder}/certificate.pem") if self._condition.has_certificate else ()
        return command(
            *("csrtui", "adopt", "--store", self._new_store, "--as", self._pair, *self._record_options()),
            *("--key", f"{self._folder}/key.pem", *csr, *certificate),
            *self._exchange(),
            *self._retirement(),
            *self._restore_test(),
        )

    def _record_options(self) -> tuple[str, ...]:
        """Return the options for ``csrtui adopt`` that keep the values found only in the record."""
        if self._record is None:
            return ()
        platform = ("--for", self._record.platform) if self._record.platform in PLATFORMS else ()
        return ("--ca", self._record.ca.value, *platform)

    def _exchange(self) -> tuple[str, ...]:
        # The restored pair gets its name from the backup, which can differ from the name of the folder.
        only_pair = Syntax(f"{quote(self._new_store)}/pairs/*")
        return (AND, "mv", self._folder, self._new_store, AND, "mv", only_pair, self._folder)

    def _retirement(self) -> tuple[str, ...]:
        return (AND, *csrtui("retire", self._pair)) if self._record and self._record.retired else ()

    def _restore_test(self) -> tuple[str, ...]:
        """Return a restore test, which adds the backup to the record of the adopted pair."""
        if self._backup is None or self._backup.to_recipients:
            return ()
        return (AND, *csrtui("verify", "--restore-test", self._backup.path))

    def _loss(self) -> Remedy:
        paths = ", ".join(visible(backup.path) for backup in (self._record.backups if self._record else ()))
        search = (
            f"Connect the disk of a backup of {self._pair} ({paths}) and check again."
            if paths
            else f"No backup of {self._pair} is on record. If you have one elsewhere, restore it."
        )
        lost_file = "CSR" if self._condition.has_key else "key"
        return instruction(
            f"{search} Without a backup, the {lost_file} is lost: make a new pair for the same names, "
            f"and move {visible(self._folder)} out of the keystore."
        )


def best_backup(record: PairRecord, backup_facts: Mapping[str, BackupFacts]) -> Backup | None:
    """Return the newest backup that exists unchanged, preferably a verified one, or None if there is none."""
    good = [backup for backup in record.backups if is_good(backup, backup_facts)]
    return max(good, key=lambda backup: (backup.verified is not None, backup.created), default=None)


def is_good(backup: Backup, backup_facts: Mapping[str, BackupFacts]) -> bool:
    """Return whether a backup exists and its contents are unchanged."""
    facts = backup_facts.get(backup.path, BackupFacts(BackupFileState.MISSING))
    return facts.state is BackupFileState.PRESENT and facts.sha256 == backup.sha256


class FindingCode(StrEnum):
    """The stable code of a finding, and its level.

    An error means that a command would fail or that a secret is exposed. A warning asks the user to check something. A
    note needs no action.
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
    CERTIFICATE_NO_NAMES = "certificate-no-names", Level.WARNING
    CERTIFICATE_WRONG_NAMES = "certificate-wrong-names", Level.WARNING
    CERTIFICATE_WRONG_PURPOSE = "certificate-wrong-purpose", Level.WARNING
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
    BACKUP_OUTDATED = "backup-outdated", Level.NOTE
    CREATED_IN_FUTURE = "created-in-future", Level.WARNING
    TIME_IN_FUTURE = "time-in-future", Level.WARNING
    BEFORE_CREATED = "before-created", Level.WARNING
    SAME_KEY = "same-key", Level.WARNING
    RENEWAL_NOT_NOTED = "renewal-not-noted", Level.WARNING
    RENEWAL_BROKEN = "renewal-broken", Level.WARNING
    RENEWAL_UNFINISHED = "renewal-unfinished", Level.WARNING
    PREDECESSOR_MISSING = "predecessor-missing", Level.NOTE
    SUCCESSOR_MISSING = "successor-missing", Level.WARNING
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
        lower_level: The level of this finding if it is lower than the level of its code, else None.
        mode: The mode that fixes the file or folder when it is set, else None.
    """

    code: FindingCode
    path: str
    text: str
    fix: Remedy
    pair: str | None = None
    lower_level: Level | None = None
    mode: int | None = None

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
