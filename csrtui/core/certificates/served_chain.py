"""Compare the certificates that a server sends with the chain that it should send (RFC 8446, 4.4.2)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from csrtui.core.base.escaping import visible
from csrtui.core.base.finding import CaKind
from csrtui.core.certificates.certificate import Certificate
from csrtui.core.certificates.chain import build_chain
from csrtui.core.certificates.path_validation import ChainReason, ChainState, validate_chain


@dataclass(frozen=True, slots=True)
class ServedProblem:
    """A problem with what a server sends.

    Attributes:
        code: The stable code, such as ``chain-missing``.
        text: The problem and, if there is one, the fix. Safe to display.
    """

    code: str
    text: str


def chain_problems(
    sent: Sequence[Certificate], known: Sequence[Certificate], ca: CaKind, now: datetime
) -> Iterator[ServedProblem]:
    """Yield the problems with the chain that a server sends.

    Args:
        sent: The certificates in the order in which the server sends them. The first is its own.
        known: Further certificates from which the complete chain can be built, such as those of the pair.
        ca: The kind of CA. Clients of a private CA may trust the issuer directly.
        now: The time, in UTC.
    """
    leaf = sent[0]
    chain = build_chain(leaf, [*sent, *known], now)
    missing = [issuer for issuer in chain.intermediates if issuer not in sent]
    status = validate_chain(chain, now)
    if missing:
        names = " and ".join(issuer.display_name for issuer in missing)
        yield ServedProblem(
            "chain-missing", f"the server does not send {names}: install the full chain, then reload"
        )
    elif status.reason is ChainReason.ISSUER_MISSING and ca is CaKind.PUBLIC:
        issuer = chain.last_issuer_text or "which has no name"
        text = (
            f"the server sends only its own certificate: the certificate of the issuer, {issuer}, is missing"
        )
        yield ServedProblem("chain-missing", text)
    foreign = [certificate for certificate in sent if certificate not in chain.path]
    if foreign:
        names = " and ".join(certificate.display_name for certificate in foreign)
        yield ServedProblem(
            "chain-wrong", f"the server sends certificates that do not belong to the chain: {names}"
        )
    ordered = [certificate for certificate in chain.path if certificate in sent]
    if [certificate for certificate in sent if certificate in chain.path] != ordered:
        text = "the chain is out of order: the certificate must come first, then each issuer"
        yield ServedProblem("chain-order", text)
    if status.state is ChainState.INVALID:
        yield ServedProblem("chain-invalid", f"the chain is {status.text}")


def uncovered_names(names: Sequence[str], certificate: Certificate) -> list[str]:
    """Return the names that a certificate does not cover, safe to display (RFC 9525, 6.3)."""
    covered = {name.lower() for name in certificate.names}
    return [
        visible(name)
        for name in names
        if name.lower() not in covered and f"*.{name.lower().partition('.')[2]}" not in covered
    ]
