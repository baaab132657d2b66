"""Age files: only the recipients can open them, and errors are csrtui's own messages."""

from __future__ import annotations

import builtins
import shutil
import subprocess
from base64 import b64encode
from typing import TYPE_CHECKING, Any

import pyrage
import pytest
from recipients_made import age_pair, ssh_pair
from tables import table

from csrtui.core.backups import age
from csrtui.core.backups.recipients import read_recipients
from csrtui.core.base.errors import InputError, RefusedError

if TYPE_CHECKING:
    from pathlib import Path

PAIRS = {
    "age": age_pair(),
    "ssh-ed25519": ssh_pair("ssh-ed25519"),
    "ssh-rsa": ssh_pair("ssh-rsa"),
}
PLAIN = b"a private key" * 100


def sealed(*kinds: str) -> bytes:
    return age.encrypt(PLAIN, read_recipients("\n".join(PAIRS[kind][1] for kind in kinds)))


@table("kind", PAIRS)
def test_each_recipient_alone_opens_the_file(kind: str) -> None:
    data = sealed(*PAIRS)
    assert age.is_age(data)
    assert PLAIN[:13] not in data
    assert age.decrypt(data, PAIRS[kind][0]) == PLAIN
    assert age.decrypt(data, PAIRS["age"][0] * age.MAX_IDENTITIES) == PLAIN


@pytest.mark.parametrize("kind", PAIRS)
def test_age_itself_opens_the_file(kind: str, tmp_path: Path) -> None:
    if shutil.which("age") is None:
        pytest.skip("age is not installed")
    identity = tmp_path / "identity"
    identity.write_bytes(PAIRS[kind][0])
    identity.chmod(0o600)
    done = subprocess.run(
        ["age", "-d", "-i", str(identity)], input=sealed(kind), capture_output=True, timeout=30, check=True
    )
    assert done.stdout == PLAIN


def test_an_armored_file_is_opened() -> None:
    recipient = pyrage.x25519.Recipient.from_str(PAIRS["age"][1])
    assert age.decrypt(pyrage.encrypt(PLAIN, [recipient], armored=True), PAIRS["age"][0]) == PLAIN


def test_other_identities_do_not_open_the_file() -> None:
    with pytest.raises(RefusedError, match="encrypted to other recipients"):
        age.decrypt(sealed("age"), age_pair(1)[0])


@table(
    ("data", "message"),
    [
        (b"", "not an age file"),
        (b"-----BEGIN CERTIFICATE-----", "not an age file"),
        (b"age-encryption.org/v1\n".ljust(age.MAX_BYTES), "damaged or cut short"),
        (b"age-encryption.org/v1\n".ljust(age.MAX_BYTES + 1), "too much"),
        (b"age-encryption.org/v1\n-> scrypt bBjlhJVYZeE4aqUdmtRHfw 18\nabc\n--- mac\n", "passphrase mode"),
        (b"age-encryption.org/v1\n", "damaged or cut short"),
        (sealed("age")[:-1], "damaged or cut short"),
    ],
)
def test_a_file_that_is_not_age_is_reported(data: bytes, message: str) -> None:
    with pytest.raises(InputError, match=message):
        age.decrypt(data, PAIRS["age"][0])


@table(
    ("identity", "message"),
    [
        (b"", "neither age identities"),
        (b"# nothing\n", "neither age identities"),
        (b"hello\n", "neither age identities"),
        (PAIRS["age"][0] + b"hello\n", "neither age identities"),
        (PAIRS["age"][1].encode(), "neither age identities"),
        (b"AGE-PLUGIN-YUBIKEY-1QQQ\n", "plugin"),
        (b"AGE-SECRET-KEY-1QQQ\n", "the age identity is damaged"),
        (b"AGE-SECRET-KEY-1\xff\n", "the age identity is damaged"),
        (PAIRS["age"][0] * (age.MAX_IDENTITIES + 1), "more than"),
        (b"#" * (age.MAX_IDENTITY_BYTES + 1), "more than"),
        (sealed("age"), "itself encrypted"),
        (ssh_pair("ecdsa")[0], "neither ed25519 nor RSA"),
        (ssh_pair("ssh-rsa")[0][:200], "damaged"),
        (b"-----BEGIN RSA PRIVATE KEY-----\nhello", "damaged"),
    ],
)
def test_an_invalid_identity_is_reported(identity: bytes, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        age.decrypt(sealed("age"), identity)
    assert caught.value.hint


@pytest.mark.parametrize("form", [["-t", "ed25519"], ["-t", "rsa", "-b", "2048", "-m", "PEM"]])
def test_an_encrypted_ssh_key_is_reported_with_a_fix(form: list[str], tmp_path: Path) -> None:
    if shutil.which("ssh-keygen") is None:
        pytest.skip("ssh-keygen is not installed")
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", *form, "-N", "a passphrase", "-f", str(key)], timeout=60, check=True)
    with pytest.raises(InputError, match="has a passphrase") as caught:
        age.decrypt(sealed("age"), key.read_bytes())
    assert 'ssh-keygen -p -N ""' in str(caught.value.hint)


def test_every_change_is_noticed() -> None:
    data = sealed("age")
    for at in range(0, len(data), 4):
        changed = bytearray(data)
        changed[at] ^= 1 << at // 4 % 8
        with pytest.raises((InputError, RefusedError)):
            age.decrypt(bytes(changed), PAIRS["age"][0])


def test_a_missing_pyrage_is_reported_with_its_installation_command(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def missing(name: str, *rest: Any) -> Any:
        if name == "pyrage":
            raise ModuleNotFoundError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(InputError) as caught:
        age.load_pyrage()
    assert caught.value.hint == "pip install 'csrtui[age]'"


def test_the_installation_of_pyrage_is_detected(monkeypatch: pytest.MonkeyPatch) -> None:
    assert age.is_installed()
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    assert not age.is_installed()


class PanicException(BaseException):
    """The exception for a panic in Rust."""


@pytest.mark.parametrize(
    ("raised", "expected"),
    [
        (PanicException, InputError),
        (pyrage.RecipientError, InputError),
        (pyrage.EncryptError, InputError),
        (KeyboardInterrupt, KeyboardInterrupt),
    ],
)
def test_errors_of_pyrage_are_replaced(
    raised: type[BaseException], expected: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> bytes:
        raise raised("secret")

    monkeypatch.setattr(pyrage, "encrypt", fail)
    with pytest.raises(expected) as caught:
        sealed("age")
    assert expected is KeyboardInterrupt or "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("raised", "expected"), [(PanicException, InputError), (KeyboardInterrupt, KeyboardInterrupt)]
)
def test_a_panic_while_decrypting_is_replaced(
    raised: type[BaseException], expected: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> bytes:
        raise raised("secret")

    data = sealed("age")
    monkeypatch.setattr(pyrage, "decrypt", fail)
    with pytest.raises(expected) as caught:
        age.decrypt(data, PAIRS["age"][0])
    assert expected is KeyboardInterrupt or "secret" not in str(caught.value)


def test_the_header_shows_the_kinds_of_the_recipients() -> None:
    data = sealed(*PAIRS)
    assert age.read_recipient_kinds(data) == ("age (X25519)", "SSH (ed25519)", "SSH (RSA)")
    lines = "\n".join(
        ["-----BEGIN AGE ENCRYPTED FILE-----", b64encode(data).decode(), "-----END AGE ENCRYPTED FILE-----"]
    )
    assert age.read_recipient_kinds(lines.encode()) == age.read_recipient_kinds(data)
    start = b"age-encryption.org/v1\n"
    assert age.read_recipient_kinds(start + b"-> scrypt a 18\n-> \n--- mac") == (
        "a passphrase",
        "another kind",
    )
    for damaged in (
        start,
        b"-----BEGIN AGE ENCRYPTED FILE-----",
        b"-----BEGIN AGE ENCRYPTED FILE-----\nA\n-----",
        b"x",
    ):
        assert age.read_recipient_kinds(damaged) == ()
