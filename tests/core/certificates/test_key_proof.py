"""A backup is proved by the key itself, of each type, and by no other."""

from __future__ import annotations

import pytest
from backups_made import asked
from cryptography.hazmat.primitives.asymmetric import ec, ed448, rsa
from requests_made import key_of

from csrtui.core.certificates import csr
from csrtui.core.certificates.key_proof import proves
from csrtui.core.keys import key_types
from csrtui.core.keys.key_types import KeyType


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
def test_a_key_that_csrtui_does_not_make_proves_its_request_too(key: key_types.PrivateKey) -> None:
    assert proves(key, csr.read_der(csr.probe(key)))


def test_another_key_does_not() -> None:
    assert not proves(key_types.generate(KeyType.EC_P256), asked())
    assert not proves(key_of(KeyType.EC_P384), asked())


def test_a_key_whose_signature_does_not_hold_proves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    probe = csr.probe

    def damaged(key: key_types.PrivateKey) -> bytes:
        der = bytearray(probe(key))
        der[-1] ^= 1
        return bytes(der)

    monkeypatch.setattr(csr, "probe", damaged)
    assert not proves(key_of(KeyType.EC_P256), asked())
