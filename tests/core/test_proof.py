"""A backup is proved by the key itself, of each type, and by no other."""

from __future__ import annotations

import pytest
from backups_made import asked
from cryptography.hazmat.primitives.asymmetric import ec, ed448, rsa
from requests_made import key_of

from csrtui.core import keys, request
from csrtui.core.keys import KeyType
from csrtui.core.proof import proves


@pytest.mark.parametrize("key_type", KeyType)
def test_the_request_s_own_key_proves_it(key_type: KeyType) -> None:
    assert proves(key_of(key_type), asked(key_type))


@pytest.mark.parametrize(
    "key",
    [
        rsa.generate_private_key(65537, 1024),  # noqa: S505 - as others made them
        ec.generate_private_key(ec.SECP256K1()),
        ed448.Ed448PrivateKey.generate(),
    ],
)
def test_a_key_that_csrtui_does_not_make_proves_its_request_too(key: keys.PrivateKey) -> None:
    assert proves(key, request.read_der(request.probe(key)))


def test_another_key_does_not() -> None:
    assert not proves(keys.generate(KeyType.EC_P256), asked())
    assert not proves(key_of(KeyType.EC_P384), asked())


def test_a_key_whose_signature_does_not_hold_proves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    probe = request.probe

    def damaged(key: keys.PrivateKey) -> bytes:
        der = bytearray(probe(key))
        der[-1] ^= 1
        return bytes(der)

    monkeypatch.setattr(request, "probe", damaged)
    assert not proves(key_of(KeyType.EC_P256), asked())
