"""What the doctor makes of facts that a disk seldom gives."""

from __future__ import annotations

import pytest
from requests_made import NOW, der_of

from csrtui.core import request
from csrtui.core.doctor.ailment import Code, for_store
from csrtui.core.doctor.contents import examine_contents
from csrtui.core.doctor.places import Place, judge_pair_places, judge_place, judge_store
from csrtui.core.doctor.seen import Kind, Seen
from csrtui.core.shell import command
from csrtui.core.subject import SubjectFields

ME = 1000


def folder(path: str, *entries: Seen, mode: int = 0o700, fault: str | None = None) -> Seen:
    return Seen(path, Kind.FOLDER, mode, ME, fault, entries=entries)


@pytest.mark.parametrize(
    "seen", [Seen("/s/pairs/a", fault="\x1b EIO"), folder("/s/pairs/a", fault="\x1b EIO")]
)
def test_a_folder_that_cannot_be_looked_into_is_one_finding(seen: Seen) -> None:
    (found,) = judge_pair_places(seen, ME)
    assert (found.code, found.text) == (Code.UNREADABLE, "cannot read /s/pairs/a: \\x1b EIO")
    assert examine_contents(seen, {}, NOW).ailments == ()


def test_a_draft_that_is_no_file_is_not_judged_twice() -> None:
    store = folder("/s", Seen("/s/.draft.json", Kind.FIFO, 0o600, ME))
    assert [found.code for found in judge_store(store, ME, creating=False)] == [Code.WRONG_KIND]


def test_the_cache_of_lists_is_known_but_not_for_others() -> None:
    files = (
        ".pairs-1.sqlite",
        ".pairs-1.sqlite-journal",
        ".pairs-2.sqlite",
        ".fleet-0123456789abcdef.json",
        ".pairs-x.sqlite",
    )
    store = folder("/s", *(Seen(f"/s/{file}", Kind.FILE, 0o600, ME) for file in files))
    assert [found.path for found in judge_store(store, ME, creating=False)] == ["/s/.pairs-x.sqlite"]
    store = folder(
        "/s",
        Seen("/s/.pairs-1.sqlite", Kind.FILE, 0o644, ME + 1),
        Seen("/s/.pairs-2.sqlite", Kind.LINK, 0, ME),
    )
    codes = [found.code for found in judge_store(store, ME, creating=False)]
    assert codes == [Code.FOREIGN_OWNER, Code.OPEN_MODE, Code.LINK]


def test_the_states_of_other_hosts_are_known_but_not_for_others() -> None:
    host = f"{'0' * 16}-{'a' * 64}.json"
    entries = (
        Seen(f"/s/.hosts/{host}", Kind.FILE, 0o600, ME),
        Seen("/s/.hosts/.tmp-0", Kind.FILE, 0o600, ME),
        Seen("/s/.hosts/x", Kind.FILE, 0o600, ME),
    )
    found = judge_store(folder("/s", folder("/s/.hosts", *entries)), ME, creating=False)
    assert [(one.code, one.path) for one in found] == [
        (Code.LEFTOVER_TEMPORARY, "/s/.hosts/.tmp-0"),
        (Code.UNEXPECTED, "/s/.hosts/x"),
    ]
    entry = Seen(f"/s/.hosts/{host}", Kind.FILE, 0o644, ME)
    (open_mode,) = judge_store(folder("/s", folder("/s/.hosts", entry)), ME, creating=False)
    assert (open_mode.code, open_mode.path) == (Code.OPEN_MODE, f"/s/.hosts/{host}")


def test_what_stands_among_the_pairs_and_cannot_be_looked_at_is_not_csrtuis() -> None:
    store = folder("/s", folder("/s/pairs", Seen("/s/pairs/B", fault="EIO")))
    (found,) = judge_store(store, ME, creating=False)
    assert (found.code, found.text) == (
        Code.UNEXPECTED,
        "/s/pairs/B is something that csrtui did not put there",
    )


def test_a_request_that_its_key_did_not_sign_is_found() -> None:
    changed = der_of(SubjectFields(common_name="a.com"), "a.com").replace(b"a.com", b"b.com")
    seen = Seen("/s/pairs/a/request.pem", Kind.FILE, 0o644, ME, data=request.to_pem(changed))
    codes = [found.code for found in examine_contents(folder("/s/pairs/a", seen), {}, NOW).ailments]
    assert codes == [Code.MISSING_FILE, Code.MISSING_FILE, Code.REQUEST_SIGNATURE]


def test_exactly_the_modes_that_every_command_refuses_are_found() -> None:
    def is_found(place: Place, kind: Kind, mode: int) -> bool:
        return any(judge_place(Seen("/x", kind, mode, ME), place, ME))

    for mode in range(0o1000):
        assert is_found(Place.FOLDER, Kind.FOLDER, mode) is bool(mode & 0o077)
        assert is_found(Place.PRIVATE, Kind.FILE, mode) is bool(mode & 0o077)
        assert is_found(Place.PUBLIC, Kind.FILE, mode) is bool(mode & 0o022)


@pytest.mark.parametrize(
    ("word", "shown"),
    [("a b", "'a b'"), ("a\x1b'\\", "$'a\\x1b\\x27\\x5c'"), ("\udcff\n", "$'\\xff\\x0a'"), ("ü", "'ü'")],
)
def test_a_command_can_be_shown_and_names_the_very_file(word: str, shown: str) -> None:
    assert command("ls", word, "&&", "true") == f"ls {shown} && true"


@pytest.mark.parametrize(
    ("remedy", "expected"),
    [
        ("csrtui backup a.com --to DIR", "csrtui backup --store '/my store' a.com --to DIR"),
        ("mv a b && csrtui adopt x", "mv a b && csrtui adopt --store '/my store' x"),
        ("ls a ; csrtui doctor", "ls a ; csrtui doctor --store '/my store'"),
        ("csrtui --version", "csrtui --version"),
        ("chmod 700 /csrtui backup", "chmod 700 /csrtui backup"),
    ],
)
def test_a_command_names_the_store_where_it_is_not_the_usual_one(remedy: str, expected: str) -> None:
    assert for_store(remedy, "") == remedy
    assert for_store(remedy, "/my store") == expected
