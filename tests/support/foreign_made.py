"""Keys, CSRs and certificates as openssl and other programs have made them over the years, for adoption."""

from __future__ import annotations

import subprocess
from base64 import b64decode
from functools import cache
from typing import TYPE_CHECKING, cast

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from cryptography.x509.oid import NameOID

from csrtui.core.base.asn1 import wrap

if TYPE_CHECKING:
    from csrtui.core.keys.key_types import PrivateKey

PHRASE = b"correct horse battery staple"


@cache
def rsa_key(bits: int = 2048) -> rsa.RSAPrivateKey:
    """Return an RSA key. There is one for each length."""
    return rsa.generate_private_key(65537, bits)


@cache
def ec_key(number: int = 0) -> ec.EllipticCurvePrivateKey:
    """Return a key on P-256. There is one for each number."""
    return ec.derive_private_key((0xC0FFEE << 200) + number, ec.SECP256R1())


@cache
def dsa_key() -> dsa.DSAPrivateKey:
    """Return a DSA key. It is short, because the parameters of a longer one take seconds to generate."""
    return dsa.generate_private_key(1024)  # noqa: S505 - weak on purpose


def pkcs8(key: PrivateKey, encoding: Encoding = Encoding.PEM, passphrase: bytes | None = None) -> bytes:
    """Return a key as PKCS #8."""
    scheme = BestAvailableEncryption(passphrase) if passphrase else NoEncryption()
    return key.private_bytes(encoding, PrivateFormat.PKCS8, scheme)


def traditional(key: PrivateKey, encoding: Encoding = Encoding.PEM, passphrase: bytes | None = None) -> bytes:
    """Return a key as OpenSSL before 1.0 wrote it: PKCS #1, SEC 1, with ``Proc-Type`` if it has a passphrase."""
    scheme = BestAvailableEncryption(passphrase) if passphrase else NoEncryption()
    return key.private_bytes(encoding, PrivateFormat.TraditionalOpenSSL, scheme)


def openssh(key: PrivateKey) -> bytes:
    """Return a key as ssh-keygen writes it."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())


def with_parameters(key: PrivateKey) -> bytes:
    """Return the output of ``openssl ecparam -genkey``: the curve, then the key."""
    return wrap("EC PARAMETERS", bytes.fromhex("06082a8648ce3d030107")) + traditional(key)


OPENSSH_ENCRYPTED = wrap(
    "OPENSSH PRIVATE KEY",
    b"openssh-key-v1\0" + b"\0\0\0\x0aaes256-ctr" + b"\0\0\0\x06bcrypt" + b"\0\0\0\0",
)
"""The beginning of an encrypted key of ssh-keygen."""


# CSRs encoded by hand, for forms that no current library writes


def tlv(tag: int, *contents: bytes) -> bytes:
    """Return a value in DER."""
    body = b"".join(contents)
    length = len(body)
    if length < 0x80:
        return bytes([tag, length]) + body
    octets = length.to_bytes((length.bit_length() + 7) // 8)
    return bytes([tag, 0x80 | len(octets)]) + octets + body


def oid(text: str) -> bytes:
    """Return an object identifier in DER."""
    first, second, *rest = map(int, text.split("."))
    octets = bytearray()
    for number in (40 * first + second, *rest):
        part = [number & 0x7F]
        while number := number >> 7:
            part.append(0x80 | number & 0x7F)
        octets += bytes(reversed(part))
    return tlv(0x06, bytes(octets))


def subject(common_name: str) -> bytes:
    """Return a Name with only a common name."""
    text = tlv(0x0C, common_name.encode())
    return tlv(0x30, tlv(0x31, tlv(0x30, oid("2.5.4.3"), text)))


def alternative(*names: str) -> bytes:
    """Return Extensions with a SAN extension."""
    general = tlv(0x30, *(tlv(0x82, name.encode()) for name in names))
    return tlv(0x30, tlv(0x30, oid("2.5.29.17"), tlv(0x04, general)))


def attribute(kind: str, value: bytes) -> bytes:
    """Return an attribute with one value."""
    return tlv(0x30, oid(kind), tlv(0x31, value))


PKCS9_EXTENSIONS, MS_EXTENSIONS = "1.2.840.113549.1.9.14", "1.3.6.1.4.1.311.2.1.14"
_HASHES = {
    "sha1": ("1.2.840.113549.1.1.5", hashes.SHA1()),  # noqa: S303 - what old tools signed with
    "md5": ("1.2.840.113549.1.1.4", hashes.MD5()),  # noqa: S303 - what older tools signed with
    "sha256": ("1.2.840.113549.1.1.11", hashes.SHA256()),
}


def csr(
    key: rsa.RSAPrivateKey | None = None,
    *,
    common_name: str = "www.mydomain.com",
    version: int = 0,
    attributes: tuple[bytes, ...] = (),
    hash_name: str = "sha256",
) -> bytes:
    """Return the DER of a CSR, signed by an RSA key with PKCS #1 v1.5."""
    signer = key or rsa_key()
    algorithm, signed_with = _HASHES[hash_name]
    spki = signer.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    said = tlv(0x30, tlv(0x02, bytes([version])), subject(common_name), spki, tlv(0xA0, *sorted(attributes)))
    signature = signer.sign(said, padding.PKCS1v15(), signed_with)
    return tlv(0x30, said, tlv(0x30, oid(algorithm), tlv(0x05)), tlv(0x03, b"\0", signature))


def bare_csr(key: PrivateKey) -> bytes:
    """Return the DER of a CSR without names for a key of any type."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "proof.invalid")])
    algorithm = (
        None if isinstance(key, ed25519.Ed25519PrivateKey | ed448.Ed448PrivateKey) else hashes.SHA256()
    )
    return (
        x509.CertificateSigningRequestBuilder()
        .subject_name(name)
        .sign(key, algorithm)
        .public_bytes(Encoding.DER)
    )


def microsoft_attributes(*names: str) -> tuple[bytes, ...]:
    """Return the attributes that IIS's wizard and ``certreq`` add to a CSR."""
    version = attribute("1.3.6.1.4.1.311.13.2.3", tlv(0x16, b"10.0.20348.2"))
    client = attribute(
        "1.3.6.1.4.1.311.21.20",
        tlv(0x30, tlv(0x02, b"\5"), tlv(0x0C, b"WEB01"), tlv(0x0C, b"MY\\admin"), tlv(0x0C, b"certreq.exe")),
    )
    provider = attribute(
        "1.3.6.1.4.1.311.13.2.2",
        tlv(
            0x30,
            tlv(0x02, b"\1"),
            tlv(0x1E, "Microsoft RSA SChannel Cryptographic Provider".encode("utf-16-be")),
            tlv(0x03, b"\0"),
        ),
    )
    return version, client, provider, attribute(MS_EXTENSIONS, alternative(*names))


def openssl(*arguments: str, given: bytes = b"") -> bytes:
    """Run openssl and return its output."""
    return subprocess.run(["openssl", *arguments], input=given, capture_output=True, check=True).stdout


def der_in(pem: bytes) -> bytes:
    """Return the DER of the first block of a PEM text."""
    return b64decode(b"".join(pem.split(b"-----")[2].split()))


def as_private(key: object) -> PrivateKey:
    """Return the same key, with the type of a private key."""
    return cast("PrivateKey", key)
