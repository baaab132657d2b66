"""Certificates are matched to pairs by their public keys, the newest one stays, and problems are reported."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from certificates_made import DAYS, START, build, bundle, der, intermediate, named, pem, root
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID
from requests_made import NOW, der_of

from csrtui.core.base.errors import InputError, StoreError
from csrtui.core.base.validity import Validity
from csrtui.core.certificates.comparison import CertificateFlawKind, DifferenceKind
from csrtui.core.keys.key_types import KeyType
from csrtui.core.pairs.pair import Backup, BackupStatus, NextStep, PairRecord, Stage
from csrtui.core.pairs.pair_json import dump_record
from csrtui.core.subject.fields import SubjectFields
from csrtui.store.disk_errors import NotConfirmedError
from csrtui.tasks.import_ import (
    CHAIN_ALONE,
    ImportResult,
    ImportSource,
    import_certificates,
    results_to_confirm,
)
from csrtui.tasks.import_decision import ImportMode
from csrtui.tasks.list import read_pair
from csrtui.tasks.new import create_pair
from csrtui.tasks.pair_groups import pair_groups, step_text
from csrtui.tasks.renew import plan_renewal, renew_with_same_key
from csrtui.tasks.request_spec import RequestSpec
from csrtui.tasks.retire import retire
from csrtui.tasks.session import change_record
from csrtui.tasks.show import certificate_warnings, read_pair_details

if TYPE_CHECKING:
    from csrtui.tasks.session import Session

CA, ROOT = intermediate().certificate, root().certificate
DAY = timedelta(days=1)


def make(session: Session, name: str = "a.com", key: KeyType = KeyType.EC_P256) -> str:
    return create_pair(session, RequestSpec(names=(name,), key_type=key)).name


def issue(session: Session, name: str = "a.com", **changes: Any) -> x509.Certificate:
    return intermediate().sign(read_pair(session, name)[1].der, **changes)


def record_of(session: Session, name: str = "a.com") -> PairRecord:
    return read_pair(session, name)[0].record


def stored(session: Session, name: str = "a.com") -> bytes | None:
    return session.store.read(name).certificate


def bring(session: Session, *blobs: bytes, pair: str | None = None) -> list[tuple[bool, str | None, str]]:
    """Import certificates and return the results."""
    given = [ImportSource(data, f"/f{number}") for number, data in enumerate(blobs)]
    return [(one.ok, one.pair, one.text) for one in import_certificates(session, given, pair)]


def only(session: Session, *blobs: bytes, pair: str | None = None) -> ImportResult:
    """Import a single certificate for a pair and return the result."""
    (result,) = import_certificates(session, [ImportSource(data) for data in blobs], pair)
    assert isinstance(result, ImportResult)
    return result


IMPORTED = "imported, expires 2 Jun 2027"


def test_a_pair_becomes_issued_with_leaf_and_chain_in_order(session: Session) -> None:
    make(session)
    leaf = issue(session)
    assert bring(session, pem(ROOT, CA, leaf)) == [(True, "a.com", IMPORTED)]
    assert stored(session) == pem(leaf, CA, ROOT)
    record = record_of(session)
    assert (record.stage, record.installed) == (Stage.ISSUED, None)
    assert record.validity is not None
    assert record.validity.not_after == START + 195 * DAY - timedelta(seconds=1)
    event = record.history[-1]
    assert (event.time, event.user) == (NOW, "joe")
    assert event.text == (
        "certificate imported, expires 2 Jun 2027, from CN=Test CA 1; the chain is valid up to CN=Test Root"
    )


def test_leaf_and_chain_can_be_in_different_files_and_formats(session: Session) -> None:
    make(session)
    leaf = issue(session)
    results = import_certificates(
        session, [ImportSource(bundle(CA, ROOT), "/chain"), ImportSource(der(leaf), "/leaf")]
    )
    assert [(one.file, one.ok) for one in results] == [("/leaf", True)]
    assert stored(session) == pem(leaf, CA, ROOT)


def test_several_certificates_are_matched_to_their_pairs(session: Session) -> None:
    make(session)
    make(session, "b.com", KeyType.EC_P384)
    both = issue(session), issue(session, "b.com")
    assert sorted(bring(session, pem(*both, CA))) == [(True, "a.com", IMPORTED), (True, "b.com", IMPORTED)]
    assert stored(session, "b.com") == pem(both[1], CA)


def test_the_same_certificate_again_changes_nothing(session: Session) -> None:
    make(session)
    text = pem(issue(session), CA)
    bring(session, text)
    before = {path: path.stat().st_mtime_ns for path in Path(session.store.path).rglob("pairs/a.com/*")}
    again = [(True, "a.com", "is the certificate that the pair already has")]
    assert bring(session, text) == bring(session, text[: text.index(b"-----END") + 26]) == again
    assert {
        path: path.stat().st_mtime_ns for path in Path(session.store.path).rglob("pairs/a.com/*")
    } == before


def test_an_interrupted_import_is_completed_by_the_next_one(
    session: Session,
) -> None:
    make(session)
    leaf = issue(session)
    with session.store.change("a.com") as change:
        change.replace_certificate(pem(leaf), NOW)
    assert bring(session, pem(leaf)) == [(True, "a.com", IMPORTED)]
    assert record_of(session).stage is Stage.ISSUED
    assert len(kept(session)) == 0


def kept(session: Session, name: str = "a.com") -> list[bytes]:
    folder = Path(session.store.pair_path(name))
    return [path.read_bytes() for path in sorted(folder.glob("certificate-*.pem"))]


def test_a_newer_certificate_replaces_the_old_one_which_is_kept(
    session: Session,
) -> None:
    make(session)
    old, new = issue(session), issue(session, start=START + DAY)
    bring(session, pem(old, CA))
    change_record(
        session,
        "a.com",
        lambda one: one.with_installation(NOW, "joe", "installed files written", "nginx", "/tls"),
    )
    bring(session, pem(new))
    assert stored(session) == pem(new, CA)  # completed by the existing chain
    assert kept(session) == [pem(old, CA)]
    assert record_of(session).installed is None


def test_an_expired_certificate_does_not_replace_one_that_expires_later(session: Session) -> None:
    make(session)
    old, new = issue(session, start=START - 400 * DAY), issue(session)
    assert bring(session, pem(old))[0][0]
    bring(session, pem(new))
    ((ok, pair, text),) = bring(session, pem(old))
    assert (ok, pair) == (False, "a.com")
    assert text == (
        "not imported: it expires on 28 Apr 2026, sooner than the certificate that the pair has, "
        "which expires on 2 Jun 2027"
    )
    assert stored(session) == pem(new)


def test_expiries_on_one_day_are_compared_with_their_times(session: Session) -> None:
    make(session)
    present, sooner = issue(session), issue(session, start=START - timedelta(hours=3))
    bring(session, pem(present))
    texts = [text for _, _, text in bring(session, pem(present), pem(sooner))]
    assert (
        "not imported: it expires on 2 Jun 2027 20:59 UTC, sooner than the certificate that the pair has, "
        "which expires on 2 Jun 2027 23:59 UTC"
    ) in texts


def test_a_certificate_that_began_earlier_and_expires_later_is_imported(session: Session) -> None:
    make(session)
    present = issue(session)
    other = issue(session, start=START - DAY, days=DAYS + 1, serial=7)  # the same expiry
    longer = issue(session, start=START - 2 * DAY, days=DAYS + 9)
    bring(session, pem(present))
    for one in (other, longer):
        result = only(session, pem(one))
        assert (result.ok, result.changed, result.remarks) == (True, True, ())
        assert stored(session) == pem(one)
    assert len(kept(session)) == 2


def test_a_certificate_that_expires_sooner_is_imported_with_a_note(session: Session) -> None:
    make(session)
    present, shorter = issue(session), issue(session, days=30)
    bring(session, pem(present, CA))
    text = (
        "expires on 19 Dec 2026, sooner than the certificate that the pair has, which expires on 2 Jun 2027"
    )
    blobs = [ImportSource(pem(shorter))]
    (asked,) = import_certificates(session, blobs, mode=ImportMode.ASK)
    assert (asked.ok, asked.text) == (False, f"not imported yet: it {text}")
    assert results_to_confirm([asked]) == [asked]
    assert stored(session) == pem(present, CA)
    (looked,) = import_certificates(session, blobs, mode=ImportMode.PREVIEW)
    assert (looked.ok, looked.text) == (True, "would be imported, expires 19 Dec 2026")
    result = only(session, pem(shorter))
    assert (result.ok, result.changed, result.needs_confirmation) == (True, True, False)
    assert result.remarks == (f"it {text}",)
    assert stored(session) == pem(shorter, CA)
    assert kept(session) == [pem(present, CA)]


def test_repeated_certificates_do_not_replace_the_best_one(session: Session) -> None:
    make(session)
    both = pem(issue(session, days=30), issue(session))
    bring(session, both)
    history = record_of(session).history
    (shorter, best) = bring(session, both)
    assert (shorter[0], best) == (False, (True, "a.com", "is the certificate that the pair already has"))
    assert record_of(session).history == history


def test_the_newest_of_several_certificates_stays_in_any_order(session: Session) -> None:
    make(session)
    versions = [issue(session, start=START + days * DAY) for days in (1, 2, 0)]
    assert all(ok for ok, _, _ in bring(session, pem(*versions)))
    assert stored(session) == pem(versions[1])
    assert sorted(kept(session)) == sorted([pem(versions[0]), pem(versions[2])])


def test_a_later_chain_completes_the_certificate(session: Session) -> None:
    make(session)
    leaf = issue(session)
    assert CertificateFlawKind.CHAIN_INCOMPLETE in [one.kind for one in only(session, pem(leaf)).flaws]
    assert bring(session, pem(CA), pair="a.com") == [
        (True, "a.com", "certificate chain replaced, now 2 certificates")
    ]
    assert stored(session) == pem(leaf, CA)
    assert record_of(session).history[-1].text == (
        "certificate chain replaced, now 2 certificates; "
        "the chain is complete up to CN=Test Root, which clients must trust"
    )
    (again,) = bring(session, pem(CA), pair="a.com")
    assert again == (True, "a.com", "is the certificate that the pair already has")


def test_a_later_root_needs_no_new_installation(session: Session) -> None:
    make(session)
    leaf = issue(session)
    bring(session, pem(leaf, CA))
    change_record(
        session,
        "a.com",
        lambda one: one.with_installation(NOW, "joe", "installed files written", "nginx", "/tls"),
    )
    result = only(session, pem(ROOT), pair="a.com")
    assert result.status is not None
    assert (result.ok, result.changed, result.status.text) == (True, True, "valid up to CN=Test Root")
    assert stored(session) == pem(leaf, CA, ROOT)
    assert record_of(session).installed == NOW
    assert record_of(session).history[-1].text.endswith("; the chain is valid up to CN=Test Root")


def test_a_certificate_goes_to_the_newest_pair_with_its_key_that_is_not_renewed(session: Session) -> None:
    make(session)
    newer, _ = renew_with_same_key(session, plan_renewal(session, "a.com"))
    assert [pair for _, pair, _ in bring(session, pem(issue(session), CA))] == [newer.name]
    later = newer.record.created + DAY
    change_record(session, newer.name, lambda record: record._replace(renewed_by="b.com", created=later))
    change_record(session, "a.com", lambda record: record._replace(renewed_by=None))
    assert [pair for _, pair, _ in bring(session, pem(issue(session, serial=7), CA))] == ["a.com"]


def test_the_root_of_a_one_tier_ca_completes_the_chain(session: Session) -> None:
    make(session)
    leaf = root().sign(read_pair(session, "a.com")[1].der)
    assert [one.kind for one in only(session, pem(leaf)).flaws] == [CertificateFlawKind.CHAIN_INCOMPLETE]
    result = only(session, pem(ROOT), pair="a.com")
    assert (result.ok, result.flaws) == (True, ())
    full = read_pair_details(session, "a.com")
    assert full.status is not None
    assert full.status.text == "valid up to CN=Test Root"


def test_a_ca_certificate_of_another_chain_fails_and_names_the_pair_that_it_belongs_to(
    session: Session,
) -> None:
    make(session)
    make(session, "b.com", KeyType.EC_P384)
    make(session, "c.com", KeyType.EC_P521)
    other = intermediate("Other CA", above="Other Root")
    bring(session, pem(issue(session), CA))
    bring(session, pem(other.sign(read_pair(session, "b.com")[1].der)))
    before = stored(session)
    ((ok, pair, text),) = bring(session, pem(other.certificate), pair="a.com")
    assert (ok, pair) == (False, None)
    said = "which does not belong to the chain of a.com (issuer: CN=Test CA 1)"
    assert text == f"certificate of the CA CN=Other CA, {said}; it belongs to the chain of b.com"
    ((ok, _, text),) = bring(session, pem(root("Other Root").certificate), pair="a.com")
    assert (ok, text) == (False, f"certificate of the CA CN=Other Root, {said}")
    ((ok, _, text),) = bring(session, pem(root("other.net").certificate), pair="a.com")
    assert (ok, text) == (False, f"self-signed certificate of CN=other.net, {said}")
    dotted = intermediate("ca.other.net", above="Other Root")
    ((ok, _, text),) = bring(session, pem(dotted.certificate), pair="a.com")
    assert (ok, text) == (False, f"certificate of the CA CN=ca.other.net, {said}")
    assert stored(session) == before
    assert bring(session, pem(other.certificate, ROOT), pair="a.com") == [
        (True, "a.com", "certificate chain replaced, now 3 certificates")
    ]


def test_a_certificate_with_the_name_of_the_issuer_that_did_not_sign_is_left_out(session: Session) -> None:
    make(session)
    leaf = issue(session)
    wrong = build(
        named("Test CA 1"), root("Other Root").key.public_key(), root(), [x509.BasicConstraints(True, None)]
    )
    result = only(session, pem(leaf, wrong))
    assert result.status is not None
    assert result.status.text == "invalid: the certificate of CN=Test CA 1 did not sign CN=a.com"
    stored_state = "not checkable: the issuer certificate, CN=Test CA 1, is missing"
    assert result.remarks == (
        f"the certificate of CN=Test CA 1 is left out; the stored chain is {stored_state}",
    )
    assert stored(session) == pem(leaf)
    assert record_of(session).history[-1].text.endswith(f"; the chain is {stored_state}")
    ((ok, _, text),) = bring(session, pem(wrong), pair="a.com")
    assert not ok
    assert text.endswith("(issuer: CN=Test CA 1): it has the name of an issuer, but did not sign")


def test_at_most_three_pairs_are_named(session: Session) -> None:
    make(session)
    bring(session, pem(issue(session)))
    other = intermediate("Other CA", above="Other Root")
    for name in ("b.com", "c.com", "d.com", "e.com"):
        make(session, name)
        bring(session, pem(other.sign(read_pair(session, name)[1].der)), pair=name)
    ((_, _, text),) = bring(session, pem(other.certificate), pair="a.com")
    assert text.endswith("it belongs to the chain of b.com, c.com, d.com")


def test_a_chain_alone_is_reported_as_such(session: Session) -> None:
    make(session)
    start = "certificate of the CA CN=Test CA 1"
    assert bring(session, pem(CA)) == [
        (False, None, f"{start}, but no pair's certificate is imported with it; {CHAIN_ALONE}")
    ]
    assert bring(session, pem(CA), pair="a.com") == [
        (False, None, f"{start}, and a.com has no certificate yet; import that first, or both together")
    ]


def test_an_unmatched_certificate_is_described(session: Session) -> None:
    make(session)
    stranger = intermediate().sign(
        der_of(SubjectFields(common_name="b.com\x1b"), "b.com", key_type=KeyType.EC_P384)
    )
    adopt = "If you have the key of this certificate: csrtui adopt --key KEY --cert FILE"
    said = f"Subject: CN=b.com\\1B, names: b.com, issuer: CN=Test CA 1. {adopt}"
    assert bring(session, pem(stranger, CA)) == [(False, None, f"matches no pair here. {said}")]
    assert bring(session, pem(stranger), pair="a.com") == [
        (False, None, f"does not match a.com or any other pair here. {said}")
    ]
    assert stored(session) is None
    leaf = issue(session)
    assert bring(session, pem(stranger, leaf), pair="a.com") == [(True, "a.com", IMPORTED)]


def test_an_unmatched_certificate_without_names_is_described_too(session: Session) -> None:
    other = der_of(SubjectFields(common_name="b.com"), "b.com", key_type=KeyType.EC_P384)
    ((_, _, text),) = bring(session, pem(intermediate().sign(other, names=[])))
    assert text.startswith(
        "matches no pair here. Subject: CN=b.com, issuer: CN=Test CA 1. If you have the key"
    )


@pytest.mark.parametrize(("expected", "name"), [(None, "a.com"), ("a.com-2", "a.com-2"), ("b.com", "a.com")])
def test_an_unmatched_certificate_names_the_pair_with_its_names(
    session: Session, expected: str | None, name: str
) -> None:
    for pair in ("a.com", "a.com", "b.com"):
        make(session, pair)
    another_key = der_of(SubjectFields(common_name="a.com"), "a.com", key_type=KeyType.EC_P384)
    ((_, _, text),) = bring(session, pem(intermediate().sign(another_key)), pair=expected)
    assert f"{name} has these names, but another key: the CA was sent another CSR." in text
    assert f"Send it the CSR of {name} (csrtui csr)." in text


def test_a_wrong_pair_option_names_the_right_pair(session: Session) -> None:
    make(session)
    make(session, "b.com", KeyType.EC_P384)
    leaf = issue(session)
    assert bring(session, pem(leaf), pair="b.com") == [
        (False, "a.com", "is for the pair a.com, not for b.com: its public key says so")
    ]
    assert stored(session) is stored(session, "b.com") is None
    assert bring(session, pem(leaf), pair="a.com") == [(True, "a.com", IMPORTED)]
    with pytest.raises(InputError, match=r"no pair c\.com"):
        bring(session, pem(leaf), pair="c.com")


def test_of_pairs_with_one_key_the_named_one_or_the_one_in_use_is_chosen(session: Session) -> None:
    make(session)
    make(session)
    leaf = issue(session)
    retire(session, "a.com-2")
    assert bring(session, pem(leaf)) == [(True, "a.com", IMPORTED)]
    assert bring(session, pem(leaf), pair="a.com-2") == [(True, "a.com-2", IMPORTED)]
    assert record_of(session, "a.com-2").stage is Stage.RETIRED
    assert only(session, pem(leaf), pair="a.com-2").remarks[-1] == "the pair stays retired"


def test_an_unreadable_item_does_not_stop_the_others(session: Session) -> None:
    make(session)
    results = bring(session, b"Dear customer", pem(issue(session)))
    assert results == [
        (False, None, "it contains no certificate; give what the CA sent: PEM, DER or PKCS #7"),
        (True, "a.com", IMPORTED),
    ]
    many = pem(*[issue(session, serial=number) for number in range(1, 102)])
    assert "at most 100" in bring(session, many)[0][2]


def test_differences_and_problems_are_in_the_result(session: Session) -> None:
    make(session)
    leaf = issue(session, names=["b.com"], days=2)
    result = only(session, pem(leaf, CA, ROOT))
    assert [one.kind for one in result.differences] == [
        DifferenceKind.NAME_DROPPED,
        DifferenceKind.NAME_ADDED,
    ]
    assert [one.kind for one in result.flaws] == [CertificateFlawKind.EXPIRED]
    assert result.remarks == ()
    assert result.ok
    document = result.as_json()
    assert list(document) == [
        "ok",
        "pair",
        "file",
        "text",
        "differences",
        "findings",
        "remarks",
        "changed",
        "chain",
    ]
    assert document["chain"] == {
        "state": "invalid",
        "reason": "leaf-validity",
        "text": "invalid: CN=a.com expired on 21 Nov 2026",
    }
    assert document["findings"] == [
        {"code": "expired", "level": "warning", "text": "the certificate expired on 21 Nov 2026"}
    ]
    assert record_of(session).next_step(NOW) is NextStep.RENEW


def test_a_pair_that_replaces_another_is_reported(session: Session) -> None:
    make(session)
    make(session, "old.com", KeyType.EC_P384)
    change_record(session, "a.com", lambda record: record._replace(renews="old.com"))
    assert only(session, pem(issue(session))).remarks == (
        "it replaces old.com: install it now, then retire old.com",
    )
    later = Validity(NOW, NOW + timedelta(days=9))  # not installed: the server still uses the previous one
    used = Validity(NOW, NOW)
    change_record(session, "old.com", lambda record: record._replace(validity=later, previous=used))
    assert only(session, pem(issue(session))).remarks == (
        "it replaces old.com: install it before 23 Nov 2026, when that certificate expires, then retire old.com",
    )
    change_record(session, "old.com", lambda record: record._replace(retired=NOW))
    assert only(session, pem(issue(session))).remarks == ()
    change_record(session, "a.com", lambda record: record._replace(renews="gone.com"))
    assert only(session, pem(issue(session))).remarks == ()


@pytest.mark.parametrize("present", [b"rubbish", pem(CA)])
def test_a_foreign_certificate_in_the_folder_is_replaced_and_archived(
    session: Session, present: bytes
) -> None:
    make(session)
    with session.store.change("a.com") as change:
        change.replace_certificate(present, NOW)
    assert not bring(session, pem(CA), pair="a.com")[0][0]
    leaf = issue(session)
    assert bring(session, pem(leaf))[0][0]
    assert (stored(session) or b"").startswith(pem(leaf))
    assert kept(session) == [present]


def test_a_damaged_pair_does_not_affect_the_others(session: Session) -> None:
    make(session)
    make(session, "b.com", KeyType.EC_P384)
    leaves = issue(session), issue(session, "b.com")
    Path(session.store.pair_path("a.com"), "request.pem").write_bytes(b"")
    results = sorted(bring(session, pem(*leaves)))
    assert results[1] == (True, "b.com", IMPORTED)
    assert results[0][:2] == (False, "a.com")
    assert results[0][2].startswith("cannot be imported: ")


def test_an_unconfirmed_import_is_reported_as_such(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    make(session)
    leaf = issue(session)

    def unsure(*_: object) -> None:
        raise NotConfirmedError("a.com")

    with monkeypatch.context() as patch:
        patch.setattr("csrtui.store.safe_files.flush_folder", unsure)
        with pytest.raises(StoreError, match="did not confirm"):
            bring(session, pem(leaf))
    assert bring(session, pem(leaf)) == [(True, "a.com", IMPORTED)]


# Retiring


def test_retiring_deletes_nothing_and_is_done_once(session: Session) -> None:
    make(session)
    folder = Path(session.store.pair_path("a.com"))
    before = {path.name: path.read_bytes() for path in folder.iterdir() if path.name != "pair.json"}
    first = retire(session, "a.com")
    record = record_of(session)
    assert (first.ok, record.stage, record.retired) == (True, Stage.RETIRED, NOW)
    assert record.next_step(NOW) is NextStep.NONE
    assert (folder / "pair.json").read_bytes() == dump_record(record)
    second = retire(session, "a.com")
    assert (second.ok, second.text) == (True, "was already retired")
    assert record_of(session) == record
    assert {path.name: path.read_bytes() for path in folder.iterdir() if path.name != "pair.json"} == before


@pytest.mark.parametrize("name", ["b.com", "../x", "\x1b"])
def test_retiring_a_missing_pair_fails(session: Session, name: str) -> None:
    result = retire(session, name)
    assert not result.ok
    assert (result.pair or "").isprintable()


def test_a_certificate_without_names_needs_confirmation_but_not_the_one_that_corrects_it(
    session: Session,
) -> None:
    make(session)
    nameless = issue(session, names=[])
    (asked,) = import_certificates(session, [ImportSource(pem(nameless))], mode=ImportMode.ASK)
    assert results_to_confirm([asked]) == [asked]
    assert asked.text.startswith("not imported yet: the certificate has no subject alternative names")
    assert stored(session) is None
    assert only(session, pem(nameless)).changed
    details = read_pair_details(session, "a.com")
    assert certificate_warnings(details)[0].startswith("the certificate has no subject alternative names")
    groups = {group.title: dict(group.lines) for group in pair_groups(details.pair, START, details)}
    assert (groups["Request"]["Requested"], groups["Certificate"]["Covers"]) == ("a.com", "no host names")
    right = issue(session, start=START - timedelta(seconds=5))  # expires on the same day
    (corrected,) = import_certificates(session, [ImportSource(pem(right))], mode=ImportMode.ASK)
    assert (corrected.ok, results_to_confirm([corrected])) == (True, [])
    details = read_pair_details(session, "a.com")
    assert [text.partition(":")[0] for text in certificate_warnings(details)] == ["the chain is incomplete"]
    assert "Covers" in dict(pair_groups(details.pair, START, details)[0].lines)


def test_a_certificate_of_no_use_needs_confirmation_and_is_to_be_replaced(session: Session) -> None:
    make(session)
    clients = [ExtendedKeyUsageOID.CLIENT_AUTH]
    wrong = pem(issue(session, names=["mail.other.de"], purposes=clients), CA)
    (asked,) = import_certificates(session, [ImportSource(wrong)], mode=ImportMode.ASK)
    assert results_to_confirm([asked]) == [asked]
    assert asked.text == (
        "not imported yet: the certificate does not cover a.com: visitors will get an error; "
        "the certificate is not for TLS servers: its extended key usage does not include serverAuth"
    )
    assert only(session, wrong).changed
    verified = Backup(BackupStatus.VERIFIED, "/b.pem", START, START)
    change_record(session, "a.com", lambda record: record.with_backup(verified))
    details = read_pair_details(session, "a.com")
    assert details.pair.record.next_step(START) is NextStep.IMPORT
    advice = "The certificate does not cover a.com. Import another one."
    assert step_text(details.pair.record, START, str) == advice
    assert [text.partition(":")[0] for text in certificate_warnings(details)] == [
        "the certificate does not cover a.com",
        "the certificate is not for TLS servers",
    ]
    change_record(session, "a.com", lambda record: record._replace(installed=START))
    assert record_of(session).next_step(START) is NextStep.IMPORT
    right = pem(issue(session, start=START + timedelta(hours=1)), CA)
    (corrected,) = import_certificates(session, [ImportSource(right)], mode=ImportMode.ASK)
    assert corrected.ok
    assert record_of(session).defect is None
    assert record_of(session).next_step(START) is NextStep.INSTALL


def test_a_certificate_without_one_of_the_names_is_installed_with_a_warning(session: Session) -> None:
    create_pair(session, RequestSpec(names=("a.com", "www.a.com")))
    assert only(session, pem(issue(session, names=["a.com"]), CA)).changed
    verified = Backup(BackupStatus.VERIFIED, "/b.pem", START, START)
    change_record(session, "a.com", lambda record: record.with_backup(verified))
    record = record_of(session)
    assert record.next_step(START) is NextStep.INSTALL
    defect = "The certificate does not cover www.a.com."
    assert step_text(record, START, str) == f"{defect} Install it."
    due = step_text(record._replace(installed=START), START, str)
    assert due.startswith(f"{defect} Renewal is due ")


def test_the_question_about_a_certificate_that_expires_sooner_names_other_differences(
    session: Session,
) -> None:
    make(session)
    bring(session, pem(issue(session)))
    shorter = issue(session, days=30, names=["b.com"])
    (asked,) = import_certificates(session, [ImportSource(pem(shorter))], mode=ImportMode.ASK)
    assert asked.text.endswith("; unlike that one, it covers b.com; unlike that one, it does not cover a.com")
