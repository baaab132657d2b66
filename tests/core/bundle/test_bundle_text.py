"""PEM and base64 are found in any text, quickly and without guessing."""

from __future__ import annotations

import json
import shutil
import subprocess
from base64 import b64encode, encodebytes, urlsafe_b64encode
from datetime import UTC, datetime
from time import process_time
from typing import TYPE_CHECKING

import pytest
from certificates_made import der, intermediate, named, pem, root
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from foreign_made import ec_key, pkcs8, tlv, traditional
from tables import table

from csrtui.core import bundle
from csrtui.core.bundle import foreign_formats
from csrtui.core.bundle.pem import MAX_DEPTH, MAX_TEXTS
from csrtui.core.bundle.reader import MAX_BYTES

if TYPE_CHECKING:
    from pathlib import Path

CERTIFICATE = root().certificate
TEXT = pem(CERTIFICATE).decode()
DER = der(CERTIFICATE)
BODY = b64encode(DER).decode()
LINES = TEXT.splitlines()

FORMS: dict[str, str | bytes] = {
    "Word's dashes": TEXT.replace("-----", "—–"),
    "numbered lines": "".join(f"{number:>6}\t{line}\n" for number, line in enumerate(LINES, 1)),
    "the output of grep -n": "".join(f"{number}:{line}\n" for number, line in enumerate(LINES, 1)),
    "a patch": "".join(f"+{line}\n" for line in LINES),
    "one long dash": TEXT.replace("-----", "—"),
    "no-break and zero-width spaces": TEXT.replace("\n", "\u200b\u00a0\n").replace(" ", "\u00a0"),
    "a web page": '<pre class="x">' + TEXT.replace("\n", "<br/>\n").replace("+", "&#43;").replace("/", "&#x2F;") + "</pre>",
    "a JSON text": json.dumps({"chain": [TEXT]}),
    "a line of JSON in a log": f"10:00 answer {json.dumps(TEXT)} end",
    "JSON in JSON": json.dumps({"body": json.dumps({"crt": TEXT})}),
    "DER in JSON": json.dumps({"x5c": [BODY]}),
    "SAML": f"<ds:X509Data><ds:X509Certificate>{BODY}</ds:X509Certificate></ds:X509Data>",
    "SAML in lines": f"<ds:X509Certificate>\n{encodebytes(DER).decode()}</ds:X509Certificate>",
    "YAML": f"data:\n  tls.crt: {b64encode(TEXT.encode()).decode()}\n  other: x\n",
    "YAML in a block": "data: |\n" + "".join(f"    {line}\n" for line in LINES),
    "PEM in PEM": f"-----BEGIN PKCS7-----\n{encodebytes(TEXT.encode()).decode()}-----END PKCS7-----\n",
    "base64 of base64": f"x: {b64encode(b64encode(TEXT.encode())).decode()}",
    "source code": "".join(f'"{line}\\n"\n' for line in LINES),
    "a quoted mail": "".join(f"> > {line}\n" for line in LINES),
    "quoted-printable without a header": TEXT.replace("=", "=3D"),
    "without BEGIN": TEXT.partition("\n")[2],
    "without END": TEXT.partition("-----END")[0],
    "without END, with prose below": TEXT.partition("-----END")[0] + "Kind regards, the CA!\n",
    "without padding": TEXT.replace("=", ""),
    "with a header": TEXT.replace("\n", "\nComment: x\n y\n\n", 1),
    "UTF-16 without a mark": TEXT.encode("utf-16-le"),
    "UTF-16 of the other order": TEXT.encode("utf-16-be"),
    "Latin-1": "Grüße\n".encode("latin-1") + TEXT.encode(),
    "line ends of an old Mac": TEXT.replace("\n", "\r"),
    "openssl s_client": f"0 s:CN = x\n   i:CN = y\n{TEXT}---\n",
    "base64 for URLs": urlsafe_b64encode(DER).decode().rstrip("="),
    "base64 for URLs in JSON": json.dumps({"csr": urlsafe_b64encode(DER).decode()}),
    "a chat": TEXT.replace("-----BEGIN", "*-----BEGIN").replace("CATE-----\n", "CATE-----*\n").replace("-----END", "*-----END"),
    "DER with NULs behind": DER + b"\0\0\x1a",
    "a mail that begins with prose": f"Content-Type: see below\n\n{TEXT}",
    "a mail with prose before": f"Dear customer\nContent-Type: x\n\n{TEXT}",
    "a mail with DER": "MIME-Version: 1.0\nContent-Type: application/pkix-cert\nContent-Transfer-Encoding: base64\n\n" + encodebytes(DER).decode(),
    "a mail in UTF-16": ("Content-Type: text/plain\n\n" + TEXT).encode("utf-16"),
}  # fmt: skip


@table("form", FORMS)
def test_a_certificate_is_found_in_any_text(form: str) -> None:
    data = FORMS[form]
    material = bundle.read(data if isinstance(data, bytes) else data.encode())
    if form == "base64 of base64":  # no program writes this, so it is not guessed
        assert material.is_empty
        return
    assert [item.der for item in material.certificates] == [DER], material.problems
    assert not material.problems


def _nested_mail() -> bytes:
    levels = (
        f"Content-Type: multipart/mixed; boundary=b{number}\n\n--b{number}\n" for number in range(1_500)
    )
    return "".join(levels).encode()


def test_several_certificates_are_found_one_after_the_other() -> None:
    other = der(intermediate().certificate)
    for data in (DER + other, DER + b"\r\n" + other, f"{BODY}\n{b64encode(other).decode()}\n".encode()):
        assert [item.der for item in bundle.read(data).certificates] == [DER, other]
    two = json.dumps({"x5c": [BODY, b64encode(other).decode()]})
    assert len(bundle.read(two.encode()).certificates) == 2
    assert len(bundle.read(f'x5c: ["{BODY}","{b64encode(other).decode()}"]'.encode()).certificates) == 2


def test_ber_in_base64_is_found() -> None:
    from cryptography.hazmat.primitives.serialization.pkcs7 import serialize_certificates

    whole = serialize_certificates([CERTIFICATE], Encoding.DER)
    start = 4 if whole[1] == 0x82 else 3
    indefinite = b"0\x80" + whole[start:] + b"\0\0"
    assert len(bundle.read(b64encode(indefinite)).certificates) == 1
    assert len(bundle.read(indefinite).certificates) == 1


@table(
    "given",
    [
        b64encode(ec_key().public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)),
        b"MINIMUMREQUIREMENTSFOREVERYBODYHEREANDTHERE",
        b"MIUAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        b"LS0tLS1CRUdJ" + b"A" * 40,
        b"MIIB",
        b"{not json",
        b'["short", 1, null]',
        b"0 is the first of all numbers, and nothing but text follows here",
        b"Content-Type: text/plain\n\nhello",
        tlv(0x30, tlv(0x02, b"\1"), tlv(0x02, b"\1")),
        tlv(0x30, tlv(0x30, tlv(0x30)), tlv(0x30), tlv(0x03, b"\0")),
    ],
)  # fmt: skip
def test_other_text_is_ignored(given: bytes) -> None:
    assert bundle.read(given).is_empty


@table(
    ("given", "words"),
    [
        (BODY[:200].encode(), "the text is incomplete base64"),
        (
            f"{BODY[:64]}\n{BODY[64:128]}\nKind regards: the CA".encode(),
            "the text is incomplete base64",
        ),
        (TEXT[:200].encode(), "the certificate is cut short: its END line is missing"),
        (
            TEXT.replace("M", "*", 1).encode(),
            "the certificate contains '*', which is not a character of base64",
        ),
        (TEXT.replace("CERTIFICATE", "PKCS7").replace(LINES[1], "AAAA").encode(), "does not contain DER"),
        (b"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n", "cut short"),
        (b"-----BEGIN CERTIFICATE-----\nMIABBA==\n-----END CERTIFICATE-----\n", "cut short"),
        (b"-----BEGIN CERTIFICATE-----\nMAMEgAA=\n-----END CERTIFICATE-----\n", "damaged"),
        (
            b"-----BEGIN CERTIFICATE-----\nMAMCAQA=\n-----END CERTIFICATE-----\n",
            "does not have the structure that its label requires",
        ),
        (DER[:-9], "the file is cut short: the length says"),
    ],
)
def test_damage_is_reported_with_the_right_reason(given: bytes, words: str) -> None:
    (problem,) = bundle.read(given).problems
    assert words in problem.text


@table(
    "deep",
    [b'{"a":' * 100_000, b"[" * 500_000, _nested_mail(), b"Content-Type: message/rfc822\n\n" * 5_000],
)
def test_text_nested_too_deeply_is_ignored(deep: bytes) -> None:
    assert bundle.read(deep).is_empty


def _split_boundaries() -> bytes:
    """Return an e-mail with many multipart bodies, whose boundaries are split as in RFC 2231."""
    levels = (
        f'Content-Type: multipart/mixed; boundary*0="b{number}"\n\n--b{number}\n' for number in range(200)
    )
    return ("".join(levels) + "Content-Type: text/plain\n\n" + "x\n" * 400_000).encode()


HOSTILE = {
    "boundaries": _split_boundaries(),
    "parameters": b"Content-Type: text/plain" + b";a=b" * 250_000 + b"\n\n",
    "folded parameters": b"Content-Type: text/plain" + b";\n a=b" * 150_000 + b"\n\n",
    "numbers": b"[" + b"1," * 500_000 + b"1]",
    "a long name": b'{"'
    + b"n" * 500_000
    + b'": ['
    + b"1," * 20_000
    + b"1]}",  # 10 GB if each path were copied
}


@table("name", HOSTILE)
def test_a_large_text_is_read_quickly(name: str) -> None:
    start = process_time()
    assert bundle.read(HOSTILE[name]).is_empty
    assert process_time() - start < 8


def test_the_path_of_a_json_string_has_no_long_names() -> None:
    key = traditional(ec_key()).decode()
    (found,) = bundle.read(json.dumps({"n" * 500: [1, {"key": key}]}).encode()).keys
    assert found.path == f"{'n' * 100}.1.key"


def test_a_mail_that_python_cannot_parse_is_read_as_plain_text() -> None:
    mail = f"Content-Type: multipart/mixed; boundary*=%00''x\n\n--x\n\n{TEXT}"
    assert [item.der for item in bundle.read(mail.encode()).certificates] == [DER]


def test_nested_texts_are_read_to_a_limited_depth() -> None:
    packed = TEXT
    for _ in range(MAX_DEPTH + 1):
        packed = json.dumps({"x": packed})
    assert bundle.read(packed.encode()).is_empty or bundle.read(packed.encode()).certificates
    packed = b64encode(TEXT.encode()).decode()
    for _ in range(MAX_DEPTH):
        packed = json.dumps({"x": packed})
    assert bundle.read(packed.encode()).is_empty
    many = json.dumps([BODY] * (MAX_TEXTS + 50))
    assert len(bundle.read(many.encode()).certificates) == 1


@table(
    "part",
    [b"-", b"<a", b"\\", b"MIIC", b"MIIC\n", b"MIIABBBBBBB ", b"&#", b"=3D", b"LS0tLS1CRUdJ\n", b"-----BEGIN A-----\na: b\n",
     b"-----BEGIN CERTIFICATE-----\n", b"-----BEGIN CERTIFICATE-----\nMIIC\n", b"a: b\n", b"Content-Type: x\n", b"0\x80", b"\n>",
     b"x\n", b"Content-Type: multipart/mixed; boundary=x\n\n--x\n\n"],
)  # fmt: skip
def test_any_text_is_read_quickly(part: bytes) -> None:
    data = part * (MAX_BYTES // 4 // len(part))
    for given in (data, b"-----BEGIN CERTIFICATE-----\n" + data[:-100] + b"x-----END CERTIFICATE-----\n"):
        before = process_time()
        bundle.read(given)
        assert process_time() - before < 1


def test_a_file_of_the_maximum_size_is_read_and_a_larger_one_is_not() -> None:
    key = pkcs8(ec_key())
    assert bundle.read(key.ljust(MAX_BYTES, b"\n")).keys
    assert not bundle.read(key.ljust(MAX_BYTES + 1, b"\n")).keys


def test_the_place_in_a_json_document_is_known() -> None:
    document = {"le": {"Account": {"PrivateKey": b64encode(pkcs8(ec_key(), Encoding.DER)).decode()}}}
    (key,) = bundle.read(json.dumps(document).encode()).keys
    assert key.path == "le.Account.PrivateKey"


@table(
    ("beginning", "name"),
    [(file_format.magic, file_format.name) for file_format in foreign_formats.FORMATS]
    + [(b"PK\3\4[Content_Types].xml", "an Office document")]
    + [(b"x" * 257 + b"ustar", "a tar archive"), (b"x\x9c\x03\0", "compressed data (zlib, deflate)")],
)
def test_another_format_is_named_with_a_hint(beginning: bytes, name: str) -> None:
    (problem,) = bundle.read(beginning + b"\1" * 20).problems
    assert problem.text == f"this is {name}"
    assert problem.hint


HEX = DER.hex()
OTHERS = {
    "-----BEGIN X509 CRL-----\nMAA=\n-----END X509 CRL-----\n": "a certificate revocation list (CRL)",
    "-----BEGIN RSA PUBLIC KEY-----\nMAA=\n-----END RSA PUBLIC KEY-----\n": "a public key",
    "# my key\nssh-ed25519 AAAAC3Nz me@host\n": "a public key",
    "-----BEGIN EC PARAMETERS-----\nBggq\n-----END EC PARAMETERS-----\n": "a file with key parameters",
    "# created: 2026\nAGE-SECRET-KEY-1QQQ\n": "an age identity",
    "pkcs11:token=x;object=y\n": "a reference to a key in a token (PKCS #11)",
    '{"kty": "EC", "crv": "P-256"}': "a JSON Web Key (JWK)",
    "\n<!DOCTYPE html><html><title>Login</title>": "a web page",
    "Certificate:\n    Data:\n        Version: 3 (0x2)\n": "a description of a certificate or CSR, as openssl -text prints it",
    "X.509 Certificate Information:\n\tVersion: 3\n": "a description of a certificate or CSR, as openssl -text prints it",
    "Owner: CN=a.com\nIssuer: CN=CA\nSerial number: 1\n": "a description of a certificate or CSR, as openssl -text prints it",
    HEX: "a hexadecimal dump",
    ":".join(HEX[place : place + 2] for place in range(0, len(HEX), 2)).upper(): "a hexadecimal dump",
    "00000000: 3082 0122 3081 c9a0\n": "a hexadecimal dump",
    "000000 30 82 01 d2 30\n": "a hexadecimal dump",
    "unsigned char x[] = {\n  0x30, 0x82, 0x01\n};": "source code with a dump of a file",
    "    0:d=0  hl=4 l= 466 cons: SEQUENCE\n": "the output of openssl asn1parse",
    "Subject: x\nContent-Type: application/zip\n\nUEsDBAo=\n": "an e-mail",
    "Common Name;Names\nwww.example.com;\n": "a table",
}


@table(("text", "name"), OTHERS.items())
def test_a_text_without_an_item_is_named(text: str, name: str) -> None:
    material = bundle.read(text.encode())
    assert material.is_empty
    assert f"it contains no certificate: it is {name}" in bundle.missing_certificate_error(material).sentence
    assert bundle.missing_certificate_error(material).hint


def test_the_commands_for_hexadecimal_dumps_restore_the_file(tmp_path: Path) -> None:
    original = DER[:300] + b"abcdef"  # xxd shows these letters beside the dump; they look like digits
    source = tmp_path / "FILE.der"
    source.write_bytes(original)
    for program in (["xxd"], ["hexdump", "-C"], ["od", "-t", "x1"], ["od", "-A", "x", "-t", "x1z"]):
        if shutil.which(program[0]) is None or shutil.which("xxd") is None:
            pytest.skip(f"{program[0]} or xxd is not installed")
        dump = subprocess.run([*program, str(source)], check=True, capture_output=True).stdout
        (tmp_path / "FILE").write_bytes(dump)
        content = bundle.read(dump).other_content
        assert content is not None
        name, hint = content
        assert name == "a hexadecimal dump"
        command = hint.removesuffix(" converts it")
        subprocess.run(["/bin/sh", "-c", command], check=True, cwd=tmp_path)
        assert (tmp_path / "NEW").read_bytes() == original


def der_crl() -> bytes:
    builder = x509.CertificateRevocationListBuilder().issuer_name(named("CA"))
    builder = builder.last_update(datetime(2026, 1, 1, tzinfo=UTC)).next_update(
        datetime(2026, 2, 1, tzinfo=UTC)
    )
    return builder.sign(ec_key(), SHA256()).public_bytes(Encoding.DER)


@table(
    ("data", "name"),
    [
        (der_crl(), "a certificate revocation list (CRL)"),
        (bytes.fromhex("30030a0106"), "an OCSP response"),
        (bytes.fromhex("3000"), ""),
        (bytes.fromhex("3003020101"), ""),
        (bytes.fromhex("30023000"), ""),
    ],
)
def test_der_without_an_item_is_named(data: bytes, name: str) -> None:
    error = bundle.missing_certificate_error(bundle.read(data))
    assert error.message.startswith(
        f"it contains no certificate: it is {name}" if name else "it contains no cert"
    )
    assert (": it is" in error.message) is bool(name)


def test_an_unknown_text_is_not_named() -> None:
    error = bundle.missing_certificate_error(bundle.read(b"Dear customer, the certificate is attached."))
    assert error.message == "it contains no certificate"


@table(
    ("kind", "words"),
    [
        ("1.2.840.113549.1.7.3", "is an encrypted message"),
        ("1.2.840.113549.1.7.1", "contains no certificates"),
    ],
)
def test_pkcs7_of_other_kinds_is_named(kind: str, words: str) -> None:
    from foreign_made import oid

    (problem,) = bundle.read(tlv(0x30, oid(kind), tlv(0xA0, tlv(0x30)))).problems
    assert words in problem.text


def test_pkcs7_without_certificates_or_structure_is_named() -> None:
    from foreign_made import oid

    signed = "1.2.840.113549.1.7.2"
    for content, words in (
        (tlv(0xA0, tlv(0x30, tlv(0x02, b"\1"))), "contains no certificates"),
        (tlv(0xA0), "RFC 5652"),
    ):
        (problem,) = bundle.read(tlv(0x30, oid(signed), content)).problems
        assert words in problem.text


@table("dashes", ["—–", "—", "‐‐‐‐‐", "−−−−−"])
def test_a_short_or_encrypted_key_is_found_between_words_dashes(dashes: str) -> None:
    """Without its BEGIN line, neither could be distinguished from other base64."""
    short = traditional(ec_key()).decode().replace("-----", dashes)
    assert len(bundle.read(short.encode()).keys) == 1
    locked = traditional(ec_key(), passphrase=b"x").decode().replace("-----", dashes)
    assert bundle.read(locked.encode()).needs_passphrase
