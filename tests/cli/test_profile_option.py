"""``--profile`` supplies the values that the options do not set."""

import io
import json
from pathlib import Path

import pytest

from csrtui.cli.main import run

PROFILES = """
[profiles.work]
organization = "My Ltd"
country = "GB"
state = "Kent"
locality = "Dover"
ca = "private"
platform = "weblogic"

[profiles.strong]
key = "ec-p384"
"""


@pytest.fixture(autouse=True)
def configured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "c.toml"
    path.write_text(PROFILES)
    path.chmod(0o600)
    monkeypatch.setenv("CSRTUI_CONFIG", str(path))
    monkeypatch.setenv("CSRTUI_STORE", str(tmp_path / "store"))
    return path


def csrtui(*arguments: str) -> int:
    return run(arguments, lambda *_: 0)


def test_new_takes_everything_from_the_profile(capsys: pytest.CaptureFixture[str]) -> None:
    assert csrtui("new", "host1", "--profile", "work", "--json") == 0
    pair = json.loads(capsys.readouterr().out)
    assert pair["subject"] == "CN=host1,O=My Ltd,L=Dover,ST=Kent,C=GB"
    assert (pair["ca"], pair["platform"], pair["key"]["type"]) == ("private", "weblogic", "rsa-2048")


def test_options_win_even_when_empty(capsys: pytest.CaptureFixture[str]) -> None:
    options = ("-O", "Other Ltd", "-S", "", "-L", "Hove", "-C", "IE", "--ca", "public", "--for", "nginx")
    assert csrtui("new", "a.mydomain.com", "--profile", "work", "--json", "--key", "ec-p521", *options) == 0
    pair = json.loads(capsys.readouterr().out)
    assert pair["subject"] == "CN=a.mydomain.com,O=Other Ltd,L=Hove,C=IE"
    assert (pair["ca"], pair["platform"], pair["key"]["type"]) == ("public", "nginx", "ec-p521")


def test_a_unit_for_a_private_ca_may_be_added(capsys: pytest.CaptureFixture[str]) -> None:
    assert csrtui("check", "host1", "--profile", "work", "-U", "IT", "--json") == 0
    assert json.loads(capsys.readouterr().out)["subject"] == "CN=host1,OU=IT,O=My Ltd,L=Dover,ST=Kent,C=GB"


def test_values_missing_in_the_profile_are_the_defaults(capsys: pytest.CaptureFixture[str]) -> None:
    assert csrtui("new", "a.mydomain.com", "--profile", "strong", "--json") == 0
    pair = json.loads(capsys.readouterr().out)
    assert (pair["subject"], pair["ca"], pair["platform"]) == ("CN=a.mydomain.com", "public", "other")
    assert pair["key"]["type"] == "ec-p384"


def test_the_rows_of_a_file_start_from_the_profile(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    rows = tmp_path / "rows.csv"
    rows.write_text("common_name,organization,key\nhost1,,\nhost2,Other Ltd,ec-p256\n")
    assert csrtui("new", "--from", str(rows), "--profile", "work") == 0
    pairs = [json.loads(line)["pair"] for line in capsys.readouterr().out.splitlines()]
    assert [pair["subject_fields"]["organization"] for pair in pairs] == ["My Ltd", "Other Ltd"]
    assert [pair["key"]["type"] for pair in pairs] == ["rsa-2048", "ec-p256"]
    assert {(pair["ca"], pair["subject_fields"]["locality"]) for pair in pairs} == {("private", "Dover")}


@pytest.mark.parametrize("command", [("new", "a.com"), ("check", "a.com"), ("new", "--from", "-")])
def test_an_unknown_profile_is_reported_with_the_existing_ones(
    command: tuple[str, ...],
    capsys: pytest.CaptureFixture[str],
    configured: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    assert csrtui(*command, "--profile", "w\x1b") == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err == (
        f'csrtui: error: there is no profile "w\\x1b"\nhint: profiles in {configured}: work, strong\n'
    )


def test_a_mistake_in_the_configuration_is_reported_with_its_line(
    capsys: pytest.CaptureFixture[str], configured: Path
) -> None:
    configured.write_text("[profiles.work]\norganisation = 'x'\n")
    assert csrtui("check", "a.com", "--profile", "work") == 2
    assert f"error: {configured}, line 2: profiles.work.organisation is not known" in capsys.readouterr().err


def test_without_the_option_a_mistake_in_the_configuration_is_only_a_warning(
    configured: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    configured.write_text("nonsense")
    assert csrtui("check", "a.mydomain.com") == 0
    assert f"warning: {configured} is not TOML" in capsys.readouterr().err
