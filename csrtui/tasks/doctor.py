"""Check everything in a store without changing it (`csrtui doctor`)."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from threading import Event
from typing import TYPE_CHECKING, Final

from csrtui.core.base.errors import CsrtuiError
from csrtui.core.base.escaping import visible
from csrtui.core.base.finding import CaKind, Level
from csrtui.core.doctor.backups_and_renewals import RenewalLink, check_renewals, renewal_link
from csrtui.core.doctor.file_checks import check_pair_files, check_store_files, is_pair_entry
from csrtui.core.doctor.finding import (
    DoctorFinding,
    FileFacts,
    FileKind,
    FindingCode,
    command,
    csrtui,
    instruction,
    is_good,
)
from csrtui.core.doctor.pair_checks import PairContents, check_contents, record_of
from csrtui.core.pairs.pair import PairRecord
from csrtui.core.pairs.pair_name import is_pair_name
from csrtui.core.pairs.renewal_state import UNREADABLE, RenewalState, Successor, renewal_state
from csrtui.store import file_facts
from csrtui.store.permissions import unsafe_folders
from csrtui.tasks.private_keys import proved_key_findings, public_key_findings
from csrtui.tasks.session import Session

if TYPE_CHECKING:
    from csrtui.tasks.settings import IgnoredFile

_CHUNK_SIZE = 16
"""The number of pairs that a thread checks in one batch."""
_MAX_NAMES = 3
"""The maximum number of pairs listed in a sentence."""


@dataclass(frozen=True, slots=True)
class _CheckedPair:
    """A pair with its findings, and the facts that are compared with those of other pairs."""

    name: str
    path: str
    findings: tuple[DoctorFinding, ...]
    spki_sha256: str | None = None
    link: RenewalLink | None = None


class Examination:
    """One check of a store. The constructor reads the facts about the store, and `run` checks the pairs.

    Args:
        session: The session of the store. The store may be so unsafe or damaged that other commands refuse it.
        config: The path of the configuration, or None to leave it out.
        site_problems: The problems of the site-wide files.
        store_argument: The path of the store if commands must name it (`csrtui.store.store_location.store_argument`).

    Attributes:
        names: The names of all pairs, and of everything else in the folder ``pairs``, sorted.
        outdated_records: The names of the examined pairs whose records show an outdated status of a backup.
    """

    def __init__(
        self,
        session: Session,
        config: str | None = None,
        *,
        store_argument: str = "",
        site_problems: "Sequence[IgnoredFile]" = (),
    ) -> None:
        self._store_argument = store_argument
        self._path = session.store.path
        self._now = session.clock()
        self._config = config
        self._site_problems = site_problems
        # Check the lock before listing, so that a creation that finishes in between is listed as a pair and not as a
        # leftover.
        self._creating = file_facts.is_creating(self._path)
        self._store = file_facts.store_facts(self._path)
        self._user = file_facts.current_user()
        self._renewals: dict[str, RenewalState] = {}
        self.outdated_records: set[str] = set()
        self.names = tuple(file.name for file in _pair_files(self._store) if is_pair_entry(file))

    def run(
        self, on_pair: Callable[[], None] = lambda: None, cancel: Event | None = None
    ) -> tuple[DoctorFinding, ...]:
        """Check everything and return the findings, first those about the store, then those about each pair.

        The findings about a pair are sorted worst first.

        Args:
            on_pair: Called after each pair, in the thread that called `run`.
            cancel: Once set, no further pair is checked.
        """
        findings: list[DoctorFinding] = []
        if self._store:
            findings += _check_ancestors(self._path, self._user)
            findings += check_store_files(self._store, self._user, is_creating=self._creating)
        if self._config is not None:
            findings += _check_config(self._config)
        findings += [_config_finding(problem.path, problem.error) for problem in self._site_problems]
        pairs = []
        for pair in self._check_pairs(cancel or Event()):
            pairs.append(pair)
            on_pair()
        shared_keys = _find_shared_keys(pairs)
        links = [pair.link for pair in pairs if pair.link]
        renewals: dict[str | None, list[DoctorFinding]] = {}
        for finding in check_renewals(links, frozenset(self.names)):
            renewals.setdefault(finding.pair, []).append(finding)
        for pair in pairs:
            shared_key = filter(None, [shared_keys.get(pair.name)])
            findings += worst_first([*pair.findings, *shared_key, *renewals.get(pair.name, ())])
        return tuple(
            replace(finding, fix=finding.fix.for_store(self._store_argument))
            for finding in findings
            if self._applies(finding)
        )

    def _applies(self, finding: DoctorFinding) -> bool:
        """Return whether a finding applies to this store.

        In another user's store, everything should belong to that user, so only the owner of the store itself is
        reported as foreign.
        """
        if self._store is None or self._store.owner == self._user:
            return True
        return finding.code is not FindingCode.FOREIGN_OWNER or finding.path == self._path

    def _check_pairs(self, cancel: Event) -> Iterator[_CheckedPair]:
        """Check the pairs in several threads, since cryptography releases the GIL, and yield them in order."""
        import os
        from concurrent.futures import ThreadPoolExecutor

        def check(names: Iterable[str]) -> list[_CheckedPair]:
            pairs = (None if cancel.is_set() else self._check_pair(name) for name in names)
            return [pair for pair in pairs if pair is not None]

        with ThreadPoolExecutor(min(os.cpu_count() or 1, 8)) as pool:
            starts = range(0, len(self.names), _CHUNK_SIZE)
            for pairs in pool.map(check, [self.names[start : start + _CHUNK_SIZE] for start in starts]):
                yield from pairs

    def _check_pair(self, name: str) -> _CheckedPair | None:
        folder = file_facts.pair_facts(self._path, name)
        if folder is None:
            return None
        findings = list(check_pair_files(folder, self._user))
        if folder.kind is not FileKind.FOLDER:
            return _CheckedPair(name, folder.path, tuple(findings))
        record = record_of(folder)
        if record is not None:
            record = self._with_renewal_state(record)
        backups = {
            backup.path: file_facts.backup_facts(backup.path, self._path)
            for backup in (record.backups if record else ())
        }
        if record and any(is_good(backup, backups) is not backup.is_intact for backup in record.backups):
            self.outdated_records.add(name)
        contents = check_contents(folder, record, backups, self._now)
        findings += [*contents.findings, *_weaknesses(folder.path, record, contents)]
        link = renewal_link(name, folder.path, record) if record else None
        spki = contents.csr.spki_sha256 if contents.csr else None
        return _CheckedPair(name, folder.path, tuple(findings), spki, link)

    def _with_renewal_state(self, record: PairRecord) -> PairRecord:
        """Return the record with the progress of its renewal. This works even in a store that other commands refuse."""

        def find(name: str) -> Successor | None:
            folder = file_facts.pair_facts(self._path, name) if is_pair_name(name) else None
            if folder is None:
                return None
            successor = record_of(folder)
            return successor.successor_facts if successor else UNREADABLE

        if record.renewed_by is None or record.retired:
            return record
        return record._replace(renewal=renewal_state(record.renewed_by, find, self._renewals))


CHECKED: Final = (
    "every file and folder of the store: kind, owner and mode, and nothing left over",
    "every pair: key, CSR, certificate and record belong together",
    "every key: no known weakness",
    "every chain: complete and valid",
    "every backup on record: exists and is unchanged",
    "every date: nothing expired, not yet valid or impossible",
    "every renewal: both pairs exist, and the new one is in use",
    "the configuration",
)
"""A phrase for each kind of check in an examination."""


def worst_first(findings: Iterable[DoctorFinding]) -> list[DoctorFinding]:
    """Return the findings sorted by level, worst first. Findings of the same level stay in order."""
    return sorted(findings, key=lambda finding: finding.level.rank)


def is_well(findings: Iterable[DoctorFinding]) -> bool:
    """Return whether all findings are notes."""
    return all(finding.level is Level.NOTE for finding in findings)


def _pair_files(store: FileFacts | None) -> tuple[FileFacts, ...]:
    """Return the entries of the folder ``pairs``."""
    entries = store.entries if store else ()
    return next((file.entries for file in entries if file.name == "pairs"), ())


def _weaknesses(path: str, record: PairRecord | None, contents: PairContents) -> Iterator[DoctorFinding]:
    """Yield a finding if the key of a pair in use is weak. If the key is encrypted, only its public half is checked."""
    from csrtui.core.certificates import csr as csrs

    pair, ca = path.rpartition("/")[2], record.ca if record else CaKind.PUBLIC
    if record is not None and not record.is_unreplaced:
        return
    if contents.key is not None:
        findings = proved_key_findings(contents.key, ca)
    elif contents.csr is not None:
        findings = public_key_findings(csrs.public_key(contents.csr.der), ca)
    else:
        return
    weak = [finding for finding in findings if finding.code == "key-weak"]
    if weak:
        text = f"the key of {pair} is weak. {' '.join(finding.text for finding in weak)}"
        remedy = command(*csrtui("renew", pair))
        yield DoctorFinding(FindingCode.KEY_WEAK, f"{path}/key.pem", text, remedy, pair, weak[0].level)


def _find_shared_keys(pairs: Iterable[_CheckedPair]) -> dict[str, DoctorFinding]:
    """Return a finding for each pair in use that shares its key with another pair in use, by the pair's name."""
    by_key: dict[str, list[_CheckedPair]] = {}
    for pair in pairs:
        is_over = pair.link is not None and (pair.link.is_retired or pair.link.renewed_by is not None)
        if pair.spki_sha256 is not None and not is_over:
            by_key.setdefault(pair.spki_sha256, []).append(pair)
    remedy = instruction("Renew all but one of them with a new key, and retire the old pairs.")
    findings: dict[str, DoctorFinding] = {}
    for same_key in by_key.values():
        for pair in same_key if len(same_key) > 1 else ():
            names = [other.name for other in same_key[: _MAX_NAMES + 1] if other is not pair][:_MAX_NAMES]
            unnamed = len(same_key) - 1 - len(names)
            others = ", ".join(names) + (f" and {unnamed} more" if unnamed else "")
            text = f"{pair.name} has the same key as {others}: if it is lost or copied, all are affected"
            findings[pair.name] = DoctorFinding(FindingCode.SAME_KEY, pair.path, text, remedy, pair.name)
    return findings


def _check_ancestors(path: str, user: int) -> Iterator[DoctorFinding]:
    for unsafe in unsafe_folders(path, itself=False):
        code = FindingCode.FOREIGN_OWNER if unsafe.is_owner_wrong else FindingCode.OPEN_MODE
        text = f"{unsafe.problem}: anyone who can write there can replace the keystore"
        sudo = ("sudo",) if unsafe.is_owner_wrong and user else ()  # only root may change an owner
        yield DoctorFinding(code, unsafe.path, text, command(*sudo, *unsafe.words))


def _check_config(path: str) -> list[DoctorFinding]:
    from csrtui.core.config.settings import parse_config
    from csrtui.store.config_file import read_config_text

    try:
        parse_config(read_config_text(path), path)
    except CsrtuiError as error:
        return [_config_finding(path, error)]
    return []


def _config_finding(path: str, error: CsrtuiError) -> DoctorFinding:
    if error.hint is not None and error.hint.startswith("chmod "):
        remedy = command("chmod", "go-w", path)
    else:
        hint = f": {visible(error.hint)}" if error.hint else ""
        remedy = instruction(f"Correct {visible(path)}{hint}.")
    return DoctorFinding(FindingCode.CONFIG_UNUSABLE, path, visible(error.message), remedy)
