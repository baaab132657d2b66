"""``import``, ``show`` and ``doctor`` agree on a chain: valid, invalid or not checkable, with the reason."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from certificates_made import pem
from chains_made import DAY, GONE, Case, Maker, ca, constraints, names, usage
from cryptography import x509

from csrtui.core.certificates.csr import read_pem

if TYPE_CHECKING:
    from pathlib import Path

    from command import Csrtui

NAME = "www.a.com"
STRANGE = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00")


def answer(made: Csrtui, path: Path, **changes: Any) -> tuple[Path, Case]:
    """Write the answer of a CA for the pair: all certificates except the root."""
    csr = x509.load_der_x509_csr(read_pem((made.pair(NAME) / "request.pem").read_bytes()).der)
    leaf = {"public_key": csr.public_key(), "subject": csr.subject, **changes.pop("leaf_options", {})}
    case = Maker("ec").case(**{"leaf": (names(NAME),), **changes, "leaf_options": leaf})
    path.write_bytes(pem(case.leaf.certificate, *(one.certificate for one in case.intermediates)))
    return path, case


@pytest.fixture
def made(csrtui: Csrtui) -> Csrtui:
    """Return csrtui with a pair for a private CA."""
    assert csrtui("new", NAME, "--ca", "private").status == 0
    return csrtui


@dataclass(frozen=True)
class State:
    """The expected statements of csrtui about a chain.

    Attributes:
        state: Valid, invalid or not checkable.
        text: The state with its end or reason.
        reason: The code of the reason, or None.
        codes: The doctor's findings.
        changes: The changes to the valid chain.
    """

    state: str
    text: str
    reason: str | None = None
    codes: tuple[str, ...] = ()
    changes: dict[str, Any] = field(default_factory=dict)


STATES = [
    State("valid", "complete up to CN=Root, which clients must trust"),
    State(
        "invalid",
        "invalid: CN=CA expired on 1 Jan 2021",
        "validity",
        ("chain-invalid",),
        {"middle_options": {"end": GONE}},
    ),
    State(
        "invalid",
        "invalid: CN=CA may not sign certificates: its key usage does not include keyCertSign",
        "key-usage",
        ("chain-invalid",),
        {"middle": (ca(), usage(signs=False))},
    ),
    State(
        "invalid",
        f"invalid: the name constraints of CN=CA do not allow {NAME}",
        "name-constraints",
        ("chain-invalid",),
        {"middle": (ca(), constraints([x509.DNSName("b.com")]))},
    ),
    State(
        "not-checkable",
        f"not checkable: CN={NAME} has a critical extension that csrtui does not know: 1.2.3.4",
        "extension",
        ("chain-not-checkable",),
        {"leaf": (names(NAME), (STRANGE, True))},
    ),
    State(
        "invalid",
        f"invalid: CN={NAME} expired on 1 Jan 2021",
        "leaf-validity",
        ("certificate-expired",),
        {"leaf_options": {"end": GONE}},
    ),
]


@pytest.mark.parametrize("expected", STATES, ids=lambda state: state.reason or state.state)
def test_import_show_and_doctor_agree(made: Csrtui, tmp_path: Path, expected: State) -> None:
    path, _ = answer(made, tmp_path / "answer.pem", **expected.changes)
    text = expected.text
    members = {"state": expected.state, "reason": expected.reason, "text": text}
    (result,) = made("import", str(path), "--json").json["results"]
    assert (result["ok"], result["chain"]) == (True, members)
    talk = made("import", str(path)).err
    assert (f"chain: {text}\n" in talk) is (expected.state == "valid")
    assert (f"warning: the chain is {text}\n" in talk) is any(
        one.startswith("chain") for one in expected.codes
    )
    assert made("show", NAME, "--json").json["chain"] == members
    shown = made("show", NAME).out
    assert f"\nChain       {text}\n" in shown
    assert f"; the chain is {text}\n" in shown  # in the history
    findings = made("doctor", "--json").json["findings"]
    about = [one for one in findings if one["code"].startswith(("chain", "certificate"))]
    assert tuple(one["code"] for one in about) == expected.codes
    if "chain-invalid" in expected.codes:
        assert about[0]["text"].endswith(f"certificate.pem: the chain is {text}")


def test_a_pair_without_a_certificate_has_no_chain(made: Csrtui) -> None:
    assert "chain" not in made("show", NAME, "--json").json


def test_the_remedy_of_the_doctor_completes_the_chain(made: Csrtui, tmp_path: Path) -> None:
    path, case = answer(made, tmp_path / "answer.pem")
    path.write_bytes(pem(case.leaf.certificate))
    assert made("import", str(path)).err.startswith(
        "note: the chain is incomplete: issuer certificate CN=CA is missing"
    )
    (found,) = [one for one in made("doctor", "--json").json["findings"] if one["code"] == "chain-incomplete"]
    assert found["level"] == "note"
    assert found["remedy"].startswith("csrtui import --")
    assert found["remedy"].endswith(f" --pair {NAME} CHAIN")
    chain = tmp_path / "chain.pem"
    assert case.root is not None
    chain.write_bytes(pem(case.root.certificate, *(one.certificate for one in case.intermediates)))
    ran = made("import", "--pair", NAME, str(chain))
    assert (ran.status, ran.err) == (0, "chain: valid up to CN=Root\n")
    assert not any(one["code"].startswith("chain") for one in made("doctor", "--json").json["findings"])


def test_a_ca_certificate_of_another_chain_does_not_belong_to_the_pair(made: Csrtui, tmp_path: Path) -> None:
    path, _ = answer(made, tmp_path / "answer.pem")
    assert made("import", str(path)).status == 0
    other = tmp_path / "other.pem"
    other.write_bytes(pem(Maker("ec").root(common_name="Other", number=9).certificate))
    for dry in ((), ("--dry-run",)):
        ran = made("import", str(other), "--pair", NAME, *dry)
        assert ran.status == 1
        assert "certificate of the CA CN=Other, which does not belong to the chain of www.a.com" in ran.out


def test_a_shorter_certificate_is_imported_and_reported(made: Csrtui, tmp_path: Path) -> None:
    path, case = answer(made, tmp_path / "answer.pem")
    until = case.leaf.certificate.not_valid_after_utc
    shorter, _ = answer(made, tmp_path / "shorter.pem", leaf_options={"end": until - DAY})
    assert made("import", str(path)).status == 0
    ran = made("import", str(shorter))
    assert ran.status == 0
    assert "note: it expires on 31 Dec 2039, sooner than the certificate that the pair has" in ran.err
    assert made("import", str(path)).status == 0
