"""``csrtui csr``: PEM or DER, on stdout or in a new file, and the entry in the history."""

from __future__ import annotations

import errno
import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from command import run_process
from failing_call import FailingCall

from csrtui.core.certificates import csr

if TYPE_CHECKING:
    from pathlib import Path

    from command import Csrtui

OVERRULED = ", although no backup is verified"


def history(csrtui: Csrtui, name: str = "a.com") -> list[str]:
    record = json.loads(csrtui.pair(name).joinpath("pair.json").read_bytes())
    return [event["what"] for event in record["history"]]


def test_printing_to_stdout_adds_nothing_to_the_history(csrtui: Csrtui) -> None:
    csrtui("new", "a.com")
    before = csrtui.pair("a.com").joinpath("pair.json").read_bytes()
    assert csrtui("csr", "a.com").status == 0
    assert csrtui.pair("a.com").joinpath("pair.json").read_bytes() == before


def test_der_on_stdout_is_the_same_request(tmp_path: Path) -> None:
    store = tmp_path / "store"
    run_process("new", "a.com", store=store)
    der = subprocess.run(
        [sys.executable, "-m", "csrtui", "--store", str(store), "csr", "a.com", "--der"],
        capture_output=True,
        check=True,
        timeout=60,
    ).stdout
    pem = (store / "pairs" / "a.com" / "request.pem").read_bytes()
    assert csr.to_pem(der) == pem


def test_der_is_not_printed_on_a_terminal(csrtui: Csrtui, monkeypatch: pytest.MonkeyPatch) -> None:
    csrtui("new", "a.com")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    ran = csrtui("csr", "a.com", "--der")
    assert (ran.status, ran.out, ran.error) == (2, "", "DER cannot be shown on a terminal")
    assert csrtui("csr", "a.com").status == 0


@pytest.mark.parametrize("form", ["PEM", "DER"])
def test_a_csr_file_is_readable_for_all_and_recorded(csrtui: Csrtui, tmp_path: Path, form: str) -> None:
    csrtui("new", "a.com")
    file = tmp_path / "a.csr"
    ran = csrtui("csr", "a.com", "--to", str(file), *(["--der"] if form == "DER" else []))
    assert (ran.status, ran.out) == (0, "")
    assert f"written: {file}\n" in ran.err
    assert file.stat().st_mode & 0o777 == 0o644
    data = file.read_bytes()
    assert (csr.to_pem(data) if form == "DER" else data) == csrtui.pair("a.com").joinpath(
        "request.pem"
    ).read_bytes()
    assert history(csrtui) == ["created", f"CSR handed out: file {file}{OVERRULED}"]
    assert csrtui("show", "a.com", "--json").json["stage"] == "new"


def test_no_file_is_overwritten_and_a_refusal_is_not_recorded(csrtui: Csrtui, tmp_path: Path) -> None:
    csrtui("new", "a.com")
    file = tmp_path / "a.csr"
    file.write_text("mine")
    ran = csrtui("csr", "a.com", "--to", str(file), "--mark-submitted")
    assert (ran.status, ran.error) == (2, f"{file} already exists and is never overwritten")
    assert file.read_text() == "mine"
    assert history(csrtui) == ["created"]


def test_a_name_that_the_file_system_cannot_represent_is_an_input_error(
    csrtui: Csrtui, tmp_path: Path
) -> None:
    csrtui("new", "www.a.com")
    ran = csrtui("csr", "www.a.com", "--to", str(tmp_path / ("x" * 300)))
    assert (ran.status, "File name too long" in ran.error) == (2, True)
    assert list(tmp_path.glob("x*")) == []


def test_recipient_and_note_are_in_the_history(csrtui: Csrtui) -> None:
    csrtui("new", "a.com")
    ran = csrtui("csr", "a.com", "--submitted-to", "Example\x1b CA", "--note", "order  4711\nby mail")
    assert ran.status == 0
    assert history(csrtui) == [
        "created",
        f"CSR handed out: standard output{OVERRULED}",
        f"submitted to Example\\x1b CA{OVERRULED}: order 4711 by mail",
    ]
    assert csrtui("show", "a.com", "--json").json["stage"] == "submitted"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--note", "x"), "--note belongs to a submission"),
        (("--mark-submitted", "--note", "x" * 201), "--note has 201 characters; at most 200 are allowed"),
        (("--submitted-to", "x" * 61), "--submitted-to has 61 characters; at most 60 are allowed"),
        (("--to", ""), '"" is not a valid path'),
        (("--to", "/"), "/ is a folder"),
        (("--to", "/nowhere/a.csr"), "cannot write to /nowhere: No such file or directory"),
        (("--to", "/proc/self/mem"), "cannot write to /proc/self: No such file or directory"),
        (("--to", f"/tmp/{'a' * 256}"), "cannot write to /tmp: File name too long"),
    ],
)
def test_errors_are_reported_before_the_csr_is_handed_out(
    csrtui: Csrtui, arguments: tuple[str, ...], said: str
) -> None:
    csrtui("new", "a.com")
    ran = csrtui("csr", "a.com", *arguments)
    assert (ran.status, ran.out, ran.error) == (2, "", said)
    assert history(csrtui) == ["created"]


@pytest.mark.parametrize(
    ("when", "outcome"),
    [(2, (0, "")), (4, (3, "a.com is saved, but the disk did not confirm it"))],
    ids=["share", "store"],
)
def test_a_csr_is_recorded_and_marked_even_if_a_folder_cannot_be_flushed(
    csrtui: Csrtui, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, when: int, outcome: tuple[int, str]
) -> None:
    assert csrtui("new", "a.com").status == 0
    with monkeypatch.context() as during:
        failing = FailingCall(during, "fsync", errno.EINVAL, when=when)
        ran = csrtui("csr", "a.com", "--to", str(tmp_path / "a.csr"), "--submitted-to", "Example CA")
    assert failing.fired
    assert (ran.status, ran.error if ran.status else "") == outcome
    history = csrtui("show", "a.com").out
    assert f"CSR handed out: file {tmp_path}/a.csr" in history
    assert "submitted to Example CA" in history
