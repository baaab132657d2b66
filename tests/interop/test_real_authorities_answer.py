"""Real CA programs sign csrtui's CSRs, and their answers are imported unchanged."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from command import run_here
from cryptography import x509
from real_acme import certbot
from real_authorities import EVERYTHING, Answer, certtool, certtool_accepts, cfssl, easy_rsa, openssl_ca

from csrtui.core.certificates.extensions import SERVER_AUTHENTICATION
from csrtui.core.keys.key_types import KeyType

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")

NAME = "www.mydomain.com"
NAMES = (NAME, "mydomain.com", "*.mydomain.com", "bücher.mydomain.com", "10.0.0.1", "2001:db8::1")
IN_CERTIFICATES = (*NAMES[:3], "xn--bcher-kva.mydomain.com", *NAMES[4:])
SUBJECT = ("-O", "Müller & Söhne", "-U", "Büro 1", "-C", "DE", "-S", "Nordrhein-Westfalen", "-L", "Köln")
Difference = tuple[str, str | None, str | None]
"""The kind, the requested value, and the issued value."""


@dataclass(frozen=True)
class Asked:
    """A pair of a store, and its CSR."""

    store: Path
    csr: Path

    def bring_home(self, answer: Answer, *, warning: str | None = None) -> set[Difference]:
        """Import an answer, and return the differences from the request. There must be no problem but this warning."""
        ran = run_here("import", *map(str, answer.files), "--json", store=self.store)
        assert ran.status == 0, ran.err
        (result,) = ran.json["results"]
        assert result["pair"] == NAME
        problems = [finding["code"] for finding in result["findings"] if finding["level"] != "note"]
        assert problems == ([warning] if warning else [])
        return {(one["kind"], one["requested"], one["issued"]) for one in result["differences"]}

    def is_issued(self, answer: Answer, *, above: int) -> None:
        """Assert that the pair is issued, and that its chain has this number of intermediates and a root."""
        pair = run_here("show", NAME, "--json", store=self.store).json
        assert pair["stage"] == "issued"
        assert pair["expires"] is not None
        kept = pair["files"]["certificate"]
        stored = x509.load_pem_x509_certificates(Path(kept).read_bytes())
        chain = [one for one in stored if one.subject != one.issuer]
        assert stored in (chain, [*chain, stored[-1]]), "a root comes last"
        root = x509.load_pem_x509_certificate(answer.root.read_bytes())
        assert len(chain) == 1 + above
        for one, issuer in zip(chain, [*chain[1:], root], strict=True):
            one.verify_directly_issued_by(issuer)
        subprocess.run(
            ["openssl", "verify", "-purpose", "sslserver", "-CAfile", answer.root, "-no-CApath",
             "-no-CAstore", "-untrusted", kept, kept],
            check=True, capture_output=True,
        )  # fmt: skip
        assert certtool_accepts(answer.root, Path(kept), SERVER_AUTHENTICATION)


@pytest.fixture
def ask(tmp_path: Path) -> Callable[..., Asked]:
    """Make a pair and return it with its CSR."""

    def asked(*arguments: str) -> Asked:
        store, csr = tmp_path / "store", tmp_path / "request.pem"
        made = run_here("new", *arguments, store=store)
        assert made.status == 0, made.err
        csr.write_text(run_here("csr", NAME, store=store).out)
        return Asked(store, csr)

    return asked


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Return an empty folder for the CA."""
    folder = tmp_path / "ca"
    folder.mkdir()
    return folder


_CLASSIC = [one for one in KeyType if not one.startswith("ml-dsa")]
_NIST_AND_RSA = [one for one in _CLASSIC if one is not KeyType.ED25519]


def _cases() -> list[object]:
    programs = (
        (openssl_ca, _CLASSIC, 1),
        (certtool, _CLASSIC, 1),
        (easy_rsa, _CLASSIC, 0),
        (cfssl, _NIST_AND_RSA, 1),
    )
    return [
        pytest.param(
            program, key_type, above,
            id=f"{program.__name__}-{key_type}",
            marks=[] if key_type is KeyType.EC_P256 else pytest.mark.slow,
        )
        for program, key_types, above in programs
        for key_type in key_types
    ]  # fmt: skip


@pytest.mark.parametrize(("program", "key_type", "above"), _cases())
def test_a_certificate_as_requested_is_imported_without_differences(
    ask: Callable[..., Asked], place: Path, program: Callable[..., Answer], key_type: KeyType, above: int
) -> None:
    asked = ask(*NAMES, *SUBJECT, "--ca", "private", "--key", key_type)
    answer = program(asked.csr, place)
    assert asked.bring_home(answer) == set()
    asked.is_issued(answer, above=above)


def test_fields_that_the_policy_of_openssl_drops_are_reported(ask: Callable[..., Asked], place: Path) -> None:
    asked = ask(*NAMES, *SUBJECT, "--ca", "private")
    kept = tuple(field for field in EVERYTHING if field not in {"organizationalUnitName", "localityName"})
    answer = openssl_ca(asked.csr, place, policy=kept, copied="none")
    dropped = {("name-dropped", name, None) for name in IN_CERTIFICATES}
    assert asked.bring_home(answer, warning="no-alternative-names") == dropped | {
        ("field-dropped", "Büro 1", None),
        ("field-dropped", "Köln", None),
    }
    asked.is_issued(answer, above=1)


def test_additions_by_a_template_of_certtool_are_reported(ask: Callable[..., Asked], place: Path) -> None:
    asked = ask(*NAMES, *SUBJECT, "--ca", "private")
    wanted = f'dns_name = "{NAME}"\ndns_name = "extra.mydomain.com"\n'
    answer = certtool(asked.csr, place, wanted=wanted)
    dropped = {("name-dropped", name, None) for name in IN_CERTIFICATES[1:]}
    assert asked.bring_home(answer) == dropped | {("name-added", None, "extra.mydomain.com")}
    asked.is_issued(answer, above=1)


@pytest.mark.slow
def test_names_given_to_easy_rsa_replace_the_requested_ones(ask: Callable[..., Asked], place: Path) -> None:
    asked = ask(*NAMES, *SUBJECT, "--ca", "private")
    answer = easy_rsa(asked.csr, place, f"--subject-alt-name=DNS:{NAME},DNS:extra.mydomain.com")
    dropped = {("name-dropped", name, None) for name in IN_CERTIFICATES[1:]}
    assert asked.bring_home(answer) == dropped | {("name-added", None, "extra.mydomain.com")}
    asked.is_issued(answer, above=0)


@pytest.mark.slow
@pytest.mark.parametrize("key_type", ["ec-p256", "rsa-2048"])
def test_certbot_accepts_the_csr_and_only_domains_are_certified(
    ask: Callable[..., Asked], place: Path, key_type: str
) -> None:
    """Pebble leaves the organization out, like every CA that checks no documents."""
    asked = ask(NAME, "mydomain.com", "-O", "Müller & Söhne", "-C", "DE", "-L", "Köln", "--key", key_type)
    answer = certbot(asked.csr, place)
    assert asked.bring_home(answer) == {
        ("field-dropped", "DE", None),
        ("field-dropped", "Köln", None),
        ("field-dropped", "Müller & Söhne", None),
    }
    asked.is_issued(answer, above=1)
