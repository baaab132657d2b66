"""Certificates are found in every answer of a CA, and other data is refused with a clear reason."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
from contextlib import suppress
from datetime import timedelta
from functools import cache
from time import process_time
from typing import TYPE_CHECKING

import pytest
from certificates_made import bundle, der, intermediate, pem, root
from cryptography.hazmat.primitives.serialization import Encoding
from existing_made import FIELDS, csr, name
from hypothesis import example, given
from hypothesis import strategies as st
from requests_made import der_of, key_of
from tables import table

from csrtui.core.base.asn1 import wrap
from csrtui.core.base.errors import InputError
from csrtui.core.bundle import read_certificates, unexpired_leaves
from csrtui.core.bundle.der_items import MAX_ITEMS
from csrtui.core.keys import key_types
from csrtui.core.subject.fields import SubjectFields

if TYPE_CHECKING:
    from pathlib import Path

LEAF = intermediate().sign(der_of(SubjectFields(common_name="a.com"), "a.com"))
ALL = (LEAF, intermediate().certificate, root().certificate)
EXPECTED = [der(certificate) for certificate in ALL]
KEY = key_types.private_pem(key_of(key_types.KeyType.EC_P256))
TEXT = pem(*ALL)
NOISE = "Bag Attributes\n  friendlyName: Zoë\nsubject=CN = a.com\n-----\n".encode()


def find_certificates(data: bytes) -> list[bytes]:
    """Return the DER of each certificate."""
    return [item.der for item in read_certificates(data)]


FORMS = {
    "PEM": TEXT,
    "PEM with anything around it": NOISE.join([b"", *[pem(certificate) for certificate in ALL], b""]),
    "PEM of Windows": TEXT.replace(b"\n", b"\r\n"),
    "PEM in UTF-16": TEXT.decode().encode("utf-16"),
    "PEM quoted in a mail": b"> " + TEXT.replace(b"\n", b"\n> "),
    "PEM, each twice": TEXT + TEXT,
    "PEM beside a CSR": TEXT + csr(name(*FIELDS)),
    "PEM of old": TEXT.replace(b" CERTIFICATE-", b" X509 CERTIFICATE-"),
    "PEM in JSON": json.dumps({"result": {"chain": TEXT.decode()}}).encode(),
    "PEM in JSON of Windows": json.dumps([TEXT.replace(b"\n", b"\r\n").decode()]).encode(),
    "PEM in JSON with its slashes escaped": json.dumps(TEXT.decode()).replace("/", "\\/").encode(),
    "PKCS #7": bundle(*ALL),
    "PKCS #7 in PEM": bundle(*ALL, encoding=Encoding.PEM),
    "PKCS #7 in PEM of openssl's label": bundle(*ALL, encoding=Encoding.PEM).replace(b"PKCS7-", b"CMS-"),
    "PKCS #7 in bare base64": base64.encodebytes(bundle(*ALL)),
}


@table("form", FORMS)
def test_certificates_are_found_in(form: str) -> None:
    assert sorted(find_certificates(FORMS[form])) == sorted(EXPECTED)


def test_the_order_is_kept() -> None:
    assert find_certificates(pem(ALL[2], ALL[0], ALL[1])) == [EXPECTED[2], EXPECTED[0], EXPECTED[1]]


def test_a_single_certificate_in_der_or_bare_base64_is_found() -> None:
    assert find_certificates(EXPECTED[0]) == EXPECTED[:1]
    assert find_certificates(base64.b64encode(EXPECTED[0])) == EXPECTED[:1]


REFUSED = {
    "nothing": (b"", "it is empty"),
    "blanks": (b" \r\n\0", "it is empty"),
    "too much": (b"x" * (1024 * 1024 + 1), "more than 1048576 bytes"),
    "text": (b"Dear customer", "it contains no certificate"),
    "base64 of something": (base64.b64encode(b"hello"), "it contains no certificate"),
    "another PEM": (wrap("X509 CRL", b"x"), "it contains no certificate"),
    "a request": (csr(name(*FIELDS)), "certificate request"),
    "a key": (KEY, "private key"),
    "a key beside certificates": (TEXT + KEY, "private key"),
    "a key in DER": (base64.b64decode(b"".join(KEY.splitlines()[1:-1])), "private key"),
    "a key in bare base64": (b"".join(KEY.splitlines()[1:-1]), "private key"),
    "PEM cut short": (TEXT[:300], "END line is missing"),
    "PEM with dirt": (TEXT.replace(b"M", b"*", 1), "not a character of base64"),
    "PEM of nothing": (b"-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n", "does not contain DER"),
    "DER cut short": (EXPECTED[0][:-9], "cut short: the length says"),
    "an empty SEQUENCE": (b"\x30\x00", "it contains no certificate"),
    "a SEQUENCE of a text": (b"\x30\x04\x0c\x02ab", "it contains no certificate"),
    "PKCS #7 cut short": (FORMS["PKCS #7"][:-9], "cut short: the length says"),
    "a keystore of Java": (b"\xfe\xed\xfe\xed\0\0\0\2", "Java keystore"),
}


@table("content", REFUSED)
def test_other_content_is_named_in_the_error(content: str) -> None:
    data, words = REFUSED[content]
    with pytest.raises(InputError) as caught:
        read_certificates(data)
    assert words in caught.value.message
    assert caught.value.hint


def test_too_many_certificates_are_refused() -> None:
    leaf = der_of(SubjectFields(common_name="a.com"), "a.com")
    certificate = root().sign(leaf)
    with pytest.raises(InputError, match="only its first 500 items"):
        read_certificates(pem(certificate) * (MAX_ITEMS + 1))


@table("line", [b"-----BEGIN X-----", b"-----BEGIN X-----\n-----END Y-----\n", b"X%d"])
def test_a_text_of_begin_lines_is_read_in_linear_time(line: bytes) -> None:
    """If each BEGIN line searched for its own END line, this would take half a minute."""
    many = b"".join(b"-----BEGIN X%d-----\n" % number for number in range(40_000))
    text = many if b"%" in line else line * (1_000_000 // len(line))
    before = process_time()
    with pytest.raises(InputError, match="no certificate"):
        find_certificates(text)
    assert process_time() - before < 5


@given(st.binary(max_size=200))
@example(b"\x30\x80\x02\x01\x00")
@example(b"\x30\x84\xff\xff\xff\xff\x06")
@example(b"\x30\x02\x06\x00")
@example(b"\x30\x02\x02\x00")
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    for start in (b"", b"\x30", b"\x30\x10\x06\x09", b"\x30\x10\x02\x01\x03\x30", b"\xff\xfe"):
        with suppress(InputError):
            read_certificates(start + data)


@given(st.sampled_from([EXPECTED[0], FORMS["PKCS #7"], TEXT, FORMS["PKCS #7 in PEM"]]), st.data())
def test_damaged_certificates_are_read_or_refused(whole: bytes, data: st.DataObject) -> None:
    damaged = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    with suppress(InputError):
        read_certificates(bytes(damaged[: data.draw(st.integers(0, len(damaged)))]))


# Files of openssl


def openssl(*arguments: str, given: bytes | None = None) -> bytes:
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    return subprocess.run(["openssl", *arguments], input=given, capture_output=True, check=True).stdout


def written(tmp_path: Path) -> str:
    path = tmp_path / "all.pem"
    path.write_bytes(TEXT)
    return str(path)


@pytest.mark.parametrize("form", ["PEM", "DER"])
def test_openssls_pkcs7_is_read(form: str, tmp_path: Path) -> None:
    made = openssl("crl2pkcs7", "-nocrl", "-certfile", written(tmp_path), "-outform", form)
    assert sorted(find_certificates(made)) == sorted(EXPECTED)


def test_openssls_trusted_certificates_are_read() -> None:
    made = openssl("x509", "-trustout", "-addtrust", "serverAuth", given=pem(LEAF))
    assert b"TRUSTED" in made
    assert find_certificates(made) == EXPECTED[:1]


OPEN = ("-passout", "pass:")
WAYS = {
    "as it does by itself": OPEN,
    "without encryption": (*OPEN, "-certpbe", "NONE", "-nomac"),
    "without encryption but with a MAC": (*OPEN, "-certpbe", "NONE"),
    "of old": (*OPEN, "-certpbe", "PBE-SHA1-3DES", "-macalg", "sha1"),
}


def pkcs12_of(*options: str, given: bytes = TEXT) -> bytes:
    return openssl("pkcs12", "-export", *options, given=given)


@table("way", WAYS)
def test_openssls_pkcs12_without_a_key_is_read(way: str) -> None:
    assert sorted(find_certificates(pkcs12_of("-nokeys", *WAYS[way]))) == sorted(EXPECTED)


@table("options", [OPEN, ("-passout", "pass:secret"), (*OPEN, "-keypbe", "NONE")])
def test_pkcs12_with_a_key_is_refused_as_such(options: tuple[str, ...]) -> None:
    with pytest.raises(InputError, match="the PKCS #12 file contains a private key") as caught:
        find_certificates(pkcs12_of(*options, given=KEY + own_pem()))
    assert "-nokeys" in str(caught.value.hint)


def own_pem() -> bytes:
    return pem(intermediate().sign(der_of(SubjectFields(common_name="a.com"), "a.com")))


def test_encrypted_pkcs12_is_refused_with_a_hint() -> None:
    with pytest.raises(InputError, match="has a passphrase") as caught:
        find_certificates(pkcs12_of("-nokeys", "-passout", "pass:secret"))
    assert "openssl pkcs12" in str(caught.value.hint)


@pytest.mark.parametrize("options", [(), ("-nomac",)])
def test_expensive_pkcs12_is_refused_without_opening_it(
    options: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = pkcs12_of("-nokeys", *OPEN, *options, "-iter", "2000")
    assert len(find_certificates(made)) == len(EXPECTED)
    for limit in ("MAX_ITERATIONS", "MAX_HASH_ITERATIONS"):
        monkeypatch.setattr(f"csrtui.core.keys.kdf_limits.{limit}", 1999)
    with pytest.raises(InputError, match="needs 2000 iterations"):
        find_certificates(made)


def test_pkcs12_cut_short_is_refused() -> None:
    whole = pkcs12_of("-nokeys", *OPEN, "-certpbe", "NONE", "-nomac", given=pem(LEAF))
    with pytest.raises(InputError, match="private key"):
        read_certificates(whole[:-1])


@given(st.data())
def test_damaged_pkcs12_is_read_or_refused(data: st.DataObject) -> None:
    whole = _pkcs12()
    damaged = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 3))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    with suppress(InputError):
        read_certificates(bytes(damaged))


@cache
def _pkcs12() -> bytes:
    return pkcs12_of("-nokeys", *OPEN, "-iter", "1")


@table("encoding", [Encoding.DER, Encoding.PEM])
def test_a_certificate_of_no_version_within_pkcs7_is_refused(encoding: Encoding) -> None:
    made = bundle(root().certificate)
    spoilt = made.replace(bytes.fromhex("a003020102"), bytes.fromhex("a003020140"), 1)
    assert spoilt != made
    with pytest.raises(InputError, match="certificate 1 of 1 in the PKCS #7 file has version 64"):
        find_certificates(spoilt if encoding is Encoding.DER else wrap("PKCS7", spoilt))


def test_the_unexpired_leaves_of_a_key_are_found_once_each() -> None:
    other = intermediate().sign(
        der_of(SubjectFields(common_name="a.com"), "a.com", key_type=key_types.KeyType.EC_P384)
    )
    (leaf,) = read_certificates(pem(LEAF))
    files = [("a", TEXT), ("same", pem(LEAF)), ("other", pem(other)), ("damaged", b"x")]
    assert unexpired_leaves(files, leaf.spki_sha256 or "", leaf.validity.not_after) == {"a": leaf}
    expired = leaf.validity.not_after + timedelta(seconds=1)
    assert unexpired_leaves(files, leaf.spki_sha256 or "", expired) == {}
