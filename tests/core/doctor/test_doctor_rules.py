"""The findings of the doctor for facts that are rare on a real disk."""

from __future__ import annotations

import subprocess

from requests_made import NOW, der_of
from tables import table

from csrtui.core.base.escaping import AND
from csrtui.core.certificates import csr
from csrtui.core.doctor.file_checks import FileRule, check_file, check_pair_files, check_store_files
from csrtui.core.doctor.finding import (
    FileFacts,
    FileKind,
    FindingCode,
    Remedy,
    RemedyKind,
    command,
    csrtui,
    instruction,
    template,
)
from csrtui.core.doctor.pair_checks import check_contents
from csrtui.core.subject.fields import SubjectFields

ME = 1000


def folder(path: str, *entries: FileFacts, mode: int = 0o700, fault: str | None = None) -> FileFacts:
    return FileFacts(path, FileKind.FOLDER, mode, ME, fault, entries=entries)


@table("facts", [FileFacts("/s/pairs/a", fault="\x1b EIO"), folder("/s/pairs/a", fault="\x1b EIO")])
def test_an_unreadable_folder_is_one_finding(facts: FileFacts) -> None:
    (finding,) = check_pair_files(facts, ME)
    assert (finding.code, finding.text) == (FindingCode.UNREADABLE, "cannot read /s/pairs/a: \\x1b EIO")
    assert check_contents(facts, None, {}, NOW).findings == ()


def test_a_draft_that_is_not_a_file_is_one_finding() -> None:
    store = folder("/s", FileFacts("/s/.draft.json", FileKind.FIFO, 0o600, ME))
    assert [finding.code for finding in check_store_files(store, ME, is_creating=False)] == [
        FindingCode.WRONG_KIND
    ]


def test_caches_of_lists_are_known_and_must_be_private() -> None:
    files = (
        ".pairs-1.sqlite",
        ".pairs-1.sqlite-journal",
        ".pairs-5.jsonl",
        ".fleet-0123456789abcdef.json",
        ".pairs-x.sqlite",
    )
    store = folder("/s", *(FileFacts(f"/s/{file}", FileKind.FILE, 0o600, ME) for file in files))
    assert [finding.path for finding in check_store_files(store, ME, is_creating=False)] == [
        "/s/.pairs-x.sqlite"
    ]
    store = folder(
        "/s",
        FileFacts("/s/.pairs-1.sqlite", FileKind.FILE, 0o644, ME + 1),
        FileFacts("/s/.pairs-4.sqlite", FileKind.LINK, 0, ME),
    )
    codes = [finding.code for finding in check_store_files(store, ME, is_creating=False)]
    assert codes == [FindingCode.FOREIGN_OWNER, FindingCode.OPEN_MODE, FindingCode.LINK]


def test_caches_of_hosts_are_known_and_must_be_private() -> None:
    host = f"{'0' * 16}-{'a' * 64}.json"
    entries = (
        FileFacts(f"/s/.hosts/{host}", FileKind.FILE, 0o600, ME),
        FileFacts("/s/.hosts/.tmp-0", FileKind.FILE, 0o600, ME),
        FileFacts("/s/.hosts/x", FileKind.FILE, 0o600, ME),
    )
    findings = check_store_files(folder("/s", folder("/s/.hosts", *entries)), ME, is_creating=False)
    assert [(finding.code, finding.path) for finding in findings] == [
        (FindingCode.LEFTOVER_TEMPORARY, "/s/.hosts/.tmp-0"),
        (FindingCode.UNEXPECTED, "/s/.hosts/x"),
    ]
    entry = FileFacts(f"/s/.hosts/{host}", FileKind.FILE, 0o644, ME)
    (open_mode,) = check_store_files(folder("/s", folder("/s/.hosts", entry)), ME, is_creating=False)
    assert (open_mode.code, open_mode.path) == (FindingCode.OPEN_MODE, f"/s/.hosts/{host}")
    assert open_mode.remedy == open_mode.pasteable == f"chmod 600 /s/.hosts/{host}"


def test_an_unreadable_entry_among_the_pairs_is_unexpected() -> None:
    store = folder("/s", folder("/s/pairs", FileFacts("/s/pairs/B", fault="EIO")))
    (finding,) = check_store_files(store, ME, is_creating=False)
    assert (finding.code, finding.text) == (
        FindingCode.UNEXPECTED,
        "/s/pairs/B is something that csrtui did not put there",
    )
    assert finding.pasteable == f"# {finding.remedy}"


def test_a_csr_that_its_key_did_not_sign_is_found() -> None:
    changed = der_of(SubjectFields(common_name="a.com"), "a.com").replace(b"a.com", b"b.com")
    file = FileFacts("/s/pairs/a/request.pem", FileKind.FILE, 0o644, ME, data=csr.to_pem(changed))
    codes = [finding.code for finding in check_contents(folder("/s/pairs/a", file), None, {}, NOW).findings]
    assert codes == [FindingCode.MISSING_FILE, FindingCode.MISSING_FILE, FindingCode.REQUEST_SIGNATURE]


def test_the_modes_that_every_command_refuses_are_found() -> None:
    def is_found(rule: FileRule, kind: FileKind, mode: int) -> bool:
        return any(check_file(FileFacts("/x", kind, mode, ME), rule, ME))

    for mode in range(0o1000):
        assert is_found(FileRule.FOLDER, FileKind.FOLDER, mode) is bool(mode & 0o077)
        assert is_found(FileRule.PRIVATE, FileKind.FILE, mode) is bool(mode & 0o077)
        assert is_found(FileRule.PUBLIC, FileKind.FILE, mode) is bool(mode & 0o022)


@table("name", ["a b", "it's", "\x1b[2J%s\\n'x", "\udcff\nü\u202e", "$HOME `id` && ;", "-n", "*"])
def test_a_shell_reads_a_quoted_word_unchanged(name: str) -> None:
    remedy = command("printf", "%s", f"/{name}")
    assert remedy.kind is RemedyKind.COMMAND
    assert remedy.text.isprintable()
    completed = subprocess.run(["sh", "-c", remedy.text], capture_output=True, check=True)
    assert completed.stdout == f"/{name}".encode("utf-8", "surrogateescape")


def test_a_path_that_ends_with_a_line_break_is_in_no_command() -> None:
    for remedy in (command("rm", "/a\n"), template("rm", "/a\n", "DIR")):
        assert remedy.kind is RemedyKind.INSTRUCTION
        assert remedy.text.startswith("Rename it first")


def test_commands_name_the_examined_store_unless_it_is_the_default() -> None:
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


@table(
    ("kind", "mode", "owner", "expected"),
    [
        (FileKind.FOLDER, 0o300, ME, Remedy(RemedyKind.COMMAND, "chmod 700 /s/pairs/a")),
        (FileKind.FILE, 0o200, ME, Remedy(RemedyKind.COMMAND, "chmod 600 /s/pairs/a")),
        (FileKind.FILE, 0o600, ME, None),
        (FileKind.FILE, 0o000, ME + 1, None),
    ],
)
def test_missing_permissions_of_the_owner_are_restored(
    kind: FileKind, mode: int, owner: int, expected: Remedy | None
) -> None:
    rule = FileRule.FOLDER if kind is FileKind.FOLDER else FileRule.PRIVATE
    findings = list(check_file(FileFacts("/s/pairs/a", kind, mode, owner, "Permission denied"), rule, ME))
    assert findings[-1].code is FindingCode.UNREADABLE
    if expected is None:
        assert findings[-1].fix.kind is RemedyKind.INSTRUCTION
    else:
        assert findings[-1].fix == expected


@table(("user", "remedy"), [(0, "chown 0 /x"), (ME, f"sudo chown {ME} /x")])
def test_only_root_changes_the_owner_without_sudo(user: int, remedy: str) -> None:
    (finding,) = check_file(FileFacts("/x", FileKind.FILE, 0o600, ME + 1), FileRule.PRIVATE, user)
    assert (finding.code, finding.remedy) == (FindingCode.FOREIGN_OWNER, remedy)
