"""Renewing: a new pair linked to the old one, or the old CSR after a proof, without any loss of the old pair."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from certificates_made import intermediate, pem
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from requests_made import NOW, key_of

from csrtui.core.base.errors import InputError, RefusedError, StoreError
from csrtui.core.base.finding import CaKind
from csrtui.core.base.secret import Secret
from csrtui.core.certificates import csr
from csrtui.core.keys import key_types
from csrtui.core.keys.key_types import KeyType
from csrtui.core.pairs.pair import NextStep, Pair, PairRecord, Stage
from csrtui.core.pairs.pair_json import dump_record
from csrtui.core.pairs.renewal_ways import RenewalWay
from csrtui.core.subject.fields import SubjectInput
from csrtui.store import safe_files
from csrtui.store.disk_errors import NotConfirmedError
from csrtui.store.keystore import Keystore, PairFiles
from csrtui.tasks import renew as renewing
from csrtui.tasks.import_ import ImportSource, import_certificates
from csrtui.tasks.list import read_pair
from csrtui.tasks.new import BlockedError, create_pair
from csrtui.tasks.renew import check_renewable, find_successor, plan_renewal, prove_old_key, renew, reuse_csr
from csrtui.tasks.request_spec import RequestSpec
from csrtui.tasks.retire import retire
from csrtui.tasks.session import Session, change_record

if TYPE_CHECKING:
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes

PASSPHRASE = Secret("correct horse battery staple")


@pytest.fixture
def fresh(tmp_path: Path) -> Session:
    """Return a session that generates a new key each time, because a renewal must have another key."""
    session = Session(Keystore(str(tmp_path / "store")), clock=lambda: NOW)
    session.user = "joe"
    return session


def record_of(session: Session, name: str) -> PairRecord:
    return read_pair(session, name)[0].record


def make(session: Session, *names: str, passphrase: Secret | None = None, **changes: object) -> Pair:
    asked = RequestSpec(names or ("www.mydomain.com", "mydomain.com"))._replace(**changes)  # type: ignore[arg-type]
    return create_pair(session, asked, passphrase=passphrase)


def store_request(
    session: Session, key: key_types.PrivateKey, builder: x509.CertificateSigningRequestBuilder
) -> Pair:
    """Store a pair with a CSR from another program."""
    made = make(session)
    algorithm = hashes.SHA256()
    der = builder.sign(key, algorithm).public_bytes(Encoding.DER)
    return keep(session, made, key, csr.read_der(der))


def keep(session: Session, like: Pair, key: key_types.PrivateKey, asked: csr.Request) -> Pair:
    facts = like.record.key._replace(type=key_types.name_of(key.public_key()), spki_sha256=asked.spki_sha256)
    record = like.record._replace(
        key=facts,
        names=asked.names,
        subject_text=asked.subject_text,
        request=like.record.request._replace(sha256=asked.sha256, signature_hash=asked.signature_hash),
    )
    files = PairFiles(key_types.private_pem(key), csr.to_pem(asked.der), dump_record(record))
    name = session.store.add("adopted", files)
    return Pair(name, session.store.pair_path(name), record)


def request_of(common_name: str, *names: x509.GeneralName) -> x509.CertificateSigningRequestBuilder:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    alternative = x509.SubjectAlternativeName([x509.DNSName(common_name), *names])
    return (
        x509.CertificateSigningRequestBuilder()
        .subject_name(subject)
        .add_extension(alternative, critical=False)
    )


def test_a_renewal_has_the_same_request_and_another_key(fresh: Session) -> None:
    subject = SubjectInput(organization="Söhne & Co, Ltd.", country="DE", locality="Köln")
    old = make(fresh, subject=subject, platform="haproxy", key_type=KeyType.EC_P384)
    new = renew(fresh, plan_renewal(fresh, old.name))
    before, after = read_pair(fresh, old.name)[1], read_pair(fresh, new.name)[1]
    assert (after.subject_der, after.names, after.key_type) == (
        before.subject_der,
        before.names,
        before.key_type,
    )
    assert after.spki_sha256 != before.spki_sha256
    assert (new.record.platform, new.record.ca) == (old.record.platform, old.record.ca)
    assert (new.record.renews, record_of(fresh, old.name).renewed_by) == (old.name, new.name)
    assert record_of(fresh, old.name).next_step(NOW) is NextStep.NONE
    assert new.record.history[0].text == f"created, to renew {old.name}"


def test_the_csr_counts_and_not_the_certificate(fresh: Session) -> None:
    old = make(fresh)
    issued = intermediate().sign(read_pair(fresh, old.name)[1].der, names=["www.mydomain.com", "added.com"])
    assert import_certificates(fresh, [ImportSource(pem(issued))])[0].ok
    assert plan_renewal(fresh, old.name).spec.names == ("www.mydomain.com", "mydomain.com")


def test_a_key_type_can_be_chosen_and_a_passphrase(fresh: Session) -> None:
    old = make(fresh)
    new = renew(fresh, plan_renewal(fresh, old.name, KeyType.RSA_2048), name="next", passphrase=PASSPHRASE)
    assert (new.name, new.record.key.type, new.record.key.encrypted) == ("next", "rsa-2048", True)


def test_a_renewed_pair_is_not_renewed_again_unless_its_successor_is_missing(fresh: Session) -> None:
    old = make(fresh)
    new = renew(fresh, plan_renewal(fresh, old.name))
    with pytest.raises(RefusedError, match=f"already renewed by {new.name}"):
        renew(fresh, plan_renewal(fresh, old.name))
    third = renew(fresh, plan_renewal(fresh, old.name), force=True)
    for name in (new.name, third.name):
        assert retire(fresh, name).ok
    assert renew(fresh, plan_renewal(fresh, old.name)).record.renews == old.name


def test_a_retired_pair_is_renewed_only_by_force(fresh: Session) -> None:
    old = make(fresh)
    retire(fresh, old.name)
    with pytest.raises(RefusedError, match="is retired"):
        renew(fresh, plan_renewal(fresh, old.name))
    assert renew(fresh, plan_renewal(fresh, old.name), force=True).record.stage is Stage.NEW


def test_a_half_made_link_is_completed(fresh: Session) -> None:
    old = make(fresh)
    new = renew(fresh, plan_renewal(fresh, old.name))
    change_record(fresh, old.name, lambda record: record._replace(renewed_by=None))
    with pytest.raises(RefusedError, match=f"by {new.name}"):
        check_renewable(fresh, read_pair(fresh, old.name)[0])
    assert record_of(fresh, old.name).renewed_by == new.name


def test_a_half_made_link_is_completed_with_force_and_recorded_once(fresh: Session) -> None:
    old = make(fresh)
    new = renew(fresh, plan_renewal(fresh, old.name))
    change_record(fresh, old.name, lambda record: record._replace(renewed_by=None, history=()))
    half_made = read_pair(fresh, old.name)[0]
    for _ in range(2):  # the second time, another process has completed it since the pair was read
        check_renewable(fresh, half_made, force=True)
    record = record_of(fresh, old.name)
    assert (record.renewed_by, [event.text for event in record.history]) == (
        new.name,
        [f"renewed by {new.name}"],
    )


def test_a_new_pair_without_a_link_is_named(fresh: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    old = make(fresh)
    renewal = plan_renewal(fresh, old.name)

    def refused(*_: object) -> None:
        raise StoreError("cannot write pair.json: No space left on device", "make room")

    with monkeypatch.context() as patch:
        patch.setattr(renewing, "change_record", refused)
        with pytest.raises(StoreError, match=rf"{old.name}-2 is stored, but .* No space left") as caught:
            renew(fresh, renewal)
    assert caught.value.hint == "make room"
    with pytest.raises(RefusedError, match=f"by {old.name}-2"):
        renew(fresh, renewal)
    assert record_of(fresh, old.name).renewed_by == f"{old.name}-2"


def test_a_removed_old_pair_does_not_prevent_a_renewal(fresh: Session, tmp_path: Path) -> None:
    old = make(fresh)
    renewal = plan_renewal(fresh, old.name)
    (tmp_path / "store/pairs" / old.name).rename(tmp_path / "elsewhere")
    assert renew(fresh, renewal, name="next").record.renews == old.name
    namesake = renew(fresh, renewal, force=True)
    assert (namesake.name, record_of(fresh, namesake.name).renewed_by) == (old.name, None)


def test_the_recorded_one_of_several_successors_counts(fresh: Session) -> None:
    old = make(fresh)
    first = renew(fresh, plan_renewal(fresh, old.name))
    second = renew(fresh, plan_renewal(fresh, old.name), force=True)
    found = find_successor(fresh, read_pair(fresh, old.name)[0])
    assert found is not None
    assert found.name == second.name
    assert first.name != second.name


def test_names_that_a_ca_refuses_today_stop_a_renewal(fresh: Session) -> None:
    old = create_pair(fresh, RequestSpec(("intranet",)), force=True)
    renewal = plan_renewal(fresh, old.name)
    with pytest.raises(BlockedError):
        renew(fresh, renewal)
    assert renewal.choices[0].way is RenewalWay.OLD_CSR
    assert renew(fresh, renewal, force=True).record.names == ("intranet",)


def test_the_old_csr_is_proved_and_its_certificate_is_awaited(fresh: Session) -> None:
    old = make(fresh)
    issued = intermediate().sign(read_pair(fresh, old.name)[1].der)
    import_certificates(fresh, [ImportSource(pem(issued))])
    renewal = plan_renewal(fresh, old.name)
    prove_old_key(fresh, renewal)
    pair = reuse_csr(fresh, renewal)
    assert (pair.record.stage, pair.record.next_step(NOW)) == (Stage.ISSUED, NextStep.IMPORT)
    assert record_of(fresh, old.name) == pair.record
    again = intermediate().sign(renewal.csr.der, start=NOW - timedelta(hours=1), serial=0xDEF)
    assert import_certificates(fresh, [ImportSource(pem(again))])[0].ok
    assert record_of(fresh, old.name).next_step(NOW) is not NextStep.IMPORT


def test_an_encrypted_key_is_opened_for_the_proof(fresh: Session) -> None:
    old = make(fresh, passphrase=PASSPHRASE)
    renewal = plan_renewal(fresh, old.name)
    prove_old_key(fresh, renewal, PASSPHRASE)
    with pytest.raises(InputError, match="has a passphrase"):
        prove_old_key(fresh, renewal)
    with pytest.raises(RefusedError):
        prove_old_key(fresh, renewal, Secret("wrong"))


def test_a_key_that_does_not_match_the_csr_is_detected(fresh: Session, tmp_path: Path) -> None:
    old = make(fresh)
    path = tmp_path / "store/pairs" / old.name / "key.pem"
    path.write_bytes(key_types.private_pem(key_types.generate(KeyType.EC_P256)))
    with pytest.raises(RefusedError, match="not the key of its CSR"):
        prove_old_key(fresh, plan_renewal(fresh, old.name))


def test_a_missing_key_is_detected(fresh: Session, tmp_path: Path) -> None:
    old = make(fresh)
    renewal = plan_renewal(fresh, old.name)
    (tmp_path / "store/pairs" / old.name / "key.pem").unlink()
    with pytest.raises(StoreError, match=r"key\.pem"):
        prove_old_key(fresh, renewal)


def test_changed_names_are_detected(fresh: Session) -> None:
    old = make(fresh)
    change_record(fresh, old.name, lambda record: record._replace(names=("other.com",)))
    with pytest.raises(RefusedError, match="differ from those on record"):
        prove_old_key(fresh, plan_renewal(fresh, old.name))


def test_an_invalid_signature_is_detected(fresh: Session) -> None:
    key = key_of(KeyType.EC_P256)
    good = csr.read_der(request_of("a.com").sign(key, hashes.SHA256()).public_bytes(Encoding.DER))
    broken = csr.read_der(good.der[:-1] + bytes([good.der[-1] ^ 1]))
    pair = keep(fresh, make(fresh), key, broken)
    with pytest.raises(RefusedError, match="invalid signature"):
        prove_old_key(fresh, plan_renewal(fresh, pair.name))


def test_a_weak_key_is_not_used_again_unless_forced(fresh: Session) -> None:
    weak: CertificateIssuerPrivateKeyTypes = rsa.generate_private_key(65537, 1024)  # noqa: S505 - weak on purpose
    pair = store_request(fresh, weak, request_of("a.com"))
    renewal = plan_renewal(fresh, pair.name)
    assert "key-weak" in {finding.code for finding in renewal.old_findings}
    with pytest.raises(RefusedError, match="RSA 1024 is too short"):
        prove_old_key(fresh, renewal)
    prove_old_key(fresh, renewal, force=True)
    assert any("does not generate" in sentence for sentence in renewal.omissions)
    assert renewal.spec.effective_key_type is KeyType.EC_P256


def test_an_old_key_is_reported(fresh: Session) -> None:
    old = make(fresh)
    change_record(fresh, old.name, lambda record: record._replace(created=NOW - timedelta(days=400)))
    renewal = plan_renewal(fresh, old.name)
    assert [finding.code for finding in renewal.old_findings] == ["key-old"]
    prove_old_key(fresh, renewal)


def test_omissions_of_the_new_request_are_reported(fresh: Session) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    pair = store_request(fresh, key, request_of("a.com", x509.RegisteredID(x509.ObjectIdentifier("1.2.3"))))
    change_record(fresh, pair.name, lambda record: record._replace(platform="unheard-of", ca=CaKind.PRIVATE))
    renewal = plan_renewal(fresh, pair.name)
    assert renewal.omissions == ("rid:1.2.3: csrtui does not request such names",)
    assert renewal.choices[0].way is RenewalWay.OLD_CSR
    assert renewal.spec.platform == "other"


def test_names_that_public_cas_refuse_are_dropped_by_a_new_csr(fresh: Session) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    pair = store_request(fresh, key, request_of("a.com", x509.RFC822Name("a@b.com")))
    renewal = plan_renewal(fresh, pair.name)
    assert renewal.omissions == ("email:a@b.com: only host names and addresses are covered",)
    assert renewal.choices[0].way is RenewalWay.NEW_PAIR
    with pytest.raises(RefusedError, match="public CAs certify only host names"):
        prove_old_key(fresh, renewal)


def test_an_unconfirmed_link_is_reported_as_unconfirmed(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    create_pair(session, RequestSpec(("a.com",)))

    def unconfirmed(_: int, saved: str) -> None:
        raise NotConfirmedError(saved)

    monkeypatch.setattr(safe_files, "flush_folder", unconfirmed)
    with pytest.raises(NotConfirmedError, match=r"^a\.com-2 is saved, but the disk did not confirm it$"):
        renew(session, plan_renewal(session, "a.com"))
    assert read_pair(session, "a.com")[0].record.renewed_by == "a.com-2"
