"""Build remedies: the shell command or instruction that fixes a finding of the doctor.

A broken pair is replaced from a backup, or by adopting its undamaged files. The replacement is made in a store of
its own beside the examined one and takes the place of the broken pair only when it is complete. A command that
fails or is interrupted leaves the pair unchanged, and the broken files are kept in that store.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from csrtui.core.base import escaping
from csrtui.core.base.escaping import AND, Syntax, quote, visible
from csrtui.core.doctor.facts import CopySeen, CopyState
from csrtui.core.pairs.pair import Backup, PairRecord
from csrtui.core.servers.platforms import PLATFORMS


class RemedyKind(StrEnum):
    """What a reader can do with the text of a remedy."""

    COMMAND = "command"
    """Run it in a shell as it is."""
    TEMPLATE = "template"
    """Run it in a shell with its words in capitals (DIR, CERTIFICATE, CHAIN, IDENTITY) replaced."""
    INSTRUCTION = "instruction"
    """Read it: a person has to decide or to do something first."""


_STORE: Final = "\0"
"""Where the option ``--store`` belongs. No quoted word contains a NUL."""


@dataclass(frozen=True, slots=True)
class Remedy:
    """What fixes a finding.

    Attributes:
        kind: What a reader can do with it.
        text: One line, which contains only printable characters once the store is known (`for_store`).
    """

    kind: RemedyKind
    text: str

    def for_store(self, path: str) -> "Remedy":
        """Return the remedy with ``--store`` in each command of csrtui that acts on the examined store.

        Args:
            path: The path of the store; empty for the store that csrtui uses by default.
        """
        option = f" --store {escaping.quote(path)}" if path else ""
        return replace(self, text=self.text.replace(f" {_STORE}", option))

    @property
    def pasteable(self) -> str:
        """The text for a shell: an instruction is a comment, so that pasting it runs nothing."""
        return pasteable(self.kind, self.text)


def pasteable(kind: str, text: str) -> str:
    """Return the text of a remedy for a shell, an instruction as a comment.

    Args:
        kind: A `RemedyKind`, or what another version of csrtui wrote.
        text: One line.
    """
    return text if kind in {RemedyKind.COMMAND, RemedyKind.TEMPLATE} else f"# {text}"


def csrtui(action: str, *arguments: str) -> tuple[str, ...]:
    """Return the words of a csrtui command that acts on the examined store."""
    return ("csrtui", action, Syntax(_STORE), *arguments)


def command(*words: str) -> Remedy:
    """Return a shell command of these words, each quoted unless it is `Syntax`."""
    return _in_shell(RemedyKind.COMMAND, words)


def template(*words: str) -> Remedy:
    """Return a shell command in which a person has to replace the words in capitals."""
    return _in_shell(RemedyKind.TEMPLATE, words)


def instruction(text: str) -> Remedy:
    """Return an instruction to a person: whole sentences, in which text from outside is visible."""
    return Remedy(RemedyKind.INSTRUCTION, text)


def _in_shell(kind: RemedyKind, words: tuple[str, ...]) -> Remedy:
    if any(word.endswith("\n") for word in words):  # $(…) would drop it and name another file
        return instruction("Rename it first: a path that ends with a line break does not fit into a command.")
    return Remedy(kind, escaping.command(*words))


@dataclass(frozen=True, slots=True)
class PairCondition:
    """Which files of a pair are whole and belong together.

    Attributes:
        has_key: Whether there is a private key that can be used, or opened with a passphrase.
        has_csr: Whether there is a CSR with a valid signature for that key.
        has_certificate: Whether there is a certificate for that key.
    """

    has_key: bool
    has_csr: bool
    has_certificate: bool


class PairReplacement:
    """The remedies that replace a pair, or that bring back what it lacks.

    Args:
        folder: The folder of the pair, absolute.
        record: Its record, or None if that cannot be read.
        copies: What was found of the backups on record, by path.
        now: The time, in UTC; it makes the name of the store beside the examined one unique.
    """

    def __init__(
        self, folder: str, record: PairRecord | None, copies: Mapping[str, CopySeen], now: datetime
    ) -> None:
        self._folder = folder
        self._store, _, self._pair = folder.rpartition("/pairs/")
        self._record = record
        self._backup = best_backup(record, copies) if record else None
        self._beside = f"{self._store}-{self._pair}.{now:%Y%m%d-%H%M%S}"

    def of_damaged(self, condition: PairCondition) -> Remedy:
        """Return the remedy for a key or CSR that is missing or damaged: the backup knows best."""
        return self._restoration() or self._new_csr(condition) or self._loss(condition)

    def of_record(self, condition: PairCondition) -> Remedy:
        """Return the remedy for a record that is missing, damaged or wrong: the files know best."""
        return self._adoption(condition) or self.of_damaged(condition)

    def _restoration(self) -> Remedy | None:
        if self._backup is None or not self._backup.path.startswith("/"):
            return None
        make = template if self._backup.to_recipients else command
        identity = ("--identity", "IDENTITY") if self._backup.to_recipients else ()
        restore = ("csrtui", "restore", "--store", self._beside, self._backup.path, *identity)
        return make(*restore, *self._exchange(), *self._retirement())

    def _adoption(self, condition: PairCondition) -> Remedy | None:
        if not (condition.has_key and condition.has_csr):
            return None
        return self._adopted("--csr", f"{self._folder}/request.pem", condition=condition)

    def _new_csr(self, condition: PairCondition) -> Remedy | None:
        if not (condition.has_key and condition.has_certificate):
            return None
        return self._adopted("--make-csr", condition=condition)

    def _adopted(self, *csr: str, condition: PairCondition) -> Remedy:
        certificate = ("--cert", f"{self._folder}/certificate.pem") if condition.has_certificate else ()
        return command(
            *("csrtui", "adopt", "--store", self._beside, "--as", self._pair, *self._choices()),
            *("--key", f"{self._folder}/key.pem", *csr, *certificate),
            *self._exchange(),
            *self._retirement(),
            *self._proof(),
        )

    def _choices(self) -> tuple[str, ...]:
        """What only the record knows, and an adoption would forget."""
        if self._record is None:
            return ()
        platform = ("--for", self._record.platform) if self._record.platform in PLATFORMS else ()
        return ("--ca", self._record.ca.value, *platform)

    def _exchange(self) -> tuple[str, ...]:
        # The restored pair has the name in its backup, which need not be that of the folder.
        only_pair = Syntax(f"{quote(self._beside)}/pairs/*")
        return (AND, "mv", self._folder, self._beside, AND, "mv", only_pair, self._folder)

    def _retirement(self) -> tuple[str, ...]:
        return (AND, *csrtui("retire", self._pair)) if self._record and self._record.retired else ()

    def _proof(self) -> tuple[str, ...]:
        """Record the backup again, which an adoption does not know: a restore test does."""
        if self._backup is None or self._backup.to_recipients:
            return ()
        return (AND, *csrtui("verify", "--restore-test", self._backup.path))

    def _loss(self, condition: PairCondition) -> Remedy:
        known = ", ".join(visible(backup.path) for backup in (self._record.backups if self._record else ()))
        search = (
            f"Connect the disk of a backup of {self._pair} ({known}) and check again."
            if known
            else (f"No backup of {self._pair} is on record. Restore the pair if you have one elsewhere.")
        )
        lost = "CSR" if condition.has_key else "key"
        return instruction(
            f"{search} Without a backup, the {lost} is lost: make a new pair for the same names, "
            f"and move {visible(self._folder)} out of the keystore."
        )


def best_backup(record: PairRecord, copies: Mapping[str, CopySeen]) -> Backup | None:
    """Return the newest backup that exists unchanged, preferably one that was proved; None if there is none."""
    good = [backup for backup in record.backups if is_good(backup, copies)]
    return max(good, key=lambda backup: (backup.verified is not None, backup.created), default=None)


def is_good(backup: Backup, copies: Mapping[str, CopySeen]) -> bool:
    """Return whether a backup exists and has the contents that were written.

    Args:
        backup: The backup on record.
        copies: What was found of the backups on record, by path.
    """
    seen = copies.get(backup.path, CopySeen(CopyState.MISSING))
    return seen.state is CopyState.THERE and seen.sha256 == backup.sha256
