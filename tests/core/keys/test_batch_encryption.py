"""One passphrase for many keys: derived once per run, with a separate IV for each key, readable by other programs."""

from __future__ import annotations

import copy
import os
import pickle
from threading import Thread
from typing import TYPE_CHECKING

import pytest
from backups_made import derivation
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_der_private_key,
)
from requests_made import key_of

from csrtui.core.base.errors import InputError, RefusedError
from csrtui.core.base.secret import Secret
from csrtui.core.keys import key_types, pkcs8
from csrtui.core.keys.key_types import KeyType
from csrtui.core.keys.pkcs8 import BatchDecryptor, BatchEncryptor

if TYPE_CHECKING:
    from csrtui.core.keys.key_types import PrivateKey

PASSPHRASE, OTHER = Secret("correct horse battery staple"), Secret("another one altogether")
QUICK = 10
TYPES = (KeyType.EC_P256, KeyType.EC_P384, KeyType.RSA_2048, KeyType.ED25519, KeyType.ML_DSA_44)


class Derivations:
    """The numbers of calls of `pkcs8.derive` and of cryptography's own reader."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.derived: list[bytes] = []
        self.read: list[bytes] = []
        derive, decrypt = pkcs8.derive, pkcs8.decrypt

        def deriving(passphrase: Secret, salt: bytes, iterations: int | None = None) -> pkcs8.DerivedKey:
            self.derived.append(salt)
            return derive(passphrase, salt, iterations)

        def decrypting(der: bytes, passphrase: Secret) -> PrivateKey:
            self.read.append(der)
            return decrypt(der, passphrase)

        monkeypatch.setattr(pkcs8, "derive", deriving)
        monkeypatch.setattr(pkcs8, "decrypt", decrypting)


pytestmark = pytest.mark.usefixtures("few_rounds")


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Derivations:
    """Count derivations from now on."""
    return Derivations(monkeypatch)


def fingerprint(key: PrivateKey) -> str:
    return key_types.spki_sha256(key.public_key())


def sealed(passphrase: Secret = PASSPHRASE, times: int = 1) -> list[bytes]:
    """Return the DER of keys that one run has encrypted."""
    encryptor = BatchEncryptor(passphrase, os.urandom)
    return [pkcs8.to_der(encryptor.encrypt(key_of(KeyType.EC_P256))) for _ in range(times)]


def test_a_run_derives_one_key_and_every_private_key_has_its_own_iv(counted: Derivations) -> None:
    ders = sealed(times=5)
    assert len(counted.derived) == 1
    assert len({derivation(der) for der in ders}) == 1
    assert len(set(ders)) == 5
    assert derivation(ders[0]) == (counted.derived[0], QUICK)
    assert derivation(sealed()[0]) != derivation(ders[0])


@pytest.mark.parametrize("key_type", TYPES)
def test_cryptography_opens_each_key(key_type: KeyType) -> None:
    encryptor, decryptor = BatchEncryptor(PASSPHRASE, os.urandom), BatchDecryptor(PASSPHRASE)
    for _ in range(3):
        der = pkcs8.to_der(encryptor.encrypt(key_of(key_type)))
        for key in (load_der_private_key(der, PASSPHRASE.encoded), decryptor.decrypt(der)):
            assert key_types.spki_sha256(key.public_key()) == fingerprint(key_of(key_type))  # type: ignore[arg-type]


def test_the_first_key_uses_cryptographys_reader_and_the_others_one_derivation(
    counted: Derivations,
) -> None:
    ders, decryptor = sealed(times=6), BatchDecryptor(PASSPHRASE)
    counted.derived.clear()
    assert {fingerprint(decryptor.decrypt(der)) for der in ders} == {fingerprint(key_of(KeyType.EC_P256))}
    assert counted.read == ders[:1]
    assert len(counted.derived) == 1


def test_a_wrong_passphrase_opens_none_of_them() -> None:
    decryptor = BatchDecryptor(OTHER)
    for der in sealed(times=20):
        with pytest.raises(RefusedError, match="does not open the key"):
            decryptor.decrypt(der)


def test_a_flipped_bit_never_gives_another_key() -> None:
    (der,), decryptor = sealed(), BatchDecryptor(PASSPHRASE)
    decryptor.decrypt(der)
    for at in range(len(der) - 40, len(der)):
        damaged = der[:at] + bytes([der[at] ^ 1]) + der[at + 1 :]
        with pytest.raises((RefusedError, InputError)):
            decryptor.decrypt(damaged)


@pytest.mark.parametrize(
    ("wanted", "other"),
    [("2a864886f70d0209", "2a864886f70d020b"), ("60864801650304012a", "600102030405060708")],
    ids=["hash", "cipher"],
)
def test_keys_with_other_schemes_are_opened_by_cryptography(
    counted: Derivations, wanted: str, other: str
) -> None:
    (der,), decryptor = sealed(), BatchDecryptor(PASSPHRASE)
    counted.derived.clear()
    foreign = der.replace(bytes.fromhex(wanted), bytes.fromhex(other))
    assert foreign != der
    for _ in range(3):
        with pytest.raises((RefusedError, InputError)):
            decryptor.decrypt(foreign)
    assert counted.read == [foreign] * 3
    assert counted.derived == []


def test_cryptographys_own_encryption_is_opened() -> None:
    encryption = BestAvailableEncryption(PASSPHRASE.encoded)
    der = key_of(KeyType.EC_P256).private_bytes(Encoding.DER, PrivateFormat.PKCS8, encryption)
    decryptor = BatchDecryptor(PASSPHRASE)
    assert [fingerprint(decryptor.decrypt(der)) for _ in range(3)] == [
        fingerprint(key_of(KeyType.EC_P256))
    ] * 3


def test_keys_with_another_form_are_not_opened_with_a_derived_key() -> None:
    with pytest.raises(InputError, match="cannot be read"):
        BatchDecryptor(PASSPHRASE).decrypt(b"\x30\x00")


def test_an_empty_passphrase_is_refused() -> None:
    with pytest.raises(ValueError, match="protects nothing"):
        BatchEncryptor(Secret(""), os.urandom).encrypt(key_of(KeyType.EC_P256))
    decryptor = BatchDecryptor(Secret(""))
    for der in sealed(times=3):
        with pytest.raises(RefusedError):
            decryptor.decrypt(der)


def test_the_number_of_cached_derivations_is_limited(counted: Derivations) -> None:
    decryptor, (first,) = BatchDecryptor(PASSPHRASE), sealed()
    decryptor.decrypt(first)
    decryptor.decrypt(first)
    for _ in range(64):
        decryptor.decrypt(sealed()[0])
    counted.read.clear()
    decryptor.decrypt(first)
    assert counted.read == [first], "it begins anew"


def test_many_threads_share_one_derivation(counted: Derivations) -> None:
    ders, decryptor = sealed(times=16), BatchDecryptor(PASSPHRASE)
    counted.derived.clear()
    opened: list[str] = []
    threads = [
        Thread(target=lambda der=der: opened.append(fingerprint(decryptor.decrypt(der)))) for der in ders
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert opened == [fingerprint(key_of(KeyType.EC_P256))] * 16
    assert len(counted.derived) == 1


def test_a_derived_key_is_not_shown_by_repr() -> None:
    derived = pkcs8.derive(PASSPHRASE, bytes(16))
    assert len(derived.revealed) == 32
    for message in (repr(derived), str(derived), f"{derived}"):
        assert message == "DerivedKey()"
    assert not hasattr(derived, "__dict__")
    for writing in (pickle.dumps, copy.copy):
        with pytest.raises(TypeError, match="cannot be serialized"):
            writing(derived)
