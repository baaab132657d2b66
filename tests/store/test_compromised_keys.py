"""badkeys' list of compromised keys is used if it is installed, and never required."""

from __future__ import annotations

import hashlib
import json
import sys
from typing import TYPE_CHECKING

import pytest
from requests_made import key_of

from csrtui.core.keys.key_types import KeyType
from csrtui.store.package_data import find_compromised_key

if TYPE_CHECKING:
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric import ec, rsa

pytest.importorskip("badkeys", reason="badkeys is not installed: it comes with the extra `test`")


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder in which badkeys keeps its list, without a list that another test has read."""
    from badkeys.allkeys import block
    from badkeys.utils import _cachedir

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(block, "_blmeta", False)
    monkeypatch.setattr(block, "_bldata", False)
    _cachedir.cache_clear()
    folder = tmp_path / "badkeys"
    folder.mkdir()
    return folder


def write_list(cache: Path, *numbers: int) -> None:
    """Write a list in badkeys' format: 15 octets of a hash and the number of a list, sorted."""
    rows = sorted(
        hashlib.sha256(number.to_bytes((number.bit_length() + 7) // 8)).digest()[:15] + b"\x07"
        for number in numbers
    )
    (cache / "blocklist.dat").write_bytes(b"".join(rows))
    (cache / "badkeysdata.json").write_text(json.dumps({"blocklists": [{"id": 7, "name": "debianssl"}]}))


def rsa_public() -> rsa.RSAPublicKey:
    key: rsa.RSAPublicKey = key_of(KeyType.RSA_2048).public_key()  # type: ignore[assignment]
    return key


def ec_public() -> ec.EllipticCurvePublicKey:
    key: ec.EllipticCurvePublicKey = key_of(KeyType.EC_P256).public_key()  # type: ignore[assignment]
    return key


def test_a_key_on_the_list_is_named_with_its_list(cache: Path) -> None:
    write_list(cache, rsa_public().public_numbers().n, ec_public().public_numbers().x, 12345)
    assert find_compromised_key(rsa_public()) == "debianssl"
    assert find_compromised_key(ec_public()) == "debianssl"
    assert find_compromised_key(key_of(KeyType.ED25519).public_key()) is None


def test_without_the_list_there_is_no_finding(cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert find_compromised_key(rsa_public()) is None
    (cache / "blocklist.dat").write_bytes(b"")
    assert find_compromised_key(rsa_public()) is None
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("meta", ["", "[]", '{"blocklists": 7}', '{"blocklists": [{"id": "x"}]}'])
def test_a_damaged_list_is_ignored(cache: Path, meta: str) -> None:
    write_list(cache, rsa_public().public_numbers().n)
    (cache / "badkeysdata.json").write_text(meta)
    assert find_compromised_key(rsa_public()) is None


def test_an_empty_list_is_ignored(cache: Path) -> None:
    write_list(cache)
    assert find_compromised_key(rsa_public()) is None


def test_without_badkeys_there_is_no_finding(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_list(cache, rsa_public().public_numbers().n)
    monkeypatch.setitem(sys.modules, "badkeys", None)
    assert find_compromised_key(rsa_public()) is None


def test_the_list_is_read_from_the_folder_of_badkeys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from badkeys.allkeys import block
    from badkeys.utils import _cachedir

    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(block, "_blmeta", False)
    monkeypatch.setattr(block, "_bldata", False)
    _cachedir.cache_clear()
    folder = tmp_path / ".cache" / "badkeys"
    folder.mkdir(parents=True)
    write_list(folder, rsa_public().public_numbers().n)
    assert find_compromised_key(rsa_public()) == "debianssl"
    _cachedir.cache_clear()
