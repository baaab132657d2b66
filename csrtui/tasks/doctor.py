"""The doctor: a look at everything in a store, and what is wrong with it; nothing is changed."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from threading import Event
from typing import Final

from csrtui.core.doctor.ailment import Ailment, Code, for_store
from csrtui.core.doctor.contents import examine_contents, record_of
from csrtui.core.doctor.places import is_pair_place, judge_pair_places, judge_store
from csrtui.core.doctor.renewals import Tie, judge_renewals, tie_of
from csrtui.core.doctor.seen import Kind, Seen
from csrtui.core.errors import CsrtuiError
from csrtui.core.finding import Level
from csrtui.core.shell import command
from csrtui.core.visible import visible
from csrtui.store import survey
from csrtui.store.ancestors import unsafe_folders
from csrtui.tasks.session import Session

_CHUNK = 16
_NAMED = 3


@dataclass(frozen=True, slots=True)
class _Pair:
    name: str
    path: str
    ailments: tuple[Ailment, ...]
    spki_sha256: str | None
    tie: Tie | None = None


class Examination:
    """One examination of a store; making it looks at the store, `run` at the pairs.

    Args:
        session: Whose store; it may be one that every command refuses.
        config: The path of the configuration, or None to leave it out.
        named: The store's path where a command has to name it (`csrtui.store.location.store_to_name`).

    Attributes:
        names: What stands in the place of pairs, sorted.
    """

    def __init__(self, session: Session, config: str | None = None, *, named: str = "") -> None:
        self._named = named
        self._path = session.store.path
        self._now = session.clock()
        self._config = config
        # Asked before the look: a creation that ends in between is in place when its folder is looked for.
        self._creating = survey.is_creating(self._path)
        self._store = survey.look_at_store(self._path)
        self._user = survey.current_user()
        self.names = tuple(seen.name for seen in _among_pairs(self._store) if is_pair_place(seen))

    def run(
        self, report: Callable[[], None] = lambda: None, stop: Event | None = None
    ) -> tuple[Ailment, ...]:
        """Examine everything; return what is wrong: of the store first, then by pair, the worst first.

        Args:
            report: Called as each pair is done, from the thread that called `run`.
            stop: Once set, no further pair is begun.
        """
        found = [*_judge_ancestors(self._path)] if self._store else []
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
        return tuple(replace(one, remedy=for_store(one.remedy, self._named)) for one in found)

    def _examined(self, stop: Event) -> Iterator[_Pair]:
        """The pairs in their order, several at a time: cryptography lets other threads run meanwhile."""
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
        if folder.kind is not Kind.FOLDER:
            return _Pair(name, folder.path, tuple(found), None)
        record = record_of(folder)
        copies = {
            backup.path: survey.look_at_copy(backup.path, self._path)
            for backup in (record.backups if record else ())
        }
        contents = examine_contents(folder, copies, self._now)
        tie = tie_of(name, folder.path, record) if record else None
        return _Pair(name, folder.path, (*found, *contents.ailments), contents.spki_sha256, tie)


CHECKED: Final = (
    "every file and folder of the store: what it is, whose it is, who may read it, and that nothing is left over",
    "every pair: that key, CSR and certificate belong together, and that its record says the same as they do",
    "every chain: that it is complete and valid",
    "every backup on record: that it is there and unchanged",
    "every date: what expired, what is not valid yet, what cannot be",
    "every renewal: that the pair before knows the one after it, and that this one is in use",
    "the configuration",
)
"""What an examination looks at."""


def worst_first(ailments: Iterable[Ailment]) -> list[Ailment]:
    """Return findings of the whole store by their weight; those of one weight stay in their order."""
    return sorted(ailments, key=lambda one: one.level.rank)


def is_well(ailments: Iterable[Ailment]) -> bool:
    """Whether nothing is wrong; notes only tell."""
    return all(ailment.level is Level.NOTE for ailment in ailments)


def _among_pairs(store: Seen | None) -> tuple[Seen, ...]:
    entries = store.entries if store else ()
    return next((seen.entries for seen in entries if seen.name == "pairs"), ())


def _sharing(pairs: Iterable[_Pair]) -> dict[str, list[Ailment]]:
    """The pairs whose CSRs have the same key, each with a finding that names the others."""
    by_key: dict[str, list[_Pair]] = {}
    for pair in pairs:
        if pair.spki_sha256 is not None:
            by_key.setdefault(pair.spki_sha256, []).append(pair)
    found: dict[str, list[Ailment]] = {}
    for alike in by_key.values():
        for pair in alike if len(alike) > 1 else ():
            named = [other.name for other in alike[: _NAMED + 1] if other is not pair][:_NAMED]
            more = len(alike) - 1 - len(named)
            others = ", ".join(named) + (f" and {more} more" if more else "")
            text = f"{pair.name} has the same key as {others}: who loses one loses all"
            remedy = command("csrtui", "list", "--filter", str(pair.spki_sha256))
            found[pair.name] = [Ailment(Code.SAME_KEY, pair.path, text, remedy, pair.name)]
    return found


def _judge_ancestors(path: str) -> Iterator[Ailment]:
    for unsafe in unsafe_folders(path, itself=False):
        code = Code.FOREIGN_OWNER if unsafe.owner else Code.OPEN_MODE
        text = f"{unsafe.problem}: whoever can write there can replace the keystore"
        yield Ailment(code, unsafe.path, text, unsafe.fix)


def _judge_config(path: str) -> list[Ailment]:
    from csrtui.core.config import parse_config
    from csrtui.store.config_file import read_config_text

    try:
        parse_config(read_config_text(path), path)
    except CsrtuiError as error:
        hint = error.hint or ""
        remedy = hint if hint.startswith("chmod ") else command("ls", "-l", path)
        return [Ailment(Code.CONFIG_UNUSABLE, path, visible(error.what), remedy)]
    return []
