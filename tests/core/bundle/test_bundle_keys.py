"""Private keys of other programs are recognized, opened, or refused for the right reason."""

from __future__ import annotations

from base64 import b64decode
from typing import TYPE_CHECKING

from certificates_made import named, root
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, x25519
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)
from foreign_made import (
    OPENSSH_ENCRYPTED,
    PHRASE,
    PKCS9_EXTENSIONS,
    alternative,
    as_private,
    attribute,
    csr,
    dsa_key,
    ec_key,
    microsoft_attributes,
    oid,
    openssh,
    pkcs8,
    rsa_key,
    tlv,
    traditional,
    with_parameters,
)
from tables import table

from csrtui.core import bundle
from csrtui.core.base.asn1 import wrap
from csrtui.core.base.secret import Secret
from csrtui.core.bundle import BundleKey, KeyMaterial, Problem, ProblemKind, reader
from csrtui.core.bundle.der_items import MAX_ITEMS
from csrtui.core.bundle.reader import MAX_PROBLEMS
from csrtui.core.certificates.csr import has_valid_signature, read_der, read_pem, to_pem
from csrtui.core.keys import kdf_limits, key_types

if TYPE_CHECKING:
    import pytest

SECRET = Secret(PHRASE.decode())


def only_key(data: bytes, passphrase: Secret | None = None) -> BundleKey:
    material = bundle.read(data, passphrase)
    assert not material.problems
    (key,) = material.keys
    return key


def fault(data: bytes, passphrase: Secret | None = SECRET) -> Problem:
    material = bundle.read(data, passphrase)
    (problem,) = material.problems
    assert not material.keys
    return problem


def spki(key: object) -> str:
    return key_types.spki_sha256(as_private(key).public_key())


def rare_ssh() -> bytes:
    """Return an OpenSSH key of a kind that only security tokens use."""
    kind = b"sk-ssh-ed25519@openssh.com"
    public = len(kind).to_bytes(4) + kind
    body = (
        b"openssh-key-v1\0" + b"\0\0\0\4none" * 2 + b"\0" * 4 + b"\0\0\0\1" + len(public).to_bytes(4) + public
    )
    return wrap("OPENSSH PRIVATE KEY", body + b"\0\0\0\x08" + b"\0" * 8)


PLAIN = {
    "pkcs8": (pkcs8(rsa_key()), rsa_key()),
    "pkcs8 der": (pkcs8(ec_key(), Encoding.DER), ec_key()),
    "pkcs1": (traditional(rsa_key()), rsa_key()),
    "pkcs1 der": (traditional(rsa_key(), Encoding.DER), rsa_key()),
    "sec1": (traditional(ec_key()), ec_key()),
    "sec1 der": (traditional(ec_key(), Encoding.DER), ec_key()),
    "sec1 after its curve": (with_parameters(ec_key()), ec_key()),
    "dsa": (traditional(dsa_key()), dsa_key()),
    "openssh": (openssh(ec_key()), ec_key()),
    "quoted in a mail": (b"> hello\n" + b"> ".join(pkcs8(ec_key()).splitlines(keepends=True)), ec_key()),
    "of windows": (pkcs8(ec_key()).replace(b"\n", b"\r\n"), ec_key()),
    "utf-16": (pkcs8(ec_key()).decode().encode("utf-16"), ec_key()),
}
ENCRYPTED = {
    "pkcs8": (pkcs8(rsa_key(), passphrase=PHRASE), rsa_key()),
    "pkcs8 der": (pkcs8(ec_key(), Encoding.DER, PHRASE), ec_key()),
    "pkcs1": (traditional(rsa_key(), passphrase=PHRASE), rsa_key()),
    "pkcs1 of windows": (traditional(rsa_key(), passphrase=PHRASE).replace(b"\n", b"\r\n"), rsa_key()),
    "sec1": (traditional(ec_key(), passphrase=PHRASE), ec_key()),
}


@table("form", PLAIN)
def test_a_plain_key_is_read_in_every_form(form: str) -> None:
    data, key = PLAIN[form]
    bundle_key = only_key(data)
    assert not bundle_key.is_encrypted
    assert bundle_key.is_openssh is (form == "openssh")
    assert spki(bundle_key.key) == spki(key) == spki(only_key(data, SECRET).key)


@table("form", ENCRYPTED)
def test_an_encrypted_key_is_opened_only_with_its_passphrase(form: str) -> None:
    data, key = ENCRYPTED[form]
    opened = only_key(data, SECRET)
    assert opened.is_encrypted
    assert spki(opened.key) == spki(key)
    locked = bundle.read(data)
    assert locked.needs_passphrase
    assert locked.has_private_key
    assert "has a passphrase" in fault(data, None).text
    assert fault(data, None).kind is ProblemKind.LOCKED
    wrong = fault(data, Secret("another"))
    assert "does not open" in wrong.text
    assert wrong.kind is ProblemKind.KEY


def test_no_form_of_a_key_shows_in_a_repr() -> None:
    material = bundle.read(pkcs8(ec_key(), Encoding.DER))
    assert "0x" not in repr(material)


def test_keys_are_not_opened_unless_requested() -> None:
    material = bundle.read(pkcs8(ec_key()) + root().certificate.public_bytes(Encoding.PEM), open_keys=False)
    assert material == KeyMaterial(has_private_key=True)


MULTI_PRIME = tlv(0x30, tlv(0x02, b"\1"), *[tlv(0x02, b"\3")] * 8, tlv(0x30))


@table(
    ("data", "words"),
    [
        (pkcs8(rsa_key())[:800], "cut short"),
        (pkcs8(ec_key()).replace(b"\nM", b"\n!", 1), "contains '!', which is not a character of base64"),
        (wrap("RSA PRIVATE KEY", b"x"), "the RSA PRIVATE KEY is damaged: it does not contain DER"),
        (wrap("SSH2 ENCRYPTED PRIVATE KEY", b"x"), "SSH2 ENCRYPTED PRIVATE KEY of this kind is not supported"),
        (wrap("TSS2 PRIVATE KEY", b"x"), "sealed in a TPM"),
        (b"\xfe\xed\xfe\xed\0\0\0\2", "Java keystore"),
        (b"PuTTY-User-Key-File-3: ssh-rsa\n", "PuTTY"),
        (pkcs8(rsa_key(), Encoding.DER)[:-100], "cut short: the length says"),
        (wrap("PRIVATE KEY", pkcs8(rsa_key(), Encoding.DER)[:-100]), "cut short: the length says"),
        (wrap("PRIVATE KEY", tlv(0x30, tlv(0x02, b"\0"), tlv(0x30, oid("1.2.3.4")), tlv(0x04, b"x"))), "(1.2.3.4)"),
        (wrap("PRIVATE KEY", tlv(0x30, tlv(0x02, b"\0"), tlv(0x30, oid("1.2.840.113549.1.1.10")), tlv(0x04, b"x"))), "RSA-PSS only"),
        (
            x25519.X25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
            "cannot sign",
        ),
        (wrap("RSA PRIVATE KEY", MULTI_PRIME), "more than two primes"),
        (wrap("PRIVATE KEY", tlv(0x30, tlv(0x02, b"\0"), tlv(0x30, oid("1.2.840.113549.1.1.1")), tlv(0x04, tlv(0x30, b"\2")))), "damaged"),
        (wrap("PRIVATE KEY", tlv(0x30, tlv(0x02, b"\0"), tlv(0x30, oid("1.2.840.113549.1.1.1")), tlv(0x04, MULTI_PRIME))), "more than two primes"),
        (OPENSSH_ENCRYPTED, "OpenSSH key has a passphrase"),
        (b"-----BEGIN OPENSSH PRIVATE KEY-----\n!\n-----END OPENSSH PRIVATE KEY-----\n", "base64"),
        (wrap("OPENSSH PRIVATE KEY", b"openssh-key-v1\0\0\0\0\x04none" + b"\0" * 9), "damaged"),
        (b"-----BEGIN OPENSSH PRIVATE KEY-----\nabc\n-----END OPENSSH PRIVATE KEY-----\n", "OpenSSH key is damaged"),
        (rare_ssh(), "does not support"),
    ],
)  # fmt: skip
def test_an_unusable_key_is_refused_with_the_right_reason(data: bytes, words: str) -> None:
    assert words in fault(data).text


def test_every_bit_of_a_key_flipped_gives_a_key_or_a_problem() -> None:
    whole = pkcs8(ec_key(), Encoding.DER)
    for place in range(len(whole)):
        data = bytearray(whole)
        data[place] ^= 1 << place % 8
        bundle.read(bytes(data), SECRET)


# PKCS #12


def packed(*, phrase: bytes | None = PHRASE, with_certificate: bool = True, with_key: bool = True) -> bytes:
    certificate = root().sign(csr(attributes=(attribute(PKCS9_EXTENSIONS, alternative("a.com")),)))
    scheme = BestAvailableEncryption(phrase) if phrase else NoEncryption()
    return pkcs12.serialize_key_and_certificates(
        b"name",
        rsa_key() if with_key else None,
        certificate if with_certificate else None,
        [root().certificate],
        scheme,
    )


@table("phrase", [PHRASE, None])
def test_pkcs12_gives_the_key_and_its_certificates(phrase: bytes | None) -> None:
    material = bundle.read(packed(phrase=phrase), SECRET if phrase else None)
    assert not material.problems
    assert spki(material.keys[0].key) == spki(rsa_key())
    assert material.keys[0].is_encrypted is bool(phrase)
    assert len(material.certificates) == 2
    assert len(bundle.read(packed(with_certificate=False), SECRET).certificates) == 1


def test_pkcs12_with_another_passphrase_is_refused() -> None:
    assert "does not open" in fault(packed(), Secret("another")).text
    assert bundle.read(packed()).needs_passphrase
    only = bundle.read(packed(with_key=False), SECRET)
    assert (only.keys, len(only.certificates), only.problems) == ((), 2, ())


def test_expensive_pkcs12_is_refused_without_opening_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kdf_limits, "MAX_ITERATIONS", 1)
    assert "iterations, which exceeds" in fault(packed()).text


def test_many_expensive_keys_in_one_file_are_not_all_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    encryption = BestAvailableEncryption(SECRET.encoded)
    keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(6)]
    pem = b"".join(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption) for key in keys)
    monkeypatch.setattr(kdf_limits, "MAX_ITERATIONS", 2048)  # as many as cryptography generates
    material = bundle.read(pem, SECRET)
    assert len(material.keys) == kdf_limits.MAX_FILE_COST
    assert len(material.problems) == 2
    assert "opening all keys in this file would take too long" in material.problems[0].text


def test_pkcs12_of_a_rare_kind_is_refused() -> None:
    bag = tlv(0x30, oid("1.2.3"), tlv(0xA0, tlv(0x05)))
    for inner, problems in ((b"\x30\x05\x01\x00", 1), (tlv(0x30, bag), 0)):
        part = tlv(0x30, oid("1.2.840.113549.1.7.1"), tlv(0xA0, tlv(0x04, inner)))
        safe = tlv(0x30, oid("1.2.840.113549.1.7.1"), tlv(0xA0, tlv(0x04, tlv(0x30, part))))
        material = bundle.read(tlv(0x30, tlv(0x02, b"\3"), safe), SECRET)
        assert len(material.problems) == problems
        assert not material.keys


# Other contents of a file


def test_a_file_can_contain_keys_csrs_and_certificates() -> None:
    certificate = root().certificate.public_bytes(Encoding.PEM)
    request = wrap("NEW CERTIFICATE REQUEST", csr())
    material = bundle.read(b"hello\n" + request + with_parameters(ec_key()) + certificate + b"bye")
    assert (len(material.keys), len(material.certificates)) == (1, 1)
    assert [item.der for item in material.requests] == [csr()]
    assert not material.problems


@table("data", [b"0", b"0\0", b"hello", wrap("EC PARAMETERS", b"x"), tlv(0x30, tlv(0x31))])
def test_a_file_can_be_empty(data: bytes) -> None:
    assert bundle.read(data).is_empty


def test_a_truncated_item_is_reported_beside_complete_ones() -> None:
    material = bundle.read(pkcs8(ec_key()) + wrap("CERTIFICATE REQUEST", csr())[:200])
    assert len(material.keys) == 1
    assert "the certificate request is cut short" in material.problems[0].text


def test_the_der_of_each_kind_is_recognized() -> None:
    assert bundle.read(csr()).requests[0].der == csr()
    certificate = root().certificate.public_bytes(Encoding.DER)
    assert bundle.read(certificate).certificates[0].der == certificate
    assert len(bundle.read(certificate + b"\r\n" + csr()).requests) == 1


def test_the_number_of_items_and_problems_is_limited() -> None:
    material = bundle.read(wrap("CERTIFICATE REQUEST", b"x") * (MAX_ITEMS + 5))
    assert len(material.problems) == MAX_PROBLEMS + 1
    assert material.problems[0].text == f"only its first {MAX_ITEMS} items are read"
    assert material.problems[-1].text == f"{MAX_ITEMS + 1 - MAX_PROBLEMS} more items cannot be read"
    data = b"".join(wrap("CERTIFICATE REQUEST", b"%d" % number) for number in range(MAX_PROBLEMS))
    assert len(bundle.read(data).problems) == MAX_PROBLEMS
    assert "more items" not in bundle.read(data).problems[-1].text


def test_the_number_of_opened_keys_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "MAX_KEYS", 1)
    material = bundle.read(pkcs8(ec_key()) + pkcs8(ec_key(1)))
    assert len(material.keys) == 1
    assert "only the first 1 private keys" in material.problems[0].text


# CSRs of other programs


@table("name", ["sha1", "md5"])
def test_an_intact_signature_with_an_old_hash_is_valid(name: str) -> None:
    der = csr(hash_name=name)
    assert read_der(der).signature_hash == name
    assert has_valid_signature(der)
    assert not has_valid_signature(der.replace(b"mydomain", b"yourmain"))


def retold(der: bytes, signature: bytes, algorithm: str) -> bytes:
    """Return a CSR with another signature and another algorithm."""
    request_info = x509.load_der_x509_csr(der).tbs_certrequest_bytes
    return tlv(0x30, request_info, tlv(0x30, oid(algorithm)), tlv(0x03, b"\0", signature))


def test_old_hashes_with_other_kinds_of_keys() -> None:
    builder = x509.CertificateSigningRequestBuilder().subject_name(named("a.com"))
    der = builder.sign(ec_key(), hashes.SHA256()).public_bytes(Encoding.DER)
    signed = x509.load_der_x509_csr(der).tbs_certrequest_bytes
    old = ec_key().sign(signed, ec.ECDSA(hashes.SHA1()))  # noqa: S303 - what old tools signed with
    ecdsa_with_sha1 = "1.2.840.10045.4.1"
    assert has_valid_signature(retold(der, old, ecdsa_with_sha1))
    assert not has_valid_signature(retold(der, b"x" * 70, ecdsa_with_sha1))
    of_dsa = builder.sign(dsa_key(), hashes.SHA256()).public_bytes(Encoding.DER)
    assert has_valid_signature(of_dsa)
    assert not has_valid_signature(retold(of_dsa, old, ecdsa_with_sha1))


def test_a_compressed_point_is_reported_as_unsupported() -> None:
    data = b64decode(b"".join(openssh(ec_key()).splitlines()[1:-1]))
    curve = b"nistp256\0\0\0A"  # the first of the 65 bytes of the point names its form
    assert data.count(curve + b"\x04") == 2
    compressed = wrap("OPENSSH PRIVATE KEY", data.replace(curve + b"\x04", curve + b"\x02"))
    assert "csrtui does not support this type of private key" in fault(compressed).text


def test_the_attributes_of_microsoft_are_read() -> None:
    made = read_der(csr(attributes=microsoft_attributes("www.mydomain.com", "mydomain.com")))
    assert made.names == ("www.mydomain.com", "mydomain.com")
    assert has_valid_signature(made.der)
    assert read_pem(to_pem(made.der)).der == made.der
