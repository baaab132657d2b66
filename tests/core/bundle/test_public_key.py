"""Public keys, and the public half of OpenSSH private keys, are read from files of any program."""

from __future__ import annotations

from base64 import b64decode, b64encode

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from foreign_made import OPENSSH_ENCRYPTED
from tables import table

from csrtui.core import bundle
from csrtui.core.base.asn1 import wrap
from csrtui.core.keys import key_types

KEY = ec.derive_private_key(7, ec.SECP256R1()).public_key()
SPKI = KEY.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
SSH = KEY.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()


def string(data: bytes) -> bytes:
    return len(data).to_bytes(4) + data


DSS = string(b"ssh-dss") + string(b"\0\x80" + bytes(127)) + string(b"\1") * 3


@table(
    "data",
    [
        SPKI,
        wrap("PUBLIC KEY", SPKI),
        b"text before\n" + wrap("PUBLIC KEY", SPKI) + b"text after",
        SSH.encode(),
        b'no-pty,command="/bin/true" ' + SSH.encode() + b" me@host\n# a comment",
        wrap("SSH2 PUBLIC KEY", string(b"ecdsa-sha2-nistp256") + b""),
    ],
)
def test_a_public_key_is_read(data: bytes) -> None:
    keys = bundle.read_public_keys(data)
    (key,) = keys
    if key.key is None:  # a block without the numbers is still named
        assert key.label == "ecdsa-sha2-nistp256"
    else:
        assert key_types.spki_sha256(key.key) == key_types.spki_sha256(KEY)
        assert key.label == "EC P-256"
    assert not key.is_private


def test_a_key_of_pkcs1_is_read() -> None:
    public = rsa.RSAPublicNumbers(65537, 2**2047 + 12345).public_key()
    data = public.public_bytes(Encoding.PEM, PublicFormat.PKCS1)
    (key,) = bundle.read_public_keys(data)
    assert key.label == "RSA 2048"


def test_an_encrypted_openssh_key_shows_its_public_half() -> None:
    blob = KEY.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).split()[1]
    header = b"openssh-key-v1\0" + string(b"aes256-ctr") + string(b"bcrypt") + string(bytes(24))
    data = wrap(
        "OPENSSH PRIVATE KEY", header + (1).to_bytes(4) + string(b64decode(blob)) + string(bytes(160))
    )
    (key,) = bundle.read_public_keys(data)
    assert key.is_private
    assert key.is_encrypted
    assert key.ssh_sha256.startswith("SHA256:")


@table(
    ("data", "label"),
    [
        (b"SSH PRIVATE KEY FILE FORMAT 1.1\n\0\0", "RSA1 (SSH protocol 1)"),
        (b"1024 65537 " + b"7" * 300 + b" old@host", "RSA1 1024 (SSH protocol 1)"),
        (b"ssh-dss " + b64encode(DSS) + b" old@host", "DSA 1024 (ssh-dss)"),
        (
            b"sk-ssh-ed25519@openssh.com " + b64encode(string(b"sk-ssh-ed25519@openssh.com") + bytes(40)),
            "sk-ssh-ed25519@openssh.com",
        ),
    ],
)
def test_a_key_in_an_unsupported_format_is_named(data: bytes, label: str) -> None:
    (key,) = bundle.read_public_keys(data)
    assert (key.key, key.label) == (None, label)


@table(
    "data",
    [
        b"",
        b"0 is not DER",
        wrap("PUBLIC KEY", b"\x30\x03\x02\x01\x01"),
        wrap("SSH2 PUBLIC KEY", b"\0\0\0\4oops"),
        b"ssh-rsa is a word",
        b"ssh-rsa " + b64encode(string(b"not a type") * 2),
        OPENSSH_ENCRYPTED,
    ],
)
def test_other_data_has_no_public_key(data: bytes) -> None:
    assert bundle.read_public_keys(data) == ()
