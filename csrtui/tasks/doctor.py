"""The doctor: check everything in a store, without changing it."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from threading import Event
from typing import Final

from csrtui.core.base.errors import CsrtuiError
from csrtui.core.base.escaping import visible
from csrtui.core.base.finding import CaKind, Level
from csrtui.core.doctor.contents import ExaminedPair, examine_contents, is_in_use, record_of
from csrtui.core.doctor.facts import FileKind, Seen
from csrtui.core.doctor.finding_codes import Ailment, Code
from csrtui.core.doctor.layout import is_pair_place, judge_pair_places, judge_store
from csrtui.core.doctor.remedy import command, csrtui, instruction
from csrtui.core.doctor.renewals import Tie, judge_renewals, tie_of
from csrtui.core.pairs.pair import PairRecord
from csrtui.store import survey
from csrtui.store.permissions import unsafe_folders
from csrtui.tasks.key_quality import proved_key_findings, public_key_findings
from csrtui.tasks.session import Session

_CHUNK = 16
_NAMED = 3


@dataclass(frozen=True, slots=True)
class _Pair:
    name: str
    path: str
    ailments: tuple[Ailment, ...]
    spki_sha256: str | None = None
    tie: Tie | None = None


class Examination:
    """One check of a store: the constructor looks at the store, `run` at the pairs.

    Args:
        session: Whose store; it may be one that every command refuses.
        config: The path of the configuration, or None to leave it out.
        named: The store's path where a command has to name it (`csrtui.store.location.store_to_name`).

    Attributes:
        names: The names of everything that is, or is in the place of, a pair, sorted.
    """

    def __init__(self, session: Session, config: str | None = None, *, named: str = "") -> None:
        self._named = named
        self._path = session.store.path
        self._now = session.clock()
        self._config = config
        # Check the lock before listing: a creation that finishes in between is then listed as a pair, not as a leftover.
        self._creating = survey.is_creating(self._path)
        self._store = survey.look_at_store(self._path)
        self._user = survey.current_user()
        self.names = tuple(seen.name for seen in _among_pairs(self._store) if is_pair_place(seen))

    def run(
        self, report: Callable[[], None] = lambda: None, stop: Event | None = None
    ) -> tuple[Ailment, ...]:
        """Check everything and return the findings: those about the store first, then by pair, the worst first.

        Args:
            report: Called as each pair is done, from the thread that called `run`.
            stop: Once set, no further pair is checked.
        """
        found = [*_judge_ancestors(self._path, self._user)] if self._store else []
        found += judge_store(self._store, self._user, creating=self._creating) if self._store else []
        found += _judge_config(self._config) if self._config is not None else []
        pairs = []
        for pair in self._examined(stop or Event()):
            pairs.append(pair)
            report()
        shared = _sharing(pairs)
        untied = judge_renewals([pair.tie for pair in pairs if pair.tie], frozenset(self.names))
        for pair in pairs:
            more = (*shared.get(pair.name, ()), *filter(None, [untied.get(pair.name)]))
            found += sorted((*pair.ailments, *more), key=lambda one: one.level.rank)
        return tuple(replace(one, fix=one.fix.for_store(self._named)) for one in found if self._counts(one))

    def _counts(self, ailment: Ailment) -> bool:
        """Whether a finding is one: in a store of another user, everything should belong to that user."""
        if self._store is None or self._store.owner == self._user:
            return True
        return ailment.code is not Code.FOREIGN_OWNER or ailment.path == self._path

    def _examined(self, stop: Event) -> Iterator[_Pair]:
        """Yield the pairs in order; several are checked at a time, since cryptography releases the GIL."""
        import os
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(min(os.cpu_count() or 1, 8)) as pool:
            chunks = [self.names[at : at + _CHUNK] for at in range(0, len(self.names), _CHUNK)]
            done = pool.map(lambda chunk: self._examine_some(chunk, stop), chunks)
            for pairs in done:
                yield from pairs

    def _examine_some(self, names: Iterable[str], stop: Event) -> list[_Pair]:
        return [pair for name in names if not stop.is_set() and (pair := self._examine(name)) is not None]

    def _examine(self, name: str) -> _Pair | None:
        folder = survey.look_at_pair(self._path, name)
        if folder is None:
            return None
        found = list(judge_pair_places(folder, self._user))
        if folder.kind is not FileKind.FOLDER:
            return _Pair(name, folder.path, tuple(found))
        record = record_of(folder)
        copies = {
            backup.path: survey.look_at_copy(backup.path, self._path)
            for backup in (record.backups if record else ())
        }
        contents = examine_contents(folder, copies, self._now)
        found += [*contents.ailments, *_weaknesses(folder.path, record, contents)]
        tie = tie_of(name, folder.path, record) if record else None
        return _Pair(name, folder.path, tuple(found), contents.csr and contents.csr.spki_sha256, tie)


CHECKED: Final = (
    "every file and folder of the store: its kind, owner and mode, and that nothing is left over",
    "every pair: that key, CSR, certificate and record belong together",
    "every key: that it has no known weakness",
    "every chain: that it is complete and valid",
    "every backup on record: that it exists and is unchanged",
    "every date: expired, not valid yet, or impossible",
    "every renewal: that both pairs refer to each other and the new one is in use",
    "the configuration",
)
"""What an examination checks."""


def worst_first(ailments: Iterable[Ailment]) -> list[Ailment]:
    """Return findings of the whole store by level; those of one level stay in order."""
    return sorted(ailments, key=lambda one: one.level.rank)


def is_well(ailments: Iterable[Ailment]) -> bool:
    """Return whether there are no findings but notes."""
    return all(ailment.level is Level.NOTE for ailment in ailments)


def _among_pairs(store: Seen | None) -> tuple[Seen, ...]:
    entries = store.entries if store else ()
    return next((seen.entries for seen in entries if seen.name == "pairs"), ())


def _weaknesses(path: str, record: PairRecord | None, contents: ExaminedPair) -> Iterator[Ailment]:
    """Yield a finding for a weak key that is in use; of an encrypted key, only the public half is checked."""
    from csrtui.core.certificates import csr

    pair, ca = path.rpartition("/")[2], record.ca if record else CaKind.PUBLIC
    if not is_in_use(record):
        return
    if contents.key is not None:
        findings = proved_key_findings(contents.key, ca)
    elif contents.csr is not None:
        findings = public_key_findings(csr.public_key(contents.csr.der), ca)
    else:
        return
    weak = [finding for finding in findings if finding.code == "key-weak"]
    if weak:
        text = f"the key of {pair} is weak. {' '.join(finding.text for finding in weak)}"
        remedy = command(*csrtui("renew", pair))
        yield Ailment(Code.KEY_WEAK, f"{path}/key.pem", text, remedy, pair, weak[0].level)


def _sharing(pairs: Iterable[_Pair]) -> dict[str, list[Ailment]]:
    """Return a finding for each pair in use whose key another pair in use has too."""
    by_key: dict[str, list[_Pair]] = {}
    for pair in pairs:
        if pair.spki_sha256 is not None and not (pair.tie and pair.tie.is_retired):
            by_key.setdefault(pair.spki_sha256, []).append(pair)
    found: dict[str, list[Ailment]] = {}
    for alike in by_key.values():
        for pair in alike if len(alike) > 1 else ():
            named = [other.name for other in alike[: _NAMED + 1] if other is not pair][:_NAMED]
            more = len(alike) - 1 - len(named)
            others = ", ".join(named) + (f" and {more} more" if more else "")
            text = f"{pair.name} has the same key as {others}: if one loses it, all do"
            remedy = instruction("Renew all of them but one with a new key, and retire the old pairs.")
            found[pair.name] = [Ailment(Code.SAME_KEY, pair.path, text, remedy, pair.name)]
    return found


def _judge_ancestors(path: str, user: int) -> Iterator[Ailment]:
    for unsafe in unsafe_folders(path, itself=False):
        code = Code.FOREIGN_OWNER if unsafe.owner else Code.OPEN_MODE
        text = f"{unsafe.problem}: whoever can write there can replace the keystore"
        sudo = ("sudo",) if unsafe.owner and user else ()  # only root may give a folder to another user
        yield Ailment(code, unsafe.path, text, command(*sudo, *unsafe.words))


def _judge_config(path: str) -> list[Ailment]:
    from csrtui.core.config.settings import parse_config
    from csrtui.store.config_file import read_config_text

    try:
        parse_config(read_config_text(path), path)
    except CsrtuiError as error:
        if error.hint is not None and error.hint.startswith("chmod "):
            remedy = command("chmod", "go-w", path)
        else:
            remedy = instruction(
                f"Correct {visible(path)}{f': {visible(error.hint)}' if error.hint else ''}."
            )
        return [Ailment(Code.CONFIG_UNUSABLE, path, visible(error.what), remedy)]
    return []
