"""Check that a server sends the certificates of a pair. csrtui opens no connection: it reads openssl's output."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from csrtui.core import bundle
from csrtui.core.base.escaping import excerpt, plural
from csrtui.core.base.validity import date_text, time_text
from csrtui.core.certificates.certificate import Certificate
from csrtui.core.certificates.comparison import ServedProblem, chain_problems, uncovered_names
from csrtui.tasks.import_decision import usable_certificates
from csrtui.tasks.list import PairFolder, pairs_with_key, read_pair_folder
from csrtui.tasks.parallel import Result
from csrtui.tasks.session import Session, csrtui_command

_DEPTH = re.compile(rb"^ *([0-9]{1,2}) s:", re.MULTILINE)
"""Matches a line of ``Certificate chain`` in the output of ``openssl s_client``."""
_REASON = re.compile(
    rb"^(?:connect:|.*[Cc]onnection refused|.*no peer certificate|.*:error:)[^\n]*", re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class ServedResult(Result):
    """The result of comparing the certificates that a server sends with a pair.

    Attributes:
        code: ``served``, or the code of a problem. Later versions keep the codes.
    """

    code: str = "served"

    def as_json(self) -> dict[str, object]:
        """Return the result in the form that the command prints as JSON."""
        return {**Result.as_json(self), "code": self.code}


def check_served(session: Session, name: str, output: bytes, file: str | None = None) -> list[Result]:
    """Return one result if a server sends the certificate of a pair with its chain, or else a result for each problem.

    Args:
        output: The output of ``openssl s_client -showcerts``, or any file with the certificates in the server's order.

    Raises:
        InputError: The pair does not exist.
        StoreError: The store cannot be used.
    """
    folder = read_pair_folder(session, name)
    material = bundle.read(output, open_keys=False)
    sent = material.certificates
    if material.has_private_key:
        text = f"it contains a private key, so it is not what a server sends; use: {_openssl_command(session, name)}"
        return [_failure(name, file, ServedProblem("no-certificate", text))]
    if not sent:
        return [_failure(name, file, ServedProblem("no-certificate", _reason(session, name, output)))]
    problems = [
        *_problems(session, folder, sent, output),
        *(
            ServedProblem("unreadable", f"part of it cannot be read: {problem.sentence}")
            for problem in material.problems
        ),
    ]
    if problems:
        return [_failure(name, file, problem) for problem in problems]
    chain = f" and its chain of {plural(len(sent) - 1, 'certificate')}" if len(sent) > 1 else ""
    expires = date_text(sent[0].validity.not_after)
    text = f"the server sends this certificate (expires {expires}){chain}"
    if not folder.pair.record.installed:
        text += f"; record that: {csrtui_command(session, 'export', name)} --mark-installed"
    return [ServedResult(ok=True, pair=name, file=file, text=text)]


def _openssl_command(session: Session, name: str) -> str:
    """Return the command line that shows whether the certificate of a pair is live."""
    served = csrtui_command(session, "served", name)
    return f"openssl s_client -showcerts -connect HOST:443 < /dev/null | {served}"


def _failure(name: str, file: str | None, problem: ServedProblem) -> ServedResult:
    return ServedResult(ok=False, pair=name, file=file, text=problem.text, code=problem.code)


def _reason(session: Session, name: str, output: bytes) -> str:
    match = _REASON.search(output)
    reason = f" ({excerpt(match[0].decode('utf-8', 'replace'))})" if match else ""
    return f"it contains no certificate{reason}; use: {_openssl_command(session, name)}"


def _problems(
    session: Session, folder: PairFolder, sent: Sequence[Certificate], output: bytes
) -> Iterator[ServedProblem]:
    record, leaf, now = folder.pair.record, sent[0], session.clock()
    stored = usable_certificates(folder.certificate, record.key.spki_sha256)
    if not stored or leaf != stored[0]:
        yield _other_certificate(session, folder, leaf, stored)
        if leaf.spki_sha256 != record.key.spki_sha256:
            return  # the chain and the names of another certificate say nothing about this pair
    if now > leaf.validity.not_after:
        yield ServedProblem("expired", f"the certificate expired on {date_text(leaf.validity.not_after)}")
    if now < leaf.validity.not_before:
        text = f"the certificate is not valid before {time_text(leaf.validity.not_before)}"
        yield ServedProblem("not-yet-valid", text)
    missing = uncovered_names(record.names, leaf)
    if missing:
        text = f"the certificate does not cover {', '.join(missing)}: visitors get an error"
        yield ServedProblem("names-not-covered", text)
    shown = 1 + max((int(match[1]) for match in _DEPTH.finditer(output)), default=0)
    if shown > len(sent):
        line = _openssl_command(session, folder.pair.name)
        text = f"the server sends {shown} certificates, but the input has only one: add -showcerts; {line}"
        yield ServedProblem("chain-not-shown", text)
    else:
        yield from chain_problems(sent, stored, record.ca, now)


def _other_certificate(
    session: Session, folder: PairFolder, leaf: Certificate, stored: Sequence[Certificate]
) -> ServedProblem:
    """Return the problem with a server that sends a certificate other than the pair's."""
    pair, expires = folder.pair, f"expires {date_text(leaf.validity.not_after)}"
    if leaf.spki_sha256 == pair.record.key.spki_sha256:
        if stored and leaf.validity.not_before < stored[0].validity.not_before:
            text = f"the server sends an older certificate of this pair ({expires}): install the new one, then reload"
            return ServedProblem("older", text)
        text = f"the server sends a certificate of this pair ({expires}) that was not imported: "
        text += csrtui_command(session, "import", "FILE")
        return ServedProblem("not-imported", text)
    others = pairs_with_key(session, leaf.spki_sha256) if leaf.spki_sha256 else []
    if any(other.name == pair.record.renews for other in others):
        install = csrtui_command(session, "export", pair.name, "--replace")
        text = f"the server still sends the certificate of {pair.record.renews}, which this pair renews ({expires})"
        return ServedProblem("older", f"{text}: install this one with {install}, then reload")
    if others:
        text = f"the server sends the certificate of the pair {others[0].name} ({expires})"
        return ServedProblem("other-pair", text)
    issuer = leaf.issuer_text or "an issuer without a name"
    text = (
        f"the server sends a certificate for another key: {leaf.display_name}, issued by {issuer}, {expires}"
    )
    return ServedProblem("other-certificate", text)
