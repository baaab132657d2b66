"""The tree contains every certificate once, below its issuer or below the name of a missing issuer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from certificates_made import der
from chains_made import END, START, Made, ca, key, make
from cryptography import x509

from csrtui.core.base.validity import date_text
from csrtui.core.certificates.certificate import Certificate, read_der
from csrtui.core.certificates.chain import draw_tree

NOW = START + timedelta(days=1)
ROOT = make("Root", None, key("ec", 1), (ca(),), start=START - timedelta(days=30))
MIDDLE = make("Middle", ROOT, key("ec", 2), (ca(),))
LEAF = make("a.example.com", MIDDLE, key("ec", 3))


def decoded(*made: Made) -> list[Certificate]:
    return [read_der(der(one.certificate)) for one in made]


def drawing(*made: Made, now: datetime = NOW) -> list[str]:
    return [f"{row.branch}{row.name}: {row.status}" for row in draw_tree(decoded(*made), now)]


def test_each_certificate_is_below_its_issuer_in_any_order() -> None:
    until = date_text(END)
    other = make("b.example.com", MIDDLE, key("ec", 4))
    assert drawing(LEAF, other, ROOT, MIDDLE) == [
        f"Root: root, until {until}",
        f"└─ Middle: CA, until {until}",
        f"   ├─ a.example.com: until {until}",
        f"   └─ b.example.com: until {until}",
    ]


def test_a_missing_issuer_is_named_and_marked() -> None:
    first, second = draw_tree(decoded(LEAF), NOW)
    assert (first.name, first.status, first.is_problem) == ("CN=Middle", "missing", True)
    assert (second.branch, second.is_problem) == ("└─ ", False)


def test_a_certificate_with_only_the_name_of_the_issuer_is_not_the_issuer() -> None:
    impostor = make("Middle", None, key("ec", 5), (ca(),))
    assert "CN=Middle: missing: the certificate with this name is not the issuer" in drawing(LEAF, impostor)


def test_expiry_and_beginning_are_marked() -> None:
    (late,) = draw_tree(decoded(ROOT), END + timedelta(days=1))
    (early,) = draw_tree(decoded(ROOT), datetime(2001, 1, 1, tzinfo=UTC))
    assert late.is_problem
    assert late.status.startswith("root, expired ")
    assert early.is_problem
    assert early.status.startswith("root, not valid before ")


def test_a_certificate_without_a_common_name_has_its_subject() -> None:
    nameless = make(x509.Name([]), None, key("ec", 6))
    assert drawing(nameless)[0].startswith("serial number 0ABC: ")


def test_certificates_that_issued_each_other_are_drawn_once() -> None:
    a, b = key("ec", 7), key("ec", 8)
    first = make("A", Made(make("B", None, b).certificate, b), a, (ca(),))
    second = make("B", Made(make("A", None, a).certificate, a), b, (ca(),))
    names = [line.partition(":")[0] for line in drawing(first, second)]
    assert names == ["A", "└─ B"]
