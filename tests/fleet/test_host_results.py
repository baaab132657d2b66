"""A CSR from a host is compared with the host's earlier list and with the plan."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from cryptography.exceptions import UnsupportedAlgorithm
from fleet_made import KEY, pair, pair_for
from requests_made import NOW, key_of
from tables import table

from csrtui.core.certificates import csr as request
from csrtui.core.keys import key_types
from csrtui.core.subject.fields import Attribute, SubjectFields
from csrtui.fleet.host_states import HostState, read_pair_document
from csrtui.fleet.tasks.results import changed_pairs, covers_text, csr_mismatch, pair_mismatch, plan_mismatch

if TYPE_CHECKING:
    from csrtui.core.certificates.csr import Request
    from csrtui.core.pairs.pair import Pair

SHOP = "shop.www3.mydomain.com"
BANK = "www.bank.com"


def both(*names: str, name: str = "", **subject: str) -> tuple[Pair, Request]:
    document, pem = pair_for(*names, name=name, **subject)
    return read_pair_document(document), request.read_pem(pem.encode())


def lying(listed: tuple[Pair, Request], sent: Request) -> Pair:
    """Return the pair as listed, with the digest of the CSR that the host sends."""
    pair, _ = listed
    facts = pair.record.request._replace(sha256=sent.sha256)
    return pair._replace(record=pair.record._replace(request=facts))


@table(
    ("names", "name"),
    [
        ((SHOP,), ""),
        ((SHOP, "mydomain.com"), f"{SHOP}-2"),
        (("*.mydomain.com",), "wildcard.mydomain.com"),
        (("10.1.2.3",), "10.1.2.3"),
        (("mydomain.com",), "website"),
        (("mydomain.com",), "api-v1.2"),
        (("a.com", "x" * 63 + ".mydomain.com"), "x" * 63 + "."),
    ],
)
def test_a_csr_as_listed_has_no_mismatch(names: tuple[str, ...], name: str) -> None:
    pair, csr = both(*names, name=name)
    assert csr_mismatch(csr, pair) == []


def test_a_csr_for_other_names_is_a_mismatch_by_name() -> None:
    _, bank = both(BANK)
    texts = csr_mismatch(bank, lying(both(SHOP), bank))
    assert texts == [
        f"names: listed {SHOP}, sent {BANK}",
        f"subject: listed CN={SHOP}, sent CN={BANK}",
        f"names: the pair is listed as {SHOP}, the CSR is for {BANK}",
    ]


@table("name", [SHOP, "10.1.2.3", "münchen.de".encode("idna").decode()])
def test_a_host_that_lists_other_names_under_the_name_of_a_host_is_a_mismatch(name: str) -> None:
    pair, csr = both(BANK, name=name)
    assert csr_mismatch(csr, pair) == [f"names: the pair is listed as {name}, the CSR is for {BANK}"]


def test_a_csr_with_one_more_name_is_a_mismatch() -> None:
    pair, _ = both(SHOP)
    _, csr = both(SHOP, BANK)
    assert csr_mismatch(csr, lying((pair, csr), csr)) == [f"names: listed {SHOP}, sent {SHOP}, {BANK}"]


def test_the_common_name_of_an_adopted_csr_may_be_in_the_subject_only() -> None:
    pair, csr = both(SHOP)
    bare = csr._replace(names=())
    assert csr_mismatch(bare, lying((pair, csr), bare)) == []
    assert covers_text(bare) == f"CN={SHOP}"


def test_another_key_is_a_mismatch() -> None:
    pair, csr = both(SHOP)
    other = request.read_der(
        request.build(SubjectFields(common_name=SHOP), (SHOP,), key_of(key_types.KeyType.EC_P384))
    )
    (text,) = csr_mismatch(other, lying((pair, csr), other))
    assert text == f"key: listed {csr.spki_sha256[:15]}…, sent {other.spki_sha256[:15]}…"


def test_a_difference_in_an_unnamed_subject_field_is_a_mismatch() -> None:
    pair, same = both(SHOP)
    _, csr = both(SHOP, organization="Bank")
    assert f"subject: listed CN={SHOP}, sent CN={SHOP},O=Bank" in csr_mismatch(csr, lying((pair, csr), csr))
    text = same._replace(subject_text=f"{same.subject_text},serialNumber=5")
    assert csr_mismatch(text, pair) == [f"subject: listed CN={SHOP}, sent CN={SHOP},serialNumber=5"]
    fields = same._replace(subject=same.subject._replace(organization="Bank"))
    assert csr_mismatch(fields, pair) == ["subject: its fields differ from its text"]


def test_a_host_of_an_early_release_lists_no_further_attributes() -> None:
    shop = SubjectFields(common_name=SHOP)
    csr, other = (
        request.read_der(request.build(shop._replace(attributes=(attribute,)), (SHOP,), KEY))
        for attribute in (Attribute("emailAddress", "web@bank.com"), Attribute("title", "Shop"))
    )
    document = pair(
        SHOP,
        subject=csr.subject_text,
        subject_fields={name: text for name, text in shop._asdict().items() if name != "attributes"},
        names=[SHOP],
        key={"type": "ec-p256", "encrypted": False, "spki_sha256": csr.spki_sha256},
        request={"sha256": csr.sha256, "signature_hash": "sha256"},
    )
    early = read_pair_document(document)
    assert csr_mismatch(csr, early) == []
    assert csr_mismatch(other, lying((early, csr), other)) == [
        f"subject: listed {csr.subject_text}, sent {other.subject_text}"
    ]
    for listed, mismatch in [
        ("emailAddress=web@bank.com", []),
        ("title=Shop", ["subject: its fields differ from its text"]),
    ]:
        fields = document["subject_fields"] | {"attributes": [listed]}
        assert csr_mismatch(csr, read_pair_document(document | {"subject_fields": fields})) == mismatch


def test_a_csr_without_its_own_signature_is_a_mismatch() -> None:
    pair, csr = both(SHOP)
    broken = csr._replace(der=csr.der[:-1] + bytes([csr.der[-1] ^ 1]))
    texts = csr_mismatch(broken, pair)
    assert "signature: not made with the key in the CSR" in texts
    assert any(text.startswith("request: ") for text in texts)
    assert plan_mismatch(broken, csr) == ["signature: not made with the key in the CSR"]


@pytest.mark.parametrize("error", [ValueError(), TypeError(), UnsupportedAlgorithm("")])
def test_a_signature_that_cannot_be_checked_is_invalid(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(_: bytes) -> bool:
        raise error

    monkeypatch.setattr(request, "has_valid_signature", fail)
    pair, csr = both(SHOP)
    assert csr_mismatch(csr, pair) == ["signature: not made with the key in the CSR"]


def test_an_invalid_pair_name_matches_no_pair() -> None:
    pair, csr = both(BANK, name=SHOP)
    odd = csr._replace(names=("...",), subject=SubjectFields(common_name=BANK))
    assert any("the pair is listed as" in text for text in csr_mismatch(odd, pair))


@pytest.mark.parametrize(
    ("change", "texts"),
    [
        ({}, ["names", "subject", "request"]),
        ({"organization": "Bank"}, ["names", "subject", "request"]),
    ],
)
def test_a_pair_that_changed_under_its_name_is_a_mismatch(change: dict[str, Any], texts: list[str]) -> None:
    before, _ = both(SHOP)
    now, _ = both(BANK, name=SHOP, **change)
    assert pair_mismatch(before, before) == []
    assert [text.partition(":")[0] for text in pair_mismatch(before, now)] == texts


def test_pairs_that_a_host_lists_differently_are_named() -> None:
    (shop, _), (bank, _), (mail, _) = (
        pair_for(SHOP),
        pair_for(BANK, name=SHOP),
        pair_for("mail.mydomain.com"),
    )
    before = HostState("web", NOW, (shop, mail))
    assert changed_pairs(before, HostState("web", NOW, (shop, mail | {"stage": "retired"}))) == []
    assert changed_pairs(before, HostState("web", failure=None)) == []
    old_hash = mail | {"request": mail["request"] | {"signature_hash": None}}
    (text,) = changed_pairs(before, HostState("web", NOW, (bank, old_hash, pair_for("new.mydomain.com")[0])))
    assert text.startswith(f"{SHOP}: names: shown {SHOP}, now {BANK}; subject: ")


def test_a_planned_csr_can_have_any_key_and_any_order_of_names() -> None:
    planned = request.preview(SubjectFields(common_name=SHOP, country="GB"), (SHOP, BANK))
    _, csr = both(SHOP, BANK, country="GB")
    assert plan_mismatch(csr, planned) == []
    assert plan_mismatch(csr._replace(names=(BANK, SHOP)), planned) == []
    text = ",".join(reversed(planned.subject_text.split(",")))
    assert plan_mismatch(csr._replace(subject_text=text), planned) == []
    _, other = both(SHOP, country="GB")
    assert plan_mismatch(other, planned) == [f"names: planned {SHOP}, {BANK}, made {SHOP}"]
    _, more = both(SHOP, BANK, country="GB", organization="Bank")
    assert plan_mismatch(more, planned) == [f"subject: planned CN={SHOP},C=GB, made CN={SHOP},O=Bank,C=GB"]


def test_the_text_for_very_many_names_is_cut() -> None:
    _, csr = both(*(f"n{number}.mydomain.com" for number in range(500)))
    assert len(covers_text(csr)) == 400
    (text,) = plan_mismatch(csr, csr._replace(names=("a.com",)))
    assert len(text) < 500
