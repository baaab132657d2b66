"""Encrypted keys in every scheme are opened, or refused with the scheme and a command that converts them."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from base64 import b64encode

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from foreign_made import PHRASE, as_private, ec_key, oid, pkcs8, tlv, traditional
from tables import table

from csrtui.core import bundle
from csrtui.core.base.asn1 import wrap
from csrtui.core.base.secret import Secret
from csrtui.core.bundle import ProblemKind
from csrtui.core.keys import key_types

SECRET = Secret(PHRASE.decode())
LEGACY = ("-provider", "legacy", "-provider", "default")


def encrypted(*options: str, given: bytes | None = None) -> bytes:
    """Return a key that openssl encrypted."""
    if shutil.which("openssl") is None:
        pytest.skip("skipped because openssl is not installed")
    command = ["openssl", "pkcs8", "-topk8", *options, "-passout", f"pass:{PHRASE.decode()}"]
    return subprocess.run(command, input=given or pkcs8(ec_key()), capture_output=True, check=True).stdout


def text_of(data: bytes, passphrase: Secret = SECRET) -> str:
    (problem,) = bundle.read(data, passphrase).problems
    assert problem.kind is ProblemKind.KEY
    return problem.text


@table(
    "options",
    [
        ("-scrypt",),
        ("-v2", "des3", "-v2prf", "hmacWithSHA1"),
        ("-v2", "camellia-128-cbc"),
        ("-v1", "PBE-SHA1-2DES"),
        ("-v1", "PBE-MD5-DES", *LEGACY),
        ("-v1", "PBE-SHA1-RC2-40", *LEGACY),
    ],
)
def test_keys_encrypted_by_openssl_are_opened(options: tuple[str, ...]) -> None:
    data = encrypted(*options)
    (bundle_key,) = bundle.read(data, SECRET).keys
    assert key_types.spki_sha256(bundle_key.key.public_key()) == key_types.spki_sha256(
        as_private(ec_key()).public_key()
    )
    assert "does not open" in text_of(data, Secret("another"))


@table(
    ("options", "scheme"),
    [
        (("-v2", "aria-192-cbc"), "ARIA-192-CBC"),
        (("-v2prf", "hmacWithSHA512-224"), "HMAC-SHA512-224"),
        (("-v2prf", "hmacWithMD5"), "HMAC-MD5"),
        (("-v2", "bf", *LEGACY), "BF-CBC"),
        (("-v1", "PBE-SHA1-RC4-40", *LEGACY), "PBE-SHA1-RC4-40"),
    ],
)
def test_an_unsupported_scheme_is_named(options: tuple[str, ...], scheme: str) -> None:
    assert (
        text_of(encrypted(*options)) == f"the key is encrypted with {scheme}, which csrtui does not support"
    )


def test_an_unknown_derivation_is_named_by_its_identifier() -> None:
    derivation = tlv(0x30, oid("1.2.3.4"), tlv(0x30))
    aes = tlv(0x30, oid("2.16.840.1.101.3.4.1.42"), tlv(0x04, bytes(16)))
    scheme = tlv(0x30, oid("1.2.840.113549.1.5.13"), tlv(0x30, derivation, aes))
    data = wrap("ENCRYPTED PRIVATE KEY", tlv(0x30, scheme, tlv(0x04, bytes(16))))
    assert "encrypted with 1.2.3.4, which" in text_of(data)


@table(
    "parameters",
    [
        tlv(0x30, tlv(0x0C, b"salt"), tlv(0x02, b"\1")),
        tlv(0x30, tlv(0x04, b"salt"), tlv(0x02, b"\0")),
        tlv(0x30),
        tlv(0x05),
    ],
)
def test_malformed_parameters_are_named(parameters: bytes) -> None:
    scheme = tlv(0x30, oid("1.2.840.113549.1.12.1.3"), parameters)
    data = wrap("ENCRYPTED PRIVATE KEY", tlv(0x30, scheme, tlv(0x04, bytes(16))))
    assert text_of(data) == "the key's encryption parameters are malformed"


@table(
    ("curve", "curve_oid"),
    [
        (ec.SECP256R1(), "1.2.840.10045.3.1.7"),
        (ec.SECP521R1(), "1.3.132.0.35"),  # 521 bits are not a whole number of octets
        (ec.BrainpoolP512R1(), "1.3.36.3.3.2.8.1.1.13"),
    ],
)
@table("length", [67, 66])
def test_an_ec_private_value_with_superfluous_octets_is_read(
    curve: ec.EllipticCurve, curve_oid: str, length: int
) -> None:
    scalar = (1 << (curve.key_size - 2)) + 7
    private_key = tlv(0x30, tlv(0x02, b"\1"), tlv(0x04, scalar.to_bytes(length)))
    algorithm = tlv(0x30, oid("1.2.840.10045.2.1"), oid(curve_oid))
    data = wrap("PRIVATE KEY", tlv(0x30, tlv(0x02, b"\0"), algorithm, tlv(0x04, private_key)))
    (bundle_key,) = bundle.read(data).keys
    expected = ec.derive_private_key(scalar, curve).public_key()
    assert key_types.spki_sha256(bundle_key.key.public_key()) == key_types.spki_sha256(expected)


@table(
    ("iv", "cipher", "words"),
    [
        ("00", "AES-256-CBC", "DEK-Info of the key is malformed"),
        ("000", "AES-256-CBC", "DEK-Info of the key is malformed"),
        ("0011223344556677", "IDEA-CBC", "encrypted with IDEA-CBC, which"),
    ],
)
def test_malformed_headers_are_named(iv: str, cipher: str, words: str) -> None:
    lines = traditional(ec_key(), passphrase=PHRASE).decode().splitlines()
    lines[2] = f"DEK-Info: {cipher},{iv}"
    assert words in text_of("\n".join(lines).encode())


@table("plain", [b"hello, this is text", b"0\3\2\5\0", b"0\0", tlv(0x30, tlv(0x04, b"x"))])
def test_decrypted_data_that_is_not_a_key_means_a_wrong_passphrase(plain: bytes) -> None:
    """In one of 256 cases, the padding is valid although the passphrase is wrong."""
    from cryptography.hazmat.primitives.ciphers import Cipher, modes
    from cryptography.hazmat.primitives.ciphers.algorithms import AES
    from cryptography.hazmat.primitives.padding import PKCS7

    iv = bytes(range(16))
    key = hashlib.md5(PHRASE + iv[:8]).digest()  # noqa: S324 - as OpenSSL derives it
    padder, encryptor = PKCS7(128).padder(), Cipher(AES(key), modes.CBC(iv)).encryptor()
    body = b64encode(encryptor.update(padder.update(plain) + padder.finalize())).decode()
    label = "-----{} EC PRIVATE KEY-----\n"
    head = f"Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,{iv.hex()}\n\n"
    data = label.format("BEGIN") + head + body + "\n" + label.format("END")
    assert text_of(data.encode()) == "the passphrase does not open the key, or the key is damaged"


# Private keys in unusual encodings


def sec1(value: bytes, *rest: bytes) -> bytes:
    return wrap("EC PRIVATE KEY", tlv(0x30, tlv(0x02, b"\1"), tlv(0x04, value), *rest))


CURVE = tlv(0xA0, oid("1.2.840.10045.3.1.7"))


@table("length", [3, 31, 33, 40])
def test_a_private_value_of_any_length_is_read(length: int) -> None:
    key = ec.derive_private_key(0xC0FFEE, ec.SECP256R1())
    (bundle_key,) = bundle.read(sec1((0xC0FFEE).to_bytes(length), CURVE)).keys
    assert key_types.spki_sha256(bundle_key.key.public_key()) == key_types.spki_sha256(key.public_key())


def test_pkcs8_of_version_2_names_an_unsupported_curve() -> None:
    algorithm = tlv(0x30, oid("1.2.840.10045.2.1"), oid("1.2.3"))
    key = tlv(0x30, tlv(0x02, b"\1"), tlv(0x04, b"\1" * 28))
    data = wrap("PRIVATE KEY", tlv(0x30, tlv(0x02, b"\1"), algorithm, tlv(0x04, key)))
    assert "does not support this type of private key (curve 1.2.3)" in text_of(data)


@table(
    ("data", "words"),
    [
        (sec1(b"\xff" * 40, CURVE), "damaged"),
        (sec1(b"\1" * 32), "damaged"),
        (sec1(b"\1" * 32, tlv(0xA0, oid("1.2.3"))), "does not support this type of private key (curve 1.2.3)"),
        (wrap("PRIVATE KEY", tlv(0x30, tlv(0x02, b"\0"), tlv(0x30, oid("1.2.840.10045.2.1"), oid("1.2.840.10045.3.1.7")), tlv(0x04, b"x"))), "damaged"),
        (wrap("RSA PRIVATE KEY", tlv(0x30, *[tlv(0x02, b"\1")] * 9)), "damaged"),
    ],
)  # fmt: skip
def test_a_malformed_key_that_cannot_be_rewritten_is_refused(data: bytes, words: str) -> None:
    assert words in text_of(data)


def ed25519(public: bytes) -> bytes:
    return wrap(
        "PRIVATE KEY",
        tlv(0x30, tlv(0x02, b"\1"), tlv(0x30, oid("1.3.101.112")), tlv(0x04, tlv(0x04, b"\7" * 32)), public),
    )


def test_pkcs8_of_version_2_is_read_and_its_public_key_checked() -> None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    public = Ed25519PrivateKey.from_private_bytes(b"\7" * 32).public_key().public_bytes_raw()
    assert len(bundle.read(ed25519(tlv(0x81, b"\0", public))).keys) == 1
    assert len(bundle.read(ed25519(b"")).keys) == 1
    assert "the public key stored with it belongs to another key" in text_of(
        ed25519(tlv(0x81, b"\0", bytes(32)))
    )
