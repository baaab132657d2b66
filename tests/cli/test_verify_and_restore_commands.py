"""``csrtui verify`` and ``csrtui restore``: their text, JSON and exit codes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from backup_commands import Places
from command import ROOT, argv, environment
from cryptography.hazmat.primitives.asymmetric import ec
from pty_session import PtySession

from csrtui.core.certificates import csr
from csrtui.core.keys import key_types
from csrtui.core.subject.fields import SubjectFields

if TYPE_CHECKING:
    from pathlib import Path

    from command import Csrtui


ENVIRONMENT = {**environment(None), "PYTHONPATH": str(ROOT)}

pytestmark = pytest.mark.usefixtures("few_rounds")


@pytest.fixture
def places(tmp_path: Path, csrtui: Csrtui) -> Places:
    """Return verified backups of a.com and b.com."""
    places = Places.made_in(tmp_path)
    csrtui("new", "a.com")
    csrtui("new", "b.com")
    places.back_up(csrtui)
    return places


# verify


def test_by_default_all_pairs_with_backups_are_checked(csrtui: Csrtui, places: Places) -> None:
    csrtui("new", "c.com")
    ran = csrtui("verify", "--json")
    assert (ran.status, ran.json["ok"], ran.json["schema"]) == (0, True, 1)
    assert {(entry["pair"], entry["file"]) for entry in ran.json["results"]} == {
        (file.name[:5], str(file)) for file in places.files
    }
    assert {entry["text"] for entry in ran.json["results"]} == {"exists and is unchanged"}
    ran = csrtui("verify", *places.given, "--json")
    assert {entry["text"] for entry in ran.json["results"]} == {"restores"}


def test_a_pair_or_a_file_can_be_named(csrtui: Csrtui, places: Places) -> None:
    first, second = places.files
    ran = csrtui("verify", "a.com", str(second))
    assert ran.status == 0
    assert ran.out == (
        f"ok  a.com  {first}  exists and is unchanged\n"
        f"ok  b.com  {second}  is complete; give its passphrase for a restore test\n"
    )


def test_a_missing_and_a_damaged_backup_give_exit_1(csrtui: Csrtui, places: Places) -> None:
    first, second = places.files
    first.unlink()
    second.write_bytes(second.read_bytes()[:-2])
    ran = csrtui("verify", "a.com", "b.com", str(second), "--json")
    assert (ran.status, ran.json["ok"]) == (1, False)
    texts = [entry["text"] for entry in ran.json["results"]]
    assert texts[0].startswith("missing since ")
    assert texts[1] == "damaged: its contents changed"
    assert "not base64" in texts[2] or "END line" in texts[2]
    assert csrtui("show", "a.com", "--json").json["backup"]["status"] == "missing"
    assert csrtui("show", "b.com", "--json").json["backup"]["status"] == "damaged"


def test_a_wrong_passphrase_gives_exit_1_and_changes_nothing(csrtui: Csrtui, places: Places) -> None:
    before = csrtui("show", "a.com", "--json").json
    places.say("another one entirely")
    ran = csrtui("verify", "a.com", *places.given)
    assert ran.status == 1
    assert ran.out.startswith("FAILED  a.com  ")
    assert csrtui("show", "a.com", "--json").json == before


def test_an_unreadable_pair_is_named_and_does_not_stop_the_others(csrtui: Csrtui, places: Places) -> None:
    assert places.files
    (csrtui.pair("a.com") / "pair.json").write_bytes(b"damaged")
    for ran in (csrtui("verify", "--json"), csrtui("verify", "b.com", "a.com", "--json")):
        assert ran.status == 1
        assert [(entry["pair"], entry["ok"]) for entry in ran.json["results"]] == [
            ("b.com", True),
            ("a.com", False),
        ]


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("c.com", "there is no pair c.com, and the file does not exist"),
        ("/nowhere/a.com.backup.pem", "No such file"),
        ("../a.com", "No such file"),
    ],
)
def test_an_argument_that_is_neither_pair_nor_file_gives_exit_1(
    csrtui: Csrtui, places: Places, what: str, said: str
) -> None:
    assert places.files
    ran = csrtui("verify", what, "--json")
    assert ran.status == 1
    (entry,) = ran.json["results"]
    assert (entry["ok"], entry["pair"]) == (False, None)
    assert said in entry["text"]


def test_a_pair_without_a_backup_gives_exit_1(csrtui: Csrtui, places: Places) -> None:
    assert places.files
    csrtui("new", "c.com")
    ran = csrtui("verify", "c.com", "--json")
    assert ran.status == 1
    assert ran.json["results"] == [{"ok": False, "pair": "c.com", "file": None, "text": "has no backup"}]


def test_without_backups_the_exit_status_is_0(csrtui: Csrtui) -> None:
    csrtui.make_store()
    assert csrtui("verify", "--json").json == {"schema": 1, "ok": True, "results": []}


def test_control_characters_in_a_file_name_are_shown_as_escapes(csrtui: Csrtui, tmp_path: Path) -> None:
    csrtui.make_store()
    path = tmp_path / "x\x1b[2J"
    path.write_bytes(b"x")
    ran = csrtui("verify", str(path))
    assert ran.status == 1
    assert "\x1b" not in ran.out + ran.err
    assert r"\x1b" in ran.out


# restore


def test_a_pair_is_restored_into_another_store(csrtui: Csrtui, places: Places, tmp_path: Path) -> None:
    first, _ = places.files
    other = str(tmp_path / "other")
    ran = csrtui("--store", other, "restore", str(first), *places.given, "--json")
    assert ran.status == 0
    assert ran.json == {
        "schema": 1,
        "ok": True,
        "results": [
            {
                "ok": True,
                "pair": "a.com",
                "file": str(first),
                "text": "restored",
                "spki_sha256": csrtui("show", "a.com", "--json").json["key"]["spki_sha256"],
                "names": ["a.com"],
            }
        ],
    }
    restored = csrtui("--store", other, "show", "a.com", "--json").json
    original = csrtui("show", "a.com", "--json").json
    for member in ("subject_fields", "names", "ca", "key", "request"):
        assert restored[member] == original[member]
    assert (restored["backup"]["status"], restored["next"]) == ("verified", "submit")


def spki(csrtui: Csrtui) -> str:
    found: str = csrtui("show", "a.com", "--json").json["key"]["spki_sha256"]
    return found


def test_both_show_the_key_and_the_names(csrtui: Csrtui, places: Places, tmp_path: Path) -> None:
    first, _ = places.files
    shown = f"key: SPKI SHA-256 {spki(csrtui)}\nnames: a.com\n"
    assert csrtui("verify", str(first)).err == shown
    ran = csrtui("--store", str(tmp_path / "other"), "restore", str(first), *places.given)
    assert ran.err.startswith(shown)
    assert "A backup does not contain the history" in ran.err


def test_only_an_expected_backup_is_accepted(csrtui: Csrtui, places: Places, tmp_path: Path) -> None:
    first, _ = places.files
    store = ("--store", str(tmp_path / "other"))
    right, wrong = spki(csrtui), "ab" * 32
    colons = ":".join(right[at : at + 2] for at in range(0, 64, 2)).upper()
    for value in (right, colons, str(csrtui.pair("a.com") / "request.pem")):
        assert csrtui("verify", str(first), "--expect", value).status == 0
        assert csrtui("verify", str(first), "--expect", value, *places.given).status == 0
    for value in (wrong, str(csrtui.pair("b.com") / "request.pem")):
        ran = csrtui("verify", str(first), "--expect", value)
        assert (ran.status, "is not the expected one" in ran.out) == (1, True)
        ran = csrtui(*store, "restore", str(first), "--expect", value, *places.given)
        assert (ran.status, "is not the expected one" in ran.error) == (1, True)
    assert not (tmp_path / "other").exists()
    ran = csrtui(*store, "restore", str(first), "--expect", right, *places.given)
    assert ran.status == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("verify", "--expect", "ab" * 32), "--expect is for files"),
        (("verify", "FILE", "a.com", "--expect", "ab" * 32), "--expect is for files"),
        (("verify", "a.com", "--identity", "FILE", "--expect", "ab" * 32), "--expect is for files"),
        (
            ("verify", "--confirm", "x", "--expect", "ab" * 32),
            "--confirm cannot be combined with pairs, files or other options",
        ),
        (("verify", "FILE", "--expect", "/nowhere"), "/nowhere: No such file"),
        (("restore", "FILE", "--expect", "FILE"), "that is a private key"),
    ],
)
def test_an_invalid_expectation_is_reported(
    csrtui: Csrtui, places: Places, arguments: tuple[str, ...], said: str
) -> None:
    first, _ = places.files
    ran = csrtui(*[str(first) if one == "FILE" else one for one in arguments])
    assert (ran.status, said in ran.error) == (2, True), ran.error


def bare(csrtui: Csrtui, places: Places, tmp_path: Path) -> tuple[str, ...]:
    """Return a store without the pair, and the pair's backup without its header."""
    assert csrtui("show", "a.com").status == 0
    data = places.files[0].read_bytes()
    path = tmp_path / "bare.pem"
    path.write_bytes(data[data.index(b"-----BEGIN") :])
    return "--store", str(tmp_path / "other"), "restore", str(path)


def test_an_unsigned_backup_needs_the_option_and_stays_encrypted(
    csrtui: Csrtui, places: Places, tmp_path: Path
) -> None:
    command = bare(csrtui, places, tmp_path)
    ran = csrtui(*command, *places.given)
    assert (ran.status, "the backup is not signed" in ran.error) == (1, True)
    assert spki(csrtui) in ran.error
    assert "--unsigned" in str(ran.hint)
    assert not (tmp_path / "other" / "pairs").exists()
    ran = csrtui(*command, *places.given, "--unsigned", "--json")
    assert ran.status == 0
    assert "The key keeps the passphrase of the backup" in ran.err
    assert b"ENCRYPTED" in (tmp_path / "other" / "pairs" / "a.com" / "key.pem").read_bytes()


def test_the_key_is_decrypted_on_demand(csrtui: Csrtui, places: Places, tmp_path: Path) -> None:
    ran = csrtui(*bare(csrtui, places, tmp_path), *places.given, "--unsigned", "--decrypt-key")
    assert ran.status == 0
    assert "keeps the passphrase" not in ran.err
    restored = tmp_path / "other" / "pairs" / "a.com" / "key.pem"
    assert restored.read_bytes() == (csrtui.pair("a.com") / "key.pem").read_bytes()


@pytest.mark.parametrize(("answer", "status"), [("y", 0), ("YES", 0), ("", 1), ("n", 1)])
def test_a_terminal_is_asked_about_an_unsigned_backup(
    csrtui: Csrtui, places: Places, tmp_path: Path, answer: str, status: int
) -> None:
    command = bare(csrtui, places, tmp_path)
    with PtySession(argv(*command, *places.given), env=ENVIRONMENT) as terminal:
        terminal.wait_for("Restore it with the names a.com? [y/N]")
        terminal.send(f"{answer}\n")
        assert terminal.wait_exit() == status
    assert (tmp_path / "other" / "pairs").exists() is (status == 0)


def test_a_signed_backup_needs_no_question(places: Places, tmp_path: Path) -> None:
    command = ("--store", str(tmp_path / "other"), "restore", str(places.files[0]), *places.given)
    with PtySession(argv(*command), env=ENVIRONMENT) as terminal:
        assert terminal.wait_exit() == 0


def test_a_file_that_is_not_a_backup_needs_no_passphrase(
    csrtui: Csrtui, places: Places, tmp_path: Path
) -> None:
    (tmp_path / "hello").write_bytes(b"hello")
    for file, code, said in (
        (tmp_path / "gone", 2, "No such file"),
        (tmp_path / "hello", 2, "that is not a backup"),
        (places.files[0], 1, "is in the keystore"),
    ):
        ran = csrtui("restore", str(file))
        assert (ran.status, ran.out) == (code, "")
        assert said in ran.error


@pytest.mark.parametrize(
    ("change", "code", "said"),
    [
        ("none", 1, "the pair of this backup is in the keystore: a.com"),
        ("passphrase", 1, "the passphrase does not open the key"),
        ("bit", 2, "was changed or damaged after it was made"),
        ("cut", 2, "is cut short"),
        ("text", 2, "that is not a backup"),
        ("missing", 2, "No such file"),
        ("modes", 3, "others can read"),
    ],
)
def test_a_refusal_has_its_own_exit_code(
    csrtui: Csrtui, places: Places, tmp_path: Path, *, change: str, code: int, said: str
) -> None:
    first, _ = places.files
    data = first.read_bytes()
    store = tmp_path / "other"
    match change:
        case "none":
            store = csrtui.store
        case "passphrase":
            places.say("another one entirely")
        case "bit":
            first.write_bytes(data.replace(b"a.com", b"c.com", 1))
        case "cut":
            first.write_bytes(data[:-100])
        case "text":
            first.write_bytes(b"hello")
        case "missing":
            first.unlink()
        case "modes":
            store.mkdir(0o755)
    ran = csrtui("--store", str(store), "restore", str(first), *places.given)
    assert (ran.status, ran.out) == (code, "")
    assert said in ran.error
    told = csrtui("--store", str(store), "restore", str(first), *places.given, "--json")
    assert (told.status, told.error) == (code, ran.error)
    if code < 3:  # a result, which is also printed as JSON
        assert not told.json["ok"]
        assert [(one["ok"], one["pair"], one["file"]) for one in told.json["results"]] == [
            (False, "a.com" if change == "none" else None, str(first))
        ]
        assert said in told.json["results"][0]["text"]
    else:
        assert told.out == ""
    assert not (tmp_path / "other" / "pairs").exists()


def test_the_history_contains_the_restore(csrtui: Csrtui, places: Places, tmp_path: Path) -> None:
    first, _ = places.files
    other = tmp_path / "other"
    csrtui("--store", str(other), "restore", str(first), *places.given)
    history = json.loads((other / "pairs" / "a.com" / "pair.json").read_text())["history"]
    assert [event["what"] for event in history] == [f"restored from {first}"]


@pytest.mark.parametrize("ca", ["public", "private"])
def test_a_weak_key_is_restored_with_a_warning(csrtui: Csrtui, tmp_path: Path, ca: str) -> None:
    places = Places.made_in(tmp_path)
    key = ec.derive_private_key(2**100, ec.SECP256R1())
    (tmp_path / "key.pem").write_bytes(key_types.private_pem(key))
    der = csr.build(SubjectFields(common_name="a.com"), ("a.com",), key)
    (tmp_path / "request.pem").write_bytes(csr.to_pem(der))
    files = ("--key", str(tmp_path / "key.pem"), "--csr", str(tmp_path / "request.pem"))
    assert csrtui("adopt", *files, "--ca", ca).status == 0
    places.back_up(csrtui)
    elsewhere = ("--store", str(tmp_path / "elsewhere"))
    ran = csrtui(*elsewhere, "restore", str(places.files[0]), *places.given)
    assert ran.status == 0
    assert "warning: The private number of this EC P-256 key has only 101 bits" in ran.err
    assert " a.com generates a new one" in ran.err
    assert "weak key: The private number" in csrtui(*elsewhere, "show", "a.com").out


def test_a_good_key_is_restored_without_a_warning(csrtui: Csrtui, places: Places, tmp_path: Path) -> None:
    ran = csrtui("--store", str(tmp_path / "elsewhere"), "restore", str(places.files[0]), *places.given)
    assert ran.status == 0
    assert "warning" not in ran.err
