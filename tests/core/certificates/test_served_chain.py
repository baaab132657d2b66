"""The chain that a server sends: complete and in order, or the problem is named."""

from __future__ import annotations

from datetime import timedelta

from certificates_made import der
from chains_made import GONE, START, Made, ca, key, make, names
from tables import table

from csrtui.core.base.finding import CaKind
from csrtui.core.certificates.certificate import Certificate, read_der
from csrtui.core.certificates.comparison import chain_problems, uncovered_names

NOW = START + timedelta(days=900)
ROOT = make("Root", None, key("ec", 1), (ca(),))
TOP = make("Top", ROOT, key("ec", 2), (ca(),))
LOW = make("Low", TOP, key("ec", 3), (ca(),))
LEAF = make("a.example.com", LOW, key("ec", 4), (names("a.example.com", "*.b.example.com"),))
STRANGER = make("Stranger", None, key("ec", 5), (ca(),))
OLD = make("Low", TOP, key("ec", 3), (ca(),), end=GONE)


def decoded(*made: Made) -> list[Certificate]:
    return [read_der(der(one.certificate)) for one in made]


@table(
    ("sent", "known", "codes"),
    [
        ((LEAF, LOW, TOP), (), []),
        ((LEAF, LOW, TOP, ROOT), (), []),
        ((LEAF, LOW, TOP), (LEAF, LOW, TOP, ROOT), []),
        ((LEAF, TOP, LOW), (), ["chain-order"]),
        ((LEAF,), (LOW, TOP), ["chain-missing"]),
        ((LEAF, LOW), (TOP, ROOT), ["chain-missing"]),
        ((LEAF,), (), ["chain-missing"]),
        ((LEAF, LOW, TOP, STRANGER), (), ["chain-wrong"]),
        ((LEAF, STRANGER), (LOW, TOP), ["chain-missing", "chain-wrong"]),
        ((LEAF, OLD, TOP), (), ["chain-invalid"]),
    ],
)
def test_problems_are_named(sent: tuple[Made, ...], known: tuple[Made, ...], codes: list[str]) -> None:
    problems = chain_problems(decoded(*sent), decoded(*known), CaKind.PUBLIC, NOW)
    assert [problem.code for problem in problems] == codes


def test_clients_of_a_private_ca_may_trust_the_issuer_directly() -> None:
    assert list(chain_problems(decoded(LEAF), [], CaKind.PRIVATE, NOW)) == []


def test_a_wildcard_covers_one_label() -> None:
    (leaf,) = decoded(LEAF)
    requested = [
        "A.example.com",
        "x.b.example.com",
        "y.x.b.example.com",
        "b.example.com",
        "c\x1b.example.com",
    ]
    assert uncovered_names(requested, leaf) == ["y.x.b.example.com", "b.example.com", "c\\x1b.example.com"]
