"""Names and fields of existing CSRs and certificates are read. Private keys and garbage are refused with a reason."""

from unittest.mock import patch

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    pkcs7,
    pkcs12,
)
from cryptography.x509.oid import NameOID
from data_files import CERTBOT_CSRS
from existing_made import CHALLENGE, FIELDS, certificate, csr, der, name
from hypothesis import given
from hypothesis import strategies as st
from requests_made import key_of
from tables import table

from csrtui.core.base.errors import InputError
from csrtui.core.base.finding import CaKind, Purpose
from csrtui.core.bundle.prefill import read_prefill
from csrtui.core.bundle.reader import MAX_BYTES
from csrtui.core.certificates.csr import preview
from csrtui.core.keys.key_types import KeyType
from csrtui.core.subject.fields import SubjectFields, SubjectInput

SUBJECT = SubjectInput("My Ltd", "", "GB", "Kent", "Dover")
CN = (NameOID.COMMON_NAME, "www.a.com")
CSR = csr(name(*FIELDS), ["a.com", "www.a.com", "ip:10.0.0.1"])
NAMES = ("www.a.com", "a.com", "10.0.0.1")
KEY = key_of(KeyType.EC_P256)
RSA = key_of(KeyType.RSA_2048)


@table(
    "data",
    [
        CSR,
        der(CSR),
        CSR.replace(b"\n", b"\r\n"),
        CSR.replace(b"CERTIFICATE REQUEST", b"NEW CERTIFICATE REQUEST"),
        b"Certificate Request:\n    Data:\n  Subject: CN=x\n" + CSR + b"\nthat was it\n",
        b"> " + CSR.replace(b"\n", b"\n> "),
        b"    " + CSR.replace(b"\n", b"\n    "),
        CSR.decode().encode("utf-16"),
        b"\xef\xbb\xbf" + CSR,
        certificate(name(*FIELDS), ["a.com", "www.a.com", "ip:10.0.0.1"]),
        der(certificate(name(*FIELDS), ["a.com", "www.a.com", "ip:10.0.0.1"])),
    ],
)
def test_every_encoding_gives_the_same_result(data: bytes) -> None:
    prefill = read_prefill(data)
    assert (prefill.names, prefill.subject, prefill.omissions) == (NAMES, SUBJECT, ())


@table(
    ("common_name", "sans", "names", "omissions"),
    [
        ("www.a.com", [], ("www.a.com",), ()),
        ("", [], (), ()),
        ("", ["b.com", "a.com"], ("b.com", "a.com"), ()),
        ("My Server", ["b.com"], ("b.com",), ("My Server: not a host name",)),
        ("My Server", [], ("My Server",), ()),
        ("WWW.a.com", ["a.com", "www.a.com"], ("WWW.a.com", "a.com"), ()),
        ("a.com", ["b.com", "B.com", "a.com"], ("a.com", "b.com"), ("B.com: listed more than once, used once",)),
        ("a.com", ["x y", "b.com,c.com"], ("a.com",), ("x y, b.com,c.com: not a host name",)),
        ("a.com", [""], ("a.com",), ('"": not a host name',)),
        ("a.com", ["ip:::1", "*.a.com"], ("a.com", "::1", "*.a.com"), ()),
        (
            "a.com",
            ["email:j@a.com", "uri:https://a.com", "dir:x", "rid:1.2.3"],
            ("a.com",),
            ("email:j@a.com, uri:https://a.com, directory:CN=x and 1 more: only host names and addresses are covered",),
        ),
        ("a.com\x1b", ["email:j@a.com"], ("a.com\x1b",), ("email:j@a.com: only host names and addresses are covered",)),
    ],
)  # fmt: skip
def test_names_are_copied(
    common_name: str, sans: list[str], names: tuple[str, ...], omissions: tuple[str, ...]
) -> None:
    subject = name((NameOID.COMMON_NAME, common_name)) if common_name else name()
    for data in (csr(subject, sans), certificate(subject, sans)):
        prefill = read_prefill(data)
        assert (prefill.names, prefill.omissions) == (names, omissions)


@table(
    ("oid", "value", "sentence"),
    [
        ("1.2.840.113549.1.9.1", "j\x1b@a.com", r"the e-mail address j\x1b@a.com in the subject: there is no field for it"),
        ("2.5.4.9", "High Street", "the street address High Street in the subject: there is no field for it"),
        ("2.5.4.5", "123", "the serial number 123 in the subject: there is no field for it"),
        ("0.9.2342.19200300.100.1.25", "com", "the domain component com in the subject: there is no field for it"),
        ("1.2.3.4", "x", "the attribute 1.2.3.4 x in the subject: there is no field for it"),
        ("2.5.4.11", "IT", "the organizational unit IT: public CAs no longer certify it"),
        ("2.5.4.10", "Other", "a second organization, Other: a request has only one"),
        ("2.5.4.3", "b.com", "a second common name, b.com: a request has only one"),
    ],
)  # fmt: skip
def test_values_without_a_field_are_reported(oid: str, value: str, sentence: str) -> None:
    prefill = read_prefill(csr(name(*FIELDS, (x509.ObjectIdentifier(oid), value))))
    assert (prefill.omissions, prefill.subject) == ((sentence,), SUBJECT)


UNITS = [(NameOID.ORGANIZATIONAL_UNIT_NAME, unit) for unit in ("IT", "Web")]
DC = (NameOID.DOMAIN_COMPONENT, "corp")
ORGANIZATION = (NameOID.ORGANIZATION_NAME, "X")


@pytest.mark.parametrize(
    ("subject", "unit", "attributes"),
    [
        ((*UNITS, CN), "IT", ["OU=Web"]),
        (UNITS, "IT", ["OU=Web"]),
        ((CN, *UNITS, ORGANIZATION), "IT", ["OU=Web"]),  # in another order than csrtui's
        ((DC, *UNITS, CN), "IT", ["DC=corp", "OU=Web"]),
        ((ORGANIZATION, CN, *UNITS), "", ["OU=IT", "OU=Web"]),
        ((ORGANIZATION, DC, *UNITS), "", ["DC=corp", "OU=IT", "OU=Web"]),
    ],
)
def test_further_units_become_attributes_for_a_private_ca(
    subject: list[tuple[x509.ObjectIdentifier, str]], unit: str, attributes: list[str]
) -> None:
    prefill = read_prefill(csr(name(*subject)), CaKind.PRIVATE)
    assert prefill.subject.organizational_unit == unit
    assert [attribute.text for attribute in prefill.attributes] == attributes
    assert prefill.omissions == ()


def test_many_attributes_are_counted() -> None:
    crowd = [(NameOID.DOMAIN_COMPONENT, str(number)) for number in range(50)]
    omissions = read_prefill(csr(name(CN, *crowd))).omissions
    assert (len(omissions), omissions[-1]) == (7, "44 more attributes of the subject")


def test_long_fields_are_copied_without_a_warning() -> None:
    subject = name((NameOID.COUNTRY_NAME, "GBR"), (NameOID.ORGANIZATION_NAME, "x" * 70), CN)
    assert read_prefill(csr(subject)).subject == SubjectInput(organization="x" * 70, country="GBR")


def test_attributes_and_extensions_are_reported_but_no_password() -> None:
    usage = x509.ExtendedKeyUsage([x509.ObjectIdentifier("1.3.6.1.5.5.7.3.1")])
    own = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3"), b"\5\0")
    version = (x509.ObjectIdentifier("1.3.6.1.4.1.311.13.2.3"), b"6.0")
    omissions = read_prefill(csr(name(CN), ["a.com"], [usage, own], [CHALLENGE, version])).omissions
    assert omissions == (
        "the challenge password: CAs ignore it, and anyone could read it",
        "the attributes 1.3.6.1.4.1.311.13.2.3: there is no field for them",
        "the requested extensions (1.2.3): the CA sets them",
    )
    assert "hunter2" not in str(omissions)


def test_an_attribute_with_two_values_is_reported() -> None:
    data = der(csr(name(CN), attributes=[CHALLENGE]))
    one = b"\x31\x09\x0c\x07hunter2"
    assert one in data
    two = data.replace(one, b"\x31\x09\x0c\x02hu\x0c\x03ter")  # the same length: a SET of two values
    assert read_prefill(two).omissions == ("its attributes, which cannot be read",)


@table(
    ("last", "which"),
    [("05", "made with SHA1"), ("04", "made with MD5"), ("7f", "with an unknown algorithm")],
)
def test_a_weak_or_unusual_signature_is_reported(last: str, which: str) -> None:
    builder = x509.CertificateSigningRequestBuilder().subject_name(name(CN))
    data = builder.sign(RSA, hashes.SHA256()).public_bytes(Encoding.DER)
    sha256, other = (bytes.fromhex(f"2a864886f70d0101{end}") for end in ("0b", last))  # RFC 8017 A.2.4
    assert sha256 in data
    prefill = read_prefill(data.replace(sha256, other))
    assert prefill.omissions == (f"its signature, {which}: only names and fields are used",)
    assert prefill.names == ("www.a.com",)
    assert read_prefill(data).omissions == ()


def test_a_csr_is_preferred_and_of_a_chain_the_leaf_is_used() -> None:
    ca = certificate(name((NameOID.COMMON_NAME, "My CA")), ca=True)
    leaf = certificate(name(CN), ["a.com"])
    other = ("all but one of the 2 requests and certificates: only one can be used",)
    assert read_prefill(ca + leaf).names == ("www.a.com", "a.com")
    assert read_prefill(ca + leaf).omissions == other
    assert read_prefill(leaf + CSR).names == NAMES
    assert read_prefill(ca).names == ("My CA",)
    assert read_prefill(
        b"-----BEGIN DH PARAMETERS-----\nAAAA\n-----END DH PARAMETERS-----\n" + leaf
    ).names == (
        "www.a.com",
        "a.com",
    )


def _keys() -> list[bytes]:
    plain, secret = NoEncryption(), BestAvailableEncryption(b"x" * 12)
    forms = [
        (KEY, PrivateFormat.PKCS8, plain),
        (KEY, PrivateFormat.PKCS8, secret),
        (KEY, PrivateFormat.TraditionalOpenSSL, plain),
        (KEY, PrivateFormat.TraditionalOpenSSL, secret),
        (KEY, PrivateFormat.OpenSSH, plain),
        (RSA, PrivateFormat.PKCS8, plain),
        (RSA, PrivateFormat.PKCS8, secret),
        (RSA, PrivateFormat.TraditionalOpenSSL, plain),
    ]
    pems = [key.private_bytes(Encoding.PEM, form, how) for key, form, how in forms]
    ders = [
        key.private_bytes(Encoding.DER, form, how)
        for key, form, how in forms
        if form is PrivateFormat.PKCS8 or (form is PrivateFormat.TraditionalOpenSSL and how is plain)
    ]
    assert isinstance(KEY, ec.EllipticCurvePrivateKey)
    return [*pems, *ders, pkcs12.serialize_key_and_certificates(b"x", KEY, None, None, plain)]


REFUSAL = r"^(that is a private key, which must stay secret|the PKCS #12 file contains a private key.*|this is an? (Java keystore|PuTTY key|OpenPGP key).*)$"


@table(
    "data",
    [
        *_keys(),
        _keys()[0] + CSR,
        CSR + _keys()[1],
        b"see below\r\n" + _keys()[0].replace(b"\n", b"\r\n"),
        _keys()[0].decode().encode("utf-16"),
        _keys()[0].decode().encode("utf-16-le"),
        _keys()[0].replace(b"-----", "—".encode()),
        _keys()[0].lower(),
        _keys()[0][:40],
        _keys()[-1][:60],
        b"-----BEGIN PGP PRIVATE KEY BLOCK-----\n",
        b"PuTTY-User-Key-File-3: ssh-rsa\n",
        b"\xfe\xed\xfe\xed\0\0\0\2",
    ],
)
def test_a_private_key_is_refused_before_anything_is_decoded(data: bytes) -> None:
    with (
        patch("cryptography.x509.load_der_x509_csr") as load,
        pytest.raises(InputError, match=REFUSAL) as caught,
    ):
        read_prefill(data)
    load.assert_not_called()
    assert caught.value.__cause__ is None


EMPTY_CSR = b"-----BEGIN CERTIFICATE REQUEST-----\n%s\n-----END CERTIFICATE REQUEST-----\n"


@table(
    ("data", "words"),
    [
        (b"", "it is empty"),
        (b" \r\n\t\0\0", "it is empty"),
        (b"\0" * 10_000_000, "more than 1048576 bytes"),
        (CSR + b"x" * MAX_BYTES, "more than 1048576 bytes"),
        (b"hello", "it contains no CSR or certificate"),
        (b"\0hello", "it contains no CSR or certificate"),
        (b"0", "it contains no CSR or certificate"),
        (b"0\x80", "it contains no CSR or certificate"),
        (b"0\x03\x30\x01\x31", "it contains no CSR or certificate"),
        (b"0\x04\x30\x02\x02\xff", "it contains no CSR or certificate"),
        (b"0\x03\x30\x01\x02", "it contains no CSR or certificate"),
        (CSR[:200], "the certificate request is cut short: its END line is missing"),
        (CSR.replace(b"CERTIFICATE REQUEST", b"CERTIFICATE")[:200], "the certificate is cut short"),
        (EMPTY_CSR % b"", "the certificate request is damaged: it does not contain DER"),
        (EMPTY_CSR % b"AAAA", "the certificate request is damaged: it does not contain DER"),
        (EMPTY_CSR % b"A\0AA", "the certificate request is damaged: it does not contain DER"),
        (EMPTY_CSR % b"....", "the certificate request contains '.', which is not a character of base64"),
        (der(CSR)[:-9], "the file is cut short: the length says"),
        (der(certificate(name(CN)))[:-9], "the file is cut short: the length says"),
        (KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo), "no CSR or certificate"),
        (KEY.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo), "no CSR or certificate"),
    ])  # fmt: skip
def test_an_unreadable_file_is_refused_with_the_reason(data: bytes, words: str) -> None:
    with pytest.raises(InputError) as caught:
        read_prefill(data)
    assert words in caught.value.message
    assert caught.value.hint


def test_a_certificate_in_pkcs7_is_read() -> None:
    chain = pkcs7.serialize_certificates(
        [x509.load_pem_x509_certificate(certificate(name(CN)))], Encoding.DER
    )
    assert read_prefill(chain).names == ("www.a.com",)


def _with_version(data: bytes, old: bytes, new: bytes) -> bytes:
    assert old in data
    return data.replace(old, new, 1)


def test_an_invalid_version_is_the_reason() -> None:
    with pytest.raises(InputError, match="has version 2, but PKCS #10 has only version 0"):
        read_prefill(_with_version(der(CSR), b"\x02\x01\x00", b"\x02\x01\x02"))
    with pytest.raises(InputError, match=r"has version 8, but X\.509 has only versions 0 to 2"):
        read_prefill(
            _with_version(der(certificate(name(CN))), b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x08")
        )


def _sequence(body: bytes) -> bytes:
    """Return a SEQUENCE in DER, which requires the shortest form of the length."""
    assert len(body) > 0x7F
    octets = len(body).to_bytes(1 if len(body) <= 0xFF else 2)
    return bytes([0x30, 0x80 | len(octets)]) + octets + body


def test_a_certificate_of_version_1_is_a_certificate() -> None:
    data = der(certificate(name(CN)))
    signed = x509.load_der_x509_certificate(data).tbs_certificate_bytes
    version = b"\xa0\x03\x02\x01\x02"
    rest = data[data.index(signed) + len(signed) :]
    old = _sequence(_sequence(signed[signed.index(version) + len(version) :]) + rest)
    assert read_prefill(old).names == ("www.a.com",)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused_with_a_reason(data: bytes) -> None:
    for given_bytes in (data, b"0" + data, EMPTY_CSR % data):
        _read_or_refuse(given_bytes)


SAMPLES = (
    der(csr(name(*FIELDS), ["a.com", "email:j@a.com", "uri:x:y", "ip:::1", "dir:x"], attributes=[CHALLENGE])),
    der(certificate(name(*FIELDS), ["a.com", "email:j@a.com", "uri:x:y", "ip:::1", "dir:x"], ca=True)),
)


@given(
    st.sampled_from(SAMPLES),
    st.lists(st.tuples(st.integers(0, 500), st.integers(0, 255)), min_size=1, max_size=4),
    st.integers(0, 3),
)
def test_any_damage_is_read_or_refused_with_a_reason(
    sample: bytes, changes: list[tuple[int, int]], cut: int
) -> None:
    data = bytearray(sample)
    for at, byte in changes:
        data[at % len(data)] = byte
    _read_or_refuse(bytes(data[: len(data) - cut]))


def _read_or_refuse(data: bytes) -> None:
    try:
        prefill = read_prefill(data)
    except InputError as error:
        refusal = error
    else:
        assert all(sentence.isprintable() for sentence in prefill.omissions)
        return
    assert refusal.message.isprintable()


def test_certbots_own_csrs_are_read_or_their_version_is_named() -> None:
    for path in sorted(CERTBOT_CSRS.iterdir()):
        try:
            prefill = read_prefill(path.read_bytes())
        except InputError as error:
            refusal = error.message
        else:
            assert prefill.names or "nonames" in path.name
            continue
        assert "has version 2" in refusal, path


def test_the_name_of_a_person_in_the_common_name_stays_first() -> None:
    request = preview(SubjectFields(common_name="Jane Doe"), ("email:jane@b.com",), Purpose.EMAIL)
    assert read_prefill(request.der, CaKind.PRIVATE).names == ("Jane Doe", "email:jane@b.com")
