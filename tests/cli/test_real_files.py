"""Files in tests/data/files, from mails, old tools and current programs, have the results in the tables there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from command import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from command import Csrtui, Ran

FILES = ROOT / "tests" / "data" / "files"
SEEN = {
    path
    for path in FILES.rglob("*")
    if path.is_file()
    and path.name != "README.md"
    and "programs" not in path.parts
    and "csv" not in path.parts
}

LEFT_OUT = "is left out of the chain, since it breaks an encoding rule: "
WARNED = "the certificate breaks an encoding rule: "
IMPORTED = {
    "04-ber.p7b": "",
    "06-p7b-labelled-certificate-chain.p7b": "",
    "10-leaf-critfalse.crt": WARNED + "extension extKeyUsage: critical FALSE is written",
    "12-leaf-pathlen.crt": WARNED + "extension basicConstraints has a pathLenConstraint without cA",
    "14-leaf-cn_t61.crt": WARNED + "organizationName in the subject is a TeletexString",
    "15-leaf-ecnull.crt": WARNED + "the signature algorithm has NULL parameters",
    "16-leaf-dupext.crt": WARNED + "extension subjectAltName occurs twice",
    "18-leaf-sanlatin1.crt": WARNED + "extension subjectAltName has a dNSName with non-ASCII octets",
    "19-leaf-sanedi.crt": WARNED + "extension subjectAltName has an ediPartyName",
    "21-leaf-kudecipher.crt": WARNED + "extension keyUsage has encipherOnly or decipherOnly",
    "23-leaf-printable-amp.crt": WARNED + "organizationName in the subject has '&'",
    "24-leaf-printable-star.crt": WARNED + "organizationName in the subject has '*'",
    "26-leaf-printable-at.crt": WARNED + "organizationName in the subject has '@'",
    "27-leaf-printable-printemail.crt": WARNED + "emailAddress in the subject has '@'",
    "40-dashes_smart.crt": "",
    "41-html.txt": "",
    "43-zwsp.crt": "",
    "44-qp.eml": "",
    "45-mime.eml": "",
    "47-b64_bom.txt": "",
    "49-der_nl.cer": "",
    "52-json_unicode.json": "",
    "54-json_b64.json": "",
    "55-xml.txt": "",
    "57-missing_begin.crt": "",
}
"""Certificates that are imported with this text on stderr."""


@pytest.fixture
def paired(csrtui: Csrtui) -> Csrtui:
    """Return csrtui with the pair that all certificates in import/ were issued for."""
    assert (
        csrtui("adopt", "--key", str(FILES / "pair/www.key"), "--csr", str(FILES / "pair/www.csr")).status
        == 0
    )
    return csrtui


def whole(ran: Ran) -> str:
    return ran.out + ran.err


@pytest.mark.parametrize("name", IMPORTED)
def test_a_certificate_is_imported_from(name: str, paired: Csrtui) -> None:
    ran = paired("import", str(FILES / "import" / name))
    assert ran.status == 0, whole(ran)
    assert ran.out.startswith("ok  www.example-shop.com  ")
    assert re.search(r"imported, expires \d+ May 2027$", ran.out, re.MULTILINE)
    assert IMPORTED[name] in ran.err
    assert "cut short" not in whole(ran)
    assert paired("doctor").out.count("holds no certificate") == 0
    assert "issued by" in paired("show", "www.example-shop.com").out


@pytest.mark.parametrize(
    ("name", "place", "fault"),
    [
        (
            "01-bundle-intermediate-critical-false.pem",
            "certificate 2 of 3 (CN=Issuing CA 3,C=GB)",
            "extension 2.5.29.14: critical FALSE is written",
        ),
        (
            "03-bundle-intermediate-teletex-umlaut.pem",
            "certificate 2 of 2 (CN=Issuing CA 1,O=Müller Trust,C=DE)",
            "organizationName in the subject is a TeletexString",
        ),
    ],
)
def test_a_bad_intermediate_does_not_hide_the_leaf(name: str, place: str, fault: str, paired: Csrtui) -> None:
    ran = paired("import", str(FILES / "import" / name))
    assert ran.status == 1
    assert f"{place} {LEFT_OUT}{fault}" in ran.out
    assert "ok  www.example-shop.com  " in ran.out
    assert "the chain is incomplete" in ran.err
    assert "cut short" not in whole(ran)


def test_an_archive_is_named_with_the_command_that_unpacks_it(paired: Csrtui) -> None:
    ran = paired("import", str(FILES / "import/51-deflated.zip"))
    assert ran.status == 1
    assert "this is a ZIP archive; unpack it first: unzip FILE" in ran.out


def passphrase(tmp_path: Path, text: str) -> str:
    path = tmp_path / "passphrase"
    path.write_text(f"{text}\n")
    path.chmod(0o600)
    return str(path)


FIRST, SECOND = "01-02.crt", "03-12.crt"
KEYS = {
    "01-ec-private-value-short.pem": FIRST,
    "03-pbe-sha1-2des.pem": SECOND,
    "04-pbe-sha1-des.pem": SECOND,
    "06-pbes2-camellia.pem": SECOND,
    "09-rfc1421-des.pem": SECOND,
    "10-rfc1421-aes192.pem": SECOND,
    "11-encrypted-labelled-plain.pem": SECOND,
    "12-plain-labelled-encrypted.pem": SECOND,
}


@pytest.mark.parametrize("name", KEYS)
def test_a_key_is_adopted_from(name: str, csrtui: Csrtui, tmp_path: Path) -> None:
    folder = FILES / "adopt-key"
    secret = passphrase(tmp_path, (folder / "passphrase").read_text().strip())
    files = ("--key", str(folder / name), "--cert", str(folder / KEYS[name]))
    ran = csrtui("adopt", *files, "--make-csr", "--passphrase-file", secret)
    assert ran.status == 0, whole(ran)
    assert "adopted: " in ran.out


def test_rfc_1421_headers_on_one_line_are_read(csrtui: Csrtui, tmp_path: Path) -> None:
    folder = FILES / "adopt-key"
    secret = passphrase(tmp_path, (folder / "passphrase-14-15").read_text().strip())
    files = ("--key", str(folder / "14-rfc1421-one-line.pem"), "--csr", str(folder / "14-15.csr"))
    assert csrtui("adopt", *files, "--passphrase-file", secret).status == 0


def test_a_cipher_that_the_library_lacks_is_named_with_a_command(csrtui: Csrtui, tmp_path: Path) -> None:
    folder = FILES / "adopt-key"
    secret = passphrase(tmp_path, (folder / "passphrase").read_text().strip())
    files = ("--key", str(folder / "07-pbes2-aria.pem"), "--cert", str(folder / SECOND))
    ran = csrtui("adopt", *files, "--make-csr", "--passphrase-file", secret)
    assert ran.status == 1
    assert "encrypted with ARIA-256-CBC" in ran.out
    assert "openssl pkey -in KEY -aes256 -out NEW converts it" in ran.out


@pytest.mark.parametrize(
    ("name", "pairs"),
    [
        ("01-ber-outer.p12", ["p12.example.com"]),
        ("03-mac-iterations-1-written.p12", ["p12.example.com"]),
        ("05-two-keys.p12", ["p12.example.com", "second.example.com"]),
        ("06-empty-passphrase.p12", ["p12.example.com"]),
        ("07-no-mac-nothing-encrypted.p12", ["p12.example.com"]),
    ],
)
def test_pkcs12_is_adopted(name: str, pairs: list[str], csrtui: Csrtui, tmp_path: Path) -> None:
    secret = passphrase(tmp_path, (FILES / "adopt-p12/passphrase").read_text().strip())
    ran = csrtui("adopt", "--key", str(FILES / "adopt-p12" / name), "--make-csr", "--passphrase-file", secret)
    assert ran.status == 0, whole(ran)
    assert [line.split()[1] for line in ran.out.splitlines()] == pairs


def test_pkcs12_with_certificates_only_is_named_and_importable(csrtui: Csrtui, tmp_path: Path) -> None:
    folder = FILES / "adopt-p12"
    secret = passphrase(tmp_path, (folder / "passphrase").read_text().strip())
    file = str(folder / "08-certificates-only-under-passphrase.p12")
    refused = csrtui("adopt", "--key", file, "--passphrase-file", secret)
    assert refused.status == 2
    assert "only 3 certificates" in refused.err
    assert "csrtui import FILE" in refused.err
    assert (
        csrtui("adopt", "--key", str(folder / "key-of-08.pem"), "--csr", str(folder / "csr-of-08.csr")).status
        == 0
    )
    locked = csrtui("import", file)
    assert locked.status == 1
    assert "the PKCS #12 file has a passphrase; give its passphrase" in locked.out
    ran = csrtui("import", file, "--passphrase-file", secret)
    assert ran.status == 0, whole(ran)
    assert "imported, expires" in ran.out


REFUSED = {
    "01-attributes-not-in-der-order.csr": "the attributes are not in the order that DER requires",
    "02-pathlen-without-ca.csr": "extension basicConstraints has a pathLenConstraint without cA",
    "04-critical-false-written.csr": "extension subjectAltName: critical FALSE is written",
    "06-printable-ampersand.csr": "organizationName in the subject has '&'",
    "07-teletex-umlaut.csr": "organizationName in the subject is a TeletexString",
    "09-ecdsa-null-parameters.csr": "the signature algorithm has NULL parameters",
    "10-ip-as-text.csr": "extension subjectAltName has an iPAddress of 10 octets",
}


@pytest.mark.parametrize("name", ["00-good.csr", "12-der-with-line-end.csr", "13-base64-without-header.csr"])
def test_a_csr_is_adopted(name: str, csrtui: Csrtui) -> None:
    folder = FILES / "adopt-csr"
    assert csrtui("adopt", "--key", str(folder / "key.pem"), "--csr", str(folder / name)).status == 0


@pytest.mark.parametrize("name", REFUSED)
def test_a_csr_is_refused_with_the_right_reason(name: str, csrtui: Csrtui) -> None:
    folder = FILES / "adopt-csr"
    ran = csrtui("adopt", "--key", str(folder / "key.pem"), "--csr", str(folder / name))
    assert ran.status == 2
    assert f"breaks an encoding rule: {REFUSED[name]}" in ran.err
    assert "--make-csr --names NAME … makes a new CSR" in ran.err


def test_every_file_is_in_a_table() -> None:
    known = {
        *IMPORTED, *KEYS, *REFUSED, FIRST, SECOND, "www.key", "www.csr", "root.crt", "passphrase", "passphrase-14-15",
        "01-bundle-intermediate-critical-false.pem", "03-bundle-intermediate-teletex-umlaut.pem", "51-deflated.zip",
        "14-rfc1421-one-line.pem", "14-15.csr", "07-pbes2-aria.pem", "01-ber-outer.p12", "03-mac-iterations-1-written.p12",
        "05-two-keys.p12", "06-empty-passphrase.p12", "07-no-mac-nothing-encrypted.p12", "csr-of-08.csr", "key-of-08.pem",
        "08-certificates-only-under-passphrase.p12", "00-good.csr", "12-der-with-line-end.csr",
        "13-base64-without-header.csr", "key.pem",
    }  # fmt: skip
    assert {path.name for path in SEEN} == known


def test_a_folder_is_searched_for_base64_without_a_header(csrtui: Csrtui, tmp_path: Path) -> None:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    for name in ("key.pem", "13-base64-without-header.csr"):
        (folder / name).write_bytes((FILES / "adopt-csr" / name).read_bytes())
    ran = csrtui("adopt", str(folder), "--yes")
    assert ran.status == 0, whole(ran)
    assert "adopted: EC P-256 key and CSR" in ran.out
