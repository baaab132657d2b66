"""Check the files and folders of a store: kinds, owners, modes, strangers and leftovers."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from enum import Enum

from csrtui.core.base.escaping import visible
from csrtui.core.doctor.facts import FileKind, Seen
from csrtui.core.doctor.finding_codes import Ailment, Code
from csrtui.core.doctor.remedy import Remedy, command, instruction
from csrtui.core.pairs.pair_name import is_pair_name

PAIR_FILES = ("key.pem", "request.pem", "pair.json")
"""The files that every pair has."""

_NEW = re.compile(r"\.new-[0-9a-f]{16}")
_TEMPORARY = ".tmp-"
_CERTIFICATES = re.compile(r"certificate(-\d{8}-\d{6}(-\d+)?)?\.pem")
_LOCK = re.compile(r"creating|restoring|draft|draft-([1-9]|1[0-6])|pair-[a-z0-9][a-z0-9._-]{0,63}")
_MEMORIES = re.compile(r"\.draft(-([2-9]|1[0-6]))?\.json|\.last\.json")
_CACHE = re.compile(r"\.pairs-\d+\.sqlite(-journal)?|\.fleet-[0-9a-f]+\.json")
"""Caches of pair lists, of any version, and of other hosts, as an earlier csrtui kept them; they may be removed at
any time."""
_HOST = re.compile(r"[0-9a-f]{16}-[0-9a-f]{64}\.json")
"""The cache of another host; it may be removed at any time."""
_OWNER_BITS = {FileKind.FOLDER: 0o700, FileKind.FILE: 0o400}
"""The permissions that the owner needs."""


class Place(Enum):
    """What has to be at a place: a folder or a file, the mode to give it, the bits it must not have."""

    FOLDER = (FileKind.FOLDER, 0o700, 0o077)
    PRIVATE = (FileKind.FILE, 0o600, 0o077)
    PUBLIC = (FileKind.FILE, 0o644, 0o022)


def judge_place(seen: Seen, place: Place, user: int, pair: str | None = None) -> Iterator[Ailment]:
    """Yield the findings about one file or folder, by the rules of ssh for its keys.

    Args:
        seen: What was found.
        place: What it has to be.
        user: The number of the user that csrtui runs as.
        pair: The pair it belongs to, or None.
    """
    kind, mode, forbidden = place.value
    shown = visible(seen.path)
    if seen.kind is None:
        yield _unreadable(seen, _look(seen), pair)
        return
    if seen.kind is not kind:
        code = Code.LINK if seen.kind is FileKind.LINK else Code.WRONG_KIND
        text = f"{shown} is {seen.kind.value} instead of {kind.value}: no command will use it"
        remedy = instruction(f"Look at it, and replace it with {kind.value} that has the right contents.")
        yield Ailment(code, seen.path, text, remedy, pair)
        return
    if seen.owner != user:
        text = f"{shown} belongs to user {seen.owner}, but csrtui runs as user {user}"
        yield Ailment(Code.FOREIGN_OWNER, seen.path, text, _own(seen.path, user), pair)
    chmod = command("chmod", f"{mode:o}", seen.path)
    if seen.mode & forbidden:
        can = "write to" if seen.mode & forbidden & 0o022 else "read"
        text = f"others can {can} {shown} (mode {seen.mode:04o})"
        yield Ailment(Code.OPEN_MODE, seen.path, text, chmod, pair)
    if seen.fault is not None:
        is_closed = seen.owner == user and seen.mode & _OWNER_BITS[kind] != _OWNER_BITS[kind]
        yield _unreadable(seen, chmod if is_closed else _look(seen), pair)


def judge_store(store: Seen, user: int, *, creating: bool) -> Iterator[Ailment]:
    """Yield the findings about the store's folder and everything in it except the pairs.

    Args:
        store: The store's folder, listed two levels deep.
        user: The number of the user that csrtui runs as.
        creating: Whether another process is making a pair at this moment.
    """
    for ailment in judge_place(store, Place.FOLDER, user):
        is_foreign = ailment.code is Code.FOREIGN_OWNER
        yield replace(ailment, fix=_run_as(store.owner)) if is_foreign else ailment
    for seen in store.entries:
        if seen.name == "pairs":
            yield from judge_place(seen, Place.FOLDER, user)
            for entry in seen.entries:
                yield from _judge_among_pairs(entry, user, creating=creating)
        elif seen.name == ".locks":
            yield from _judge_files(seen, _LOCK, _unexpected, user)
        elif seen.name == ".hosts":
            yield from _judge_files(seen, _HOST, _judge_stranger, user)
        elif _CACHE.fullmatch(seen.name):
            yield from judge_place(seen, Place.PRIVATE, user)
        elif _MEMORIES.fullmatch(seen.name):
            yield from judge_place(seen, Place.PRIVATE, user)
            yield from _judge_memory(seen)
        else:
            yield from _judge_stranger(seen)


def is_pair_place(seen: Seen) -> bool:
    """Whether what lies in ``pairs/`` is, or stands in the place of, a pair."""
    return is_pair_name(seen.name) and seen.kind is not FileKind.FILE


def judge_pair_places(folder: Seen, user: int) -> Iterator[Ailment]:
    """Yield the findings about the folder of a pair and its files, but not about their contents."""
    pair = folder.name
    yield from judge_place(folder, Place.FOLDER, user, pair)
    for seen in folder.entries:
        if seen.name in {"key.pem", "pair.json"}:
            yield from judge_place(seen, Place.PRIVATE, user, pair)
        elif seen.name == "request.pem" or _CERTIFICATES.fullmatch(seen.name):
            yield from judge_place(seen, Place.PUBLIC, user, pair)
        else:
            yield from _judge_stranger(seen, pair)


def _judge_files(
    folder: Seen, names: re.Pattern[str], judge_other: Callable[[Seen], Iterator[Ailment]], user: int
) -> Iterator[Ailment]:
    yield from judge_place(folder, Place.FOLDER, user)
    for seen in folder.entries:
        known = names.fullmatch(seen.name)
        yield from judge_place(seen, Place.PRIVATE, user) if known else judge_other(seen)


def _judge_among_pairs(seen: Seen, user: int, *, creating: bool) -> Iterator[Ailment]:
    if is_pair_place(seen):
        return  # checked with its files
    if _NEW.fullmatch(seen.name):
        yield from judge_place(seen, Place.FOLDER, user)
        shown = visible(seen.path)
        if creating:
            text = f"{shown}: another csrtui is making a pair there, or was interrupted"
            remedy = instruction("Wait until the other csrtui has ended, then check again.")
            yield Ailment(Code.CREATION_UNDER_WAY, seen.path, text, remedy)
        else:
            text = f"{shown} was left by an interrupted creation, and may contain a key that nobody uses"
            yield Ailment(Code.LEFTOVER_CREATION, seen.path, text, command("rm", "-rf", seen.path))
    elif seen.kind is FileKind.FOLDER and not seen.name.startswith("."):
        text = f"{visible(seen.path)} has a name that a pair cannot have: no command uses it"
        remedy = instruction(
            "Move it out of the keystore. If it contains a key that you need, adopt it from there."
        )
        yield Ailment(Code.NAME_NOT_ALLOWED, seen.path, text, remedy)
    else:
        yield from _judge_stranger(seen)


def _judge_stranger(seen: Seen, pair: str | None = None) -> Iterator[Ailment]:
    if seen.name.startswith(_TEMPORARY) and seen.kind is not FileKind.FOLDER:
        text = f"{visible(seen.path)} was left by an interrupted change, unless one is in progress"
        yield Ailment(Code.LEFTOVER_TEMPORARY, seen.path, text, command("rm", "-f", seen.path), pair)
    elif seen.name.startswith(".") and pair is None:
        text = f"{visible(seen.path)} is unknown to this version of csrtui"
        remedy = instruction("Nothing has to be done: a newer version of csrtui may have put it there.")
        yield Ailment(Code.UNKNOWN_HIDDEN, seen.path, text, remedy)
    else:
        yield from _unexpected(seen, pair)


def _unexpected(seen: Seen, pair: str | None = None) -> Iterator[Ailment]:
    kind = seen.kind.value if seen.kind else "something"
    text = f"{visible(seen.path)} is {kind} that csrtui did not put there"
    remedy = instruction("Look at it, and move it out of the keystore.")
    yield Ailment(Code.UNEXPECTED, seen.path, text, remedy, pair)


def _judge_memory(seen: Seen) -> Iterator[Ailment]:
    import json

    if seen.data is None:
        return
    try:
        document = json.loads(seen.data)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        text = f"{visible(seen.path)} cannot be read: the form that was saved in it is lost"
        yield Ailment(Code.MEMORY_UNREADABLE, seen.path, text, command("rm", "-f", seen.path))


def _unreadable(seen: Seen, remedy: Remedy, pair: str | None) -> Ailment:
    text = f"cannot read {visible(seen.path)}: {visible(seen.fault or 'unknown')}"
    return Ailment(Code.UNREADABLE, seen.path, text, remedy, pair)


def _look(seen: Seen) -> Remedy:
    return instruction(f"Find out why {visible(seen.path)} cannot be read, and check again.")


def _own(path: str, user: int) -> Remedy:
    """Return the command that gives a file or folder to the user; only root may do that."""
    return command(*(("sudo",) if user else ()), "chown", str(user), path)


def _run_as(owner: int) -> Remedy:
    return instruction(f"Run csrtui as user {owner}, to whom this keystore belongs, or use another keystore.")
