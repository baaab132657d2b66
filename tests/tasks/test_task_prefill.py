"""Starting a request from a pair, a CSR or a certificate."""

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.x509.oid import NameOID
from existing_made import FIELDS, certificate, csr, name

from csrtui.core.base.errors import InputError
from csrtui.core.base.finding import CaKind
from csrtui.core.keys.key_types import KeyType
from csrtui.core.pairs.pair_json import dump_record, load_record
from csrtui.core.subject.fields import Attribute, SubjectInput
from csrtui.store.keystore import Keystore
from csrtui.tasks.draft import Draft
from csrtui.tasks.form_prefill import PrefilledForm, start_from_bytes, start_from_file, start_from_pair
from csrtui.tasks.new import create_pair
from csrtui.tasks.request_spec import RequestSpec
from csrtui.tasks.session import Session

DRAFT = Draft("www.a.com", "a.com b.com", "My Ltd", "", "GB", "Kent", "Dover")
CSR = csr(name(*FIELDS), ["a.com", "www.a.com", "b.com"])


@pytest.fixture
def session(tmp_path: Path) -> Session:
    return Session(Keystore(str(tmp_path / "store")))


def test_a_form_is_filled_from_bytes_and_files(tmp_path: Path) -> None:
    assert start_from_bytes(CSR) == PrefilledForm(DRAFT, ())
    file = tmp_path / "a.csr"
    file.write_bytes(CSR)
    assert start_from_file(str(file)) == PrefilledForm(DRAFT, ())


def test_a_certificate_with_only_a_common_name_fills_the_form() -> None:
    data = certificate(name((NameOID.COMMON_NAME, "a.com")))
    assert start_from_bytes(data) == PrefilledForm(Draft("a.com"), ())


def test_a_subject_without_names_gives_the_fields() -> None:
    start = start_from_bytes(csr(name((NameOID.ORGANIZATION_NAME, "My Ltd"))))
    assert start == PrefilledForm(Draft(organization="My Ltd"), ())


def test_omissions_are_returned() -> None:
    start = start_from_bytes(csr(name(*FIELDS, (NameOID.ORGANIZATIONAL_UNIT_NAME, "IT"))))
    assert start.draft.organizational_unit == ""
    assert start.omissions == ("the organizational unit IT: public CAs no longer certify it",)


def test_a_pair_supplies_its_complete_request(session: Session) -> None:
    subject = SubjectInput("My Ltd", "IT", "GB", "Kent", "Dover")
    asked = RequestSpec(("host1", "a.com", "10.0.0.1"), subject, CaKind.PRIVATE, "weblogic", KeyType.EC_P384)
    pair = create_pair(session, asked)
    draft = Draft(
        "host1", "a.com 10.0.0.1", "My Ltd", "IT", "GB", "Kent", "Dover", "private", "weblogic", "ec-p384"
    )
    assert start_from_pair(session, pair.name) == PrefilledForm(draft, ())


@pytest.mark.parametrize(
    ("key_type", "platform", "changes"),
    [
        ("dsa-1024", "weblogic", {"key": "rsa-2048", "platform": "weblogic"}),
        ("dsa-1024", "netware", {"key": "ec-p256", "platform": "other"}),
        ("ec-p521", "netware", {"key": "ec-p521", "platform": "other"}),
    ],
)
def test_unknown_values_become_the_defaults(
    session: Session, key_type: str, platform: str, changes: dict[str, Any]
) -> None:
    pair = create_pair(session, RequestSpec(("www.a.com",)))
    with session.store.change(pair.name) as change:
        record = load_record(change.record)
        record = record._replace(key=record.key._replace(type=key_type), platform=platform)
        change.replace_record(dump_record(record))
    expected = replace(Draft("www.a.com"), **changes)
    assert start_from_pair(session, pair.name).draft == expected


def test_a_missing_pair_or_file_is_reported(session: Session, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no pair"):
        start_from_pair(session, "nothing")
    with pytest.raises(InputError, match="cannot read"):
        start_from_file(str(tmp_path / "nothing"))
    os.mkfifo(tmp_path / "fifo")
    with pytest.raises(InputError, match="not a regular file"):
        start_from_file(str(tmp_path / "fifo"))


def test_a_key_in_the_store_is_refused(session: Session) -> None:
    pair = create_pair(session, RequestSpec(("www.a.com",)))
    with pytest.raises(InputError, match="that is a private key, which must stay secret"):
        start_from_file(f"{pair.path}/key.pem")


def test_attributes_are_copied_for_a_private_ca_except_those_that_the_form_cannot_hold(
    session: Session,
) -> None:
    attributes = (Attribute("UID", "4711"), Attribute("title", "a; b"))
    pair = create_pair(session, RequestSpec(("host1",), ca=CaKind.PRIVATE, attributes=attributes))
    form = start_from_pair(session, pair.name)
    assert form.draft.attributes == "UID=4711"
    assert form.omissions == ("title=a; b in the subject is not copied",)
