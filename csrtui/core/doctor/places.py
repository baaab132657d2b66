"""Judging the places of a store: kinds, owners, modes, what does not belong there, what was left over."""

import re
from collections.abc import Iterator
from enum import Enum

from csrtui.core.doctor.ailment import Ailment, Code
from csrtui.core.doctor.seen import Kind, Seen
from csrtui.core.pairname import is_pair_name
from csrtui.core.shell import command
from csrtui.core.visible import visible

PAIR_FILES = ("key.pem", "request.pem", "pair.json")
"""What every pair has."""

_NEW = re.compile(r"\.new-[0-9a-f]{16}")
_TEMPORARY = ".tmp-"
_CERTIFICATES = re.compile(r"certificate(-\d{8}-\d{6}(-\d+)?)?\.pem")
_LOCK = re.compile(r"creating|restoring|draft|draft-([1-9]|1[0-6])|pair-[a-z0-9][a-z0-9._-]{0,63}")
_MEMORIES = re.compile(r"\.draft(-([2-9]|1[0-6]))?\.json|\.last\.json")
_CACHE = re.compile(r"\.pairs-\d+\.sqlite(-journal)?|\.fleet-[0-9a-f]+\.json")
"""What lists of many pairs are made from, of any version, and what was last known of other hosts, as an earlier
csrtui kept it; both may be removed at any time."""
_HOST = re.compile(r"[0-9a-f]{16}-[0-9a-f]{64}\.json")
"""What was last known of another host; may be removed at any time."""


class Place(Enum):
    """What a place has to be: a folder or a file, the mode to give it, the bits it must not have."""

    FOLDER = (Kind.FOLDER, 0o700, 0o077)
    PRIVATE = (Kind.FILE, 0o600, 0o077)
    PUBLIC = (Kind.FILE, 0o644, 0o022)


def judge_place(seen: Seen, place: Place, user: int, pair: str | None = None) -> Iterator[Ailment]:
    """Judge what lies at a place as ssh judges its keys.

    Args:
        seen: What was found.
        place: What it has to be.
        user: The number of the user that csrtui runs as.
        pair: The pair it belongs to, or None.
    """
    kind, mode, forbidden = place.value
    shown = visible(seen.path)
    if seen.kind is None:
        yield _unreadable(seen, pair)
        return
    if seen.kind is not kind:
        code = Code.LINK if seen.kind is Kind.LINK else Code.WRONG_KIND
        text = f"{shown} is {seen.kind.value}, where {kind.value} should be: no command will touch it"
        yield Ailment(code, seen.path, text, command("ls", "-ld", seen.path), pair)
        return
    if seen.owner != user:
        text = f"{shown} belongs to user {seen.owner}, and csrtui runs as {user}"
        yield Ailment(Code.FOREIGN_OWNER, seen.path, text, command("chown", str(user), seen.path), pair)
    if seen.mode & forbidden:
        can = "write to" if seen.mode & forbidden & 0o022 else "read"
        text = f"others can {can} {shown} (mode {seen.mode:04o})"
        yield Ailment(Code.OPEN_MODE, seen.path, text, command("chmod", f"{mode:o}", seen.path), pair)
    if seen.fault is not None:
        yield _unreadable(seen, pair)


def judge_store(store: Seen, user: int, *, creating: bool) -> Iterator[Ailment]:
    """Judge the store's folder and all in it but the pairs themselves.

    Args:
        store: The store's folder, listed two levels deep.
        user: The number of the user that csrtui runs as.
        creating: Whether another process is making a pair at this moment.
    """
    yield from judge_place(store, Place.FOLDER, user)
    for seen in store.entries:
        if seen.name == "pairs":
            yield from judge_place(seen, Place.FOLDER, user)
            for entry in seen.entries:
                yield from _judge_among_pairs(entry, user, creating=creating)
        elif seen.name == ".locks":
            yield from judge_place(seen, Place.FOLDER, user)
            for entry in seen.entries:
                known = _LOCK.fullmatch(entry.name)
                yield from judge_place(entry, Place.PRIVATE, user) if known else _unexpected(entry)
        elif seen.name == ".hosts":
            yield from judge_place(seen, Place.FOLDER, user)
            for entry in seen.entries:
                known = _HOST.fullmatch(entry.name)
                yield from judge_place(entry, Place.PRIVATE, user) if known else _judge_stranger(entry)
        elif _CACHE.fullmatch(seen.name):
            yield from judge_place(seen, Place.PRIVATE, user)
        elif _MEMORIES.fullmatch(seen.name):
            yield from judge_place(seen, Place.PRIVATE, user)
            yield from _judge_memory(seen)
        else:
            yield from _judge_stranger(seen)


def is_pair_place(seen: Seen) -> bool:
    """Whether what lies in ``pairs/`` is, or stands in the place of, a pair."""
    return is_pair_name(seen.name) and seen.kind is not Kind.FILE


def judge_pair_places(folder: Seen, user: int) -> Iterator[Ailment]:
    """Judge the folder of a pair and its files, but not what is in them."""
    pair = folder.name
    yield from judge_place(folder, Place.FOLDER, user, pair)
    for seen in folder.entries:
        if seen.name in {"key.pem", "pair.json"}:
            yield from judge_place(seen, Place.PRIVATE, user, pair)
        elif seen.name == "request.pem" or _CERTIFICATES.fullmatch(seen.name):
            yield from judge_place(seen, Place.PUBLIC, user, pair)
        else:
            yield from _judge_stranger(seen, pair)


def _judge_among_pairs(seen: Seen, user: int, *, creating: bool) -> Iterator[Ailment]:
    if is_pair_place(seen):
        return  # judged with its files
    if _NEW.fullmatch(seen.name):
        yield from judge_place(seen, Place.FOLDER, user)
        shown = visible(seen.path)
        if creating:
            text = f"{shown}: another csrtui is making a pair there, or broke off"
            yield Ailment(Code.CREATION_UNDER_WAY, seen.path, text, "csrtui doctor")
        else:
            text = f"{shown} was left by a creation that broke off, and may hold a key nobody uses"
            yield Ailment(Code.LEFTOVER_CREATION, seen.path, text, command("rm", "-r", seen.path))
    elif seen.kind is Kind.FOLDER and not seen.name.startswith("."):
        text = f"{visible(seen.path)} has a name that no pair can have: no command sees it"
        yield Ailment(Code.NAME_NOT_ALLOWED, seen.path, text, command("ls", "-la", seen.path))
    else:
        yield from _judge_stranger(seen)


def _judge_stranger(seen: Seen, pair: str | None = None) -> Iterator[Ailment]:
    if seen.name.startswith(_TEMPORARY):
        text = f"{visible(seen.path)} was left by a change that broke off, unless one is under way"
        yield Ailment(Code.LEFTOVER_TEMPORARY, seen.path, text, command("rm", seen.path), pair)
    elif seen.name.startswith(".") and pair is None:
        text = f"{visible(seen.path)} is not of this version of csrtui"
        yield Ailment(Code.UNKNOWN_HIDDEN, seen.path, text, command("ls", "-ld", seen.path))
    else:
        yield from _unexpected(seen, pair)


def _unexpected(seen: Seen, pair: str | None = None) -> Iterator[Ailment]:
    kind = seen.kind.value if seen.kind else "something"
    text = f"{visible(seen.path)} is {kind} that csrtui did not put there"
    yield Ailment(Code.UNEXPECTED, seen.path, text, command("ls", "-ld", seen.path), pair)


def _judge_memory(seen: Seen) -> Iterator[Ailment]:
    import json

    if seen.data is None:
        return
    try:
        document = json.loads(seen.data)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        text = f"{visible(seen.path)} cannot be read: what was remembered in it is lost"
        yield Ailment(Code.MEMORY_UNREADABLE, seen.path, text, command("rm", seen.path))


def _unreadable(seen: Seen, pair: str | None) -> Ailment:
    text = f"cannot read {visible(seen.path)}: {visible(seen.fault or 'unknown')}"
    return Ailment(Code.UNREADABLE, seen.path, text, command("ls", "-ld", seen.path), pair)
