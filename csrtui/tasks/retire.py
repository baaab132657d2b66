"""Mark pairs as no longer used, undo this, or mark keys as compromised and certificates as revoked. Nothing is deleted."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from csrtui.core.base.errors import CsrtuiError, InputError
from csrtui.core.base.escaping import command, visible
from csrtui.core.base.finding import CaKind
from csrtui.core.base.validity import date_text, utc_text
from csrtui.core.pairs.pair import NextStep, Pair, PairRecord
from csrtui.core.pairs.pair_name import is_pair_name
from csrtui.tasks.list import PairFolder, Pairs, pairs_with_key, read_all_pairs, read_pair_folder
from csrtui.tasks.pair_text import NEXT_STEPS, fingerprint, time_left
from csrtui.tasks.parallel import Result
from csrtui.tasks.session import Session, change_record, csrtui_command

if TYPE_CHECKING:
    from csrtui.core.certificates.certificate import Certificate


def retire(session: Session, name: str) -> Result:
    """Mark a pair as no longer used, unless it is already marked, and return the result.

    Raises:
        StoreError: The store cannot be used.
    """
    done = "would be retired" if session.is_dry_run else "retired"
    text = f"{done}; its key, its CSR and its certificates stay where they are"
    if warning := "".join(retirement_warning(session, pair) for pair in Pairs(session, [name])):
        text += f".{warning}"

    def mark(record: PairRecord) -> PairRecord:
        nonlocal text
        if record.retired:
            text = "was already retired"
            return record
        return record.with_retirement(session.clock(), session.user)

    return _change(session, name, mark) or Result(ok=True, pair=name, text=text)


def retirement_warning(session: Session, pair: Pair) -> str:
    """Return the consequences of retiring a pair too early as sentences, with a space before each, or ""."""
    now, record, text = session.clock(), pair.record, ""
    if record.deadline is not None and record.is_in_use:
        left, is_expired = time_left(record.deadline, now), record.deadline.not_after < now
        expires = left if is_expired else f"expires {date_text(record.deadline.not_after)} ({left})"
        if record.is_renewal_started:
            text = (
                f" Its certificate {expires}, and {record.renewed_by}, which replaces it, is not on record as "
                "installed. You will not be reminded to install that."
            )
        elif not is_expired:
            text = f" Its certificate {expires}. You will not be reminded to renew it."
    for old in _pairs_only_renewed_by(session, pair.name):
        left = time_left(old.record.deadline, now) if old.record.deadline else ""
        text += f" {old.name} then has no renewal ({left}): renew it again."
    return text


def _pairs_only_renewed_by(session: Session, name: str) -> list[Pair]:
    """Return the pair that this pair renews, unless that pair is retired, has no certificate or has another successor."""
    links = [pair.record.renews or "" for pair in Pairs(session, [name]) if not pair.record.renewed_by]
    return [
        old
        for old in Pairs(session, list(filter(is_pair_name, links)))
        if old.record.validity and not old.record.retired and old.record.renewed_by == name
    ]


def undo_retirement(session: Session, name: str) -> Result:
    """Mark a retired pair as used again, and return the result. A pair that is not retired does not change.

    Raises:
        StoreError: The store cannot be used.
    """
    ok, text = True, "would be in use again" if session.is_dry_run else "in use again"

    def unmark(record: PairRecord) -> PairRecord:
        nonlocal ok, text
        if record.compromised:
            ok, text = False, "its key is marked as compromised: it must never be used again"
            return record
        if record.retired is None:
            text = "is not retired; nothing changed"
            return record
        return record.without_retirement(session.clock(), session.user)

    return _change(session, name, unmark) or Result(ok=ok, pair=name, text=text)


def mark_revoked(session: Session, name: str) -> Result:
    """Record that the CA has revoked the certificate of a pair with a compromised key, and return the result.

    Raises:
        StoreError: The store cannot be used.
    """
    ok, text = True, "would be recorded as revoked" if session.is_dry_run else "recorded as revoked"

    def mark(record: PairRecord) -> PairRecord:
        nonlocal ok, text
        if record.compromised is None:
            ok, text = (
                False,
                "its key is not marked as compromised: csrtui retire --compromised PAIR does that",
            )
        elif record.validity is None:
            ok, text = False, "has no certificate"
        elif record.revoked is not None:
            text = f"was already recorded as revoked on {date_text(record.revoked)}"
        else:
            return record.with_revocation(session.clock(), session.user)
        return record

    return _change(session, name, mark) or Result(ok=ok, pair=name, text=text)


def _change(session: Session, name: str, change: Callable[[PairRecord], PairRecord]) -> Result | None:
    """Change the record of a pair. Return a result only if the pair does not exist."""
    try:
        change_record(session, name, change)
    except InputError as error:
        return Result(ok=False, pair=visible(name), text=error.message)
    return None


REASON = "keyCompromise"
"""The reason for the CA (RFC 5280, 5.3.1; code 1)."""


@dataclass(frozen=True, slots=True)
class Revocation:
    """The facts that a CA needs to revoke a certificate."""

    certificate: "Certificate"
    commands: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CompromiseResult(Result):
    """The result of marking the key of a pair as compromised.

    Attributes:
        revocation: The facts for the revocation of its certificate, or None if it has no valid certificate.
        steps: The instructions, as sentences.
    """

    revocation: Revocation | None = None
    steps: tuple[str, ...] = ()

    def as_json(self) -> dict[str, object]:
        """Return the result in the form that commands print as JSON."""
        revocation: dict[str, object] | None = None
        if self.revocation is not None:
            certificate = self.revocation.certificate
            revocation = {
                "issuer": certificate.issuer_text,
                "serial": certificate.serial,
                "sha256": certificate.sha256,
                "not_after": utc_text(certificate.validity.not_after),
                "reason": REASON,
                "commands": list(self.revocation.commands),
            }
        return {**Result.as_json(self), "revocation": revocation, "steps": list(self.steps)}

    def lines(self) -> Iterator[str]:
        """Yield lines with the facts for the revocation, then the instructions and commands."""
        if self.revocation is not None:
            certificate = self.revocation.certificate
            yield f"issuer   {certificate.issuer_text or 'without a name'}"
            yield f"serial   {certificate.serial}"
            yield f"SHA-256  {fingerprint(certificate.sha256)}"
            yield f"reason   {REASON} (1)"
        for step in self.steps:
            yield step
            if step.endswith(":") and self.revocation is not None:
                yield from (f"  {line}" for line in self.revocation.commands)


def mark_compromised(session: Session, name: str) -> list[Result]:
    """Mark the key of a pair as compromised in every pair that has it, and return a result for each of them.

    The pairs count as retired, and nothing is deleted. A pair that is already marked stays unchanged.

    Raises:
        InputError: The pair does not exist.
        StoreError: The store cannot be used.
    """
    folder = read_pair_folder(session, name)
    names = {pair.name: None for pair in pairs_with_key(session, folder.pair.record.key.spki_sha256)}
    return [_mark(session, pair) for pair in {name: None, **names}]


def _mark(session: Session, name: str) -> Result:
    text = (
        "key marked as compromised: it must never be used again, and the pair is retired; nothing is deleted"
    )
    if session.is_dry_run:
        text = "key would be marked as compromised, and the pair retired; nothing would be deleted"

    def mark(record: PairRecord) -> PairRecord:
        nonlocal text
        if record.compromised:
            text = f"key marked as compromised on {date_text(record.compromised)}"
            return record
        return record.with_compromise(session.clock(), session.user)

    try:
        change_record(session, name, mark)
        folder = read_pair_folder(session, name)
    except CsrtuiError as error:
        return Result(ok=False, pair=name, text=f"not marked: {error.message}")
    revocation = _revocation(session, folder)
    steps = tuple(_steps(session, folder, revocation))
    return CompromiseResult(ok=True, pair=name, text=text, revocation=revocation, steps=steps)


def _revocation(session: Session, folder: PairFolder) -> Revocation | None:
    from csrtui.tasks.import_decision import usable_certificates  # imports the reader of certificates

    record = folder.pair.record
    leaf = next(iter(usable_certificates(folder.certificate, record.key.spki_sha256)), None)
    if leaf is None or session.clock() > leaf.validity.not_after:
        return None
    path, key = f"{folder.pair.path}/certificate.pem", f"{folder.pair.path}/key.pem"
    if record.ca is CaKind.PRIVATE:
        return Revocation(leaf, (command("openssl", "ca", "-revoke", path, "-crl_reason", REASON),))
    certbot = command(
        "certbot", "revoke", "--cert-path", path, "--key-path", key, "--reason", "keycompromise"
    )
    host = next(iter(leaf.names), folder.pair.name)
    lego = command("lego", "--domains", host, "revoke", "--reason", "1")
    acme_sh = command("acme.sh", "--revoke", "-d", host, "--revoke-reason", "1")
    return Revocation(leaf, (certbot, lego, acme_sh))


def _steps(session: Session, folder: PairFolder, revocation: Revocation | None) -> Iterator[str]:
    pair = folder.pair
    yield f"1. {_replacement_step(session, pair)}"
    next_number = 3
    if revocation is None:
        reason = "has expired" if folder.certificate else "is not in the keystore"
        yield f"2. Its certificate {reason}. If the CA has issued another for this key, revoke that one (reason {REASON})."
    elif pair.record.ca is CaKind.PRIVATE:
        yield f"2. Ask your CA to revoke the certificate (reason {REASON}). With openssl as the CA:"
    else:
        yield (
            f"2. Revoke the certificate in the CA's portal, or write to the problem contact in its CPS (reason {REASON}): "
            "a public CA must revoke within 24 hours (BR 4.9.1.1). With an ACME client:"
        )
    if pair.record.needs_revocation(session.clock()):
        yield f"{next_number}. Then record the revocation: {csrtui_command(session, 'retire', pair.name, '--revoked')}"
        next_number += 1
    if pair.record.backups:
        backup = csrtui_command(session, "backup", pair.name, "--to", "DIR")
        yield f"{next_number}. Earlier backups do not contain this mark. Make one that does: {backup}"


_STEP_COMMANDS = {
    NextStep.BACK_UP: ("backup", "--to", "DIR"),
    NextStep.SUBMIT: ("csr",),
    NextStep.IMPORT: ("import", "FILE", "--pair"),
    NextStep.INSTALL: ("export",),
    NextStep.RENEW: ("renew",),
}
"""The command for each next step. The name of the pair is added to it."""


def _replacement_step(session: Session, pair: Pair) -> str:
    """Return the step that ends the use of a key on its server. It names the replacement for the pair, if there is one."""
    record = pair.record

    def may_replace(other: Pair) -> bool:
        is_newer = other.record.created >= record.created and other.name != record.renews
        has_names = bool(record.names) and set(record.names) <= set(other.record.names)
        return other.name == record.renewed_by or (is_newer and has_names)

    others = [
        other
        for other in read_all_pairs(session).pairs
        if other.record.is_unreplaced or (other.record.is_in_use and other.record.installed)
        if other.record.key.spki_sha256 != record.key.spki_sha256 and may_replace(other)
    ]
    if not others:
        return f"Make a pair with a new key and install its certificate: {csrtui_command(session, 'renew', pair.name)}"
    new = max(others, key=lambda other: (other.name == record.renewed_by, other.record.created))
    step = new.record.next_step(session.clock())
    if step is NextStep.NONE:
        return f"{new.name} has a new key. Make sure that the server uses it, not this one."
    command_line = csrtui_command(session, *_STEP_COMMANDS[step], new.name)
    return f"{new.name} has a new key. Its next step is {NEXT_STEPS[step]}: {command_line}"
