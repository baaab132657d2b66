"""Describe a pair on the screens: its status in a sentence, and its details in groups with titles."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from csrtui.core.base.validity import Validity, date_text
from csrtui.core.keys.key_types import label_of_name
from csrtui.core.pairs.pair import COMPROMISED, Backup, BackupStatus, NextStep, Pair, PairRecord
from csrtui.core.pairs.renewal_state import RenewalState
from csrtui.core.servers.platforms import OTHER
from csrtui.tasks.pair_text import (
    NO_NAMES,
    age_text,
    backup_text,
    fingerprint,
    history_texts,
    labelled_lines,
    no_backup_text,
    platform_label,
    previous_text,
    time_left,
)

if TYPE_CHECKING:
    from csrtui.tasks.show import PairDetails

Lines = list[tuple[str, str]]
"""Lines with a label and a text each. A continuation line has an empty label."""


class PairGroup(NamedTuple):
    """Details of a pair under a title."""

    title: str
    lines: Lines


def status_text(record: PairRecord, now: datetime) -> str:
    """Return the status of a pair: ``issued · 59 days left · verified backup · nginx``."""
    left = [time_left(record.deadline, now)] if record.deadline else []
    backup = "no" if record.backup_status is BackupStatus.NONE else record.backup_status.value
    return " · ".join([record.visible_stage, *left, f"{backup} backup", platform_label(record.platform)])


def relation_text(record: PairRecord, now: datetime) -> str:
    """Return facts that distinguish a pair from others: ``renews www.example.com, 59 days left, nginx``."""
    parts = [COMPROMISED] if record.compromised else []
    parts += [f"renews {record.renews}"] if record.renews else []
    parts += [f"renewed by {record.renewed_by}"] if record.renewed_by else []
    parts += [time_left(record.deadline, now)] if record.deadline else []
    return ", ".join([*parts, platform_label(record.platform), f"{record.ca.value} CA"])


def step_text(record: PairRecord, now: datetime, key_of: Callable[[str], str]) -> str:
    """Return the reason for the next step of a pair in one or two sentences.

    Args:
        key_of: A function that returns the key to press for an action of the screens (``retire``, ``mark_installed``).
    """
    match record.next_step(now):
        case NextStep.BACK_UP:
            origin = record.key_origin
            loss = (
                f"the key may be in the backups of {origin}"
                if origin
                else "if this key is lost, so is the certificate"
            )
            text = f"{_backup_problem(record.backup, now)}: {loss}."
        case NextStep.SUBMIT:
            text = f"Backed up. Submit the CSR to a {record.ca.value} CA."
        case NextStep.IMPORT if record.defect and not record.reused:
            text = f"{_defect_text(record)} Import another one."
        case NextStep.IMPORT:
            submitted = record.reused or record.submitted
            since = f" {date_text(submitted)}" if submitted else ""
            text = f"Submitted{since}. Import the certificate when issued."
        case NextStep.INSTALL:
            software = "" if record.platform == OTHER else f" ({platform_label(record.platform)})"
            before = f" before {date_text(record.previous.not_after)}" if record.previous else ""
            done = f"or press {key_of('mark_installed')} if that is done."
            text = f"Install it{software}{before}, {done}"
            if record.defect:
                text = f"{_defect_text(record)} Install it{software}{before}."
        case NextStep.RENEW:
            text = _renewal_text(record.deadline, now) if record.deadline else ""
        case _:
            text = _end_text(record, now, key_of)
    return text


def _renewal_text(validity: Validity, now: datetime) -> str:
    if validity.not_after < now:
        return f"The certificate {time_left(validity, now)}: renew it now."
    return f"Renewal has been due since {date_text(validity.due)}; {time_left(validity, now)}."


def _end_text(record: PairRecord, now: datetime, key_of: Callable[[str], str]) -> str:
    retire_key = key_of("retire")
    if record.compromised:
        return _compromise_text(record, now, key_of)
    if record.retired and record.renewed_by and record.renewal is RenewalState.BROKEN:
        restore = f"restore it from its backup ({key_of('restore')})"
        return f"Retired {date_text(record.retired)}. {record.renewed_by}, which replaced it, is missing: {restore}."
    if record.retired:
        return f"Retired {date_text(record.retired)}. {retire_key} takes it back into use."
    if record.is_renewal_started:
        return _finish_text(record, now)
    if not record.is_in_use:
        return f"Retire this pair ({retire_key}) when the server uses {record.renewed_by}."
    due = f" Renewal is due {date_text(record.validity.due)}." if record.validity else ""
    return f"{_defect_text(record) or 'Nothing to do.'}{due}"


def _defect_text(record: PairRecord) -> str:
    """Return the defect of the certificate as a sentence, or an empty string."""
    text = record.defect.text if record.defect else ""
    return f"{text[:1].upper()}{text[1:]}." if text else ""


def _compromise_text(record: PairRecord, now: datetime, key_of: Callable[[str], str]) -> str:
    since = f"Key marked as compromised {date_text(record.compromised)}" if record.compromised else ""
    if record.revoked:
        return f"{since}, certificate revoked {date_text(record.revoked)}."
    if not record.needs_revocation(now):
        return f"{since}. {key_of('retire')} shows what revocation needs."
    if record.renewed_by:
        return f"Key compromised: use {record.renewed_by}. {key_of('retire')} shows how to revoke."
    replacement = f"replace it ({key_of('renew')})"
    return f"Key compromised: {replacement}, and have its certificate revoked ({key_of('retire')})."


def _finish_text(record: PairRecord, now: datetime) -> str:
    """Return the instruction to finish the renewal of a pair, with the deadline."""
    step = f"{'Install' if record.renewal is RenewalState.ISSUED else 'Finish'} {record.renewed_by}"
    deadline = record.deadline
    if deadline is None:
        return f"{step}, which replaces this pair."
    if deadline.not_after < now:
        return f"The certificate {time_left(deadline, now)}. {step} now."
    return f"{step} before {date_text(deadline.not_after)}, when this one expires."


def _backup_problem(backup: Backup | None, now: datetime) -> str:
    if backup is None:
        return "No backup"
    if backup.status is BackupStatus.UNVERIFIED:
        return "No verified backup"
    since, age = "", now - backup.since if backup.since else timedelta(0)
    if backup.since:
        since = f" since {date_text(backup.since)}" + (f" ({age_text(age)})" if age.days > 0 else "")
    return f"The backup is {backup.status.value}{since}"


def pair_groups(pair: Pair, now: datetime, details: "PairDetails | None" = None) -> list[PairGroup]:
    """Return the details of a pair in groups, without empty groups.

    Args:
        details: The contents of the pair's folder, or None to describe only its record.
    """
    from csrtui.tasks.show import (  # screens load it when they show a pair
        certificate_lines,
        requested_usage_lines,
    )

    record = pair.record
    protection = "with a passphrase" if record.key.encrypted else "no passphrase, mode 0600"
    covers = details.chain.leaf.names if details and details.chain else record.names
    issued = [] if covers == record.names else [("Covers", "  ".join(covers) or NO_NAMES)]
    request = [
        ("Subject", record.subject_text),
        ("Covers" if covers == record.names else "Requested", "  ".join(record.names) or NO_NAMES),
        ("Key", f"{label_of_name(record.key.type)}, {protection}"),
        ("SPKI", fingerprint(record.key.spki_sha256)),
        ("CSR", f"SHA-256 {fingerprint(record.request.sha256)}"),
        *(requested_usage_lines(details) if details else ()),
        (
            "Made for",
            f"{platform_label(record.platform)}, {record.ca.value} CA, purpose {record.purpose.value}",
        ),
    ]
    certificate = [
        *issued,
        *_validity_lines(record, now),
        *(certificate_lines(details, now) if details else ()),
        *_submission_lines(record),
    ]
    earlier = details.earlier if details else ()
    places = [
        ("Folder", pair.path),
        ("Files", f"key.pem  request.pem{'  certificate.pem' if pair.has_certificate else ''}"),
        *labelled_lines("Earlier", list(earlier)),
        *([("Installed", date_text(record.installed))] if record.installed else []),
        *labelled_lines("Renews", [record.renews] if record.renews else []),
        *labelled_lines("Renewed by", [record.renewed_by] if record.renewed_by else []),
    ]
    history = [
        (date_text(entry.time), f"{entry.time:%H:%M}  {text}")
        for entry, text in reversed(list(zip(record.history, history_texts(record.history), strict=True)))
    ]
    groups = [
        PairGroup("Request", request),
        PairGroup("Certificate", certificate),
        PairGroup("Backup", _backup_lines(record)),
        PairGroup("Where it is", places),
        PairGroup(f"History ({len(history)})", history),
    ]
    return [group for group in groups if group.lines]


def _validity_lines(record: PairRecord, now: datetime) -> Lines:
    validity = record.validity
    if validity is None:
        return []
    days = validity.whole_days
    due = f"   renewal due {date_text(validity.due)}" if record.is_in_use else ""
    dates = f"{date_text(validity.not_before)} – {date_text(validity.not_after)} ({days} days){due}"
    previous = previous_text(record, now)
    return [("Valid", dates), *([("Previous", previous)] if previous else [])]


def _submission_lines(record: PairRecord) -> Lines:
    """Return a line with the time, the recipient and the note of the last submission, which only the history contains."""
    if record.submitted is None:
        return []
    texts = [entry.text for entry in record.history if entry.time == record.submitted]
    text = next((text for text in texts if text.startswith("submitted")), "")
    return [("Submitted", f"{date_text(record.submitted)}{text.removeprefix('submitted')}")]


def _backup_lines(record: PairRecord) -> Lines:
    lines = [
        line
        for backup in record.backups_best_first
        for line in (("Status", backup_text(record, backup)), ("File", backup.path))
    ]
    return lines or [("Status", no_backup_text(record))]


def copyable_texts(details: "PairDetails") -> Sequence[tuple[str, str]]:
    """Return the texts of a pair that can be copied, each once and with a label. None of them is secret."""
    pair, record = details.pair, details.pair.record
    items = [
        ("Pair's name", pair.name),
        *(("Requested name", name) for name in record.names),
        ("Subject", record.subject_text),
        ("Key fingerprint (SPKI SHA-256)", record.key.spki_sha256),
        ("CSR fingerprint (SHA-256)", record.request.sha256),
    ]
    if details.chain is not None:
        leaf = details.chain.leaf
        items += [("Certificate fingerprint (SHA-256)", leaf.sha256), ("Serial number", leaf.serial)]
    items += [("Folder", pair.path), ("CSR file", f"{pair.path}/request.pem")]
    items += [("Certificate file", f"{pair.path}/certificate.pem")] if pair.has_certificate else []
    items += [("Backup file", backup.path) for backup in record.backups]
    labels: dict[str, str] = {}
    for label, text in items:
        labels.setdefault(text, label)
    return [(label, text) for text, label in labels.items()]
