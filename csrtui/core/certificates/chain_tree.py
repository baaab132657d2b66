"""Draw certificates as a tree: each certificate below its issuer, and a row for each missing issuer."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from csrtui.core.base.escaping import visible
from csrtui.core.certificates.certificate import Certificate
from csrtui.core.certificates.chain import build_chain, is_self_signed

_MAX_INDENT = 60
"""The maximum indentation of the drawing. Real chains have three or four certificates."""


@dataclass(frozen=True, slots=True)
class TreeRow:
    """A row of the tree.

    Attributes:
        branch: The lines in front of the name, from the characters ``│``, ``└``, ``├`` and ``─``.
        name: The common name or the whole subject, safe to display.
        status: The role and the validity: ``CA, until 2027-01-30``, ``expired 2026-01-01``, or ``missing``.
        is_problem: Whether the certificate is missing, expired or not yet valid, or did not sign what is below it.
    """

    branch: str
    name: str
    status: str
    is_problem: bool


def draw_tree(certificates: Sequence[Certificate], now: datetime) -> list[TreeRow]:
    """Return the rows for certificates in any order, without duplicates. Issuers come before what they issued."""
    return list(_Tree(certificates, now).rows())


class _Tree:
    def __init__(self, certificates: Sequence[Certificate], now: datetime) -> None:
        self._now = now
        self._below: dict[Certificate, list[Certificate]] = {}
        self._missing: dict[tuple[str, bool], list[Certificate]] = {}
        self._roots: list[Certificate] = []
        self._drawn: set[Certificate] = set()
        for certificate in certificates:
            chain = build_chain(certificate, certificates, now)
            if len(chain.path) > 1:
                self._below.setdefault(chain.path[1], []).append(certificate)
            elif is_self_signed(certificate):
                self._roots.append(certificate)
            else:
                group = certificate.issuer_text or "an issuer without a name", bool(chain.rejected_issuers)
                self._missing.setdefault(group, []).append(certificate)
        self._certificates = certificates

    def rows(self) -> Iterator[TreeRow]:
        for root in self._roots:
            yield from self._draw(root, "", "")
        for (issuer, has_impostor), issued in self._missing.items():
            status = "missing: the certificate of this name is not the issuer" if has_impostor else "missing"
            yield TreeRow("", issuer, status, is_problem=True)
            yield from self._draw_all(issued, "")
        for certificate in self._certificates:  # certificates that issued each other have no root
            if certificate not in self._drawn:
                yield from self._draw(certificate, "", "")

    def _draw_all(self, certificates: list[Certificate], indent: str) -> Iterator[TreeRow]:
        for certificate in certificates:
            is_last = certificate is certificates[-1]
            yield from self._draw(
                certificate,
                f"{indent}{'└─ ' if is_last else '├─ '}",
                f"{indent}{'   ' if is_last else '│  '}",
            )

    def _draw(self, certificate: Certificate, branch: str, indent: str) -> Iterator[TreeRow]:
        if certificate in self._drawn or len(indent) > _MAX_INDENT:
            return
        self._drawn.add(certificate)
        status, is_problem = self._status(certificate)
        name = certificate.subject.common_name
        yield TreeRow(branch, visible(name) if name else certificate.display_name, status, is_problem)
        yield from self._draw_all(self._below.get(certificate, []), indent)

    def _status(self, certificate: Certificate) -> tuple[str, bool]:
        validity, role = certificate.validity, ""
        if certificate.is_ca:
            role = "root, " if certificate.is_self_issued else "CA, "
        if self._now > validity.not_after:
            return f"{role}expired {validity.not_after:%Y-%m-%d}", True
        if self._now < validity.not_before:
            return f"{role}not valid before {validity.not_before:%Y-%m-%d}", True
        return f"{role}until {validity.not_after:%Y-%m-%d}", False
