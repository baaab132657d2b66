"""``csrtui check`` prints the advice, and exits with 1 if a finding blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from command import Csrtui


@pytest.fixture
def passphrase_file(tmp_path: Path) -> str:
    """Return a valid passphrase file."""
    path = tmp_path / "passphrase"
    path.write_text("seven words that nobody would ever guess\n")
    path.chmod(0o600)
    return str(path)


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
def test_the_exit_status_shows_whether_a_finding_blocks(
    csrtui: Csrtui, arguments: tuple[str, ...], status: int, form: tuple[str, ...]
) -> None:
    ran = csrtui("check", *arguments, *form)
    assert (ran.status, ran.err) == (status, "")
    assert ran.out
    assert not csrtui.store.exists()


def test_json_has_the_form_of_the_contract(csrtui: Csrtui) -> None:
    document = csrtui("check", "mydomain.com", "-O", "My Ltd", "-C", "Germany", "--json").json
    assert list(document) == ["schema", "covers", "subject", "findings"]
    assert document["schema"] == 1
    assert document["covers"] == ["mydomain.com"]
    assert document["subject"] == ""
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


@pytest.mark.parametrize(
    "asked", [("intranet",), ("host.lan",), ("10.0.0.1",), ("a.com", "--key", "ed25519")]
)
def test_another_ca_is_suggested_but_is_not_a_fix_for_a_field(csrtui: Csrtui, asked: tuple[str, ...]) -> None:
    assert "  fix: use a private CA instead" in csrtui("check", *asked).out.splitlines()
    errors = [one for one in csrtui("check", *asked, "--json").json["findings"] if one["level"] == "error"]
    assert [error["fix"] for error in errors] == [None]


def test_the_subject_is_the_one_that_will_be_signed(csrtui: Csrtui) -> None:
    ran = csrtui("check", "mydomain.com", "-O", 'A/B, "C" +\u202eX', "-L", "L", "-C", "GB", "--json")
    assert ran.json["subject"] == 'CN=mydomain.com,O=A/B\\, \\"C\\" \\+\\E2\\80\\AEX,L=L,C=GB'


def test_the_text_contains_the_same_as_the_json(csrtui: Csrtui) -> None:
    lines = csrtui("check", "mydomain.com", "intranet", "-C", "GB").out.splitlines()
    assert lines[0] == "Subject  CN=mydomain.com,C=GB"
    assert lines[1] == "Covers   mydomain.com, intranet"
    assert any(line.startswith("Error: intranet") for line in lines)
    assert "  fix: also cover www.mydomain.com" in lines
    nothing = csrtui("check", "a..com").out.splitlines()
    assert nothing[:2] == ["Subject  – (fix the errors below)", "Covers   nothing"]


def test_a_check_needs_a_name(csrtui: Csrtui) -> None:
    ran = csrtui("check")
    assert (ran.status, ran.hint) == (2, "csrtui check --help")


def test_find_pair_names_the_matching_pair_in_any_case_of_letters(csrtui: Csrtui) -> None:
    asked = ("www.mydomain.com", "mydomain.com", "-O", "My Ltd", "-L", "London", "-C", "GB", "--for", "nginx")
    ran = csrtui("check", *asked, "--find-pair", "--json")
    assert (ran.status, ran.json["pair"], csrtui.store.exists()) == (0, None, False)
    made = csrtui("new", *asked, "--json").json
    again = ("WWW.mydomain.com", "MyDomain.com", *asked[2:])
    assert csrtui("check", *again, "--find-pair", "--json").json["pair"]["name"] == made["name"]
    assert csrtui("check", *again, "--find-pair").out.splitlines()[-1] == "Pair     www.mydomain.com"


@pytest.mark.parametrize(
    "other", [("--ca", "private"), ("--key", "ec-p384"), ("--for", "iis"), ("-O", "My Other Ltd"), ("b.com",)]
)
def test_find_pair_names_the_pair_that_a_changed_request_replaces(
    csrtui: Csrtui, other: tuple[str, ...]
) -> None:
    csrtui("new", "www.mydomain.com", "--force")
    asked = ("www.mydomain.com", *other)
    assert csrtui("check", *asked, "--find-pair").out.splitlines()[-2:] == [
        "Pair     none",
        "Replaces www.mydomain.com",
    ]
    found = csrtui("check", *asked, "--find-pair", "--json").json
    assert (found["pair"], found["replaces"]["name"]) == (None, "www.mydomain.com")
    made = csrtui("new", *asked, "--renews", "www.mydomain.com", "--force", "--json").json
    assert (made["name"], made["renews"]) == ("www.mydomain.com-2", "www.mydomain.com")
    assert found["request"] == {
        "name": made["name"],
        "key": made["key"]["type"],
        **{member: made[member] for member in ("ca", "platform", "purpose")},
    }
    assert csrtui("show", "www.mydomain.com", "--json").json["renewed_by"] == made["name"]


def test_options_about_the_pair_need_find_pair(csrtui: Csrtui) -> None:
    for option in (("--as", "www"), ("--same-key",)):
        ran = csrtui("check", "mydomain.com", *option)
        assert (ran.status, ran.hint) == (2, "add --find-pair")


def test_find_pair_finds_an_encrypted_pair_but_not_a_retired_one(
    csrtui: Csrtui, passphrase_file: str
) -> None:
    csrtui("new", "shop.mydomain.com", "--encrypt-key", "--passphrase-file", passphrase_file)
    found = csrtui("check", "shop.mydomain.com", "--find-pair", "--json").json["pair"]
    assert found["key"]["encrypted"] is True
    csrtui("retire", found["name"])
    assert csrtui("check", "shop.mydomain.com", "--find-pair", "--json").json["pair"] is None


def test_find_pair_finds_nothing_for_an_invalid_pair_name(csrtui: Csrtui) -> None:
    ran = csrtui("check", "a..com", "--find-pair", "--json")
    assert (ran.status, ran.json["pair"]) == (1, None)


def test_counterparts_are_covered_as_by_new(csrtui: Csrtui) -> None:
    document = csrtui("check", "mydomain.com", "--add-counterpart", "--json").json
    assert document["covers"] == ["mydomain.com", "www.mydomain.com"]
    made = csrtui("new", "mydomain.com", "--add-counterpart", "--json").json
    found = csrtui("check", "mydomain.com", "--add-counterpart", "--find-pair", "--json").json
    assert found["pair"]["name"] == made["name"]


def test_the_hint_for_a_file_names_inspect(
    csrtui: Csrtui, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "www.csr").write_text("x")
    ran = csrtui("check", "www.csr")
    assert (ran.status, ran.error) == (2, "www.csr is a file; check expects names")
    assert ran.hint == "csrtui inspect www.csr describes the file"
    (tmp_path / "www.a-shop.com").write_text("a file may have a host's name")
    assert csrtui("check", "www.a-shop.com").status == 0


def test_it_reports_a_pair_for_the_common_name_with_the_fix_to_renew_it(csrtui: Csrtui) -> None:
    assert csrtui("new", "shop.mydomain.com").status == 0
    ran = csrtui("check", "shop.mydomain.com", "--json")
    (finding,) = ran.json["findings"]
    assert (ran.status, finding["code"], finding["level"]) == (0, "pair-exists", "warning")
    assert finding["fix"] == {"label": "renew shop.mydomain.com instead", "renews": "shop.mydomain.com"}


def test_names_with_the_same_reason_are_one_finding_in_the_text_and_one_each_in_json(csrtui: Csrtui) -> None:
    names = [f"{number}.example.com" for number in range(9)]
    ran = csrtui("check", *names)
    assert ran.out.count("is reserved") == 1
    assert "The same applies to 8 more." in ran.out
    found = [
        one for one in csrtui("check", *names, "--json").json["findings"] if one["code"] == "reserved-name"
    ]
    assert [one["value"] for one in found] == names
