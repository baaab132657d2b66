"""Weak keys: adopted with an error, refused for reuse, restored with a warning."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from backups_made import PASSPHRASE
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from foreign_made import pkcs8 as pkcs8_pem
from pairs_made import new_pair, order, restore
from requests_made import NOW

from csrtui.core.base.errors import RefusedError
from csrtui.core.base.finding import CaKind, Level
from csrtui.core.certificates import csr
from csrtui.core.subject.fields import SubjectFields
from csrtui.store import package_data
from csrtui.store.keystore import Keystore
from csrtui.tasks.adopt.adopt import AdoptionSpec, MissingCsr, adopt, plan
from csrtui.tasks.adopt.match import match
from csrtui.tasks.adopt.search import read_files
from csrtui.tasks.backup import back_up
from csrtui.tasks.private_keys import all_key_findings, weak_key_lines
from csrtui.tasks.renew import plan_renewal, prove_old_key
from csrtui.tasks.session import Session

if TYPE_CHECKING:
    from pathlib import Path

    from csrtui.core.keys.key_types import PrivateKey
    from csrtui.core.pairs.pair import Pair

RFC_9500 = b"""-----BEGIN EC PRIVATE KEY-----
MHcCAQEEIObLW92AqkWunJXowVR2Z5/+yVPBaFHnEedDk5WJxk/BoAoGCCqGSM49
AwEHoUQDQgAEQiVI+I+3gv+17KN0RFLHKh5Vj71vc75eSOkyMsxFxbFsTNEMTLjV
uKFxOelIgsiZJXKZNCX0FBmrfpCkKklCcg==
-----END EC PRIVATE KEY-----
"""


def published() -> PrivateKey:
    return load_pem_private_key(RFC_9500, None)  # type: ignore[return-value]


def small_scalar() -> PrivateKey:
    return ec.derive_private_key(2**120 + 1, ec.SECP256R1())


WEAK = [
    pytest.param(published, "published", id="published"),
    pytest.param(small_scalar, "121 bits", id="scalar"),
]

pytestmark = pytest.mark.usefixtures("few_rounds")


def adopted(session: Session, folder: Path, key: PrivateKey, ca: CaKind) -> Pair:
    """Adopt a key with a new CSR."""
    (folder / "key.pem").write_bytes(pkcs8_pem(key))
    der = csr.build(SubjectFields(common_name="a.com"), ("a.com",), key)
    (folder / "request.pem").write_bytes(csr.to_pem(der))
    found = read_files(str(folder / "key.pem"), str(folder / "request.pem"), [])
    planned = plan(found, match(session, found, None, ca), MissingCsr.REFUSE)
    (candidate,) = planned.candidates
    result = adopt(session, candidate, AdoptionSpec())
    level = Level.ERROR if ca is CaKind.PUBLIC else Level.WARNING
    assert [(one.code, one.level) for one in result.key_findings if one.code == "key-weak"] == [
        ("key-weak", level)
    ]
    assert result.ok
    return plan_renewal(session, "a.com").pair


@pytest.mark.parametrize("ca", CaKind)
@pytest.mark.parametrize(("make", "words"), WEAK)
def test_a_weak_key_is_adopted_with_a_finding_and_reused_only_for_a_private_ca_or_by_force(
    session: Session, tmp_path: Path, make: object, words: str, ca: CaKind
) -> None:
    pair = adopted(session, tmp_path, make(), ca)  # type: ignore[operator]
    renewal = plan_renewal(session, pair.name)
    if ca is CaKind.PUBLIC:
        with pytest.raises(RefusedError, match=words) as caught:
            prove_old_key(session, renewal)
        assert "--force" in str(caught.value.hint)
    _, findings = prove_old_key(session, renewal, force=ca is CaKind.PUBLIC)
    assert any(words in one.text for one in (*renewal.old_findings, *findings))


@pytest.mark.parametrize("ca", CaKind)
@pytest.mark.parametrize(("make", "words"), WEAK)
def test_a_weak_key_is_restored_with_a_warning(
    session: Session, tmp_path: Path, make: object, words: str, ca: CaKind
) -> None:
    pair = adopted(session, tmp_path, make(), ca)  # type: ignore[operator]
    (tmp_path / "usb").mkdir()
    backup = back_up(session, pair.name, order(tmp_path / "usb"))
    elsewhere = Session(Keystore(str(tmp_path / "elsewhere")), clock=lambda: NOW)
    restored = restore(elsewhere, backup.path, PASSPHRASE)
    assert restored.record.key.spki_sha256 == pair.record.key.spki_sha256
    first, last = weak_key_lines(elsewhere, restored)
    assert words in first
    assert f"csrtui renew --store {elsewhere.store.path} a.com" in last


def test_a_good_key_is_restored_without_a_warning(session: Session, tmp_path: Path) -> None:
    new_pair(session)
    (tmp_path / "usb").mkdir()
    backup = back_up(session, "a.com", order(tmp_path / "usb"))
    elsewhere = Session(Keystore(str(tmp_path / "elsewhere")), clock=lambda: NOW)
    assert weak_key_lines(elsewhere, restore(elsewhere, backup.path, PASSPHRASE)) == []


def test_a_key_that_badkeys_lists_is_weak(monkeypatch: pytest.MonkeyPatch) -> None:
    key = rsa.generate_private_key(65537, 2048)
    monkeypatch.setattr("csrtui.tasks.private_keys.find_compromised_key", lambda _: "debian\x1bssl")
    (found,) = all_key_findings(key, CaKind.PUBLIC)
    assert (found.code, found.level) == ("key-weak", Level.ERROR)
    assert "badkeys lists it as compromised (debian\\x1bssl)" in found.text
    monkeypatch.setattr("csrtui.tasks.private_keys.find_compromised_key", package_data.find_compromised_key)
    assert all_key_findings(key, CaKind.PUBLIC) == ()
