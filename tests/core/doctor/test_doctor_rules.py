"""What the doctor makes of facts that a disk seldom gives."""

from __future__ import annotations

import subprocess

import pytest
from requests_made import NOW, der_of

from csrtui.core.base.escaping import AND
from csrtui.core.certificates import csr
from csrtui.core.doctor.contents import examine_contents
from csrtui.core.doctor.facts import FileKind, Seen
from csrtui.core.doctor.finding_codes import Code
from csrtui.core.doctor.layout import Place, judge_pair_places, judge_place, judge_store
from csrtui.core.doctor.remedy import (
    Remedy,
    RemedyKind,
    command,
    csrtui,
    instruction,
    pasteable,
    template,
)
from csrtui.core.subject.fields import SubjectFields

ME = 1000


def folder(path: str, *entries: Seen, mode: int = 0o700, fault: str | None = None) -> Seen:
    return Seen(path, FileKind.FOLDER, mode, ME, fault, entries=entries)


@pytest.mark.parametrize(
    "seen", [Seen("/s/pairs/a", fault="\x1b EIO"), folder("/s/pairs/a", fault="\x1b EIO")]
)
def test_a_folder_that_cannot_be_looked_into_is_one_finding(seen: Seen) -> None:
    (found,) = judge_pair_places(seen, ME)
    assert (found.code, found.text) == (Code.UNREADABLE, "cannot read /s/pairs/a: \\x1b EIO")
    assert examine_contents(seen, {}, NOW).ailments == ()


def test_a_draft_that_is_no_file_is_not_judged_twice() -> None:
    store = folder("/s", Seen("/s/.draft.json", FileKind.FIFO, 0o600, ME))
    assert [found.code for found in judge_store(store, ME, creating=False)] == [Code.WRONG_KIND]


def test_the_cache_of_lists_is_known_but_not_for_others() -> None:
    files = (
        ".pairs-1.sqlite",
        ".pairs-1.sqlite-journal",
        ".pairs-2.sqlite",
        ".fleet-0123456789abcdef.json",
        ".pairs-x.sqlite",
    )
    store = folder("/s", *(Seen(f"/s/{file}", FileKind.FILE, 0o600, ME) for file in files))
    assert [found.path for found in judge_store(store, ME, creating=False)] == ["/s/.pairs-x.sqlite"]
    store = folder(
        "/s",
        Seen("/s/.pairs-1.sqlite", FileKind.FILE, 0o644, ME + 1),
        Seen("/s/.pairs-2.sqlite", FileKind.LINK, 0, ME),
    )
    codes = [found.code for found in judge_store(store, ME, creating=False)]
    assert codes == [Code.FOREIGN_OWNER, Code.OPEN_MODE, Code.LINK]


def test_the_states_of_other_hosts_are_known_but_not_for_others() -> None:
    host = f"{'0' * 16}-{'a' * 64}.json"
    entries = (
        Seen(f"/s/.hosts/{host}", FileKind.FILE, 0o600, ME),
        Seen("/s/.hosts/.tmp-0", FileKind.FILE, 0o600, ME),
        Seen("/s/.hosts/x", FileKind.FILE, 0o600, ME),
    )
    found = judge_store(folder("/s", folder("/s/.hosts", *entries)), ME, creating=False)
    assert [(one.code, one.path) for one in found] == [
        (Code.LEFTOVER_TEMPORARY, "/s/.hosts/.tmp-0"),
        (Code.UNEXPECTED, "/s/.hosts/x"),
    ]
    entry = Seen(f"/s/.hosts/{host}", FileKind.FILE, 0o644, ME)
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
    seen = Seen("/s/pairs/a/request.pem", FileKind.FILE, 0o644, ME, data=csr.to_pem(changed))
    codes = [found.code for found in examine_contents(folder("/s/pairs/a", seen), {}, NOW).ailments]
    assert codes == [Code.MISSING_FILE, Code.MISSING_FILE, Code.REQUEST_SIGNATURE]


def test_exactly_the_modes_that_every_command_refuses_are_found() -> None:
    def is_found(place: Place, kind: FileKind, mode: int) -> bool:
        return any(judge_place(Seen("/x", kind, mode, ME), place, ME))

    for mode in range(0o1000):
        assert is_found(Place.FOLDER, FileKind.FOLDER, mode) is bool(mode & 0o077)
        assert is_found(Place.PRIVATE, FileKind.FILE, mode) is bool(mode & 0o077)
        assert is_found(Place.PUBLIC, FileKind.FILE, mode) is bool(mode & 0o022)


@pytest.mark.parametrize(
    "name", ["a b", "it's", "\x1b[2J%s\\n'x", "\udcff\nü\u202e", "$HOME `id` && ;", "-n", "*"]
)
def test_any_shell_reads_the_very_word(name: str) -> None:
    remedy = command("printf", "%s", f"/{name}")
    assert remedy.kind is RemedyKind.COMMAND
    assert remedy.text.isprintable()
    done = subprocess.run(["sh", "-c", remedy.text], capture_output=True, check=True)
    assert done.stdout == f"/{name}".encode("utf-8", "surrogateescape")


def test_a_path_that_ends_with_a_line_break_is_in_no_command() -> None:
    for remedy in (command("rm", "/a\n"), template("rm", "/a\n", "DIR")):
        assert remedy.kind is RemedyKind.INSTRUCTION
        assert remedy.text.startswith("Rename it first")


def test_commands_on_the_examined_store_name_it_unless_it_is_the_default() -> None:
    remedy = command(
        "mv", "/a && csrtui adopt x", "b", AND, *csrtui("adopt", "x"), AND, "csrtui", "restore", "f"
    )
    text = "mv '/a && csrtui adopt x' b && csrtui adopt{} x && csrtui restore f"
    assert remedy.for_store("").text == text.format("")
    assert remedy.for_store("/my store").text == text.format(" --store '/my store'")


def test_an_instruction_is_pasted_as_a_comment() -> None:
    assert instruction("Look at it.").pasteable == "# Look at it."
    assert command("ls", "/").pasteable == "ls /"
    assert template("ls", "DIR").pasteable == "ls DIR"
    assert pasteable("of a later version", "rm -r /") == "# rm -r /"


@pytest.mark.parametrize(
    ("kind", "mode", "owner", "expected"),
    [
        (FileKind.FOLDER, 0o300, ME, Remedy(RemedyKind.COMMAND, "chmod 700 /s/pairs/a")),
        (FileKind.FILE, 0o200, ME, Remedy(RemedyKind.COMMAND, "chmod 600 /s/pairs/a")),
        (FileKind.FILE, 0o600, ME, None),
        (FileKind.FILE, 0o000, ME + 1, None),
    ],
)
def test_permissions_that_the_owner_lacks_are_given_back(
    kind: FileKind, mode: int, owner: int, expected: Remedy | None
) -> None:
    place = Place.FOLDER if kind is FileKind.FOLDER else Place.PRIVATE
    found = list(judge_place(Seen("/s/pairs/a", kind, mode, owner, "Permission denied"), place, ME))
    assert found[-1].code is Code.UNREADABLE
    if expected is None:
        assert found[-1].fix.kind is RemedyKind.INSTRUCTION
    else:
        assert found[-1].fix == expected


@pytest.mark.parametrize(("user", "remedy"), [(0, "chown 0 /x"), (ME, f"sudo chown {ME} /x")])
def test_only_root_gives_a_file_away_without_sudo(user: int, remedy: str) -> None:
    (found,) = judge_place(Seen("/x", FileKind.FILE, 0o600, ME + 1), Place.PRIVATE, user)
    assert (found.code, found.remedy) == (Code.FOREIGN_OWNER, remedy)
