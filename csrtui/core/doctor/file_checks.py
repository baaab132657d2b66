"""Check the files and folders of a store: their kinds, owners and modes, and unknown or leftover files."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from enum import Enum

from csrtui.core.base.escaping import visible
from csrtui.core.doctor.finding import (
    DoctorFinding,
    FileFacts,
    FileKind,
    FindingCode,
    Remedy,
    command,
    instruction,
)
from csrtui.core.pairs.pair_name import is_pair_name

PAIR_FILES = ("key.pem", "request.pem", "pair.json")
"""The files that every pair must have."""

_NEW = re.compile(r"\.new-[0-9a-f]{16}")
_TEMPORARY = ".tmp-"
_CERTIFICATES = re.compile(r"certificate(-\d{8}-\d{6}(-\d+)?)?\.pem")
_LOCK = re.compile(r"creating|restoring|draft|draft-([1-9]|1[0-6])|pair-[a-z0-9][a-z0-9._-]{0,63}")
_SAVED_FORM = re.compile(r"\.draft(-([2-9]|1[0-6]))?\.json|\.last\.json")
_CACHE = re.compile(r"\.pairs-\d+\.(jsonl|sqlite(-journal)?)|\.fleet-[0-9a-f]+\.json")
"""The caches of pair lists (all versions) and of hosts (earlier versions). They may be deleted at any time."""
_HOST = re.compile(r"[0-9a-f]{16}-[0-9a-f]{64}\.json")
"""The cache of a host. It may be deleted at any time."""
_OWNER_BITS = {FileKind.FOLDER: 0o700, FileKind.FILE: 0o400}
"""The permission bits that the owner needs."""


class FileRule(Enum):
    """A rule for a file or folder: its required kind, the mode to set, and the mode bits that it must not have."""

    FOLDER = (FileKind.FOLDER, 0o700, 0o077)
    PRIVATE = (FileKind.FILE, 0o600, 0o077)
    PUBLIC = (FileKind.FILE, 0o644, 0o022)


def check_file(
    file: FileFacts, rule: FileRule, user: int, pair: str | None = None
) -> Iterator[DoctorFinding]:
    """Yield the findings about the kind, owner and mode of a file or folder. The rules are those of ssh for its keys.

    `user` is the ID of the user that csrtui runs as.
    """
    kind, mode, forbidden = rule.value
    path = visible(file.path)
    if file.kind is None:
        yield _unreadable_finding(file, _find_out(file), pair)
        return
    if file.kind is not kind:
        code = FindingCode.LINK if file.kind is FileKind.LINK else FindingCode.WRONG_KIND
        text = f"{path} is {file.kind.value} instead of {kind.value}: no command will use it"
        remedy = instruction(f"Examine it, then replace it with {kind.value} that has the right contents.")
        yield DoctorFinding(code, file.path, text, remedy, pair)
        return
    if file.owner != user:
        text = f"{path} belongs to user {file.owner}, but csrtui runs as user {user}"
        sudo = ("sudo",) if user else ()  # only root can change the owner
        remedy = command(*sudo, "chown", str(user), file.path)
        yield DoctorFinding(FindingCode.FOREIGN_OWNER, file.path, text, remedy, pair)
    chmod = command("chmod", f"{mode:o}", file.path)
    if file.mode & forbidden:
        verb = "write to" if file.mode & forbidden & 0o022 else "read"
        text = f"others can {verb} {path} (mode {file.mode:04o})"
        yield DoctorFinding(FindingCode.OPEN_MODE, file.path, text, chmod, pair, mode=mode)
    if file.fault is not None:
        is_closed = file.owner == user and file.mode & _OWNER_BITS[kind] != _OWNER_BITS[kind]
        yield _unreadable_finding(file, chmod if is_closed else _find_out(file), pair)


def check_store_files(store: FileFacts, user: int, *, is_creating: bool) -> Iterator[DoctorFinding]:
    """Yield the findings about the store's folder and everything in it, except the pairs.

    `store` lists the entries of the store and of its folders. `is_creating` states whether another process is creating
    a pair.
    """
    run_as_owner = f"Run csrtui as user {store.owner}, who owns this keystore, or use another keystore."
    for finding in check_file(store, FileRule.FOLDER, user):
        is_foreign = finding.code is FindingCode.FOREIGN_OWNER
        yield replace(finding, fix=instruction(run_as_owner)) if is_foreign else finding
    for file in store.entries:
        if file.name == "pairs":
            yield from check_file(file, FileRule.FOLDER, user)
            for entry in file.entries:
                yield from _check_pairs_entry(entry, user, is_creating=is_creating)
        elif file.name == ".locks":
            yield from _check_files(file, _LOCK, _report_unexpected, user)
        elif file.name == ".hosts":
            yield from _check_files(file, _HOST, _check_unknown, user)
        elif _CACHE.fullmatch(file.name):
            yield from check_file(file, FileRule.PRIVATE, user)
        elif _SAVED_FORM.fullmatch(file.name):
            yield from check_file(file, FileRule.PRIVATE, user)
            yield from _check_saved_form(file)
        else:
            yield from _check_unknown(file)


def is_pair_entry(file: FileFacts) -> bool:
    """Return whether an entry of ``pairs/`` counts as a pair: it has a valid pair name and is not a plain file."""
    return is_pair_name(file.name) and file.kind is not FileKind.FILE


def check_pair_files(folder: FileFacts, user: int) -> Iterator[DoctorFinding]:
    """Yield the findings about a pair's folder and files, but not about the contents of the files."""
    pair = folder.name
    yield from check_file(folder, FileRule.FOLDER, user, pair)
    for file in folder.entries:
        if file.name in {"key.pem", "pair.json"}:
            yield from check_file(file, FileRule.PRIVATE, user, pair)
        elif file.name == "request.pem" or _CERTIFICATES.fullmatch(file.name):
            yield from check_file(file, FileRule.PUBLIC, user, pair)
        else:
            yield from _check_unknown(file, pair)


def _check_files(
    folder: FileFacts,
    names: re.Pattern[str],
    check_other: Callable[[FileFacts], Iterator[DoctorFinding]],
    user: int,
) -> Iterator[DoctorFinding]:
    yield from check_file(folder, FileRule.FOLDER, user)
    for file in folder.entries:
        is_known = names.fullmatch(file.name) is not None
        yield from check_file(file, FileRule.PRIVATE, user) if is_known else check_other(file)


def _check_pairs_entry(file: FileFacts, user: int, *, is_creating: bool) -> Iterator[DoctorFinding]:
    if is_pair_entry(file):
        return  # checked together with its files
    if _NEW.fullmatch(file.name):
        yield from check_file(file, FileRule.FOLDER, user)
        path = visible(file.path)
        if is_creating:
            text = f"{path}: another csrtui is creating a pair there, or was interrupted"
            remedy = instruction("Wait until the other csrtui has ended, then check again.")
            yield DoctorFinding(FindingCode.CREATION_UNDER_WAY, file.path, text, remedy)
        else:
            text = f"{path} was left by an interrupted creation, and may contain an unused key"
            yield DoctorFinding(
                FindingCode.LEFTOVER_CREATION, file.path, text, command("rm", "-rf", file.path)
            )
    elif file.kind is FileKind.FOLDER and not file.name.startswith("."):
        text = f"{visible(file.path)} does not have a valid pair name, so no command uses it"
        remedy = instruction(
            "Move it out of the keystore. If it contains a key that you need, adopt it from there."
        )
        yield DoctorFinding(FindingCode.NAME_NOT_ALLOWED, file.path, text, remedy)
    else:
        yield from _check_unknown(file)


def _check_unknown(file: FileFacts, pair: str | None = None) -> Iterator[DoctorFinding]:
    if file.name.startswith(_TEMPORARY) and file.kind is not FileKind.FOLDER:
        text = f"{visible(file.path)} was left by an interrupted change, unless one is in progress"
        yield DoctorFinding(
            FindingCode.LEFTOVER_TEMPORARY, file.path, text, command("rm", "-f", file.path), pair
        )
    elif file.name.startswith(".") and pair is None:
        text = f"{visible(file.path)} is unknown to this version of csrtui"
        remedy = instruction("No action is needed: a newer version of csrtui may have put it there.")
        yield DoctorFinding(FindingCode.UNKNOWN_HIDDEN, file.path, text, remedy)
    else:
        yield from _report_unexpected(file, pair)


def _report_unexpected(file: FileFacts, pair: str | None = None) -> Iterator[DoctorFinding]:
    kind = file.kind.value if file.kind else "something"
    text = f"{visible(file.path)} is {kind} that csrtui did not put there"
    remedy = instruction("Examine it, then move it out of the keystore.")
    yield DoctorFinding(FindingCode.UNEXPECTED, file.path, text, remedy, pair)


def _check_saved_form(file: FileFacts) -> Iterator[DoctorFinding]:
    import json

    if file.data is None:
        return
    try:
        document = json.loads(file.data)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        text = f"{visible(file.path)} cannot be read: the form that was saved in it is lost"
        yield DoctorFinding(FindingCode.MEMORY_UNREADABLE, file.path, text, command("rm", "-f", file.path))


def _unreadable_finding(file: FileFacts, remedy: Remedy, pair: str | None) -> DoctorFinding:
    text = f"cannot read {visible(file.path)}: {visible(file.fault or 'unknown')}"
    return DoctorFinding(FindingCode.UNREADABLE, file.path, text, remedy, pair)


def _find_out(file: FileFacts) -> Remedy:
    return instruction(f"Find out why {visible(file.path)} cannot be read, and check again.")
