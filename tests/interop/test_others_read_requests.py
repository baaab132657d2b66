"""certtool, CFSSL and keytool read csrtui's CSRs, with every key type that they support and with difficult subjects."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING

import pytest
from requests_made import key_of

from csrtui.core.base.finding import Purpose
from csrtui.core.certificates import csr as request
from csrtui.core.keys.key_types import KeyType
from csrtui.core.subject.fields import SubjectFields

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NAMES = ("www.mydomain.com", "*.mydomain.com", "xn--bcher-kva.mydomain.com", "10.0.0.1", "2001:db8::1")
PLAIN = SubjectFields(common_name="www.mydomain.com")
SUBJECTS = {
    "plain": PLAIN,
    "umlauts": SubjectFields("www.mydomain.com", "Müller & Söhne GmbH", "Büro 1", "DE", "Nordrhein-Westfalen", "Köln"),
    "far": SubjectFields("www.mydomain.com", "株式会社 日本", None, "JP", "東京都", "千代田区"),
    "marks": SubjectFields("www.mydomain.com", 'A, B + C = "D" <E>; #F \\ G', None, "GB", None, "/CN=evil.com"),
    "beyond": SubjectFields("www.mydomain.com", "𝒜 🔑 é", None, "GB", None, "London"),
}  # fmt: skip


@dataclass(frozen=True)
class Read:
    """The values of the subject as in the DER, and the names, as a program read them."""

    subject: tuple[str, ...]
    names: tuple[str, ...]


def output(*command: str) -> str:
    """Return the output of a program, or skip the test if it is not installed."""
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed")
    done = subprocess.run(command, capture_output=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout.decode() + done.stderr.decode()
    return done.stdout.decode()


def certtool(csr: Path) -> Read:
    """Read a CSR with GnuTLS, which also verifies the signature, and decodes international names."""
    text = output("certtool", "--crq-info", "--infile", str(csr))
    assert "Self signature: verified" in text
    (subject,) = re.findall(r"^\tSubject: (.*)$", text, re.MULTILINE)
    assert subject == request.read_pem(csr.read_bytes()).subject_text  # both write RFC 4514
    values = [re.sub(r"\\(.)", r"\1", value) for value in re.findall(r"=((?:\\.|[^,\\])*)", subject)]
    return Read(tuple(reversed(values)), tuple(re.findall(r"(?:DNSname|IPAddress): (\S+)", text)))


def cfssl(csr: Path) -> Read:
    """Read a CSR with CFSSL, whose JSON has the subject in the order of the DER."""
    found = json.loads(output("cfssl", "certinfo", "-csr", str(csr)))
    names = (*found["DNSNames"], *(found["IPAddresses"] or ()))
    return Read(tuple(one["Value"] for one in found["Subject"]["Names"]), names)


def keytool(csr: Path) -> Read:
    """Read a CSR with Java, which writes IPv6 addresses in full and quotes some values."""
    text = output("keytool", "-J-Duser.language=en", "-J-Dfile.encoding=UTF-8", "-J-Dstdout.encoding=UTF-8",
                  "-printcertreq", "-file", str(csr))  # fmt: skip
    (subject,) = re.findall(r"^Subject: (.*)$", text, re.MULTILINE)
    found = re.findall(r'\w+=(?:"((?:\\.|[^"\\])*)"|([^,"]*))(?:, |$)', subject)
    values = [re.sub(r"\\(.)", r"\1", quoted) or plain for quoted, plain in found]
    names = [
        str(ip_address(name)) if kind == "IPAddress" else name
        for kind, name in re.findall(r"(DNSName|IPAddress): (\S+)", text)
    ]
    return Read(tuple(reversed(values)), tuple(names))


_PURPOSES = {
    Purpose.SERVER: {"TLS WWW Server"},
    Purpose.CLIENT: {"TLS WWW Client"},
    Purpose.SERVER_CLIENT: {"TLS WWW Server", "TLS WWW Client"},
    Purpose.EMAIL: {"Email protection"},
    Purpose.CODE_SIGNING: {"Code signing"},
}
_KINDS = {
    "www.mydomain.com": "DNSname",
    "10.0.0.1": "IPAddress",
    "2001:db8::1": "IPAddress",
    "email:jane@mydomain.com": "RFC822Name",
    "uri:spiffe://mydomain.com/web?": "URI",
    "upn:jürgen@corp.mydomain.com": "User Principal Name",
}


@pytest.mark.parametrize("key_type", [KeyType.EC_P256, KeyType.RSA_2048])
@pytest.mark.parametrize("purpose", Purpose)
def test_certtool_reads_every_purpose_and_every_kind_of_name(
    tmp_path: Path, purpose: Purpose, key_type: KeyType
) -> None:
    csr = tmp_path / "request.pem"
    der = request.build(SubjectFields(common_name="Jane Doe"), tuple(_KINDS), key_of(key_type), purpose)
    csr.write_bytes(request.to_pem(der))
    assert request.read_pem(csr.read_bytes()).names == tuple(_KINDS)
    text = output("certtool", "--crq-info", "--infile", str(csr))
    assert "Self signature: verified" in text
    assert re.findall(r"^\t\t\t\t([\w ]+): (\S+)$", text, re.MULTILINE) == [
        (kind, name.removeprefix("email:").removeprefix("uri:").removeprefix("upn:"))
        for name, kind in _KINDS.items()
    ]
    _, _, usages = text.partition("Key Usage (critical):\n")
    usage, _, purposes = usages.partition("Key Purpose (not critical):\n")
    expected = {"Digital signature"}
    if key_type is KeyType.RSA_2048 and purpose not in {Purpose.CLIENT, Purpose.CODE_SIGNING}:
        expected.add("Key encipherment")
    if key_type is KeyType.EC_P256 and purpose is Purpose.EMAIL:
        expected.add("Key agreement")
    assert set(re.findall(r"^\t\t\t\t(.+)\.$", usage, re.MULTILINE)) == expected
    assert set(re.findall(r"^\t\t\t\t(.+)\.$", purposes, re.MULTILINE)) == _PURPOSES[purpose]


_CLASSIC = [one for one in KeyType if not one.startswith("ml-dsa")]
_QUICK_KEYS = {KeyType.EC_P256, KeyType.RSA_2048}


def _cases() -> list[object]:
    """Return every subject with P-256, and every key type with the plain subject, because keytool is slow."""
    wanted = [(KeyType.EC_P256, name) for name in SUBJECTS]
    wanted += [(key_type, "plain") for key_type in _CLASSIC if key_type is not KeyType.EC_P256]
    return [
        pytest.param(
            program, key_type, name,
            id=f"{program.__name__}-{key_type}-{name}",
            marks=pytest.mark.slow
            if key_type not in _QUICK_KEYS or (program is keytool and name not in {"marks", "far"})
            else [],
        )
        for program in (certtool, cfssl, keytool)
        for key_type, name in wanted
    ]  # fmt: skip


@pytest.mark.parametrize(("program", "key_type", "subject"), _cases())
def test_other_programs_read_subject_and_names_as_typed(
    tmp_path: Path, program: Callable[[Path], Read], key_type: KeyType, subject: str
) -> None:
    fields, csr = SUBJECTS[subject], tmp_path / "request.pem"
    csr.write_bytes(request.to_pem(request.build(fields, NAMES, key_of(key_type))))
    values = (fields.country, fields.state, fields.locality, fields.organization, fields.organizational_unit,
              fields.common_name)  # fmt: skip
    assert program(csr) == Read(tuple(value for value in values if value is not None), NAMES)
