"""``csrtui check``: the advice, and 1 as the answer when something blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from command import Csrtui


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (("shop.mydomain.com",), 0),
        (("mydomain.com",), 0),
        (("intranet",), 1),
        (("intranet", "--ca", "private"), 0),
        (("a..com",), 1),
        (("",), 1),
        (("mydomain.com", "--key", "ed25519"), 1),
        (("mydomain.com", "-C", "Germany"), 1),
    ],
)
@pytest.mark.parametrize("form", [(), ("--json",)])
def test_the_status_says_whether_something_blocks(
    csrtui: Csrtui, arguments: tuple[str, ...], status: int, form: tuple[str, ...]
) -> None:
    ran = csrtui("check", *arguments, *form)
    assert (ran.status, ran.err) == (status, "")
    assert ran.out
    assert not csrtui.store.exists()


def test_json_is_the_contracts(csrtui: Csrtui) -> None:
    document = csrtui("check", "mydomain.com", "-O", "My Ltd", "-C", "Germany", "--json").json
    assert list(document) == ["schema", "covers", "subject", "findings"]
    assert document["schema"] == 1
    assert document["covers"] == ["mydomain.com"]
    assert document["subject"] is None
    for finding in document["findings"]:
        assert list(finding) == ["code", "level", "field", "value", "text", "fix"]
        assert finding["level"] in {"error", "warning", "note"}
    fixes = {finding["code"]: finding["fix"] for finding in document["findings"]}
    assert fixes["www-not-covered"] == {
        "label": "also cover www.mydomain.com", "names": ["mydomain.com", "www.mydomain.com"],
    }  # fmt: skip
    assert {"label": "use DE", "value": "DE"} in fixes.values()
    assert None in fixes.values()
    levels = [finding["level"] for finding in document["findings"]]
    assert levels == sorted(levels, key=["error", "warning", "note"].index)


def test_a_fix_can_be_another_ca(csrtui: Csrtui) -> None:
    findings = csrtui("check", "intranet", "--json").json["findings"]
    assert any(finding["fix"] and finding["fix"].get("ca") == "private" for finding in findings)


def test_the_subject_is_as_it_will_be_signed(csrtui: Csrtui) -> None:
    ran = csrtui("check", "mydomain.com", "-O", 'A/B, "C" +\u202eX', "-L", "L", "-C", "GB", "--json")
    assert ran.json["subject"] == 'CN=mydomain.com,O=A/B\\, \\"C\\" \\+\\E2\\80\\AEX,L=L,C=GB'


def test_the_text_says_the_same_in_lines(csrtui: Csrtui) -> None:
    lines = csrtui("check", "mydomain.com", "intranet", "-C", "GB").out.splitlines()
    assert lines[0] == "Subject  CN=mydomain.com,C=GB"
    assert lines[1] == "Covers   mydomain.com, intranet"
    assert any(line.startswith("Error: intranet") for line in lines)
    assert "  fix: also cover www.mydomain.com" in lines
    nothing = csrtui("check", "a..com").out.splitlines()
    assert nothing[:2] == ["Subject  none yet: see below", "Covers   nothing"]


def test_a_check_needs_a_name(csrtui: Csrtui) -> None:
    ran = csrtui("check")
    assert (ran.status, ran.hint) == (2, "csrtui check --help")
