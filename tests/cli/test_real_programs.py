"""Files that current programs write by default (tests/data/files/programs) have the results in the table there."""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
from command import ROOT

from csrtui.core.base.finding import Purpose
from csrtui.core.certificates import csr
from csrtui.core.keys import key_types
from csrtui.core.keys.key_types import KeyType
from csrtui.core.subject.fields import SubjectFields

if TYPE_CHECKING:
    from pathlib import Path

    from command import Csrtui, Ran

PROGRAMS = ROOT / "tests" / "data" / "files" / "programs"
KEYS_WITH_CSR = {
    "GnuTLS, a scalar of 33 octets": ("01-gnutls-ecdsa.key", "01-gnutls-ecdsa.csr"),
    "GnuTLS, the same with a passphrase": ("01-gnutls-ecdsa.enc.key", "01-gnutls-ecdsa.csr"),
    "BouncyCastle, PKCS #8 version 2": ("07-bouncycastle-ed25519-v2.key", "07-bouncycastle-ed25519.csr"),
}
CONTAINERS = {
    "03-nss-pk12util.p12": 3,
    "03-nss-pk12util-ec.p12": 3,
    "04-bouncycastle-keystore.p12": 1,
    "05-forge-friendlyname.p12": 1,
    "09-certtool-pem.p12": 1,
    "09-gpgsm-armor.p12": 1,
}
"""PKCS #12 files with their number of certificates."""
SLOW = {"03-nss-pk12util-ec.p12", "09-certtool-pem.p12"}
"""Those that need as many iterations as another one."""
OPEN_CONTAINERS = ("14-empty-forge.p12", "14-empty-gnutls.p12", "14-empty-py.p12")
PSS = "the key is for RSA-PSS only (id-RSASSA-PSS), which is not supported"


@pytest.fixture
def secret(tmp_path: Path) -> str:
    """Return the file with the passphrase of all encrypted files. Only its owner can read it."""
    path = tmp_path / "passphrase"
    path.write_text((PROGRAMS / "pass").read_text())
    path.chmod(0o600)
    return str(path)


def file(name: str) -> str:
    return str(PROGRAMS / name)


def whole(ran: Ran) -> str:
    return ran.out + ran.err


@pytest.mark.parametrize("writer", KEYS_WITH_CSR)
def test_a_key_is_adopted_with_its_csr(writer: str, csrtui: Csrtui, secret: str) -> None:
    key, csr = KEYS_WITH_CSR[writer]
    ran = csrtui("adopt", "--key", file(key), "--csr", file(csr), "--passphrase-file", secret)
    assert ran.status == 0, whole(ran)


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.slow if name in SLOW else ()) for name in CONTAINERS]
)
def test_a_container_is_adopted(name: str, csrtui: Csrtui, secret: str) -> None:
    ran = csrtui("adopt", "--key", file(name), "--make-csr", "--passphrase-file", secret)
    assert ran.status == 0, whole(ran)
    assert "adopted: " in ran.out
    pair = ran.out.split()[1]
    certificates = (csrtui.pair(pair) / "certificate.pem").read_bytes().count(b"BEGIN")
    assert certificates == CONTAINERS[name]


@pytest.mark.parametrize("name", OPEN_CONTAINERS)
def test_an_empty_passphrase_is_not_asked_for(name: str, csrtui: Csrtui) -> None:
    ran = csrtui("adopt", "--key", file(name), "--make-csr")
    assert ran.status == 0, whole(ran)
    (pair,) = json.loads(csrtui("list", "--json").out)["pairs"]
    assert pair["key"]["encrypted"] is False


def test_a_bundle_in_ber_is_listed(csrtui: Csrtui) -> None:
    csrtui.make_store()
    ran = csrtui("import", file("04-bouncycastle-cms.p7b"))
    assert "matches no pair here. Subject: CN=rsa.bc.example.com,O=Interop & Söhne,C=GB" in ran.out


@pytest.mark.parametrize("name", ["06-rsapss.key", "06-keytool-rsapss.p12"])
def test_an_rsa_pss_key_is_refused_with_the_reason(name: str, csrtui: Csrtui, secret: str) -> None:
    csr = ("--csr", file("06-rsapss.csr")) if name.endswith(".key") else ("--make-csr",)
    ran = csrtui("adopt", "--key", file(name), *csr, "--passphrase-file", secret)
    assert ran.status in {1, 2}
    assert PSS in whole(ran)
    assert "whose key is missing" not in whole(ran)
    assert csrtui("list", "--json").out.count('"name"') == 0


@pytest.mark.parametrize(
    ("key", "csr", "fault"),
    [
        ("10-mbedtls-ec.key", "10-mbedtls-ec.csr", "the signature algorithm has NULL parameters"),
        ("11-forge.key", "11-forge-email.csr", "emailAddress in the subject has '@'"),
        (
            "11-openssl-teletex.key",
            "11-openssl-teletex.csr",
            "organizationName in the subject is a TeletexString",
        ),
    ],
)
def test_a_csr_that_breaks_a_rule_is_refused_with_a_hint(
    key: str, csr: str, fault: str, csrtui: Csrtui
) -> None:
    ran = csrtui("adopt", "--key", file(key), "--csr", file(csr))
    assert ran.status == 2
    assert f"breaks an encoding rule: {fault}" in ran.err
    assert "csrtui adopt --key KEY --make-csr --names NAME" in ran.err


def test_without_the_csr_its_certificate_gives_a_new_one(csrtui: Csrtui) -> None:
    ran = csrtui("adopt", "--key", file("10-mbedtls-ec.key"), "--cert", file("10-mbedtls-ec.crt"))
    assert ran.status == 0, whole(ran)
    assert "the certificate breaks an encoding rule: the signature algorithm has NULL parameters" in ran.err
    pair = ran.out.split()[1]
    exported = csrtui("export", pair, "--for", "nginx", "--to", str(csrtui.store.parent))
    assert exported.status == 1
    assert "the certificate breaks an encoding rule" in exported.err


ACME = {
    "12-lego": "accounts/s/a@b/keys/a@b.key",
    "12-caddy": "acme/x/users/default/default.key",
    "12-acmesh": "ca/acme-v02.api.letsencrypt.org/directory/account.key",
    "15-traefik": "acme.json",
}


@pytest.mark.parametrize("name", ACME)
def test_a_folder_of_an_acme_program_is_adopted_without_its_account(name: str, csrtui: Csrtui) -> None:
    ran = csrtui("adopt", file(name), "--make-csr", "--yes")
    assert ran.status == 0, whole(ran)
    assert ran.out.startswith("ok  ec.openssl.example.com  ")
    assert f"skipped  {file(name)}/{ACME[name]}  is the key of an ACME account" in ran.err


@pytest.mark.parametrize("name", ["15-traefik/acme.json", "15-k8s/secret.yaml"])
def test_base64_of_pem_is_read(name: str, csrtui: Csrtui) -> None:
    ran = csrtui("adopt", "--key", file(name), "--make-csr")
    assert ran.status == 0, whole(ran)
    assert ran.out.startswith("ok  ec.openssl.example.com  ")


def test_a_named_account_key_is_reported(csrtui: Csrtui) -> None:
    ran = csrtui("adopt", "--key", f"{file('12-lego')}/{ACME['12-lego']}")
    assert ran.status == 1
    assert "it has no CSR" in ran.out


def test_the_hint_for_an_encrypted_openssh_key_works(csrtui: Csrtui, tmp_path: Path) -> None:
    if shutil.which("ssh-keygen") is None:
        pytest.skip("skipped because ssh-keygen is not installed")
    ran = csrtui("adopt", "--key", file("13-ssh-ed25519-passphrase"), "--make-csr")
    assert ran.status == 2
    command = 'cp KEY COPY && ssh-keygen -p -N "" -f COPY'
    assert command in ran.err
    copy = str(tmp_path / "copy")
    run = command.replace("KEY", file("13-ssh-ed25519-passphrase")).replace("&&", "&& chmod 600 COPY &&")
    shell(f"{run.replace('COPY', copy)} -P Passw0rd-interop")
    options = ("--make-csr", "--names", "www.example.com", "--ca", "private")
    assert csrtui("adopt", "--key", copy, *options).status == 0


def test_the_hint_for_an_openssh_key_without_a_csr_works(csrtui: Csrtui) -> None:
    ran = csrtui("adopt", "--key", file("13-ssh-rsa"))
    hint = "csrtui adopt --key FILE --make-csr --names NAME … makes a CSR"
    assert (ran.status, hint in ran.out) == (1, True)
    command = (
        hint.removesuffix(" … makes a CSR")
        .replace("FILE", file("13-ssh-rsa"))
        .replace("NAME", "www.example.com")
    )
    assert csrtui(*command.split()[1:]).status == 0


def shell(command: str) -> None:
    done = subprocess.run(["bash", "-c", command], capture_output=True, check=False)
    assert done.returncode == 0, (command, done.stderr)


# Omissions of a new CSR

STAPLE = "must-staple (TLS feature status_request): a new CSR does not request it"
PURPOSES = "the extended key usages Microsoft EFS: a new CSR does not request them"
CLIENT = "the extended key usage TLS client: public CAs issue certificates for servers only, so a new CSR does not request it"
MAIL = "the e-mail address admin@example.com in the subject: there is no field for it"
NAME = "a.odd.example.com"


@pytest.mark.parametrize(("name", "lost"), [("18-email", [MAIL]), ("18-exts", [STAPLE, PURPOSES, CLIENT])])
def test_omissions_of_a_csr_made_from_a_certificate_are_reported(
    name: str, lost: list[str], csrtui: Csrtui
) -> None:
    ran = csrtui("adopt", "--key", file(f"{name}.key"), "--cert", file(f"{name}.crt"), "--ca", "public")
    assert ran.status == 0, whole(ran)
    for sentence in lost:
        assert f"note: not in the new CSR: {sentence}" in ran.err
    shown = csrtui("show", NAME).out
    assert "the CA " not in ran.err + shown
    assert "not compared: the CSR was made from this certificate when it was adopted" in shown
    renewed = csrtui("renew", NAME)
    for sentence in lost:
        assert f"note: in the current certificate: {sentence}" in renewed.err


def test_a_csr_made_from_a_certificate_of_a_private_ca_keeps_the_attributes(csrtui: Csrtui) -> None:
    ran = csrtui("adopt", "--key", file("18-email.key"), "--cert", file("18-email.crt"))
    assert f"note: in the new CSR, because the CA is private: {MAIL.partition(' in the')[0]}" in ran.err
    assert csrtui("show", NAME, "--json").json["subject_fields"]["attributes"] == [
        "emailAddress=admin@example.com"
    ]


def test_an_empty_subject_of_a_certificate_stays_empty(csrtui: Csrtui) -> None:
    ran = csrtui("adopt", "--key", file("18-empty.key"), "--cert", file("18-empty.crt"))
    assert ran.status == 0
    assert "the CA left out" not in ran.err + csrtui("show", NAME).out
    assert csrtui("renew", NAME, "--json").json["subject_fields"]["common_name"] is None


def test_omissions_of_a_renewal_of_an_adopted_csr_are_reported(csrtui: Csrtui) -> None:
    names = [file(f"17-exts.{ending}") for ending in ("key", "csr", "crt")]
    assert csrtui("adopt", "--key", names[0], "--csr", names[1], "--cert", names[2]).status == 0
    shown = csrtui("show", NAME).out
    for label in ("Asks for", "Allows  "):
        assert f"{label}    must-staple (TLS feature status_request)" in shown
    assert shown.count("key usage: digital signature, key agreement") == 2
    assert shown.count("extended key usage: TLS server, TLS client, Microsoft EFS") == 2
    assert "not compared" not in shown
    ran = csrtui("renew", NAME)
    for sentence in (PURPOSES, CLIENT):
        assert f"note: {sentence}" in ran.err


def test_must_staple_is_kept_with_a_warning_until_it_is_dropped(csrtui: Csrtui) -> None:
    names = [file(f"17-exts.{ending}") for ending in ("key", "csr", "crt")]
    csrtui("adopt", "--key", names[0], "--csr", names[1], "--cert", names[2])
    kept, label = "warning: The new CSR requests must-staple", "must-staple (TLS feature status_request)"
    ran = csrtui("renew", NAME)
    assert kept in ran.err
    assert f"without must-staple: csrtui renew --store {csrtui.store} {NAME} --drop-must-staple" in ran.err
    assert label in csrtui("show", f"{NAME}-2").out
    ran = csrtui("renew", f"{NAME}-2", "--same-key")
    assert ran.err.count("must-staple, as the old one does") == 1
    assert label in csrtui("show", f"{NAME}-3").out
    assert csrtui("renew", f"{NAME}-3", "--reuse", "--drop-must-staple").status == 2
    ran = csrtui("renew", f"{NAME}-3", "--drop-must-staple")
    assert "must-staple" not in ran.err
    assert label not in csrtui("show", f"{NAME}-4").out


def test_a_client_purpose_of_an_adopted_public_request_does_not_stop_its_renewal(
    csrtui: Csrtui, tmp_path: Path
) -> None:
    key, der = tmp_path / "k.pem", tmp_path / "r.pem"
    private = key_types.generate(KeyType.EC_P256)
    key.write_bytes(key_types.private_pem(private))
    key.chmod(0o600)
    subject = SubjectFields(common_name="www.mydomain.com")
    names = ["www.mydomain.com", "mydomain.com"]
    der.write_bytes(csr.to_pem(csr.build(subject, names, private, Purpose.SERVER_CLIENT)))
    assert csrtui("adopt", "--key", str(key), "--csr", str(der)).status == 0
    ran = csrtui("renew", "www.mydomain.com", "--json")
    assert ran.status == 0
    assert f"note: {CLIENT}" in ran.err
    assert "is recommended here" not in ran.err
    assert ran.json["purpose"] == "server"


def test_an_empty_subject_of_a_csr_stays_empty(csrtui: Csrtui) -> None:
    names = [file(f"17-empty.{ending}") for ending in ("key", "csr", "crt")]
    assert csrtui("adopt", "--key", names[0], "--csr", names[1], "--cert", names[2]).status == 0
    assert csrtui("renew", NAME, "--json").json["subject_fields"]["common_name"] is None


def test_certificates_for_an_rsa_pss_key_are_read(csrtui: Csrtui) -> None:
    csrtui.make_store()
    ran = csrtui("import", file("06-rsapss.full.pem"))
    assert ran.status == 1
    assert "matches no pair here. Subject: CN=rsapss.openssl.example.com" in ran.out


def test_every_file_is_used_here() -> None:
    """The folders belong to these programs. This module names the other files."""
    source = (ROOT / "tests/cli/test_real_programs.py").read_text()
    found = {path.name for path in PROGRAMS.iterdir()} - {*ACME, "15-k8s", "README.md", "pass"}
    assert {name for name in found if name not in source and name.rpartition(".")[0] not in source} == set()
