"""Keys made elsewhere are adopted completely and unchanged, with their CSRs and certificates, or not at all."""

from __future__ import annotations

import os
import re
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from certificates_made import START, build, bundle, intermediate, named, pem, root
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    load_pem_private_key,
    pkcs12,
)
from data_files import CERTBOT_CSRS
from foreign_made import (
    PHRASE,
    PKCS9_EXTENSIONS,
    alternative,
    as_private,
    attribute,
    bare_csr,
    csr,
    der_in,
    ec_key,
    microsoft_attributes,
    openssh,
    pkcs8,
    rsa_key,
    traditional,
    with_parameters,
)
from pairs_made import order as backup_order
from pairs_made import restore
from requests_made import NOW

from csrtui.core.base.asn1 import wrap
from csrtui.core.base.errors import InputError, RefusedError, StoreError
from csrtui.core.base.finding import CaKind
from csrtui.core.base.secret import Secret
from csrtui.core.certificates import certificate
from csrtui.core.certificates import csr as request
from csrtui.core.doctor.finding import FindingCode
from csrtui.core.keys import key_types
from csrtui.core.keys import pkcs8 as own_pkcs8
from csrtui.core.pairs.pair import NextStep, Stage
from csrtui.core.subject.fields import SubjectFields
from csrtui.store import keystore
from csrtui.store.keystore import Keystore, ListedPair
from csrtui.store.stored_pair import list_pair
from csrtui.tasks.adopt import adopt as adopting
from csrtui.tasks.adopt.adopt import (
    AdoptionSpec,
    AdoptResult,
    MissingCsr,
    Protection,
    adopt,
    adopt_many,
    obstacle,
    plan,
)
from csrtui.tasks.adopt.match import candidate_facts, candidate_lines, match
from csrtui.tasks.adopt.search import read_files, search_folder
from csrtui.tasks.backup import back_up
from csrtui.tasks.doctor import Examination, is_well
from csrtui.tasks.list import read_all_pairs, read_pair
from csrtui.tasks.private_keys import open_key
from csrtui.tasks.renew import plan_renewal, prove_old_key

if TYPE_CHECKING:
    from collections.abc import Sequence

    from csrtui.tasks.adopt.match import Candidate
    from csrtui.tasks.session import Session

SECRET = Secret(PHRASE.decode())
NAME = "www.mydomain.com"
SAN = attribute(PKCS9_EXTENSIONS, alternative(NAME, "mydomain.com"))
CSR = csr(attributes=(SAN,))
LEAF = intermediate().sign(CSR)
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Use few iterations, because these tests do not depend on their number."""
    monkeypatch.setattr(own_pkcs8, "ITERATIONS", 1000)


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """Return a folder outside the store."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    return folder


def put(folder: Path, **files: bytes) -> None:
    """Write files as other programs store them: a key, a CSR, a certificate; old, and readable only by their owner."""
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        path.chmod(0o600)
        os.utime(path, (NOW.timestamp() - 86400, NOW.timestamp() - 86400))


def only(session: Session, folder: Path, passphrase: Secret | None = None, **options: Any) -> Candidate:
    """Return the only candidate of a folder."""
    (candidate,) = match(session, search_folder(session, str(folder)), passphrase, **options).candidates
    return candidate


def adopted(session: Session, candidate: Candidate, **order: Any) -> AdoptResult:
    result = adopt(session, candidate, AdoptionSpec(**order))
    assert result.ok
    return result


def key_in(session: Session, name: str, passphrase: bytes | None = None) -> str:
    key = load_pem_private_key(session.store.read_key(name), passphrase)
    return key_types.spki_sha256(as_private(key).public_key())


SPKI = key_types.spki_sha256(rsa_key().public_key())


def test_a_key_with_its_csr_and_certificate_becomes_a_complete_pair(
    session: Session, elsewhere: Path
) -> None:
    put(elsewhere, key=traditional(rsa_key()), csr=wrap("NEW CERTIFICATE REQUEST", CSR))
    put(elsewhere, cert=bundle(LEAF, intermediate().certificate, root().certificate))
    before = {path.name: (path.read_bytes(), path.stat().st_mtime) for path in elsewhere.iterdir()}
    result = adopted(session, only(session, elsewhere), platform="nginx")
    assert (result.pair, result.file) == (NAME, f"{elsewhere}/key")
    assert result.text == "adopted: RSA 2048 key, CSR and certificate"
    pair, asked = read_pair(session, NAME)
    assert asked.der == CSR
    assert pair.record.names == (NAME, "mydomain.com")
    assert (pair.record.platform, pair.record.ca, pair.record.key.type) == (
        "nginx",
        CaKind.PRIVATE,
        "rsa-2048",
    )
    assert (pair.record.stage, pair.record.next_step(NOW)) == (Stage.ISSUED, NextStep.BACK_UP)
    assert key_in(session, NAME) == SPKI
    assert session.store.read(NAME).certificate == pem(LEAF, intermediate().certificate, root().certificate)
    assert {path.name: (path.read_bytes(), path.stat().st_mtime) for path in elsewhere.iterdir()} == before
    assert pair.record.history[-1].text.endswith(", from CN=Test CA 1; the chain is valid up to CN=Test Root")
    assert is_well(one for one in Examination(session).run() if one.code.value != "backup-none")


def test_the_age_of_a_key_is_that_of_the_earliest_evidence(session: Session, elsewhere: Path) -> None:
    put(elsewhere, key=pkcs8(rsa_key()), csr=CSR)
    candidate = only(session, elsewhere)
    assert candidate.in_use_since == NOW - DAY
    adopted(session, candidate)
    record = read_pair(session, NAME)[0].record
    assert record.created == NOW - DAY
    assert [event.text for event in record.history] == [
        f"key adopted from {elsewhere}/key, its CSR from {elsewhere}/csr",
        "key in use since at least 22 Nov 2026 (the date of its file)",
    ]


def test_the_certificate_of_a_ca_is_preferred_to_a_self_signed_or_expired_one(
    session: Session, elsewhere: Path
) -> None:
    key = rsa_key()
    own = build(named(NAME), key.public_key(), (named(NAME), key), [])
    expired = intermediate().sign(CSR, start=START - 900 * DAY)
    put(elsewhere, key=pkcs8(key), csr=CSR, own=pem(own), old=pem(expired), new=pem(LEAF))
    candidate = only(session, elsewhere)
    assert (candidate.certificate_file or "").endswith("/new")
    assert "2 other certificates for the same key are not used" in candidate.remarks
    (elsewhere / "new").unlink()
    assert (only(session, elsewhere).certificate_file or "").endswith("/own")


def test_a_certificate_is_better_evidence_than_the_date_of_a_copy(session: Session, elsewhere: Path) -> None:
    first = START - 400 * DAY
    put(
        elsewhere,
        key=pkcs8(rsa_key()),
        csr=CSR,
        old=pem(intermediate().sign(CSR, start=first)),
        new=pem(LEAF),
    )
    candidate = only(session, elsewhere)
    assert candidate.in_use_since == first
    assert "key-old" in {finding.code for finding in candidate.findings}
    result = adopted(session, candidate)
    assert "1 other certificate for the same key is not used" in result.remarks
    record = read_pair(session, NAME)[0].record
    assert record.history[1].text.endswith("(the date of its first certificate)")
    assert record.validity is not None
    assert record.validity.not_before == START


@pytest.mark.parametrize("when", [datetime(1970, 1, 1, tzinfo=UTC), NOW + 90 * DAY, NOW])
def test_an_impossible_date_is_ignored(session: Session, elsewhere: Path, when: datetime) -> None:
    put(elsewhere, key=pkcs8(rsa_key()), csr=CSR)
    os.utime(elsewhere / "key", (when.timestamp(), when.timestamp()))
    adopted(session, only(session, elsewhere))
    record = read_pair(session, NAME)[0].record
    assert record.created == NOW
    assert len(record.history) == 1


def test_a_date_since_2000_is_possible(session: Session, elsewhere: Path) -> None:
    put(elsewhere, key=pkcs8(rsa_key()), csr=CSR)
    for seconds, since in ((-1, NOW), (0, datetime(2000, 1, 1, tzinfo=UTC))):
        time = datetime(2000, 1, 1, tzinfo=UTC).timestamp() + seconds
        os.utime(elsewhere / "key", (time, time))
        assert only(session, elsewhere).in_use_since == since


# Passphrases


@pytest.mark.parametrize("form", [pkcs8, traditional])
def test_an_encrypted_key_stays_encrypted(session: Session, elsewhere: Path, form: Any) -> None:
    put(elsewhere, key=form(rsa_key(), passphrase=PHRASE), csr=CSR)
    assert search_folder(session, str(elsewhere)).needs_passphrase
    adopted(session, only(session, elsewhere, SECRET))
    assert session.store.read_key(NAME).startswith(b"-----BEGIN ENCRYPTED PRIVATE KEY-----")
    assert key_in(session, NAME, PHRASE) == SPKI
    pair = read_pair(session, NAME)[0]
    assert pair.record.key.encrypted
    assert key_types.spki_sha256(open_key(session, pair, SECRET).public_key()) == SPKI


def test_a_passphrase_can_be_removed_or_added(session: Session, elsewhere: Path) -> None:
    put(elsewhere, key=pkcs8(rsa_key(), passphrase=PHRASE), csr=CSR)
    adopted(session, only(session, elsewhere, SECRET), protection=Protection.PLAIN)
    assert key_in(session, NAME) == SPKI
    other = elsewhere / "other"
    put(other, key=pkcs8(ec_key()), csr=bare_csr(ec_key()))
    adopted(session, only(session, other), protection=Protection.ENCRYPTED, passphrase=SECRET)
    assert key_in(session, "proof.invalid", PHRASE)
    third = elsewhere / "third"
    put(third, key=pkcs8(ec_key(3), passphrase=PHRASE), csr=bare_csr(ec_key(3)))
    adopted(session, only(session, third, SECRET), protection=Protection.ENCRYPTED)
    assert key_in(session, "proof.invalid-2", PHRASE)


@pytest.mark.parametrize(
    ("passphrase", "words"), [(None, "has a passphrase"), (Secret("x"), "does not open")]
)
def test_a_key_that_cannot_be_opened_is_a_failure(
    session: Session, elsewhere: Path, passphrase: Secret | None, words: str
) -> None:
    put(elsewhere, key=pkcs8(rsa_key(), passphrase=PHRASE), csr=CSR)
    matched = match(session, search_folder(session, str(elsewhere)), passphrase)
    assert not matched.candidates
    assert words in matched.failures[0].text
    assert "whose key is missing" in matched.strays[0].text


def test_pkcs12_includes_its_certificates(session: Session, elsewhere: Path) -> None:
    packed = pkcs12.serialize_key_and_certificates(
        b"x", rsa_key(), LEAF, [intermediate().certificate], BestAvailableEncryption(PHRASE)
    )
    put(elsewhere, **{"all.p12": packed, "csr": CSR})
    adopted(session, only(session, elsewhere, SECRET))
    assert session.store.read(NAME).certificate == pem(LEAF, intermediate().certificate)
    assert read_pair(session, NAME)[0].record.key.encrypted


def test_an_unreadable_certificate_in_pkcs12_is_reported(
    session: Session, elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packed = pkcs12.serialize_key_and_certificates(
        b"x", rsa_key(), LEAF, None, BestAvailableEncryption(PHRASE)
    )
    put(elsewhere, **{"all.p12": packed, "csr": CSR})

    def refuse(_: bytes) -> None:
        raise InputError("the certificate cannot be read")

    monkeypatch.setattr(certificate, "read_der", refuse)
    found = search_folder(session, str(elsewhere))
    assert match(session, found, SECRET).failures[0].file == f"{elsewhere}/all.p12"


def test_a_key_without_names_is_named_after_its_file(session: Session, elsewhere: Path) -> None:
    put(elsewhere, _=pkcs8(ec_key()))
    assert only(session, elsewhere).title == "pair"


def test_a_plain_copy_of_a_key_needs_no_passphrase(session: Session, elsewhere: Path) -> None:
    put(elsewhere, a=pkcs8(rsa_key(), passphrase=PHRASE), b=pkcs8(rsa_key()), csr=CSR)
    candidate = only(session, elsewhere, SECRET)
    assert (candidate.file.path, candidate.passphrase) == (f"{elsewhere}/b", None)


# Findings


def test_a_weak_key_is_adopted_with_a_finding(session: Session, elsewhere: Path, tmp_path: Path) -> None:
    weak = rsa_key(1024)
    put(elsewhere, key=pkcs8(weak), csr=csr(weak, hash_name="md5"))
    (elsewhere / "key").chmod(0o644)
    candidate = only(session, elsewhere)
    codes = ["key-weak", "old-hash", "no-alternative-names"]
    assert [finding.code for finding in candidate.findings] == codes
    result = adopted(session, candidate)
    assert [finding["code"] for finding in result.as_json()["findings"]] == codes  # type: ignore[attr-defined]
    assert "everyone on its machine can read" in result.remarks[0]
    pair = read_pair(session, NAME)[0]
    assert (pair.record.key.type, pair.record.request.signature_hash) == ("rsa-1024", "md5")
    away = tmp_path / "usb"
    away.mkdir()
    backed_up = back_up(session, pair.name, backup_order(away, SECRET))
    session.store = Keystore(str(tmp_path / "another"))
    again = restore(session, backed_up.path, SECRET)
    assert (again.record.key.type, again.record.request.sha256) == ("rsa-1024", pair.record.request.sha256)
    found, *others = Examination(session).run()
    assert found.code is FindingCode.KEY_WEAK
    assert is_well(others)


@pytest.mark.parametrize("alternative_names", [(), ("mydomain.com",), ("mydomain.com", NAME)])
def test_a_common_name_outside_the_san_is_the_first_name(
    session: Session, elsewhere: Path, tmp_path: Path, alternative_names: tuple[str, ...]
) -> None:
    names = (attribute(PKCS9_EXTENSIONS, alternative(*alternative_names)),) if alternative_names else ()
    put(elsewhere, key=pkcs8(rsa_key()), csr=csr(attributes=names))
    adopted(session, only(session, elsewhere))
    pair = read_pair(session, NAME)[0]
    assert pair.record.names == tuple(dict.fromkeys((NAME, *alternative_names)))
    prove_old_key(session, plan_renewal(session, NAME))
    away = tmp_path / "usb"
    away.mkdir()
    backed_up = back_up(session, NAME, backup_order(away, SECRET))
    session.store = Keystore(str(tmp_path / "another"))
    assert restore(session, backed_up.path, SECRET).record.names == pair.record.names
    prove_old_key(session, plan_renewal(session, NAME))


def test_an_unusual_key_is_for_the_kind_of_ca_that_was_given(session: Session, elsewhere: Path) -> None:
    odd = ec.generate_private_key(ec.SECP256K1())
    put(elsewhere, key=pkcs8(odd), csr=bare_csr(odd))
    assert only(session, elsewhere).ca is CaKind.PUBLIC
    candidate = only(session, elsewhere, ca=CaKind.PRIVATE)
    assert [(one.code, one.level.value) for one in candidate.findings][:1] == [("key-weak", "warning")]
    assert any("EC secp256k1" in line for line in candidate_lines(candidate))


def test_differences_of_the_certificate_are_reported_as_in_an_import(
    session: Session, elsewhere: Path
) -> None:
    leaf = intermediate().sign(CSR, names=[NAME, "more.com"])
    put(elsewhere, key=pkcs8(rsa_key()), csr=CSR, cert=pem(leaf))
    document = adopted(session, only(session, elsewhere)).as_json()
    assert {one["kind"] for one in document["differences"]} >= {"name-added", "name-dropped"}  # type: ignore[attr-defined]
    assert "chain-incomplete" in {one["code"] for one in document["findings"]}  # type: ignore[attr-defined]


# Refusals


def test_an_existing_key_is_refused_and_its_pair_is_named(session: Session, elsewhere: Path) -> None:
    put(elsewhere, key=pkcs8(rsa_key()), csr=CSR)
    first = only(session, elsewhere)
    adopted(session, first)
    again = only(session, elsewhere)
    assert obstacle(again) == f"it is in the keystore already, as {NAME}"
    with pytest.raises(RefusedError, match=f"already: {NAME}"):
        adopt(session, first, AdoptionSpec())
    (result,) = adopt_many(session, [first], AdoptionSpec())
    assert (result.ok, result.file) == (False, f"{elsewhere}/key")
    assert len(read_all_pairs(session).pairs) == 1


def test_many_adoptions_read_each_pair_once_and_notice_another_session(
    session: Session, elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(4):
        put(
            elsewhere,
            **{f"{number}/key": pkcs8(ec_key(number)), f"{number}/csr": bare_csr(ec_key(number))},
        )
    candidates = match(session, search_folder(session, str(elsewhere))).candidates
    reads: list[str] = []

    def counted(pairs_fd: int, name: str, path: str) -> ListedPair:
        reads.append(name)
        return list_pair(pairs_fd, name, path)

    monkeypatch.setattr(keystore, "list_pair", counted)
    results = []
    for result in adopt_many(session, candidates, AdoptionSpec()):
        results.append(result)
        if len(results) == 1:
            adopt(session, candidates[2], AdoptionSpec(name="other"))
    assert [one.ok for one in results] == [True, True, False, True]
    assert "already: other" in results[2].text
    assert sorted(reads) == ["other", "proof.invalid", "proof.invalid-2"]


def test_a_key_without_a_csr_is_adopted_only_with_make_csr(session: Session, elsewhere: Path) -> None:
    put(elsewhere, key=pkcs8(rsa_key()), cert=pem(LEAF))
    candidate = only(session, elsewhere)
    assert "--make-csr" in str(obstacle(candidate))
    assert ("CSR", "none: one can be made from the certificate") in candidate_facts(candidate)
    with pytest.raises(InputError, match="no CSR"):
        adopt(session, candidate, AdoptionSpec())
    assert obstacle(candidate, MissingCsr.FROM_CERTIFICATE) is None
    result = adopted(session, candidate, missing=MissingCsr.FROM_CERTIFICATE)
    assert "a new CSR" in result.text
    pair, asked = read_pair(session, NAME)
    assert asked.names == (NAME, "mydomain.com")
    assert request.has_valid_signature(asked.der)
    assert "a new CSR made for it" in pair.record.history[0].text


def test_a_key_without_csr_and_certificate_is_refused(session: Session, elsewhere: Path) -> None:
    put(elsewhere, **{"server.KEY": pkcs8(ec_key())})
    candidate = only(session, elsewhere)
    assert (candidate.names, candidate.title) == ((), "server.key")
    assert ("CSR", "none") in candidate_facts(candidate)
    with pytest.raises(InputError, match="--make-csr --names NAME"):
        adopt(session, candidate, AdoptionSpec(missing=MissingCsr.FROM_CERTIFICATE))


def test_a_certificate_that_no_csr_can_repeat_is_refused(session: Session, elsewhere: Path) -> None:
    builder = x509.CertificateSigningRequestBuilder().subject_name(named("a b"))
    der = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName("a b")]), critical=False).sign(
        rsa_key(), hashes.SHA256()
    )
    leaf = intermediate().sign(der.public_bytes(Encoding.DER))
    put(elsewhere, key=pkcs8(rsa_key()), cert=pem(leaf))
    with pytest.raises(InputError):
        adopt(session, only(session, elsewhere), AdoptionSpec(missing=MissingCsr.FROM_CERTIFICATE))
    weak = rsa_key(1024)
    leaf = intermediate().sign(csr(weak, attributes=(SAN,)))
    put(elsewhere / "weak", key=pkcs8(weak), cert=pem(leaf))
    with pytest.raises(InputError, match="does not make one for RSA 1024"):
        adopt(session, only(session, elsewhere / "weak"), AdoptionSpec(missing=MissingCsr.FROM_CERTIFICATE))
    assert not read_all_pairs(session).pairs


def test_a_key_that_does_not_sign_is_refused(
    session: Session, elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(elsewhere, key=pkcs8(rsa_key()), csr=CSR)
    monkeypatch.setattr(adopting, "proves_possession", lambda *_: False)
    with pytest.raises(RefusedError, match="cannot sign"):
        adopt(session, only(session, elsewhere), AdoptionSpec())


def test_an_invalid_pair_name_is_refused_before_anything_is_made(session: Session, elsewhere: Path) -> None:
    put(elsewhere, key=pkcs8(rsa_key()), csr=CSR)
    with pytest.raises(InputError, match="not a valid pair name"):
        adopt(session, only(session, elsewhere), AdoptionSpec(name="../x"))
    adopted(session, only(session, elsewhere), name="mine")
    assert [pair.name for pair in read_all_pairs(session).pairs] == ["mine"]


def test_a_changed_csr_is_refused(session: Session, elsewhere: Path) -> None:
    put(elsewhere, key=pkcs8(rsa_key()), csr=CSR.replace(b"mydomain", b"yourmain"))
    matched = match(session, search_folder(session, str(elsewhere)))
    assert "not signed by the key it names" in matched.failures[0].text
    assert matched.candidates[0].csr is None


def test_a_store_that_cannot_be_used_stops_everything(
    session: Session, elsewhere: Path, tmp_path: Path
) -> None:
    put(elsewhere, key=pkcs8(rsa_key()), csr=CSR)
    candidate = only(session, elsewhere)
    (tmp_path / "store").mkdir(mode=0o755)
    (tmp_path / "store").chmod(0o755)
    with pytest.raises(StoreError):
        list(adopt_many(session, [candidate], AdoptionSpec()))


# Folders


def test_each_key_of_a_folder_is_matched_with_its_files(session: Session, elsewhere: Path) -> None:
    for number in range(3):
        put(elsewhere / str(number), key=pkcs8(ec_key(number)))
    put(
        elsewhere,
        csrs=b"".join(wrap("CERTIFICATE REQUEST", bare_csr(ec_key(number))) for number in (2, 0)),
    )
    put(
        elsewhere,
        stray=bare_csr(ec_key(9)),
        cas=pem(root().certificate, intermediate().certificate),
    )
    put(elsewhere, cut=pkcs8(ec_key(5))[:60], lone=pem(intermediate().sign(CSR)))
    found = search_folder(session, str(elsewhere))
    matched = match(session, found)
    settled = plan(found, matched)
    assert [one.file.path for one in settled.candidates] == [f"{elsewhere}/0/key", f"{elsewhere}/2/key"]
    assert [one.file for one in settled.failures] == [f"{elsewhere}/cut", f"{elsewhere}/1/key"]
    assert [one.file for one in settled.skipped] == [f"{elsewhere}/stray", f"{elsewhere}/lone"]
    results = adopt_many(session, settled.candidates, AdoptionSpec())
    assert [one.pair for one in results] == ["proof.invalid", "proof.invalid-2"]


def test_files_that_belong_to_an_existing_pair_name_it(session: Session, elsewhere: Path) -> None:
    put(elsewhere, key=pkcs8(rsa_key()), csr=CSR)
    adopted(session, only(session, elsewhere))
    (elsewhere / "key").unlink()
    put(elsewhere, cert=pem(LEAF), twice=pem(LEAF))
    found = search_folder(session, str(elsewhere))
    strays = match(session, found).strays
    assert [(one.pair, one.file) for one in strays] == [
        (NAME, f"{elsewhere}/csr"),
        (NAME, f"{elsewhere}/cert"),
    ]


def test_the_newest_csr_of_a_key_is_used(session: Session, elsewhere: Path) -> None:
    put(elsewhere, key=pkcs8(rsa_key()), old=csr(), new=CSR)
    os.utime(elsewhere / "new", (NOW.timestamp(), NOW.timestamp()))
    candidate = only(session, elsewhere)
    assert candidate.csr_file == f"{elsewhere}/new"
    assert "1 older CSR for the same key is not used" in candidate.remarks[0]


def test_unreadable_parts_of_a_folder_are_reported(
    session: Session, elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from csrtui.store import foreign_files

    monkeypatch.setattr(foreign_files, "MAX_FILES", 0)
    put(elsewhere, key=pkcs8(rsa_key()))
    assert "too large for one search" in search_folder(session, str(elsewhere)).failures[0].text


# Named files


def named_files(folder: Path, csr_name: str | None = "csr", certs: Sequence[str] = ()) -> Any:
    return read_files(
        str(folder / "key"),
        str(folder / csr_name) if csr_name else None,
        [str(folder / name) for name in certs],
    )


def test_named_files_are_adopted_all_or_none(session: Session, elsewhere: Path) -> None:
    put(elsewhere, key=with_parameters(ec_key()), csr=bare_csr(ec_key()), other=CSR, cert=pem(LEAF))
    found = named_files(elsewhere)
    assert len(plan(found, match(session, found)).candidates) == 1
    for wrong in ({"csr_name": "other"}, {"certs": ["cert"]}):
        found = named_files(elsewhere, **wrong)
        settled = plan(found, match(session, found))
        assert not settled.candidates
        assert settled.failures[0].text.startswith("does not match the key: it is the ")
        assert settled.failures[-1].file == f"{elsewhere}/key"


def test_a_ca_certificate_needs_the_certificate_of_the_key(session: Session, elsewhere: Path) -> None:
    put(elsewhere, key=pkcs8(rsa_key()), csr=CSR, cert=pem(LEAF), ca=pem(intermediate().certificate))
    found = named_files(elsewhere, certs=["ca"])
    settled = plan(found, match(session, found))
    assert not settled.candidates
    assert settled.failures[0].file == f"{elsewhere}/ca"
    assert settled.failures[0].text == (
        "contains no certificate for the key, only 1 CA certificate (CN=Test CA 1): "
        "add the certificate, or leave --cert out"
    )
    found = named_files(elsewhere, certs=["ca", "cert"])
    assert plan(found, match(session, found)).candidates


@pytest.mark.parametrize(
    ("names", "line"),
    [("abc", "a.com  a.com, b.com, c.com"), ("abcd", "a.com  a.com, b.com, c.com and 1 more")],
)
def test_of_many_names_the_first_three_are_listed(
    session: Session, elsewhere: Path, names: str, line: str
) -> None:
    der = request.build(SubjectFields(), [f"{name}.com" for name in names], rsa_key())
    put(elsewhere, key=pkcs8(rsa_key()), csr=der)
    assert next(candidate_lines(only(session, elsewhere))) == line


def test_one_file_can_contain_everything(session: Session, elsewhere: Path) -> None:
    put(elsewhere, key=pkcs8(rsa_key()) + wrap("CERTIFICATE REQUEST", CSR) + pem(LEAF))
    found = named_files(elsewhere, "key", ["key"])
    (candidate,) = plan(found, match(session, found)).candidates
    assert candidate.certificate is not None
    assert candidate.csr is not None
    assert any(re.search(r"  expires \d+ \w{3} 2027$", line) for line in candidate_lines(candidate))


@pytest.mark.parametrize(
    ("wrong", "data", "words"),
    [
        ("key", b"hello", "no private key in"),
        ("key", pkcs8(ec_key())[:60], "cut short"),
        ("key", CSR, "no private key in"),
        ("csr", pem(LEAF), "no certificate request in"),
        ("csr", csr(version=2), "version 2, but PKCS #10 has only version 0"),
        ("csr", CSR[:-200], "cut short"),
        ("csr", b"", "it is empty"),
        ("cert", CSR, "no certificate in"),
        ("cert", pem(LEAF)[:300], "cut short"),
        ("cert", wrap("CERTIFICATE", der_in(pem(LEAF))[:-9]), "cut short"),
    ],
)
def test_a_named_file_without_the_expected_content_is_refused(
    elsewhere: Path, wrong: str, data: bytes, words: str
) -> None:
    put(elsewhere, **{"key": pkcs8(rsa_key()), "csr": CSR, "cert": pem(LEAF), wrong: data})
    with pytest.raises(InputError, match=words) as caught:
        named_files(elsewhere, certs=["cert"])
    assert str(elsewhere / wrong) in caught.value.message


def test_only_a_certificate_in_place_of_a_key_is_directed_to_import(elsewhere: Path) -> None:
    hints = {}
    for label, data in {
        "certificate": pem(LEAF),
        "CSR too": pem(LEAF) + wrap("CERTIFICATE REQUEST", CSR),
        "CSR": CSR,
    }.items():
        put(elsewhere, key=data, csr=CSR)
        with pytest.raises(InputError, match="no private key in") as caught:
            named_files(elsewhere)
        hints[label] = caught.value.hint
    assert "csrtui import FILE" in str(hints["certificate"])
    assert hints["CSR too"] == hints["CSR"] == "choose another file"


# CSRs of every program

EXAMPLES = sorted(CERTBOT_CSRS.iterdir())

MADE = {
    "microsoft": csr(attributes=microsoft_attributes(NAME)),
    "challenge": csr(attributes=(attribute("1.2.840.113549.1.9.7", bytes([0x13, 1]) + b"x"),)),
    "sha1": csr(hash_name="sha1"),
    "md5": csr(hash_name="md5"),
    "no names": csr(),
    "hostile": csr(common_name="a\x1b[31m/../../etc\n"),
    "emoji": csr(common_name="\U0001f512"),
    "long": csr(common_name="x" * 3000),
}


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_certbots_csrs_are_read_or_refused_with_the_right_reason(
    session: Session, elsewhere: Path, example: Path
) -> None:
    put(elsewhere, key=pkcs8(ec_key()))
    version_2 = example.name.startswith(("version2", "csr-ipsans", "csr-ipv6sans"))
    if version_2:
        with pytest.raises(InputError, match="version 2, but PKCS #10 has only version 0"):
            read_files(str(elsewhere / "key"), str(example))
        return
    found = read_files(str(elsewhere / "key"), str(example))
    settled = plan(found, match(session, found))
    assert not settled.candidates
    assert settled.failures[0].file == str(example)
    assert "it is the CSR of" in settled.failures[0].text


@pytest.mark.parametrize("make", MADE)
def test_csrs_of_every_program_are_kept_unchanged(session: Session, elsewhere: Path, make: str) -> None:
    put(elsewhere, key=openssh(rsa_key()), csr=wrap("NEW CERTIFICATE REQUEST", MADE[make]))
    result = adopted(session, only(session, elsewhere))
    assert result.pair is not None
    assert read_pair(session, result.pair)[1].der == MADE[make]
    assert der_in(session.store.read(result.pair).csr) == MADE[make]
    assert "\x1b" not in "".join(candidate_lines(only(session, elsewhere)))
    codes = {one.code.value for one in Examination(session).run()}
    assert codes == {"backup-none"}


def test_every_bit_of_a_csr_flipped_is_adopted_or_refused_with_a_reason(
    session: Session, elsewhere: Path
) -> None:
    whole = csr(rsa_key(1024))
    key = pkcs8(rsa_key(1024))
    put(elsewhere, key=key)
    for place in range(0, len(whole), 7):
        data = bytearray(whole)
        data[place] ^= 1 << place % 8
        put(elsewhere, csr=bytes(data))
        found = search_folder(session, str(elsewhere))
        matched = match(session, found)
        (candidate,) = matched.candidates
        assert candidate.csr is None, place
        assert all(one.text for one in (*matched.failures, *matched.strays))


def test_every_cut_of_a_csr_is_refused_with_a_reason(session: Session, elsewhere: Path) -> None:
    put(elsewhere, key=pkcs8(rsa_key(1024)))
    text = wrap("CERTIFICATE REQUEST", csr(rsa_key(1024)))
    for length in range(40, len(text) - 2, 40):
        put(elsewhere, csr=text[:length])
        matched = match(session, search_folder(session, str(elsewhere)))
        asked = matched.candidates[0].csr
        if asked is None:
            assert any("cut short" in one.text for one in matched.failures)
        else:  # only the END line, or a part of it, was cut off
            assert asked.der == csr(rsa_key(1024))
            assert b"-----END" in text[: length + 40]


def test_a_lost_record_is_rebuilt_from_the_files(session: Session, elsewhere: Path) -> None:
    put(elsewhere, key=pkcs8(rsa_key()), csr=CSR, cert=pem(LEAF))
    adopted(session, only(session, elsewhere))
    path = Path(session.store.pair_path(NAME))
    (path / "pair.json").unlink()
    aside = elsewhere.parent / "aside"
    shutil.move(path, aside)
    found = read_files(str(aside / "key.pem"), str(aside / "request.pem"), [str(aside / "certificate.pem")])
    (candidate,) = plan(found, match(session, found)).candidates
    assert adopted(session, candidate, name=NAME).pair == NAME
    assert read_pair(session, NAME)[0].record.stage is Stage.ISSUED
