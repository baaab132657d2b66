"""A backup is proved by the key itself, of each type, and by no other."""

from __future__ import annotations

import pytest
from backups_made import asked
from requests_made import key_of

from csrtui.core import keys, request
from csrtui.core.keys import KeyType
from csrtui.core.proof import proves


@pytest.mark.parametrize("key_type", KeyType)
def test_the_request_s_own_key_proves_it(key_type: KeyType) -> None:
    assert proves(key_of(key_type), asked(key_type))


def test_another_key_does_not() -> None:
    assert not proves(keys.generate(KeyType.EC_P256), asked())
    assert not proves(key_of(KeyType.EC_P384), asked())


def test_a_key_whose_signature_does_not_hold_proves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    build = request.build

    def damaged(*arguments: object) -> bytes:
        der = bytearray(build(*arguments))  # type: ignore[arg-type]
        der[-1] ^= 1
        return bytes(der)

    monkeypatch.setattr(request, "build", damaged)
    assert not proves(key_of(KeyType.EC_P256), asked())
