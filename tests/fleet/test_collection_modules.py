"""The modules: idempotent, with a correct check mode, and with helpful failures."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from certificates_made import intermediate, pem, root
from command import run_here
from recipients_made import ssh_pair

from csrtui.core.certificates.csr import read_pem

if TYPE_CHECKING:
    from pathlib import Path

    from ansible_modules import Modules

NAME = "www.mydomain.com"
ASKED: dict[str, Any] = {
    "names": [NAME, "mydomain.com"],
    "subject": {"organization": "My Ltd", "locality": "London", "country": "GB"},
    "platform": "nginx",
}
NOW = datetime.now(UTC).replace(microsecond=0)


def files(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def certificate(store: Path, name: str = NAME, days: int = 90, age: timedelta = timedelta()) -> str:
    request = read_pem((store / "pairs" / name / "request.pem").read_bytes()).der
    authority = intermediate(days=4000)
    leaf = authority.sign(request, start=NOW - age, days=days)
    return pem(leaf, authority.certificate).decode()


def test_a_pair_is_made_once_and_check_mode_shows_it_before(
    modules: Modules, store: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    asked = ASKED | {"recipients": [ssh_pair("ssh-ed25519")[1]], "backup_to": str(folder)}
    looked = modules("pair", check=True, **asked)
    assert (looked["changed"], looked["done"]) == (True, ["made", "backed up"])
    assert (looked["pair"], looked["csr"]) == (None, "")
    assert looked["diff"]["before"] == {}
    assert looked["diff"]["after"]["subject"] == "CN=www.mydomain.com,O=My Ltd,L=London,C=GB"
    assert not store.exists()

    made = modules("pair", **asked)
    assert (made["changed"], made["done"], made["covers"]) == (True, ["made", "backed up"], ASKED["names"])
    assert made["pair"] == run_here("show", NAME, "--json", store=store).json
    assert made["pair"]["backup"]["status"] == "unverified"
    assert made["csr"] == (store / "pairs" / NAME / "request.pem").read_text()
    assert made["diff"]["after"]["backup"] == "unverified"

    before = files(tmp_path)
    for check in (False, True):
        again = modules("pair", check=check, **asked)
        assert (again["changed"], again["done"], again["pair"]) == (False, [], made["pair"])
        assert again["diff"]["before"] == again["diff"]["after"]
    assert files(tmp_path) == before


def test_unfinished_steps_are_done_in_the_next_run(modules: Modules, tmp_path: Path) -> None:
    asked = ASKED | {"recipients": [ssh_pair("ssh-ed25519")[1]], "backup_to": str(tmp_path / "backups")}
    failed = modules("pair", **asked)
    assert failed["failed"]
    assert (failed["changed"], failed["done"], failed["pair"]["name"]) == (True, ["made"], NAME)
    assert "backups" in failed["msg"]
    (tmp_path / "backups").mkdir()
    assert modules("pair", **asked)["done"] == ["backed up"]


def test_blocking_advice_fails_the_task_and_force_overrides_it(modules: Modules, store: Path) -> None:
    for check in (True, False):
        failed = modules("pair", check=check, names=["intranet"])
        assert (failed["failed"], failed["reason"]) == (True, "refused")
        assert "intranet" in failed["msg"]
        assert failed["findings"][0]["level"] == "error"
        too_long = modules(
            "pair", check=check, names=["intranet"], subject={"organization": "x" * 65}, force=True
        )
        assert too_long.get("reason") == "refused"
    assert modules("pair", names=["a..com"], force=True)["reason"] == "refused"
    assert not store.exists()
    assert modules("pair", names=["intranet"], force=True)["changed"]
    assert not modules("pair", names=["intranet"])["changed"]
    assert modules("pair", names=["wiki"], no_common_name=True, force=True)["changed"], "its subject is empty"


def test_advice_that_does_not_block_becomes_a_warning(modules: Modules) -> None:
    made = modules("pair", names=["mydomain.com"])
    assert any("www.mydomain.com" in str(warning) for warning in made["warnings"])
    assert "warnings" not in modules("pair", names=["mydomain.com"])


def test_names_and_fields_that_look_like_options_are_values(modules: Modules) -> None:
    failed = modules("pair", names=["--store=/tmp/elsewhere"], subject={"organization": "--force"})
    assert failed["reason"] == "refused"
    assert "--store=/tmp/elsewhere" in failed["msg"]


def test_a_due_pair_is_renewed_on_request(modules: Modules, store: Path) -> None:
    modules("pair", **ASKED)
    modules("certificate", content=certificate(store, age=timedelta(days=80)))
    assert not modules("pair", **ASKED)["changed"]
    looked = modules("pair", check=True, renew="due", **ASKED)
    renewed = modules("pair", renew="due", **ASKED)
    assert (renewed["done"], renewed["pair"]["renews"]) == (["renewed"], NAME)
    assert (looked["done"], looked["diff"]) == (["renewed"], renewed["diff"])
    again = modules("pair", renew="due", **ASKED)
    assert (again["changed"], again["pair"]["name"]) == (False, renewed["pair"]["name"])


@pytest.mark.parametrize(
    "change",
    [
        {"subject": {"organization": "Other Ltd", "locality": "London", "country": "GB"}},
        {"names": [NAME, "mydomain.com", "shop.mydomain.com"]},
        {"key": "rsa-2048"},
        {"platform": "apache"},
        {"ca": "private", "purpose": "client", "attributes": ["emailAddress=pki@mydomain.com"]},
        {"no_common_name": True},
    ],
)
def test_a_changed_task_makes_one_successor_and_check_mode_shows_it_before(
    modules: Modules, store: Path, change: dict[str, Any]
) -> None:
    first = modules("pair", **ASKED)
    asked = ASKED | change
    looked = modules("pair", check=True, **asked)
    assert (looked["done"], looked["pair"]) == (["replaced"], None)
    assert not (store / "pairs" / f"{NAME}-2").exists()
    made = modules("pair", **asked)
    assert (made["done"], made["pair"]["name"], made["pair"]["renews"]) == (["replaced"], f"{NAME}-2", NAME)
    assert looked["diff"] == made["diff"]
    assert made["diff"]["before"] == first["diff"]["after"]
    for check in (True, False):
        assert modules("pair", check=check, **asked)["changed"] is False
    assert sorted(path.name for path in (store / "pairs").iterdir()) == [NAME, f"{NAME}-2"]


def test_a_successor_can_keep_the_key(modules: Modules) -> None:
    first = modules("pair", **ASKED, key="rsa-2048")["pair"]
    asked = ASKED | {"names": [NAME, "shop.mydomain.com"], "same_key": True}
    looked = modules("pair", check=True, **asked)
    made = modules("pair", **asked)
    assert (made["done"], made["pair"]["key"]) == (["replaced"], first["key"])
    assert looked["diff"] == made["diff"]
    assert modules("pair", **asked)["changed"] is False


def test_two_pairs_for_the_same_names_have_their_own_pair_names(modules: Modules) -> None:
    rsa = ASKED | {"key": "rsa-2048"}
    assert modules("pair", **ASKED)["done"] == ["made"]
    assert modules("pair", name="rsa", **rsa)["done"] == ["made"]
    for asked in (ASKED, rsa | {"name": "rsa"}):
        assert modules("pair", **asked)["changed"] is False
    changed = modules("pair", name="rsa", **(rsa | {"platform": "apache"}))
    assert (changed["pair"]["name"], changed["pair"]["renews"]) == ("rsa-2", "rsa")
    modules("pair", **rsa)
    failed = modules("pair", **ASKED)
    assert any("give each its own name" in str(warning) for warning in failed["warnings"])


def test_a_pair_is_retired_once(modules: Modules) -> None:
    modules("pair", **ASKED)
    looked = modules("pair", check=True, names=[NAME], state="retired")
    done = modules("pair", names=[NAME], state="retired")
    assert (done["done"], done["pair"]["stage"], done["csr"]) == (["retired"], "retired", "")
    assert looked["diff"] == done["diff"]
    for check in (True, False):
        again = modules("pair", check=check, names=[NAME], state="retired")
        assert (again["changed"], again["pair"]) == (False, None)


def test_unknown_options_are_refused_with_the_known_ones(modules: Modules) -> None:
    for option in ("ca", "key", "platform", "purpose", "state"):
        failed = modules("pair", **(ASKED | {option: "x"}))
        assert f"value of {option} must be one of: " in failed["msg"]


def test_an_encrypted_key_is_left_to_the_administrator(modules: Modules, store: Path, tmp_path: Path) -> None:
    secret = tmp_path / "passphrase"
    secret.write_text("seven words that nobody would ever guess\n")
    secret.chmod(0o600)
    run_here("new", NAME, "--encrypt-key", "--passphrase-file", str(secret), store=store)
    assert not modules("pair", names=[NAME])["changed"]
    text = certificate(store, age=timedelta(days=80))
    failed = modules("certificate", content=text, export_for="nginx", export_to=str(tmp_path))
    assert (failed["reason"], failed["changed"]) == ("input", True)
    assert "passphrase" in failed["msg"]
    assert modules("certificate", content=text)["changed"] is False
    changes: tuple[dict[str, Any], ...] = ({"renew": "due"}, {"platform": "nginx"})
    for change in changes:
        failed = modules("pair", names=[NAME], **change)
        assert failed["msg"].endswith(f"(on the host: csrtui renew {NAME})")


def test_a_certificate_is_imported_once_and_its_files_are_written_once(
    modules: Modules, store: Path, tmp_path: Path
) -> None:
    modules("pair", **ASKED)
    folder = tmp_path / "tls"
    folder.mkdir()
    asked: dict[str, Any] = {"content": certificate(store), "export_for": "nginx", "export_to": str(folder)}
    looked = modules("certificate", check=True, **asked)
    assert (looked["changed"], list(folder.iterdir())) == (True, [])
    assert looked["diff"]["after"][NAME]["installed"] == "files for nginx"
    assert looked["pairs"][0]["stage"] == "new"

    done = modules("certificate", **asked)
    assert (done["changed"], done["results"][0]["pair"], done["pairs"][0]["stage"]) == (True, NAME, "issued")
    assert sorted(one["file"] for one in done["exported"]) == sorted(str(path) for path in folder.iterdir())
    assert any("ssl_certificate" in line for line in done["instructions"])
    assert done["diff"]["after"][NAME]["expires"] == done["pairs"][0]["expires"]

    before = files(tmp_path)
    for check in (False, True):
        again = modules("certificate", check=check, **asked)
        assert (again["changed"], again["exported"]) == (False, [])
        assert again["diff"]["before"] == again["diff"]["after"]
    assert files(tmp_path) == before


def test_the_certificate_of_a_renewal_replaces_the_files_once(
    modules: Modules, store: Path, tmp_path: Path
) -> None:
    modules("pair", **ASKED)
    folder = tmp_path / "tls"
    folder.mkdir()
    wanted: dict[str, Any] = {
        "export_for": "nginx",
        "export_to": str(folder),
        "export_owner": str(os.getuid()),
    }
    done = modules("certificate", content=certificate(store, age=timedelta(days=80)), **wanted)
    old = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert done["changed"]
    new = modules("pair", renew="due", **ASKED)["pair"]["name"]
    text = certificate(store, name=new)
    done = modules("certificate", content=text, **wanted)
    assert [one["text"].split(",")[0] for one in done["exported"]] == ["replaced", "replaced"]
    assert {path.name: path.read_bytes() for path in (folder / ".csrtui-previous").iterdir()} == old
    again = modules("certificate", content=text, **wanted)
    assert (again["changed"], again["exported"]) == (False, [])


def test_a_certificate_in_a_file_on_the_host(modules: Modules, store: Path, tmp_path: Path) -> None:
    modules("pair", **ASKED)
    (tmp_path / "answer.pem").write_text(certificate(store))
    assert modules("certificate", path=[str(tmp_path / "answer.pem")], pair=NAME)["changed"]


def test_a_certificate_without_a_pair_fails_and_nothing_is_imported(modules: Modules, store: Path) -> None:
    modules("pair", **ASKED)
    text = certificate(store)
    run_here("retire", NAME, store=store)
    other = modules("pair", names=["other.com", "www.other.com"])
    assert other["changed"]
    failed = modules("certificate", content=text, pair="other.com")
    assert (failed["reason"], failed["results"][0]["ok"]) == ("refused", False)
    assert NAME in failed["msg"]
    failed = modules("certificate", content=pem(root().certificate).decode())
    assert failed["reason"] == "refused"
    assert modules("certificate", content="no certificate")["reason"] == "refused"


def test_a_private_key_is_refused(modules: Modules, store: Path) -> None:
    modules("pair", **ASKED)
    failed = modules("certificate", content=(store / "pairs" / NAME / "key.pem").read_text())
    assert failed["reason"] == "input"
    assert "changed" not in failed


def test_a_host_whose_store_does_not_exist_yet_has_no_pairs(
    modules: Modules, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CSRTUI_STORE", str(store))
    for named in (str(store), None):
        facts = modules("facts", store=named)["ansible_facts"]["csrtui"]
        assert (facts["pairs"], facts["due"], facts["not_backed_up"], facts["findings"]) == ([], [], [], [])
        assert facts["problems"] == []
    assert not store.exists()
    store.write_bytes(b"")
    failed = modules("facts")
    assert (failed["failed"], failed["reason"]) == (True, "store")


def test_facts_contain_pairs_due_renewals_and_problems(modules: Modules, store: Path) -> None:
    modules("pair", **ASKED)
    modules("certificate", content=certificate(store, age=timedelta(days=80)))
    facts = modules("facts")["ansible_facts"]["csrtui"]
    assert (facts["schema"], facts["due"], facts["not_backed_up"]) == (1, [NAME], [NAME])
    assert facts["version"] == run_here("--version", store=None).out.split()[1]
    assert "backup-none" in {one["code"] for one in facts["findings"]}
    run_here("retire", NAME, store=store)
    (store / "pairs" / "broken").mkdir(mode=0o700)
    result = modules("facts", gather=["pairs"], retired=True)
    facts = result["ansible_facts"]["csrtui"]
    assert [pair["name"] for pair in facts["pairs"]] == [NAME]
    assert facts["not_backed_up"] == []
    assert "broken" in facts["problems"][0]
    assert "broken" in str(result["warnings"][0])
    assert "findings" not in facts


@pytest.mark.parametrize(
    ("script", "reason", "words"),
    [
        ("echo '{\"schema\": 2}'", "schema", "uses schema 2"),
        (
            "echo 'csrtui: error: no space left on device' >&2; echo 'hint: make room' >&2; exit 3",
            "store",
            "make room",
        ),
        ("echo 'csrtui: error: what is this' >&2; exit 2", "input", "what is this"),
        ("echo 'csrtui: error: no' >&2; exit 1", "refused", "no"),
        ("echo Traceback >&2; exit 1", "unexpected", "Traceback"),
        ("kill -9 $$", "unexpected", "-9"),
        ("echo 'not JSON'", "unexpected", "status 0"),
        ("exec sleep 60", "timeout", "1 seconds"),
    ],
)
def test_every_failure_of_csrtui_has_a_reason(
    modules: Modules, program: Path, script: str, reason: str, words: str
) -> None:
    modules.in_process = False
    program.parent.joinpath("store").mkdir(mode=0o700)
    program.write_text(f"#!/bin/sh\n{script}\n")
    failed = modules("facts", gather=["pairs"], timeout=1)
    assert (failed["failed"], failed["reason"]) == (True, reason)
    assert words in failed["msg"]
    assert failed["remedy"] is None or failed["remedy"] in failed["msg"]


def test_all_calls_of_a_task_share_its_time_limit(modules: Modules, program: Path, tmp_path: Path) -> None:
    modules.in_process = False
    program.write_text(f'#!/bin/sh\necho >>"{tmp_path}/calls"\nsleep 0.6\necho csrtui 1.0\n')
    failed = modules("facts", gather=["version", "pairs"], timeout=1)
    assert failed["reason"] == "timeout"
    assert (tmp_path / "calls").read_text().count("\n") == 2
    assert "did not end within the 1 seconds of the task" in failed["msg"]


def test_a_host_without_csrtui_is_reported_with_the_role(
    modules: Modules, program: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    modules.in_process = False
    for text in ("#!/nowhere/python\n", ""):
        program.write_text(text)
        failed = modules("facts")
        assert (failed["reason"], "role csrtui.csrtui.csrtui" in failed["remedy"]) == ("missing", True)
    program.chmod(0o600)
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr("ansible.module_utils.common.process.os.path.exists", lambda _: False)
    for executable in (str(program), "/nowhere/csrtui", None):
        failed = modules("facts", executable=executable)
        assert (failed["reason"], "role csrtui.csrtui.csrtui" in failed["msg"]) == ("missing", True)
