"""``csrtui list``, ``show`` and ``csr``: their text and their JSON."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import TYPE_CHECKING

import pytest
from foreign_made import csr, pkcs8, rsa_key
from requests_made import HARD_ORGANIZATION

from csrtui.core.base.escaping import visible
from csrtui.core.pairs.pair import BackupStatus, NextStep, PairRecord

if TYPE_CHECKING:
    from pathlib import Path

    from command import Csrtui

RFC_3339_UTC = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def test_an_empty_store_has_an_empty_list(csrtui: Csrtui) -> None:
    csrtui.make_store()
    assert (csrtui("list").out, csrtui("list").err) == ("", "no pairs\n")
    assert csrtui("list", "--json").json == {"schema": 1, "pairs": []}
    assert csrtui("list", "--csv").out.count("\n") == 1
    assert not any(csrtui.store.iterdir())


def test_the_list_is_a_table_and_the_counts_go_to_stderr(csrtui: Csrtui) -> None:
    csrtui("new", "a.com")
    csrtui("new", "much-longer.b.com", "--key", "rsa-2048")
    ran = csrtui("list")
    header, *rows = ran.out.splitlines()
    assert header.split() == ["Name", "Key", "Made", "Backup", "Stage", "Left", "Next"]
    assert {row.split()[0] for row in rows} == {"a.com", "much-longer.b.com"}
    assert {row.index("none") for row in rows} == {header.index("Backup")}
    assert ran.err == "2 pairs · 2 not backed up\n"


def test_a_csv_reader_reads_the_csv(csrtui: Csrtui) -> None:
    csrtui("new", "a.com", "www.a.com", "-O", HARD_ORGANIZATION, "-C", "GB", "-L", "x")
    ran = csrtui("list", "--csv")
    (row,) = csv.DictReader(io.StringIO(ran.out))
    assert (row["name"], row["names"], row["next"]) == ("a.com", "a.com www.a.com", "back-up")
    assert row["path"] == str(csrtui.pair("a.com"))
    assert RFC_3339_UTC.fullmatch(row["created"])
    assert (row["expires"], row["days_left"]) == ("", "")
    assert ran.err == ""


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\uff1d", "\t=", "\r=", "x;="])
def test_csv_never_starts_a_formula_in_a_spreadsheet(csrtui: Csrtui, tmp_path: Path, start: str) -> None:
    """The common name is from a foreign CSR, as in an adopted pair."""
    name = f"{start}HYPERLINK(1)"
    (tmp_path / "key.pem").write_bytes(pkcs8(rsa_key()))
    (tmp_path / "request.pem").write_bytes(csr(rsa_key(), common_name=name))
    found = ("--key", str(tmp_path / "key.pem"), "--csr", str(tmp_path / "request.pem"))
    assert csrtui("adopt", *found, "--ca", "private", "--as", "a.com").status == 0
    (row,) = csv.DictReader(io.StringIO(csrtui("list", "--csv").out))
    for text in row.values():
        for cell in text.split(";"):
            assert not cell.startswith(tuple("=+-@\t\r\uff1d"))
    assert row["common_name"].replace("'", "", 1) == visible(name)
    assert csrtui("list", "--json").json["pairs"][0]["subject_fields"]["common_name"] == name


def test_times_are_rfc_3339_in_utc_and_hashes_are_hex(csrtui: Csrtui) -> None:
    made = csrtui("new", "a.com", "--json").json
    assert RFC_3339_UTC.fullmatch(made["created"])
    for digest in (made["key"]["spki_sha256"], made["request"]["sha256"]):
        assert re.fullmatch("[0-9a-f]{64}", digest)


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        (("--filter", "SHOP"), ["shop.a.com"]),
        (("--filter", "a.com p256"), ["shop.a.com", "mail.a.com"]),
        (("--filter", "nothing-like-it"), []),
        (("--next", "back-up"), ["shop.a.com", "mail.a.com"]),
        (("--next", "submit"), []),
    ],
)
def test_the_list_can_be_filtered(csrtui: Csrtui, arguments: tuple[str, ...], names: list[str]) -> None:
    csrtui("new", "shop.a.com")
    csrtui("new", "mail.a.com")
    found = csrtui("list", *arguments, "--json").json["pairs"]
    assert sorted(pair["name"] for pair in found) == sorted(names)


@pytest.mark.parametrize("step", NextStep)
def test_the_list_can_be_filtered_by_every_next_step(csrtui: Csrtui, step: NextStep) -> None:
    csrtui.make_store()
    assert csrtui("list", "--next", step.value).status == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--next", "dance"), "--next: invalid choice: 'dance'"),
        (("--json", "--csv"), "not allowed with argument"),
        (("surplus",), "unrecognized arguments: surplus"),
    ],
)
def test_wrong_options_are_reported(csrtui: Csrtui, arguments: tuple[str, ...], said: str) -> None:
    ran = csrtui("list", *arguments)
    assert (ran.status, ran.out) == (2, "")
    assert said in ran.error


@pytest.mark.parametrize("form", [(), ("--json",), ("--csv",)])
def test_a_damaged_pair_is_reported_and_does_not_hide_the_others(
    csrtui: Csrtui, form: tuple[str, ...]
) -> None:
    csrtui("new", "a.com")
    csrtui("new", "b.com")
    csrtui.pair("a.com").joinpath("pair.json").write_text("{}")
    ran = csrtui("list", *form)
    assert ran.status == 3
    assert "b.com" in ran.out
    assert ran.error.startswith(f"{csrtui.pair('a.com')}: ")


# One pair


def test_show_prints_everything(csrtui: Csrtui) -> None:
    csrtui("new", "a.com", "www.a.com", "-O", "x\u00a0y", "-C", "GB", "-L", "x", "--for", "nginx", "--force")
    ran = csrtui("show", "a.com")
    assert (ran.status, ran.err) == (0, "")
    lines = ran.out.splitlines()
    assert "Subject     CN=a.com,O=x\\C2\\A0y,L=x,C=GB" in lines
    assert "Covers      a.com" in lines
    assert "            www.a.com" in lines
    assert "For         nginx, public CA" in lines
    assert "Next        back up" in lines


def test_a_difficult_organization_name_is_printed_unchanged(csrtui: Csrtui) -> None:
    csrtui("new", "a.com", "-O", HARD_ORGANIZATION, "-C", "GB", "-L", "x")
    document = csrtui("show", "a.com", "--json").json
    assert document["subject_fields"]["organization"] == HARD_ORGANIZATION


@pytest.mark.parametrize("command", ["show", "csr"])
@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("b.com", "there is no pair b.com"),
        ("../pairs/a.com", '"../pairs/a.com" is not a valid pair name'),
        ("/etc/passwd", '"/etc/passwd" is not a valid pair name'),
        ("a.com/", '"a.com/" is not a valid pair name'),
        (".", '"." is not a valid pair name'),
        ("", '"" is not a valid pair name'),
        ("A.COM", '"A.COM" is not a valid pair name'),
        ("\x1b[2J\r\n", '"\\x1b[2J\\x0d\\x0a" is not a valid pair name'),
        ("a\0", '"a\\x00" is not a valid pair name'),
    ],
)
def test_a_missing_pair_is_reported(csrtui: Csrtui, command: str, name: str, said: str) -> None:
    csrtui("new", "a.com")
    ran = csrtui(command, name)
    assert (ran.status, ran.out) == (2, "")
    assert ran.error == said
    assert ran.hint


@pytest.mark.parametrize("command", ["show", "csr"])
def test_show_in_an_empty_store_creates_nothing(csrtui: Csrtui, command: str) -> None:
    csrtui.make_store()
    ran = csrtui(command, "a.com")
    assert (ran.status, ran.error) == (2, "there is no pair a.com")
    assert not any(csrtui.store.iterdir())


@pytest.mark.parametrize("command", ["show", "csr"])
def test_a_damaged_csr_gives_exit_3(csrtui: Csrtui, command: str) -> None:
    csrtui("new", "a.com")
    csrtui.pair("a.com").joinpath("request.pem").write_text("nothing")
    ran = csrtui(command, "a.com")
    assert (ran.status, ran.out) == (3, "")
    assert "the certificate request cannot be read" in ran.error


# The CSR


@pytest.mark.parametrize("command", ["show", "csr", "renew"])
@pytest.mark.parametrize("name", ["key.pem", "request.pem", "pair.json"])
def test_a_missing_file_gives_exit_3_and_points_to_the_doctor(
    csrtui: Csrtui, command: str, name: str
) -> None:
    csrtui("new", "a.com")
    (csrtui.pair("a.com") / name).unlink()
    ran = csrtui(command, "a.com")
    assert (ran.status, ran.out, ran.hint) == (3, "", "csrtui doctor shows how to fix it")
    assert ran.error.startswith(f"cannot read {csrtui.pair('a.com')}/{name}: ")


@pytest.mark.parametrize("text", ["", "{", "[]", '{"schema": 1}'])
@pytest.mark.parametrize("command", ["show a.com", "csr a.com", "renew a.com", "retire a.com", "list"])
def test_a_damaged_record_gives_exit_3_and_points_to_the_doctor(
    csrtui: Csrtui, command: str, text: str
) -> None:
    csrtui("new", "a.com")
    (csrtui.pair("a.com") / "pair.json").write_text(text)
    ran = csrtui(*command.split())
    assert (ran.status, ran.out, ran.hint) == (3, "", "csrtui doctor shows how to fix it")
    assert "pair.json is" in ran.error
    assert "no pairs" not in ran.err


def test_csr_prints_the_file_and_warns_without_a_backup(csrtui: Csrtui) -> None:
    csrtui("new", "a.com")
    ran = csrtui("csr", "a.com")
    assert ran.status == 0
    assert ran.out == csrtui.pair("a.com").joinpath("request.pem").read_text()
    assert ran.err.startswith("warning: the key of a.com has no verified backup (backup: none)")
    assert csrtui("show", "a.com", "--json").json["stage"] == "new"


@pytest.mark.parametrize("status", BackupStatus)
def test_only_a_verified_backup_silences_the_warning(
    csrtui: Csrtui, monkeypatch: pytest.MonkeyPatch, status: BackupStatus
) -> None:
    csrtui("new", "a.com")
    monkeypatch.setattr(PairRecord, "backup_status", property(lambda _: status))
    assert (csrtui("csr", "a.com").err == "") is (status is BackupStatus.VERIFIED)


def test_marking_as_submitted_is_recorded(csrtui: Csrtui) -> None:
    csrtui("new", "a.com")
    assert csrtui("csr", "a.com", "--mark-submitted").out.startswith("-----BEGIN CERTIFICATE REQUEST-----\n")
    document = csrtui("show", "a.com", "--json").json
    assert document["stage"] == "submitted"
    assert RFC_3339_UTC.fullmatch(document["submitted"])
    history = json.loads(csrtui.pair("a.com").joinpath("pair.json").read_bytes())["history"]
    assert [event["what"] for event in history] == [
        "created",
        "CSR handed out: standard output, although no backup is verified",
        "submitted, although no backup is verified",
    ]


def test_a_csr_that_could_not_be_printed_is_not_marked_as_submitted(
    csrtui: Csrtui, monkeypatch: pytest.MonkeyPatch
) -> None:
    csrtui("new", "a.com")

    def full(_: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("csrtui.cli.commands.csr.print_bytes", full)
    ran = csrtui("csr", "a.com", "--mark-submitted")
    assert (ran.status, ran.error) == (2, "cannot write to standard output: No space left on device")
    assert csrtui("show", "a.com", "--json").json["stage"] == "new"
