"""Mark pairs as no longer used, undo this, or mark keys as compromised and certificates as revoked. Nothing is deleted."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from csrtui.core.base.errors import CsrtuiError, InputError
from csrtui.core.base.escaping import command, visible
from csrtui.core.base.finding import CaKind
from csrtui.core.base.validity import date_text, utc_text
from csrtui.core.pairs.pair import NextStep, Pair, PairRecord
from csrtui.core.pairs.pair_name import is_pair_name
from csrtui.store.foreign_files import read_foreign
from csrtui.store.stored_pair import CERTIFICATE_FILE
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
    """Change the record of a pair. Return a failure if the pair does not exist, or else None."""
    try:
        change_record(session, name, change)
    except InputError as error:
        return Result(ok=False, pair=visible(name), text=error.message)
    return None


REASON = "keyCompromise"
"""The reason for the CA (RFC 5280, 5.3.1; code 1)."""


class Revocation(NamedTuple):
    """The facts that a CA needs to revoke a certificate.

    Attributes:
        file: The name of the file in the pair's folder.
    """

    file: str
    certificate: "Certificate"
    commands: tuple[str, ...]

    def as_json(self) -> dict[str, object]:
        """Return the facts in the form that commands print as JSON."""
        return {
            "issuer": self.certificate.issuer_text,
            "serial": self.certificate.serial,
            "sha256": self.certificate.sha256,
            "not_after": utc_text(self.certificate.validity.not_after),
            "reason": REASON,
            "commands": list(self.commands),
        }


@dataclass(frozen=True, slots=True)
class CompromiseResult(Result):
    """The result of marking the key of a pair as compromised.

    Attributes:
        revocations: The facts for the revocation of each certificate that is still valid, the newest first.
        steps: The instructions, as sentences.
        others: The names of the other pairs with the key.
    """

    revocations: tuple[Revocation, ...] = ()
    steps: tuple[str, ...] = ()
    others: tuple[str, ...] = ()

    def as_json(self) -> dict[str, object]:
        """Return the result in the form that commands print as JSON."""
        revocations = [revocation.as_json() for revocation in self.revocations]
        return {
            **Result.as_json(self),
            "revocation": revocations[0] if revocations else None,
            "revocations": revocations,
            "steps": list(self.steps),
        }

    def paragraphs(self) -> Iterator[list[str]]:
        """Yield the other pairs, the facts about each certificate, and the instructions and commands, as lines."""
        if self.others:
            others = ", ".join(self.others)
            yield [f"Other pairs with this key: {others}. If they have certificates, revoke those too."]
        for file, certificate, _ in self.revocations:
            end = date_text(certificate.validity.not_after)
            yield [
                *([f"file     {file}, expires {end}"] if len(self.revocations) > 1 else []),
                f"issuer   {certificate.issuer_text or 'without a name'}",
                f"serial   {certificate.serial}",
                f"SHA-256  {fingerprint(certificate.sha256)}",
                f"reason   {REASON} (1)",
            ]
        for step in self.steps:
            yield [step]
            if step.endswith(":"):
                yield from ([f"  {line}"] for revocation in self.revocations for line in revocation.commands)


def mark_compromised(session: Session, name: str) -> list[Result]:
    """Mark the key of a pair as compromised in every pair that has it, and return a result for each of them.

    The pairs count as retired, and nothing is deleted. A pair that is already marked stays unchanged.

    Raises:
        InputError: The pair does not exist.
        StoreError: The store cannot be used.
    """
    folder = read_pair_folder(session, name)
    same_key = (pair.name for pair in pairs_with_key(session, folder.pair.record.key.spki_sha256))
    names = list(dict.fromkeys([name, *same_key]))
    return [_mark(session, pair, tuple(other for other in names if other != pair)) for pair in names]


def _mark(session: Session, name: str, others: tuple[str, ...]) -> Result:
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
    revocations = tuple(_revocations(session, folder))
    steps = tuple(_steps(session, folder, len(revocations)))
    return CompromiseResult(
        ok=True, pair=name, text=text, revocations=revocations, steps=steps, others=others
    )


def _revocations(session: Session, folder: PairFolder) -> Iterator[Revocation]:
    """Yield the facts for each certificate of the key that is still valid, the current one first, then the newest."""
    from csrtui.core.bundle import unexpired_leaves  # imports the reader of certificates

    record, path = folder.pair.record, folder.pair.path
    files = [(CERTIFICATE_FILE, folder.certificate or b"")]
    for file in reversed(folder.earlier):
        with suppress(InputError):  # csrtui doctor reports it
            files.append((file, read_foreign(f"{path}/{file}")))
    leaves = unexpired_leaves(files, record.key.spki_sha256, session.clock())
    for file, leaf in leaves.items():
        certificate, key = f"{path}/{file}", f"{path}/key.pem"
        if record.ca is CaKind.PRIVATE:
            commands = [command("openssl", "ca", "-revoke", certificate, "-crl_reason", REASON)]
        else:
            options = ("--cert-path", certificate, "--key-path", key, "--reason", "keycompromise")
            commands = [command("certbot", "revoke", *options)]
        if record.ca is CaKind.PUBLIC and file == CERTIFICATE_FILE:  # these know only the current certificate
            host = next(iter(leaf.names), folder.pair.name)
            commands.append(command("lego", "--domains", host, "revoke", "--reason", "1"))
            commands.append(command("acme.sh", "--revoke", "-d", host, "--revoke-reason", "1"))
        yield Revocation(file, leaf, tuple(commands))


def _steps(session: Session, folder: PairFolder, count: int) -> Iterator[str]:
    """Yield the instructions for a pair with `count` certificates to revoke."""
    pair = folder.pair
    certificates = "the certificate" if count == 1 else f"all {count} certificates"
    yield f"1. {_replacement_step(session, pair)}"
    next_number = 3
    if not count:
        reason = "has expired" if folder.certificate else "is not in the keystore"
        yield f"2. Its certificate {reason}. If the CA has issued another for this key, revoke that one (reason {REASON})."
    elif pair.record.ca is CaKind.PRIVATE:
        yield f"2. Ask your CA to revoke {certificates} (reason {REASON}). With openssl as the CA:"
    else:
        yield (
            f"2. Revoke {certificates} in the CA's portal, or write to the problem contact in its CPS (reason {REASON}): "
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
