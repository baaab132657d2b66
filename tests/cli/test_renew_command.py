"""``csrtui renew`` prints the consequences, links the new pair to the old one, and reuses a CSR only after a proof."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import pytest

from csrtui.core.base.validity import date_text

if TYPE_CHECKING:
    from pathlib import Path

    from command import Csrtui

NAME = "www.mydomain.com"
SUBJECT = ("-O", "Example Ltd", "-C", "GB", "-L", "London")


@pytest.fixture
def old(csrtui: Csrtui) -> str:
    assert csrtui("new", NAME, "mydomain.com", *SUBJECT, "--for", "nginx").status == 0
    return NAME


@pytest.fixture
def passphrase(tmp_path: Path) -> str:
    path = tmp_path / "passphrase"
    path.write_text("correct horse battery staple\n")
    path.chmod(0o600)
    return str(path)


def test_a_new_pair_has_the_same_names_and_subject_and_both_are_linked(csrtui: Csrtui, old: str) -> None:
    ran = csrtui("renew", old)
    assert (ran.status, ran.out) == (0, f"{NAME}-2\n")
    assert "The old pair stays and keeps working" in ran.err
    assert ran.err.endswith("next: back up\n")
    before, after = csrtui("show", old, "--json").json, csrtui("show", f"{NAME}-2", "--json").json
    for member in ("subject", "subject_fields", "names", "ca", "platform"):
        assert before[member] == after[member]
    assert before["key"]["spki_sha256"] != after["key"]["spki_sha256"]
    assert (before["renewed_by"], after["renews"], before["next"]) == (f"{NAME}-2", NAME, "none")


def test_json_prints_the_new_pair(csrtui: Csrtui, old: str) -> None:
    document = csrtui("renew", old, "--json", "--as", "next", "--key", "rsa-2048").json
    assert (document["name"], document["renews"], document["key"]["type"]) == ("next", NAME, "rsa-2048")


def test_the_old_csr_is_printed_after_its_key_has_been_proved(csrtui: Csrtui, old: str) -> None:
    ran = csrtui("renew", old, "--reuse")
    assert (ran.status, ran.out) == (0, csrtui("csr", old).out)
    pair = csrtui("show", old, "--json").json
    fingerprint, made = pair["key"]["spki_sha256"], date_text(datetime.fromisoformat(pair["created"]))
    assert f"will only work with the private key made on {made}, SPKI SHA-256 {fingerprint}" in ran.err
    assert ran.err.index("will only work") < ran.err.index("checked: The private key exists")
    assert "no verified backup" in ran.err
    assert csrtui("renew", old, "--reuse", "--json").json["renewed_by"] is None


def test_the_old_csr_can_be_marked_as_submitted_at_once(csrtui: Csrtui, old: str) -> None:
    document = csrtui("renew", old, "--reuse", "--mark-submitted", "--json").json
    assert document["stage"] == "submitted"
    assert document["submitted"] is not None


def test_a_csr_with_another_key_is_not_handed_out(csrtui: Csrtui, old: str) -> None:
    assert csrtui("new", "b.com").status == 0
    pairs = csrtui.store / "pairs"
    (pairs / old / "key.pem").write_bytes((pairs / "b.com" / "key.pem").read_bytes())
    ran = csrtui("renew", old, "--reuse")
    assert (ran.status, ran.out) == (1, "")
    assert "is not the key of its CSR" in ran.err
    assert "hint: renew with a new pair: csrtui renew --store " in ran.err


def test_an_encrypted_key_needs_its_passphrase_and_the_new_key_is_encrypted_too(
    csrtui: Csrtui, passphrase: str
) -> None:
    given = ("--passphrase-file", passphrase)
    assert csrtui("new", NAME, "--encrypt-key", *given).status == 0
    assert csrtui("renew", NAME, "--reuse", *given).status == 0
    assert csrtui("renew", NAME, "--json", *given).json["key"]["encrypted"] is True
    plain = csrtui("renew", NAME, "--no-encrypt-key", "--json", "--force")
    assert plain.json["key"]["encrypted"] is False


def test_a_request_that_cas_refuse_today_needs_force(csrtui: Csrtui) -> None:
    assert csrtui("new", "intranet", "--force").status == 0
    refused = csrtui("renew", "intranet")
    assert (refused.status, refused.out) == (2, "")
    command = f"csrtui renew --store {csrtui.store} intranet --reuse"
    assert f"the old CSR again is recommended here: {command}" in refused.err
    assert csrtui("renew", "intranet", "--force").status == 0


def test_a_server_software_that_cannot_reuse_csrs_is_named(csrtui: Csrtui) -> None:
    csrtui("new", NAME, "--for", "iis")
    ran = csrtui("renew", NAME, "--reuse")
    assert ran.status == 0
    assert "warning: Microsoft IIS: an IIS-wizard request can be completed only once." in ran.err


def test_omissions_of_the_new_csr_are_reported(csrtui: Csrtui, tmp_path: Path) -> None:
    import subprocess

    key, asked = tmp_path / "k.pem", tmp_path / "r.pem"
    made = ["openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    made += ["-keyout", str(key), "-out", str(asked), "-subj", "/CN=www.mydomain.com"]
    made += ["-addext", "subjectAltName=DNS:www.mydomain.com", "-addext", "nsComment=hello"]
    subprocess.run(made, check=True, capture_output=True)
    assert csrtui("adopt", "--key", str(key), "--csr", str(asked)).status == 0
    ran = csrtui("renew", NAME)
    assert ran.status == 0
    assert "note: the old CSR again is recommended here" in ran.err
    assert "note: the requested extensions (2.16.840.1.113730.1.13): the CA sets them" in ran.err


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (("renew", "nobody.com"), 2, "nobody.com"),
        (("renew", NAME, "--reuse", "--key", "rsa-2048"), 2, "--reuse cannot be combined with --key"),
        (("renew", NAME, "--mark-submitted"), 2, "after its key is backed up"),
        (("renew", NAME, "--key", "dsa"), 2, "dsa"),
        (("renew", NAME, "--as", "../x"), 2, "../x"),
    ],
)
def test_wrong_usage_makes_nothing(
    csrtui: Csrtui, old: str, arguments: tuple[str, ...], status: int, said: str
) -> None:
    ran = csrtui(*arguments)
    assert (ran.status, ran.out) == (status, "")
    assert said in ran.err
    assert [pair["name"] for pair in csrtui("list", "--json").json["pairs"]] == [old]


def test_a_renewed_or_retired_pair_is_refused(csrtui: Csrtui, old: str) -> None:
    csrtui("renew", old)
    again = csrtui("renew", old)
    assert again.status == 1
    assert f"already renewed by {NAME}-2" in again.err
    csrtui("retire", f"{NAME}-2")
    assert csrtui("renew", f"{NAME}-2").status == 1


def test_a_csr_that_could_not_be_printed_is_not_recorded(
    csrtui: Csrtui, old: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: bytes) -> None:
        raise OSError(28, "No space left on device")

    before = csrtui.pair(old).joinpath("pair.json").read_bytes()
    monkeypatch.setattr("csrtui.cli.commands.renew.print_bytes", full)
    ran = csrtui("renew", old, "--reuse", "--mark-submitted")
    assert (ran.status, ran.out) == (2, "")
    assert csrtui.pair(old).joinpath("pair.json").read_bytes() == before


def test_a_request_with_other_fields_replaces_a_pair(csrtui: Csrtui, passphrase: str) -> None:
    secret = ("--passphrase-file", passphrase)
    csrtui("new", "www.mydomain.com", "--key", "ec-p384", "--encrypt-key", *secret)
    renews = ("-O", "My Ltd", "--renews", "www.mydomain.com", *secret, "--json")
    made = csrtui("new", "www.mydomain.com", "mydomain.com", "--same-key", *renews).json
    old = csrtui("show", "www.mydomain.com", "--json").json
    assert (made["key"], made["renews"], old["renewed_by"]) == (old["key"], old["name"], made["name"])
    assert (made["subject"], made["names"][1]) == ("CN=www.mydomain.com,O=My Ltd", "mydomain.com")
    refused = csrtui("new", "www.mydomain.com", *renews)
    assert (refused.status, "already renewed by www.mydomain.com-2" in refused.error) == (1, True)
    third = csrtui("new", "www.mydomain.com", *secret, "--renews", made["name"], "--json").json
    assert (third["key"]["encrypted"], third["key"]["type"]) == (True, "ec-p256")


def test_options_that_do_not_fit_a_successor_are_refused(csrtui: Csrtui) -> None:
    csrtui("new", "www.mydomain.com")
    for options in (
        ("www.mydomain.com", "--same-key"),
        ("www.mydomain.com", "--renews", "www.mydomain.com", "--same-key", "--key", "rsa-2048"),
        ("www.mydomain.com", "--renews", "www.mydomain.com", "--key-file", "x"),
        ("--from", "x", "--renews", "www.mydomain.com"),
    ):
        assert csrtui("new", *options).status == 2
    plain = csrtui("new", "www.mydomain.com", "--renews", "www.mydomain.com", "--same-key", "--json").json
    assert plain["renews"] == "www.mydomain.com"
