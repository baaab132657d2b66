"""Private keys of other programs: told apart, opened, and refused for the true reason."""

from __future__ import annotations

from base64 import b64decode

import pytest
from certificates_made import named, root
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
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

from csrtui.core import key_cost, keys, request
from csrtui.core.errors import InputError, RefusedError
from csrtui.core.foreign_key import Envelope, ForeignKey, open_key
from csrtui.core.holdings import MAX_SECTIONS, Holdings, read_holdings
from csrtui.core.pem import wrap
from csrtui.core.secret import Secret

SECRET = Secret(PHRASE.decode())


def only_key(data: bytes) -> ForeignKey:
    found = read_holdings(data)
    assert not found.faults
    (key,) = found.keys
    return key


def fault(data: bytes) -> str:
    found = read_holdings(data)
    (error,) = found.faults
    assert not found.keys
    return error.what


def spki(key: object) -> str:
    return keys.spki_sha256(as_private(key).public_key())


def rare_ssh() -> bytes:
    """An OpenSSH key of a kind that only a security token uses."""
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


@pytest.mark.parametrize("form", PLAIN)
def test_a_plain_key_is_read_in_every_form(form: str) -> None:
    data, key = PLAIN[form]
    found = only_key(data)
    assert not found.wants_passphrase
    assert spki(open_key(found).key) == spki(key)
    assert spki(open_key(found, SECRET).key) == spki(key)


@pytest.mark.parametrize("form", ENCRYPTED)
def test_a_key_under_a_passphrase_is_opened_with_it_only(form: str) -> None:
    data, key = ENCRYPTED[form]
    found = only_key(data)
    assert found.wants_passphrase
    assert spki(open_key(found, SECRET).key) == spki(key)
    with pytest.raises(InputError, match="under a passphrase"):
        open_key(found)
    with pytest.raises(RefusedError, match="does not open"):
        open_key(found, Secret("another"))


def test_no_form_of_a_key_shows_in_a_repr() -> None:
    found = only_key(pkcs8(ec_key(), Encoding.DER))
    assert "data" not in repr(found)
    assert "0x" not in repr(open_key(found))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (pkcs8(ec_key()).rpartition(b"-----END")[0], "cut short"),
        (pkcs8(ec_key()).replace(b"\nM", b"\n!", 1), "something else than base64"),
        (wrap("SSH2 ENCRYPTED PRIVATE KEY", b"x"), "SSH2 ENCRYPTED PRIVATE KEY is not read"),
        (b"\xfe\xed\xfe\xed\0\0\0\2", "Java keystore"),
        (b"PuTTY-User-Key-File-3: ssh-rsa\n", "PuTTY"),
    ],
)
def test_what_cannot_be_a_key_is_told(data: bytes, words: str) -> None:
    assert words in fault(data)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (pkcs8(rsa_key(), Encoding.DER)[:-100], "damaged"),
        (wrap("PRIVATE KEY", tlv(0x30, tlv(0x02, b"\0"), tlv(0x30, oid("1.2.3.4")), tlv(0x04, b"x"))), "not known"),
        (
            x25519.X25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
            "cannot sign",
        ),
        (OPENSSH_ENCRYPTED, "OpenSSH's own form"),
        (b"-----BEGIN OPENSSH PRIVATE KEY-----\n!\n-----END OPENSSH PRIVATE KEY-----\n", "OpenSSH's own form"),
        (wrap("OPENSSH PRIVATE KEY", b"openssh-key-v1\0\0\0\0\x04none" + b"\0" * 9), "damaged"),
        (b"-----BEGIN OPENSSH PRIVATE KEY-----\nabc\n-----END OPENSSH PRIVATE KEY-----\n", "OpenSSH's own form"),
        (rare_ssh(), "not known here"),
    ],
)  # fmt: skip
def test_a_key_that_cannot_be_used_is_refused_for_the_true_reason(data: bytes, words: str) -> None:
    with pytest.raises(InputError, match=words):
        open_key(only_key(data))


def test_an_old_cipher_is_told_and_no_passphrase_blamed() -> None:
    data = traditional(rsa_key(), passphrase=PHRASE).replace(b"AES-256-CBC", b"AES-192-CBC")
    with pytest.raises(InputError, match="cannot be opened here") as caught:
        open_key(only_key(data), SECRET)
    assert caught.value.hint is not None
    assert "openssl" in caught.value.hint


def test_every_bit_of_a_key_flipped_gives_a_key_or_an_error_of_csrtui() -> None:
    whole = pkcs8(ec_key(), Encoding.DER)
    for place in range(len(whole)):
        data = bytearray(whole)
        data[place] ^= 1 << place % 8
        for key in read_holdings(bytes(data)).keys:
            try:
                open_key(key, SECRET)
            except (InputError, RefusedError):
                continue


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


@pytest.mark.parametrize("phrase", [PHRASE, None])
def test_a_key_comes_out_of_pkcs12_with_its_certificates(phrase: bytes | None) -> None:
    found = only_key(packed(phrase=phrase))
    assert found.envelope is Envelope.PKCS12
    opened = open_key(found, Secret(phrase.decode() if phrase else ""))
    assert spki(opened.key) == spki(rsa_key())
    assert len(opened.certificates) == 2
    assert len(open_key(only_key(packed(with_certificate=False)), SECRET).certificates) == 1


def test_pkcs12_with_another_passphrase_or_without_a_key_is_refused() -> None:
    with pytest.raises(RefusedError, match="does not open"):
        open_key(only_key(packed()), Secret("another"))
    with pytest.raises(InputError, match="no private key"):
        open_key(only_key(packed(with_key=False)), SECRET)


def test_pkcs12_that_would_cost_too_much_is_refused_unopened(monkeypatch: pytest.MonkeyPatch) -> None:
    data = packed()
    monkeypatch.setattr(key_cost, "MAX_ROUNDS", 1)
    with pytest.raises(InputError, match="more work"):
        open_key(only_key(data), SECRET)
    monkeypatch.undo()
    judged = key_cost.judge_cost
    seen: list[int] = []

    def judge(der: bytes) -> None:
        seen.append(len(der))
        judged(der)
        if len(seen) == 2:
            raise InputError("too dear")

    monkeypatch.setattr(key_cost, "judge_cost", judge)
    with pytest.raises(InputError, match="more work"):
        open_key(only_key(data), SECRET)


def test_pkcs12_under_a_scheme_that_is_not_known_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise UnsupportedAlgorithm("of a kind to come")

    monkeypatch.setattr(pkcs12, "load_pkcs12", refuse)
    with pytest.raises(InputError, match="cannot be opened here"):
        open_key(only_key(packed()), SECRET)


def test_pkcs12_of_a_rare_kind_is_refused() -> None:
    bag = tlv(0x30, oid("1.2.3"), tlv(0xA0, tlv(0x05)))
    for inner, words in ((b"\x31\x00", "rare kind"), (tlv(0x30, bag), "no private key")):
        part = tlv(0x30, oid("1.2.840.113549.1.7.1"), tlv(0xA0, tlv(0x04, inner)))
        safe = tlv(0x30, oid("1.2.840.113549.1.7.1"), tlv(0xA0, tlv(0x04, tlv(0x30, part))))
        data = tlv(0x30, tlv(0x02, b"\3"), safe)
        with pytest.raises((InputError, RefusedError), match=words):
            open_key(only_key(data), SECRET)


def test_pkcs12_whose_mac_names_its_rounds_elsewhere_is_left_alone() -> None:
    safe = tlv(0x30, oid("1.2.840.113549.1.7.1"), tlv(0xA0, tlv(0x04, tlv(0x30))))
    algorithm = tlv(0x30, oid("1.2.840.113549.1.5.14"), tlv(0x30))
    mac = tlv(0x30, tlv(0x30, algorithm, tlv(0x04, b"x")), tlv(0x04, b"salt"))
    with pytest.raises(InputError, match="more work"):
        open_key(only_key(tlv(0x30, tlv(0x02, b"\3"), safe, mac)), SECRET)


# What else a file holds


def test_a_file_may_hold_all_of_it() -> None:
    certificate = root().certificate.public_bytes(Encoding.PEM)
    asked = wrap("NEW CERTIFICATE REQUEST", csr())
    found = read_holdings(b"hello\n" + asked + with_parameters(ec_key()) + certificate + b"bye")
    assert (len(found.keys), found.requests, len(found.certificates)) == (1, [csr()], 1)
    assert not found.faults
    assert found


@pytest.mark.parametrize("data", [b"", b"\0", b"0", b"0\0", b"hello", wrap("EC PARAMETERS", b"x")])
def test_a_file_may_hold_nothing(data: bytes) -> None:
    found = read_holdings(data)
    assert not found.keys + found.requests + found.certificates


def test_what_is_cut_short_is_told_beside_what_is_whole() -> None:
    found = read_holdings(pkcs8(ec_key()) + wrap("CERTIFICATE REQUEST", csr()).rpartition(b"-----END")[0])
    assert len(found.keys) == 1
    assert "cut short" in found.faults[0].what


def test_the_der_of_each_is_told_apart() -> None:
    assert read_holdings(csr()).requests == [csr()]
    certificate = root().certificate.public_bytes(Encoding.DER)
    assert read_holdings(certificate).certificates == [certificate]
    bundle = x509.load_der_x509_certificate(certificate)
    from cryptography.hazmat.primitives.serialization import pkcs7

    packed_7 = pkcs7.serialize_certificates([bundle], Encoding.DER)
    assert read_holdings(packed_7).certificates == [certificate]
    assert "no CSR and no certificate" in read_holdings(tlv(0x30, tlv(0x31))).faults[0].what


def test_no_more_than_a_thousand_parts_are_read() -> None:
    found = read_holdings(wrap("CERTIFICATE REQUEST", b"x") * (MAX_SECTIONS + 5))
    assert len(found.requests) == MAX_SECTIONS
    assert len(found.faults) == 1


def test_nothing_found_is_false() -> None:
    assert not Holdings()


# CSRs as others made them


@pytest.mark.parametrize("name", ["sha1", "md5"])
def test_a_signature_with_an_old_hash_holds_while_it_is_whole(name: str) -> None:
    der = csr(hash_name=name)
    assert request.read_der(der).signature_hash == name
    assert request.signature_holds(der)
    assert not request.signature_holds(der.replace(b"mydomain", b"yourmain"))


def retold(der: bytes, signature: bytes, algorithm: str) -> bytes:
    """A CSR with another signature, said to be of another algorithm."""
    said = x509.load_der_x509_csr(der).tbs_certrequest_bytes
    return tlv(0x30, said, tlv(0x30, oid(algorithm)), tlv(0x03, b"\0", signature))


def test_old_hashes_with_other_kinds_of_keys() -> None:
    builder = x509.CertificateSigningRequestBuilder().subject_name(named("a.com"))
    der = builder.sign(ec_key(), hashes.SHA256()).public_bytes(Encoding.DER)
    signed = x509.load_der_x509_csr(der).tbs_certrequest_bytes
    old = ec_key().sign(signed, ec.ECDSA(hashes.SHA1()))  # noqa: S303 - what old tools signed with
    ecdsa_with_sha1 = "1.2.840.10045.4.1"
    assert request.signature_holds(retold(der, old, ecdsa_with_sha1))
    assert not request.signature_holds(retold(der, b"x" * 70, ecdsa_with_sha1))
    of_dsa = builder.sign(dsa_key(), hashes.SHA256()).public_bytes(Encoding.DER)
    assert request.signature_holds(of_dsa)
    assert not request.signature_holds(retold(of_dsa, old, ecdsa_with_sha1))


def test_a_point_that_is_compressed_is_of_an_unknown_kind() -> None:
    data = b64decode(b"".join(openssh(ec_key()).splitlines()[1:-1]))
    curve = b"nistp256\0\0\0A"  # the point has 65 bytes, the first of which says how it is written
    assert data.count(curve + b"\x04") == 2
    (found,) = read_holdings(wrap("OPENSSH PRIVATE KEY", data.replace(curve + b"\x04", curve + b"\x02"))).keys
    with pytest.raises(InputError, match="of a kind that is not known here"):
        open_key(found)


def test_the_attributes_of_microsoft_are_read() -> None:
    made = request.read_der(csr(attributes=microsoft_attributes("www.mydomain.com", "mydomain.com")))
    assert made.names == ("www.mydomain.com", "mydomain.com")
    assert request.signature_holds(made.der)
    assert request.read_pem(request.to_pem(made.der)).der == made.der
