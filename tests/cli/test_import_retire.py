"""``csrtui import`` and ``csrtui retire``: their output on stdout and stderr, and their exit status."""

from __future__ import annotations

import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from certificates_made import intermediate, pem, root
from command import Csrtui, run_here

from csrtui.core.base.validity import date_text, utc_text
from csrtui.core.certificates.certificate import max_validity_days
from csrtui.core.certificates.csr import read_pem
from csrtui.core.keys.key_types import private_pem

if TYPE_CHECKING:
    from pathlib import Path

NAME = "www.a.com"
FROM = datetime.now(UTC).replace(microsecond=0)
"""The commands use the real clock."""
DAYS = max_validity_days(FROM)
EXPIRES = FROM + timedelta(days=DAYS, seconds=-1)
EXPIRES_DAY = date_text(EXPIRES)
CHAIN = pem(intermediate().certificate, root().certificate)


@pytest.fixture
def made(csrtui: Csrtui) -> Csrtui:
    """Return csrtui with a pair."""
    assert csrtui("new", NAME, "-O", "My Ltd", "-L", "London", "-C", "GB").status == 0
    return csrtui


def asked(csrtui: Csrtui, name: str = NAME) -> bytes:
    return read_pem((csrtui.pair(name) / "request.pem").read_bytes()).der


@pytest.fixture
def answer(made: Csrtui, tmp_path: Path) -> Path:
    """Write the answer of a CA: with a further name, and with the chain before the certificate."""
    path = tmp_path / "answer.txt"
    leaf = intermediate().sign(asked(made), names=[NAME, "b.com"], start=FROM, days=DAYS)
    path.write_bytes(b"Dear customer,\n" + CHAIN + pem(leaf))
    return path


def test_results_go_to_stdout_and_differences_to_stderr(made: Csrtui, answer: Path) -> None:
    ran = made("import", str(answer))
    assert (ran.status, ran.out) == (0, f"ok  {NAME}  {answer}  imported, expires {EXPIRES_DAY}\n")
    assert ran.err == (
        "chain: valid up to CN=Test Root\ndiffers from the request: b.com was not requested; the CA added it\n"
    )
    shown = made("show", NAME, "--json").json
    assert (shown["stage"], shown["expires"]) == ("issued", utc_text(EXPIRES))
    assert shown["files"]["certificate"] == str(made.pair(NAME) / "certificate.pem")


def test_json_has_the_form_of_the_contract(made: Csrtui, answer: Path) -> None:
    ran = made("import", str(answer), "--json")
    assert (ran.json["schema"], ran.json["ok"]) == (1, True)
    (result,) = ran.json["results"]
    assert {name: result[name] for name in ("ok", "pair", "file")} == {
        "ok": True,
        "pair": NAME,
        "file": str(answer),
    }
    assert result["differences"][0]["kind"] == "name-added"


def test_certificates_are_read_from_standard_input(made: Csrtui, answer: Path) -> None:
    ran = made("import", "-", "--pair", NAME, stdin=answer.read_bytes())
    assert (ran.status, ran.out) == (0, f"ok  {NAME}  imported, expires {EXPIRES_DAY}\n")
    assert made("import", "-", stdin=None).error == "standard input is closed"
    assert "more than" in made("import", "-", stdin=b"x" * (1024 * 1024 + 1)).out


def test_a_wrong_pair_gives_exit_1_and_the_right_name(made: Csrtui, answer: Path) -> None:
    made("new", "b.com", "--key", "ec-p384")
    ran = made("import", str(answer), "--pair", "b.com")
    assert ran.status == 1
    assert ran.err.startswith("hint: csrtui import --store ")
    assert ran.err.endswith(f" --pair {NAME} {answer}\n")
    assert f"is for the pair {NAME}, not for b.com" in ran.out
    ran = made("import", str(answer), "--pair", "c.com")
    assert (ran.status, ran.error) == (2, "there is no pair c.com")


def test_certificates_of_several_pairs_are_distinguished(made: Csrtui, answer: Path, tmp_path: Path) -> None:
    made("new", "b.com", "--key", "ec-p384")
    (tmp_path / "b.pem").write_bytes(pem(intermediate().sign(asked(made, "b.com"), start=FROM, days=20)))
    ran = made("import", str(answer), str(tmp_path / "b.pem"))
    assert ran.status == 0
    assert f"{NAME}: differs from the request: b.com was not requested" in ran.err
    assert "b.com: chain: valid up to CN=Test Root" in ran.err


@pytest.mark.parametrize("arguments", [("import",), ("import", "/nowhere"), ("import", "/"), ("retire",)])
def test_wrong_usage_gives_exit_2(csrtui: Csrtui, arguments: tuple[str, ...]) -> None:
    csrtui.make_store()
    assert csrtui(*arguments).status == 2


def test_a_private_key_is_not_imported(made: Csrtui, answer: Path, tmp_path: Path) -> None:
    path = tmp_path / "both.pem"
    path.write_bytes(answer.read_bytes() + private_pem(root().key))
    ran = made("import", str(path))
    assert ran.status == 1
    assert "private key" in ran.out


def test_a_mistyped_name_is_reported_before_any_pair_is_marked(made: Csrtui) -> None:
    ran = made("retire", NAME, "b.com")
    assert (ran.status, ran.out, ran.error) == (2, "", "there is no pair b.com")
    assert made("show", NAME, "--json").json["stage"] != "retired"


def test_a_table_hides_retired_pairs_and_counts_them(made: Csrtui) -> None:
    ran = made("retire", NAME, NAME)
    assert ran.status == 0
    assert ran.out == f"ok  {NAME}  retired; its key, its CSR and its certificates stay where they are\n"
    listed = made("list")
    assert (listed.out, listed.err) == ("", "0 pairs · 1 retired hidden\n")
    assert made("list", "--fail-if-any").status == 0
    assert NAME in made("list", "--retired").out
    assert NAME in made("list", "--filter", "retired").out
    assert made("retire", NAME, "--json").json["ok"]


def test_a_retired_pair_is_taken_back_into_use(made: Csrtui) -> None:
    before = made("show", NAME, "--json").json
    made("retire", NAME)
    ran = made("retire", "--undo", NAME, "--json")
    assert ran.status == 0
    assert ran.json == {
        "schema": 1,
        "ok": True,
        "results": [{"ok": True, "pair": NAME, "file": None, "text": "in use again"}],
    }
    assert made("show", NAME, "--json").json == before
    again = made("retire", "--undo", NAME)
    assert (again.status, again.out) == (0, f"ok  {NAME}  is not retired; nothing changed\n")
    assert made("retire", "--undo", "b.com").status == 2
    made("retire", "--compromised", NAME)
    refused = made("retire", "--undo", NAME)
    assert refused.status == 1
    assert "compromised" in refused.out
    assert made("show", NAME, "--json").json["stage"] == "retired"


def test_json_and_csv_contain_retired_pairs_too(made: Csrtui) -> None:
    made("retire", NAME)
    (told,) = made("list", "--json").json["pairs"]
    assert (told["name"], told["stage"], told["next"]) == (NAME, "retired", "none")
    assert NAME in made("list", "--csv").out
    assert made("list", "--json", "--next", "none").json["pairs"] == [told]
    assert made("list", "--ics").out.count("BEGIN:VEVENT") == 0


def test_a_csr_signed_by_openssl_ca_is_imported(tmp_path: Path) -> None:
    """``openssl ca`` signs the output of ``csrtui csr``. Its certificate is imported with the text around it."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    store = tmp_path / "store"
    assert run_here("new", NAME, "b.com", "--ca", "private", store=store).status == 0
    (tmp_path / "a.csr").write_text(run_here("csr", NAME, store=store).out)
    (tmp_path / "ca.cnf").write_text(
        "[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\nnew_certs_dir=.\nrand_serial=yes\ndefault_md=sha256\n"
        "policy=p\ncopy_extensions=copy\ndefault_days=190\n[p]\ncommonName=supplied\n"
    )
    (tmp_path / "index.txt").touch()
    openssl = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-keyout",
        "ca.key",
        "-out",
        "ca.pem",
    ]
    subprocess.run([*openssl, "-subj", "/CN=My CA"], cwd=tmp_path, capture_output=True, check=True)
    sign = [
        "openssl",
        "ca",
        "-config",
        "ca.cnf",
        "-batch",
        "-in",
        "a.csr",
        "-cert",
        "ca.pem",
        "-keyfile",
        "ca.key",
    ]
    subprocess.run([*sign, "-out", "a.pem"], cwd=tmp_path, capture_output=True, check=True)
    assert (tmp_path / "a.pem").read_text().startswith("Certificate:\n")
    ran = run_here("import", str(tmp_path / "a.pem"), str(tmp_path / "ca.pem"), store=store)
    assert (ran.status, ran.out.split("  ")[:2]) == (0, ["ok", NAME])
    assert ran.err == "chain: valid up to CN=My CA\n"
    kept = store / "pairs" / NAME / "certificate.pem"
    verify = ["openssl", "verify", "-CAfile", "ca.pem", str(kept)]
    assert subprocess.run(verify, cwd=tmp_path, capture_output=True, check=False).returncode == 0


def test_problems_cause_warnings_and_the_certificate_is_imported(made: Csrtui, tmp_path: Path) -> None:
    (tmp_path / "a.pem").write_bytes(pem(intermediate().sign(asked(made), start=FROM, days=DAYS)))
    ran = made("import", str(tmp_path / "a.pem"))
    assert ran.status == 0
    assert ran.err == (
        "warning: the chain is incomplete: issuer certificate CN=Test CA 1 is missing; "
        "import the CA's chain (not needed if clients trust this issuer)\n"
    )


def test_a_dry_run_names_the_pair_and_imports_nothing(made: Csrtui, answer: Path) -> None:
    before = {path: path.read_bytes() for path in made.store.rglob("*") if path.is_file()}
    ran = made("import", "--dry-run", str(answer), "--json")
    (result,) = ran.json["results"]
    assert (ran.status, result["pair"], result["changed"]) == (0, NAME, True)
    assert result["text"] == f"would be imported, expires {EXPIRES_DAY}"
    assert {path: path.read_bytes() for path in made.store.rglob("*") if path.is_file()} == before
    assert made("import", str(answer), "--json").json["results"][0]["changed"] is True
    for dry in ((), ("--dry-run",)):
        (result,) = made("import", *dry, str(answer), "--json").json["results"]
        assert (result["changed"], result["text"]) == (False, "is the certificate that the pair already has")


def test_a_dry_run_refuses_what_the_import_would(made: Csrtui, tmp_path: Path) -> None:
    (tmp_path / "chain.pem").write_bytes(CHAIN)
    for dry in ((), ("--dry-run",)):
        assert made("import", *dry, str(tmp_path / "chain.pem")).status == 1


def test_a_file_that_cannot_be_read_does_not_stop_the_others(
    made: Csrtui, answer: Path, tmp_path: Path
) -> None:
    ran = made("import", str(tmp_path / "none"), str(answer))
    assert ran.status == 1
    assert f"imported, expires {EXPIRES_DAY}" in ran.out
    assert f"FAILED  cannot read {tmp_path / 'none'}: " in ran.out
    alone = made("import", str(tmp_path / "none"))
    assert (alone.status, alone.out) == (2, "")


def test_a_failure_of_standard_input_names_it(made: Csrtui) -> None:
    ran = made("import", "-", stdin=b"")
    assert (ran.status, ran.out) == (
        1,
        "FAILED  standard input: it is empty; give a file that is not empty\n",
    )
