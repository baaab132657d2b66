"""``csrtui doctor``: its text, its JSON, and the exit status for cron."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import pytest

from csrtui.cli.main import run

if TYPE_CHECKING:
    from pathlib import Path

    from command import Csrtui


@pytest.fixture(autouse=True)
def _no_config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CSRTUI_CONFIG", str(tmp_path / "config.toml"))


def test_an_empty_store_has_no_problem_and_stays_empty(csrtui: Csrtui) -> None:
    csrtui.make_store()
    ran = csrtui("doctor")
    assert (ran.status, ran.out, ran.err) == (0, "", "0 pairs checked: no problems\n")
    assert csrtui("doctor", "--json").json == {"schema": 1, "ok": True, "findings": []}
    assert not any(csrtui.store.iterdir())


def test_findings_have_remedies(csrtui: Csrtui) -> None:
    csrtui("new", "a.com")
    csrtui("csr", "a.com", "--mark-submitted")
    ran = csrtui("doctor")
    assert ran.status == 1
    assert ran.out == (
        "warning: the key of a.com has no backup: if this machine loses it, the certificate is useless"
        f" (backup-none)\n  csrtui backup --store {csrtui.store} a.com --to DIR\n"
    )
    assert ran.err == "1 pair checked: 1 finding\n"


def test_a_new_pair_has_only_the_finding_for_its_next_step(csrtui: Csrtui) -> None:
    csrtui("new", "a.com")
    ran = csrtui("doctor", "--json")
    assert (ran.status, ran.json["ok"]) == (0, True)
    assert [(one["code"], one["level"]) for one in ran.json["findings"]] == [("backup-none", "note")]


def test_a_remedy_works_in_any_folder(
    csrtui: Csrtui, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    csrtui("new", "a.com")
    [finding] = csrtui("doctor", "--json").json["findings"]
    words = shlex.split(finding["remedy"].replace("DIR", str(tmp_path / "usb")))
    assert words[:2] == ["csrtui", "backup"]
    (tmp_path / "usb").mkdir()
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    (tmp_path / "passphrase").write_text("long enough for all\n")
    (tmp_path / "passphrase").chmod(0o600)
    arguments = [*words[1:], "--passphrase-file", str(tmp_path / "passphrase")]
    assert run(arguments, open_screens=lambda *_: 0) == 0
    assert csrtui("list", "--json").json["pairs"][0]["backup"]["status"] == "verified"


def test_json_has_the_form_of_the_contract_also_for_a_refused_store(csrtui: Csrtui) -> None:
    csrtui("new", "a.com")
    csrtui.store.chmod(0o755)
    assert csrtui("list").status == 3
    ran = csrtui("doctor", "--json")
    assert ran.status == 1
    assert ran.json["ok"] is False
    assert ran.json["findings"][0] == {
        "code": "open-mode",
        "level": "error",
        "pair": None,
        "path": str(csrtui.store),
        "text": f"others can read {csrtui.store} (mode 0755)",
        "remedy": f"chmod 700 {csrtui.store}",
        "remedy_kind": "command",
    }
    assert csrtui("doctor").err == "1 pair checked: 2 findings\n"


def test_notes_alone_give_exit_status_0(csrtui: Csrtui) -> None:
    csrtui.store.mkdir(0o700)
    (csrtui.store / ".cache").touch()
    ran = csrtui("doctor")
    assert (ran.status, ran.out.split(":")[0]) == (0, "note")
