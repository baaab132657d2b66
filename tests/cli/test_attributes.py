"""Further subject attributes follow the six fields, need a private CA, and are kept by `renew`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from throwaway_ca import issue

from csrtui.core.certificates import csr

if TYPE_CHECKING:
    from command import Csrtui

PRIVATE = ("--ca", "private")
GIVEN = (
    "emailAddress=jane@mydomain.com",
    "serialNumber=17",
    "DC=corp",
    "dc=local",
    "OU=Second",
    "title=Dr. Ü",
)
OPTIONS = tuple(word for text in GIVEN for word in ("--attribute", text))
KEPT = [
    "emailAddress=jane@mydomain.com",
    "serialNumber=17",
    "DC=corp",
    "DC=local",
    "OU=Second",
    "title=Dr. Ü",
]


def test_attributes_follow_the_six_fields_in_order_and_are_renewed(csrtui: Csrtui) -> None:
    made = csrtui("new", "intranet", "-O", "My Ltd", "-U", "First", *OPTIONS, *PRIVATE, "--json")
    assert made.status == 0, made.err
    assert made.json["subject_fields"]["attributes"] == KEPT
    assert made.json["subject_fields"]["organizational_unit"] == "First"
    assert made.json["subject"].endswith(",CN=intranet,OU=First,O=My Ltd")
    renewed = csrtui("renew", "intranet", "--json")
    assert (renewed.json["subject"], renewed.json["names"]) == (made.json["subject"], ["intranet"])
    request = csr.read_pem((csrtui.pair("intranet-2") / "request.pem").read_bytes())
    assert [attribute.text for attribute in request.subject.attributes] == KEPT
    assert {one["code"] for one in csrtui("doctor", "--json").json["findings"]} == {"backup-none"}


def test_an_ou_attribute_follows_the_six_fields(csrtui: Csrtui) -> None:
    made = csrtui(
        "new", "intranet", "-O", "X", "--attribute", "UID=1", "--attribute", "OU=A", *PRIVATE, "--json"
    )
    assert made.json["subject"] == "OU=A,UID=1,CN=intranet,O=X"
    assert made.json["subject_fields"]["organizational_unit"] is None
    assert made.json["subject_fields"]["attributes"] == ["UID=1", "OU=A"]
    assert csrtui("renew", "intranet", "--json").json["subject"] == made.json["subject"]
    assert {one["code"] for one in csrtui("doctor", "--json").json["findings"]} == {"backup-none"}


def test_an_ou_attribute_without_a_common_name_is_kept(csrtui: Csrtui) -> None:
    options = ("--no-common-name", *PRIVATE)
    made = csrtui(
        "new", "intranet", "-O", "X", "--attribute", "OU=A", "--attribute", "OU=B", *options, "--json"
    )
    assert made.json["subject"] == "OU=B,OU=A,O=X"
    assert {one["code"] for one in csrtui("doctor", "--json").json["findings"]} == {"backup-none"}


def test_doctor_accepts_a_record_of_an_early_release_with_the_ou_as_field(csrtui: Csrtui) -> None:
    csrtui("new", "intranet", "--attribute", "OU=A", *PRIVATE)
    file = csrtui.pair("intranet") / "pair.json"
    record = json.loads(file.read_bytes())
    record["subject_fields"] |= {"attributes": [], "organizational_unit": "A"}
    file.write_text(json.dumps(record))
    assert {one["code"] for one in csrtui("doctor", "--json").json["findings"]} == {"backup-none"}


@pytest.mark.parametrize(
    ("given", "ca", "said"),
    [
        ("emailAddress=jane@mydomain.com", "public", "public CAs certify only"),
        ("emailAddress=jürgen@mydomain.com", "private", "not allowed in this attribute"),
        ("serialNumber=a_b", "private", "not allowed in this attribute"),
        ("title=a\nb", "private", "not allowed in this attribute"),
        ("postalCode=" + "1" * 41, "private", "41 characters"),
        ("DC=", "private", "has no value"),
        ("nonsense=1", "private", "known type"),
        ("OU", "private", "known type"),
        ("CN=second", "private", "known type"),
    ],
)
def test_an_invalid_attribute_is_refused(csrtui: Csrtui, given: str, ca: str, said: str) -> None:
    ran = csrtui("new", "www.mydomain.com", "mydomain.com", "--attribute", given, "--ca", ca)
    assert (ran.status, csrtui.pairs) == (2, [])
    assert said in ran.err


def test_an_unknown_attribute_in_a_record_is_a_clear_error(csrtui: Csrtui) -> None:
    csrtui("new", "intranet", *OPTIONS, *PRIVATE)
    file = csrtui.pair("intranet") / "pair.json"
    record = json.loads(file.read_bytes())
    record["subject_fields"]["attributes"] = ["nonsense=1"]
    file.write_text(json.dumps(record))
    ran = csrtui("show", "intranet")
    assert ran.status == 3
    assert "subject_fields.attributes" in ran.error


def test_a_certificate_without_the_attributes_is_reported(csrtui: Csrtui) -> None:
    csrtui("new", "intranet", "-U", "First", *OPTIONS, *PRIVATE)
    request = csr.read_pem((csrtui.pair("intranet") / "request.pem").read_bytes())
    certificate = csrtui.store.parent / "certificate.pem"
    certificate.write_bytes(issue(request.der))
    (result,) = csrtui("import", str(certificate), "--json").json["results"]
    assert result["ok"]
    dropped = [one["text"] for one in result["differences"]]
    assert "the CA left out OU=Second" in dropped
