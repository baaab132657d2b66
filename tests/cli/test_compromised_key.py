"""A compromised key is marked in every pair that has it, never used again, and reported until its certificate expires."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from certificates_made import DAYS, intermediate, pem

from csrtui.core.certificates.csr import read_pem

if TYPE_CHECKING:
    from pathlib import Path

    from command import Csrtui

NAME = "www.a-shop.com"


@pytest.fixture
def made(csrtui: Csrtui, tmp_path: Path) -> Csrtui:
    assert csrtui("new", NAME, "a-shop.com").status == 0
    phrase, backups = tmp_path / "phrase", tmp_path / "backups"
    phrase.write_text("correct horse battery staple\n")
    phrase.chmod(0o600)
    backups.mkdir(mode=0o700)
    assert csrtui("backup", NAME, "--to", str(backups), "--passphrase-file", str(phrase)).status == 0
    csr = read_pem((csrtui.pair(NAME) / "request.pem").read_bytes())
    answer = tmp_path / "answer.pem"
    answer.write_bytes(pem(intermediate().sign(csr.der), intermediate().certificate))
    assert csrtui("import", str(answer)).status == 0
    return csrtui


def test_the_data_and_steps_for_revocation_are_shown(made: Csrtui) -> None:
    leaf = made("inspect", str(made.pair(NAME) / "certificate.pem"), "--json").json["items"][0]
    ran = made("retire", "--compromised", NAME)
    assert ran.status == 0
    assert ran.out.startswith(f"ok  {NAME}  key marked as compromised: ")
    assert f"serial   {leaf['serial']}" in ran.err
    assert f"issuer   {leaf['issuer']}" in ran.err
    assert "reason   keyCompromise (1)" in ran.err
    path = made.pair(NAME)
    assert (
        f"certbot revoke --cert-path {path}/certificate.pem --key-path {path}/key.pem --reason keycompromise"
        in ran.err
    )
    assert f"lego --domains {NAME} revoke --reason 1" in ran.err
    (result,) = made("retire", "--compromised", NAME, "--json").json["results"]
    assert result["text"].startswith("key marked as compromised on ")
    assert (result["revocation"]["serial"], result["revocation"]["reason"]) == (
        leaf["serial"],
        "keyCompromise",
    )
    shown = made("show", NAME, "--json").json
    assert shown["stage"] == "retired"
    assert shown["compromised"] is not None
    assert "Compromised" in made("show", NAME).out


def test_every_valid_certificate_and_every_pair_of_the_key_are_named(made: Csrtui) -> None:
    csr = read_pem((made.pair(NAME) / "request.pem").read_bytes())
    newer = pem(intermediate().sign(csr.der, serial=0xDEF, days=DAYS + 9), intermediate().certificate)
    assert made("import", "-", stdin=newer).status == 0
    (earlier,) = made.pair(NAME).glob("certificate-*.pem")
    oldest = made.pair(NAME) / "certificate-20250101-000000.pem"
    oldest.write_bytes(pem(intermediate().sign(csr.der, serial=0x123)))
    (made.pair(NAME) / "certificate-20200101-000000.pem").write_text("damaged")
    (made.pair(NAME) / "certificate-20200102-000000.pem").mkdir()
    assert made("renew", NAME, "--same-key").status == 0
    ran = made("retire", "--compromised", NAME)
    prefix = f"{NAME}: "
    assert (
        f"{prefix}Other pairs with this key: {NAME}-2. If they have certificates, revoke those too.\n"
        in ran.err
    )
    assert (
        f"{NAME}-2: Other pairs with this key: {NAME}. If they have certificates, revoke those too.\n"
        in ran.err
    )
    assert f"{prefix}file     certificate.pem, expires " in ran.err
    assert f"{prefix}file     {earlier.name}, expires " in ran.err
    assert f"{prefix}serial   0DEF\n" in ran.err
    assert f"{prefix}serial   0ABC\n" in ran.err
    assert "2. Revoke all 3 certificates in the CA's portal" in ran.err
    assert f"certbot revoke --cert-path {earlier} " in ran.err
    assert ran.err.count("lego --domains") == 1
    first, second = made("retire", "--compromised", NAME, "--json").json["results"]
    assert [one["serial"] for one in first["revocations"]] == ["0DEF", "0ABC", "0123"]
    assert first["revocation"] == first["revocations"][0]
    assert (second["revocation"], second["revocations"]) == (None, [])
    findings = [one for one in made("doctor", "--json").json["findings"] if one["code"] == "key-compromised"]
    files = ["certificate.pem", earlier.name, oldest.name]
    assert [one["path"].rpartition("/")[2] for one in findings] == files
    for serial, finding in zip(("0DEF", "0ABC", "0123"), findings, strict=True):
        assert f"(serial {serial})" in finding["text"]


def test_the_pair_stays_on_the_list_until_the_revocation_is_recorded(made: Csrtui) -> None:
    assert made("new", "b-shop.com").status == 0
    store = made.pair(NAME).parent.parent

    def revoke(name: str = NAME, *options: str) -> tuple[int, str]:
        ran = made("retire", "--revoked", name, *options)
        return ran.status, ran.out.partition("shop.com  ")[2].strip()

    def finding_codes() -> set[str]:
        return {finding["code"] for finding in made("doctor", "--json").json["findings"]}

    status, text = revoke()
    assert (status, "its key is not marked as compromised" in text) == (1, True)
    steps = made("retire", "--compromised", NAME).err
    assert f"3. Then record the revocation: csrtui retire --store {store} {NAME} --revoked" in steps
    assert (
        f"4. Earlier backups do not contain this mark. Make one that does: csrtui backup --store {store} {NAME}"
        in steps
    )
    assert [line.split()[-1] for line in made("list").out.splitlines()[1:]] == ["revoke", "up"]
    (remedy,) = (
        finding["remedy"]
        for finding in made("doctor", "--json").json["findings"]
        if finding["code"] == "key-compromised"
    )
    command = f": csrtui retire --store {store} {NAME}"
    assert f"{command} --compromised shows how." in remedy
    assert f"{command} --revoked." in remedy
    assert revoke(NAME, "--dry-run") == (0, "would be recorded as revoked")
    assert made("show", NAME, "--json").json["revoked"] is None
    assert revoke() == (0, "recorded as revoked")
    assert revoke()[1].startswith("was already recorded as revoked on ")
    assert "Revoked" in made("show", NAME).out
    assert NAME not in made("list").out
    assert "key-compromised" not in finding_codes()
    made("retire", "--compromised", "b-shop.com")
    assert revoke("b-shop.com") == (1, "has no certificate")


def test_the_key_is_never_used_again(made: Csrtui, tmp_path: Path) -> None:
    assert made("retire", "--compromised", NAME).status == 0
    (backup,) = (tmp_path / "backups").iterdir()
    phrase = ("--passphrase-file", str(tmp_path / "phrase"))
    for arguments in (
        ("renew", NAME, "--reuse"),
        ("renew", NAME, "--reuse", "--force"),
        ("renew", NAME, "--same-key", "--force"),
        ("csr", NAME),
        ("export", NAME, "--for", "nginx", "--to", str(tmp_path / "backups")),
        ("restore", str(backup), *phrase),
    ):
        ran = made(*arguments)
        assert ran.status == 1, arguments
        assert (
            ran.error.rpartition(".pem: ")[2]
            == f"the key of {NAME} is marked as compromised: it must not be used again"
        )
    ran = made("adopt", "--key", str(made.pair(NAME) / "key.pem"))
    assert (
        ran.status,
        f"as {NAME}, marked as compromised: it must not be used again" in ran.out + ran.err,
    ) == (1, True)
    assert made("renew", NAME).status == 0  # with a new key, although the old pair is retired
    assert made("show", f"{NAME}-2", "--json").json["compromised"] is None


def test_export_undo_does_not_put_the_key_back(made: Csrtui, tmp_path: Path) -> None:
    server = tmp_path / "server"
    server.mkdir()
    assert made("export", NAME, "--for", "nginx", "--to", str(server)).status == 0
    old_key = (server / f"{NAME}.key").read_bytes()
    assert made("renew", NAME).status == 0
    csr = read_pem((made.pair(f"{NAME}-2") / "request.pem").read_bytes())
    assert made("import", "-", stdin=pem(intermediate().sign(csr.der))).status == 0
    assert made("export", f"{NAME}-2", "--replace").status == 0
    assert made("retire", "--compromised", NAME).status == 0
    for options in ((), ("--dry-run",)):
        ran = made("export", f"{NAME}-2", "--undo", *options)
        assert (ran.status, "is marked as compromised: it must not be used again" in ran.err) == (1, True)
    assert (server / f"{NAME}.key").read_bytes() != old_key


def test_a_backup_carries_the_mark_into_another_keystore(made: Csrtui, tmp_path: Path) -> None:
    assert made("retire", "--compromised", NAME).status == 0
    phrase, later = ("--passphrase-file", str(tmp_path / "phrase")), tmp_path / "later"
    other = ("--store", str(tmp_path / "other"))
    later.mkdir(mode=0o700)
    assert made("backup", NAME, "--to", str(later), *phrase).status == 0
    (backup,) = later.iterdir()
    assert "\nCompromised: 20" in backup.read_text()
    ran = made("restore", str(backup), *phrase, *other)
    assert ran.status == 0, ran.err
    assert "The key is marked as compromised: it must never be used again." in ran.err + ran.out
    shown = made("show", NAME, "--json", *other).json
    assert (shown["stage"], shown["compromised"] is not None) == ("retired", True)
    ran = made("renew", NAME, "--same-key", "--force", *other)
    assert (ran.status, "is marked as compromised" in ran.error) == (1, True)


def test_export_undo_does_not_put_back_an_encrypted_file_that_may_contain_the_key(
    made: Csrtui, tmp_path: Path
) -> None:
    server = tmp_path / "server"
    server.mkdir()
    phrase = ("--passphrase-file", str(tmp_path / "phrase"))
    assert made("export", NAME, "--for", "tomcat", "--to", str(server), *phrase).status == 0
    assert made("renew", NAME).status == 0
    csr = read_pem((made.pair(f"{NAME}-2") / "request.pem").read_bytes())
    assert made("import", "-", stdin=pem(intermediate().sign(csr.der))).status == 0
    assert made("export", f"{NAME}-2", "--replace", *phrase).status == 0
    assert made("export", f"{NAME}-2", "--undo", "--dry-run").status == 0
    new = (server / f"{NAME}.p12").read_bytes()
    assert made("retire", "--compromised", NAME).status == 0
    ran = made("export", f"{NAME}-2", "--undo")
    assert ran.status == 1
    assert f"may contain the key of {NAME}, which is marked as compromised" in ran.error
    assert ran.hint == f"csrtui export --store {made.store} {NAME}-2 --replace writes the files of that pair"
    assert made("retire", "--compromised", f"{NAME}-2").status == 0
    assert made("export", f"{NAME}-2", "--undo").hint is None
    assert (server / f"{NAME}.p12").read_bytes() == new


def test_inspect_reports_the_key(made: Csrtui) -> None:
    key = str(made.pair(NAME) / "key.pem")
    assert made("inspect", key).status == 0
    assert made("retire", "--compromised", NAME).status == 0
    ran = made("inspect", key, "--json")
    (item,) = ran.json["items"]
    assert (ran.status, item["findings"][0]["code"]) == (1, "key-compromised")


def test_the_doctor_reports_the_key_while_its_certificate_is_valid(made: Csrtui) -> None:
    assert made("retire", "--compromised", NAME).status == 0
    findings = made("doctor", "--json").json["findings"]
    assert [finding["level"] for finding in findings if finding["code"] == "key-compromised"] == ["error"]


def test_without_a_certificate_the_steps_name_the_order(csrtui: Csrtui) -> None:
    assert csrtui("new", "b-shop.com", "--ca", "private").status == 0
    ran = csrtui("retire", "--compromised", "b-shop.com")
    assert ran.status == 0
    assert "is not in the keystore" in ran.err
    (result,) = csrtui("retire", "--compromised", "b-shop.com", "--json").json["results"]
    assert result["revocation"] is None
    assert csrtui("retire", "--compromised", "nobody").status == 2


def test_a_private_ca_revokes_with_openssl(csrtui: Csrtui, tmp_path: Path) -> None:
    assert csrtui("new", "b-shop.com", "--ca", "private").status == 0
    csr = read_pem((csrtui.pair("b-shop.com") / "request.pem").read_bytes())
    answer = tmp_path / "answer.pem"
    answer.write_bytes(pem(intermediate().sign(csr.der)))
    assert csrtui("import", str(answer)).status == 0
    ran = csrtui("retire", "--compromised", "b-shop.com")
    assert (
        f"openssl ca -revoke {csrtui.pair('b-shop.com')}/certificate.pem -crl_reason keyCompromise" in ran.err
    )
