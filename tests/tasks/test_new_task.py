"""A pair is made completely or not at all, and only if the advice permits it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from requests_made import HARD_ORGANIZATION, NOW, each_key_type, key_of

from csrtui.core.base.errors import CsrtuiError, InputError, StoreError
from csrtui.core.base.finding import CaKind, Purpose
from csrtui.core.base.secret import Secret
from csrtui.core.certificates import csr
from csrtui.core.keys import key_types, pkcs8
from csrtui.core.keys.key_types import KeyType
from csrtui.core.names.name import without_prefix
from csrtui.core.pairs.pair_json import load_record
from csrtui.core.subject.fields import ATTRIBUTE_TYPES, Attribute, SubjectFields, SubjectInput
from csrtui.tasks.new import BlockedError, create_pair, is_blocking
from csrtui.tasks.request_spec import RequestSpec, advise_on
from csrtui.tasks.session import Session

ASKED = RequestSpec(("www.a.com", "a.com"), SubjectInput(HARD_ORGANIZATION, "", "gb", "", " London "))


def files_of(session: Session) -> list[str]:
    root = Path(session.store.path)
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


def pairs_of(session: Session) -> list[str]:
    return [name for name in files_of(session) if name.startswith("pairs/")]


def test_key_request_and_record_belong_together(session: Session) -> None:
    pair = create_pair(session, ASKED)
    assert pairs_of(session) == [
        f"pairs/www.a.com/{name}" for name in ("key.pem", "pair.json", "request.pem")
    ]
    folder = Path(pair.path)
    key = load_pem_private_key((folder / "key.pem").read_bytes(), None)
    made = csr.read_pem((folder / "request.pem").read_bytes())
    record = load_record((folder / "pair.json").read_bytes())
    assert record == pair.record
    assert key_types.spki_sha256(key.public_key()) == made.spki_sha256 == record.key.spki_sha256  # type: ignore[arg-type]
    assert made.sha256 == record.request.sha256
    assert made.subject == record.subject
    assert record.subject.organization == HARD_ORGANIZATION
    assert (record.subject.country, record.subject.locality) == ("GB", "London")
    assert made.names == record.names == ("www.a.com", "a.com")
    assert (record.created, record.history[0].text, record.history[0].user) == (NOW, "created", "joe")


def test_the_same_name_again_makes_another_pair(session: Session) -> None:
    first = create_pair(session, ASKED)
    before = {name: Path(first.path, name).read_bytes() for name in ("key.pem", "request.pem", "pair.json")}
    assert [create_pair(session, ASKED).name for _ in range(3)] == [f"www.a.com-{n}" for n in (2, 3, 4)]
    assert before == {name: Path(first.path, name).read_bytes() for name in before}


@pytest.mark.parametrize(
    ("names", "pair_name"),
    [(("*.a.com",), "wildcard.a.com"), (("Bücher.com",), "xn--bcher-kva.com"), (("8.8.8.8",), "8.8.8.8")],
)
def test_a_pair_is_named_after_its_common_name(
    session: Session, names: tuple[str, ...], pair_name: str
) -> None:
    assert create_pair(session, RequestSpec(names), force=True).name == pair_name


def test_a_pair_can_have_a_chosen_name(session: Session) -> None:
    assert create_pair(session, ASKED, name="shop").name == "shop"


@pytest.mark.parametrize(
    "name", ["", ".", "..", "../x", "a/b", "/etc", "A", "a\n", "\x1b", ".new-1", "a" * 65]
)
def test_a_name_that_could_be_a_path_is_refused(session: Session, name: str) -> None:
    with pytest.raises(InputError, match="not a valid pair name"):
        create_pair(session, ASKED, name=name)
    assert files_of(session) == []


@pytest.mark.parametrize("key_type", each_key_type())
def test_each_key_type_makes_a_pair(session: Session, key_type: KeyType) -> None:
    record = create_pair(session, RequestSpec(("a.com",), ca=CaKind.PRIVATE, key_type=key_type)).record
    assert record.key.type == key_type
    assert record.request.signature_hash == key_type.hash_name


def test_a_platform_chooses_the_key_unless_one_is_chosen() -> None:
    assert RequestSpec((), platform="iis").effective_key_type is KeyType.EC_P256
    assert RequestSpec((), platform="exchange").effective_key_type is KeyType.RSA_2048
    assert (
        RequestSpec((), platform="exchange", key_type=KeyType.EC_P384).effective_key_type is KeyType.EC_P384
    )


def test_a_passphrase_encrypts_the_key_with_fresh_entropy(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pkcs8.encrypt, "__defaults__", (10,))  # rounds
    keys_made = []
    for _ in range(2):
        pair = create_pair(session, ASKED, passphrase=Secret("correct horse battery"))
        assert pair.record.key.encrypted
        keys_made.append(Path(pair.path, "key.pem").read_bytes())
        load_pem_private_key(keys_made[-1], b"correct horse battery")
        everything = b"".join(path.read_bytes() for path in Path(pair.path).iterdir())
        assert b"correct horse" not in everything
        assert b"BEGIN PRIVATE KEY" not in everything
    assert keys_made[0] != keys_made[1]


# Errors


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        (RequestSpec(()), "common-name-missing"),
        (RequestSpec(("",)), "common-name-missing"),
        (RequestSpec((" ", "a.com")), "common-name-missing"),
        (RequestSpec(("", "intranet")), "common-name-missing"),
        (RequestSpec(("a..com",)), "empty-label"),
        (RequestSpec(("a.com", "b_.-c.com")), "hyphen-edge"),
        (RequestSpec(("a.com",), SubjectInput(organization="x" * 65)), "length"),
        (RequestSpec(("a.com",), SubjectInput(organization="a\nb")), "control-character"),
        (RequestSpec(("a.com",), SubjectInput(country="Germany")), None),
    ],
)
@pytest.mark.parametrize("force", [False, True])
def test_force_does_not_make_what_x509_cannot_represent(
    session: Session, asked: RequestSpec, code: str | None, force: bool
) -> None:
    with pytest.raises(BlockedError) as caught:
        create_pair(session, asked, force=force)
    assert code is None or code in {finding.code for finding in caught.value.findings}
    assert "--force" not in str(caught.value.hint)
    assert caught.value.exit_code == 2
    assert files_of(session) == []


@pytest.mark.parametrize(
    ("asked", "hint"),
    [
        (RequestSpec(("intranet",)), "for the organization's own CA: --ca private; or override with --force"),
        (RequestSpec(("a.com",), key_type=KeyType.ED25519), "--ca private; or override with --force"),
        (RequestSpec(("*.co.uk",)), "override with --force"),
    ],
)
def test_force_makes_what_x509_can_represent(session: Session, asked: RequestSpec, hint: str) -> None:
    with pytest.raises(BlockedError) as caught:
        create_pair(session, asked)
    assert hint in str(caught.value.hint)
    assert files_of(session) == []
    pair = create_pair(session, asked, force=True)
    assert pair.record.names == asked.names


def test_only_an_error_without_force_stops(session: Session) -> None:
    findings = advise_on(session, RequestSpec(("intranet", "a..b"))).findings
    stopped = {
        (finding.code, force)
        for finding in findings
        for force in (False, True)
        if is_blocking(finding, force=force)
    }
    assert ("empty-label", True) in stopped
    assert ("empty-label", False) in stopped
    assert {code for code, force in stopped if not force} > {code for code, force in stopped if force}


# The stored CSR is the previewed one


@pytest.mark.parametrize(
    "change",
    [
        {"subject_der": b"other"},
        {"names": ("b.com",)},
        {"subject": SubjectFields(common_name="b.com")},
        {"spki_sha256": "0" * 64},
    ],
)
def test_a_csr_that_differs_from_its_preview_is_not_stored(
    session: Session, monkeypatch: pytest.MonkeyPatch, change: dict[str, Any]
) -> None:
    read = csr.read_der
    calls = iter([change])

    def read_wrongly(der: bytes) -> csr.Request:
        return read(der)._replace(**next(calls, {}))

    monkeypatch.setattr(csr, "read_der", read_wrongly)
    with pytest.raises(CsrtuiError, match=r"differs from (its preview|the request); nothing was stored"):
        create_pair(session, ASKED)
    assert files_of(session) == []


def test_a_csr_signed_by_another_key_is_not_stored(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csr, "has_valid_signature", lambda _: False)
    with pytest.raises(CsrtuiError, match="nothing was stored"):
        create_pair(session, ASKED)
    assert files_of(session) == []


def test_an_unusable_store_is_reported_and_nothing_is_stored(session: Session) -> None:
    Path(session.store.path).mkdir(mode=0o700)
    Path(session.store.path).chmod(0o755)
    with pytest.raises(StoreError, match="others can read"):
        create_pair(session, ASKED)
    assert files_of(session) == []


# Any input

anything = st.text(max_size=20) | st.sampled_from(
    ["a.com", "www.a.com", "*.a.com", "10.0.0.1", "::1", "intranet", "Bücher.de", "x" * 70, "", " ", "a\0b"]
)
subjects = st.builds(
    SubjectInput, anything, anything, anything | st.sampled_from(["GB", "de"]), anything, anything
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.builds(
        RequestSpec,
        st.lists(anything, max_size=4).map(tuple),
        subjects,
        st.sampled_from(CaKind),
        key_type=st.just(KeyType.EC_P256),
        attributes=st.lists(
            st.builds(Attribute, st.sampled_from(sorted(ATTRIBUTE_TYPES)), anything), max_size=2
        ).map(tuple),
    ),
    st.booleans(),
)
def test_any_input_makes_a_pair_or_an_input_error(session: Session, asked: RequestSpec, force: bool) -> None:
    try:
        pair = create_pair(session, asked, force=force)
    except InputError:
        return
    common_name, names = pair.record.subject.common_name, pair.record.names
    assert names or common_name
    assert (common_name is None) is asked.no_common_name
    if asked.purpose is Purpose.SERVER and common_name is not None:
        assert common_name == without_prefix(names[0])
    assert json.loads(Path(pair.path, "pair.json").read_bytes())["names"] == list(pair.record.names)


def test_the_default_session_makes_fresh_keys_and_reads_the_clock(session: Session) -> None:
    real = Session(session.store)
    first, second = (create_pair(real, ASKED).record for _ in range(2))
    assert first.key.spki_sha256 != second.key.spki_sha256
    assert first.key.spki_sha256 != key_types.spki_sha256(key_of(KeyType.EC_P256).public_key())
    assert first.created.microsecond == 0
    assert first.history[0].user == real.user
