"""PKCS #12 in every form of RFC 7292 and RFC 9579. A malformed item does not hide the others."""

from __future__ import annotations

import hashlib
import hmac

import pytest
from certificates_made import root
from cryptography.hazmat.primitives.serialization import Encoding
from foreign_made import ec_key, oid, pkcs8, tlv
from tables import table

from csrtui.core import bundle
from csrtui.core.base.asn1 import read_node
from csrtui.core.base.errors import InputError
from csrtui.core.base.secret import Secret
from csrtui.core.bundle import decryption, pfx
from csrtui.core.keys import kdf_limits

DATA, ENCRYPTED, SIGNED = "1.2.840.113549.1.7.1", "1.2.840.113549.1.7.6", "1.2.840.113549.1.7.2"
BAG = "1.2.840.113549.1.12.10.1."
KEY = pkcs8(ec_key(), Encoding.DER)
CERTIFICATE = root().certificate.public_bytes(Encoding.DER)
PHRASE = Secret("correct horse")
RC4 = tlv(0x30, oid("1.2.840.113549.1.12.1.1"), tlv(0x30, tlv(0x04, b"saltsalt"), tlv(0x02, b"\1")))


def bag(kind: int, value: bytes) -> bytes:
    return tlv(0x30, oid(f"{BAG}{kind}"), tlv(0xA0, value))


def cert_bag(kind: str = "1.2.840.113549.1.9.22.1") -> bytes:
    return bag(3, tlv(0x30, oid(kind), tlv(0xA0, tlv(0x04, CERTIFICATE))))


def plain_part(*bags: bytes) -> bytes:
    return tlv(0x30, oid(DATA), tlv(0xA0, tlv(0x04, tlv(0x30, *bags))))


def encrypted_part(scheme: bytes, content: bytes) -> bytes:
    inside = tlv(0x30, oid(DATA), scheme, content)
    return tlv(0x30, oid(ENCRYPTED), tlv(0xA0, tlv(0x30, tlv(0x02, b"\0"), inside)))


def container(*parts: bytes, mac: bytes = b"", kind: str = DATA) -> bytes:
    safe = tlv(0x30, oid(kind), tlv(0xA0, tlv(0x04, tlv(0x30, *parts))))
    return tlv(0x30, tlv(0x02, b"\3"), safe, mac)


def pbmac1(content: bytes, phrase: bytes, prf: str = "1.2.840.113549.2.9", length: bytes = b"\x20") -> bytes:
    """Return a MAC according to RFC 9579, with HMAC-SHA256."""
    key = hashlib.pbkdf2_hmac("sha256", phrase, b"saltsalt", 10, int.from_bytes(length) or 1)
    algorithm = tlv(0x30, oid("1.2.840.113549.2.9"))
    derivation = tlv(
        0x30,
        oid("1.2.840.113549.1.5.12"),
        tlv(
            0x30, tlv(0x04, b"saltsalt"), tlv(0x02, b"\x0a"), tlv(0x02, length) if length else b"", algorithm
        ),
    )
    parameters = tlv(0x30, derivation, tlv(0x30, oid(prf)))
    digest = hmac.digest(key, content, "sha256")
    return tlv(0x30, tlv(0x30, tlv(0x30, oid("1.2.840.113549.1.5.14"), parameters), tlv(0x04, digest)), tlv(0x04, b"x"))  # fmt: skip


def problems(data: bytes, passphrase: Secret | None = PHRASE) -> list[str]:
    return [problem.text for problem in bundle.read(data, passphrase).problems]


def test_keys_and_certificates_can_be_in_any_part() -> None:
    nested = bag(6, tlv(0x30, bag(1, KEY), cert_bag()))
    material = bundle.read(container(plain_part(nested), plain_part(cert_bag("1.2.840.113549.1.9.22.2"))))
    assert (len(material.keys), len(material.certificates), material.problems) == (1, 1, ())


def test_endlessly_nested_bags_are_ignored() -> None:
    deep = bag(1, KEY)
    for _ in range(6):
        deep = bag(6, tlv(0x30, deep))
    assert bundle.read(container(plain_part(deep))).is_empty


def test_a_malformed_item_does_not_hide_the_others() -> None:
    data = container(
        plain_part(tlv(0x30, oid(f"{BAG}1")), bag(2, KEY), bag(1, KEY)), tlv(0x30, oid(SIGNED)), tlv(0x30)
    )
    material = bundle.read(data)
    assert len(material.keys) == 1
    assert [problem.text for problem in material.problems] == [
        "an item of the PKCS #12 file is malformed",
        "a part of the PKCS #12 file is of an unknown kind",
    ]


def test_a_damaged_key_does_not_hide_the_certificates() -> None:
    material = bundle.read(container(plain_part(bag(1, tlv(0x30, tlv(0x02, b"\0"))), cert_bag(), bag(3, tlv(0x30, oid("1.2.840.113549.1.9.22.1"), tlv(0xA0, tlv(0x04, b"x")))))))  # fmt: skip
    assert len(material.certificates) == 1
    assert [problem.text for problem in material.problems] == [
        "the private key is damaged: its values do not match each other",
        "certificate 2 of 2 in the PKCS #12 file is cut short: the encoding ends in its header",
    ]


def test_the_number_of_items_is_limited() -> None:
    many = container(plain_part(*[cert_bag()] * 401))
    assert "only the first 400 items of the PKCS #12 file are read" in problems(many)


def test_an_unsupported_scheme_is_named_with_a_command() -> None:
    shrouded = bag(2, tlv(0x30, RC4, tlv(0x04, b"x" * 8)))
    for data in (
        container(plain_part(shrouded)),
        container(plain_part(cert_bag(), shrouded), encrypted_part(RC4, tlv(0x80, b"x" * 8))),
        container(plain_part(shrouded), mac=old_mac(container_content(plain_part(shrouded)))),
        container(encrypted_part(RC4, tlv(0x80, b"x" * 8)), mac=old_mac(container_content(encrypted_part(RC4, tlv(0x80, b"x" * 8))))),
    ):  # fmt: skip
        (problem,) = bundle.read(data, PHRASE).problems
        assert "the PKCS #12 file is encrypted with PBE-SHA1-RC4-128" in problem.text
        assert str(problem.hint).startswith("openssl pkcs12 -legacy -in FILE -nodes -out NEW.pem")


def container_content(*parts: bytes) -> bytes:
    return tlv(0x30, *parts)


def old_mac(content: bytes, iterations: bytes = b"\1") -> bytes:
    key = decryption.derive_pkcs12(
        "sha1",
        decryption.bmp_string(PHRASE.encoded),
        b"salt",
        int.from_bytes(iterations),
        purpose=3,
        length=20,
    )
    digest = tlv(
        0x30, tlv(0x30, oid("1.3.14.3.2.26"), tlv(0x05)), tlv(0x04, hmac.digest(key, content, "sha1"))
    )
    return tlv(0x30, digest, tlv(0x04, b"salt"), tlv(0x02, iterations))


def test_without_a_mac_an_encrypted_item_verifies_the_passphrase() -> None:
    from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12

    made = pkcs12.serialize_key_and_certificates(
        b"x", ec_key(), None, [root().certificate], BestAvailableEncryption(PHRASE.encoded)
    )
    version, safe, _mac = read_node(made).children()
    data = tlv(0x30, version.encoded, safe.encoded)
    assert len(bundle.read(data, PHRASE).keys) == 1
    assert bundle.read(data).needs_passphrase


def test_a_divided_ciphertext_is_joined() -> None:
    pieces = tlv(0xA0, tlv(0x04, b"x" * 8), tlv(0x04, b"y" * 8))
    three = tlv(0x30, oid("1.2.840.113549.1.12.1.3"), tlv(0x30, tlv(0x04, b"saltsalt"), tlv(0x02, b"\1")))
    assert problems(container(encrypted_part(three, pieces))) == [
        "the passphrase does not open the PKCS #12 file, or the file is damaged"
    ]
    assert bundle.read(container(encrypted_part(three, pieces))).needs_passphrase


@table("phrase", [b"", b"correct horse"])
def test_a_mac_of_rfc_9579_is_checked(phrase: bytes) -> None:
    part = plain_part(bag(1, KEY))
    data = container(part, mac=pbmac1(container_content(part), phrase))
    assert len(bundle.read(data, PHRASE).keys) == 1
    assert bundle.read(data).needs_passphrase is bool(phrase)
    assert "does not open" in problems(container(part, mac=pbmac1(b"another", phrase)))[0]


def test_the_key_of_a_mac_has_at_most_64_octets() -> None:
    part = plain_part(bag(1, KEY))
    longest, longer = (
        container(part, mac=pbmac1(container_content(part), b"", length=bytes([length])))
        for length in (64, 65)
    )
    assert len(bundle.read(longest).keys) == 1
    assert "which csrtui does not support" in problems(longer)[0]


def test_macs_of_other_kinds_are_named() -> None:
    part = plain_part(bag(1, KEY))
    unknown = tlv(0x30, tlv(0x30, tlv(0x30, oid("1.2.3")), tlv(0x04, b"x")), tlv(0x04, b"x"))
    assert problems(container(part, mac=unknown)) == [
        "the PKCS #12 file has a MAC of kind 1.2.3, which csrtui does not support"
    ]
    for mac in (pbmac1(b"", b"", prf="1.2.840.113549.2.13"), pbmac1(b"", b"", length=b"")):
        assert "which csrtui does not support" in problems(container(part, mac=mac))[0]


def test_too_many_iterations_are_refused_without_opening() -> None:
    part = plain_part(bag(1, KEY))
    too_many = (kdf_limits.MAX_HASH_ITERATIONS + 1).to_bytes(4)
    mac = tlv(
        0x30,
        tlv(0x30, tlv(0x30, oid("1.3.14.3.2.26")), tlv(0x04, b"x" * 20)),
        tlv(0x04, b"s"),
        tlv(0x02, too_many),
    )
    assert f"needs {kdf_limits.MAX_HASH_ITERATIONS + 1} iterations" in problems(container(part, mac=mac))[0]


def test_other_protections_and_shapes_are_named() -> None:
    assert "protected with a public key" in problems(container(kind=SIGNED))[0]
    data = tlv(0x30, tlv(0x02, b"\3"), tlv(0x30, oid(DATA), tlv(0xA0, tlv(0x0C, b"x"))))
    assert "does not have the structure of RFC 7292" in problems(data)[0]
    assert not pfx.is_pfx(tlv(0x30, tlv(0x02, b"\3")))


def test_an_encrypted_key_is_refused_if_only_certificates_are_expected() -> None:
    material = bundle.read(container(plain_part(bag(1, KEY), cert_bag())), open_keys=False)
    assert material.has_private_key
    with pytest.raises(InputError, match="the PKCS #12 file contains a private key"):
        bundle.refuse_private_key(material)


# RC2 (RFC 2268)


@table(
    ("key", "plain", "cipher"),
    [
        ("ffffffffffffffff", "ffffffffffffffff", None),
        ("88bca90e90875a7f0f79c384627bafb2", "0000000000000000", "2269552ab0f85ca6"),
    ],
)
def test_rc2_decrypts_the_vectors_of_its_rfc(key: str, plain: str, cipher: str | None) -> None:
    if cipher is not None:
        assert decryption.decrypt_rc2(bytes.fromhex(key), bytes(8), bytes.fromhex(cipher)).hex() == plain
    for iv, data in ((bytes(7), bytes(8)), (bytes(8), bytes(9))):
        with pytest.raises(ValueError, match=r"\d"):
            decryption.decrypt_rc2(bytes.fromhex(key), iv, data)
    with pytest.raises(InputError, match="are encrypted with RC2"):
        decryption.decrypt_rc2(bytes.fromhex(key), bytes(8), bytes(decryption.MAX_RC2_BYTES + 8))


def test_a_mac_that_is_longer_than_its_hash_is_not_computed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of its blocks would need all iterations again."""
    monkeypatch.setattr(decryption, "derive_pkcs12", lambda *_, **__: pytest.fail("computed"))
    algorithm = tlv(0x30, oid("1.3.14.3.2.26"), tlv(0x05))
    mac = tlv(
        0x30,
        tlv(0x30, algorithm, tlv(0x04, bytes(100_000))),
        tlv(0x04, b"saltsalt"),
        tlv(0x02, b"\x0f\x42\x40"),
    )
    assert "does not open" in problems(container(plain_part(cert_bag()), mac=mac))[0]


def test_expensive_bags_share_a_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kdf_limits, "MAX_HASH_ITERATIONS", 10)
    scheme = tlv(0x30, oid("1.2.840.113549.1.12.1.3"), tlv(0x30, tlv(0x04, b"saltsalt"), tlv(0x02, b"\x0a")))
    locked = bag(2, tlv(0x30, scheme, tlv(0x04, bytes(16))))
    mac = pbmac1(tlv(0x30, plain_part(locked, locked, locked)), PHRASE.encoded)
    texts = problems(container(plain_part(locked, locked, locked), mac=mac))
    assert "opening all keys in this file would take too long" in texts[-1]
