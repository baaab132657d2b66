"""Show all details of a pair: its record, its timeline, and its certificate compared with the request."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from csrtui.core.base.errors import InputError
from csrtui.core.base.validity import date_text, time_text
from csrtui.core.bundle import read_certificates
from csrtui.core.certificates import csr as csrs
from csrtui.core.certificates.certificate import load
from csrtui.core.certificates.chain import Chain, build_chain
from csrtui.core.certificates.comparison import differences, flaws, installation_warnings
from csrtui.core.certificates.extensions import describe_usages, extensions_for
from csrtui.core.certificates.path_validation import ChainStatus, validate_chain
from csrtui.core.keys.key_types import label_of_name
from csrtui.core.pairs.charts import TimelineMark, TimelineRow, draw_one_line, draw_timeline
from csrtui.core.pairs.history import was_issued_for_request
from csrtui.core.pairs.pair import NextStep, Pair, PairRecord
from csrtui.core.pairs.pair_name import is_pair_name
from csrtui.tasks.list import Pairs, read_pair_folder
from csrtui.tasks.pair_text import (
    NEXT_STEPS,
    NO_NAMES,
    backup_text,
    day_of_month,
    day_text,
    fingerprint,
    history_texts,
    labelled_lines,
    no_backup_text,
    platform_label,
    previous_text,
    time_left,
)
from csrtui.tasks.session import Session


@dataclass(frozen=True, slots=True)
class PairDetails:
    """The contents of a pair's folder, except for its key.

    Attributes:
        chain: The certificate with its issuers, or None if it is missing or cannot be used.
        status: The result of the chain validation, or None if there is no chain.
        certificate_error: The reason why certificate.pem cannot be used, or an empty string.
        earlier: The paths of earlier certificates, oldest first, not escaped.
        replaced: The name of the pair that this pair replaces and that can be retired, or None.
    """

    pair: Pair
    csr: csrs.Request
    chain: Chain | None = None
    status: ChainStatus | None = None
    certificate_error: str = ""
    earlier: tuple[str, ...] = ()
    replaced: str | None = None


def read_pair_details(session: Session, name: str) -> PairDetails:
    """Return the details of a pair. If its certificate cannot be used, return the reason instead of the chain.

    Raises:
        InputError: The pair does not exist.
        StoreError: The pair is damaged, or its permissions are not safe.
    """
    folder = read_pair_folder(session, name)
    pair = folder.pair
    earlier = tuple(f"{pair.path}/{file}" for file in folder.earlier)
    details = PairDetails(pair, folder.csr, earlier=earlier, replaced=_find_replaced(session, pair))
    if folder.certificate is None:
        return details
    try:
        leaf, *others = read_certificates(folder.certificate)
    except InputError as error:
        return replace(details, certificate_error=f"cannot be read: {error.message}")
    if leaf.spki_sha256 != pair.record.key.spki_sha256:
        reason = f"does not match this pair's key: it is for {leaf.display_name}"
        return replace(details, certificate_error=reason)
    now = session.clock()
    chain = build_chain(leaf, others, now)
    return replace(details, chain=chain, status=validate_chain(chain, now))


def _find_replaced(session: Session, pair: Pair) -> str | None:
    """Return the name of the pair that this pair replaces, or None if that pair cannot be retired yet."""
    now, names = session.clock(), list(filter(is_pair_name, [pair.record.renews or ""]))
    replaced = (old.name for old in Pairs(session, names) if old.record.visible_step(now) is NextStep.RETIRE)
    return next(replaced, None)


def pair_lines(pair: Pair, now: datetime, details: PairDetails | None = None) -> list[tuple[str, str]]:
    """Return the details of a pair as lines, each with a label and a text. A continuation line has an empty label.

    The first lines are its name, its stage and its next step. Without `details`, only its record is described.
    """
    record = pair.record
    covers = details.chain.leaf.names if details and details.chain else record.names
    files = [f"{pair.path}/key.pem", f"{pair.path}/request.pem"]
    if pair.has_certificate:
        files.append(f"{pair.path}/certificate.pem")
    files += [f"{path} (an earlier one)" for path in (details.earlier if details else ())]
    protection = "with a passphrase" if record.key.encrypted else "mode 0600, no passphrase"
    backups = [f"{backup_text(record, backup)}: {backup.path}" for backup in record.backups_best_first]
    history = [
        f"{time_text(entry.time):>21}  {text}"
        for entry, text in zip(record.history, history_texts(record.history), strict=True)
    ]
    can_be_retired = ", which can be retired" if details and details.replaced else ""
    return [
        ("Name", pair.name),
        ("Stage", record.visible_stage),
        ("Next", NEXT_STEPS[record.visible_step(now)]),
        ("Subject", record.subject_text),
        *labelled_lines("Covers", covers or [NO_NAMES]),
        ("Key", f"{label_of_name(record.key.type)}, {protection}"),
        ("SPKI", fingerprint(record.key.spki_sha256)),
        ("CSR", f"SHA-256 {fingerprint(record.request.sha256)}"),
        *(requested_usage_lines(details) if details else ()),
        ("For", f"{platform_label(record.platform)}, {record.ca.value} CA"),
        ("Purpose", record.purpose.value),
        *labelled_lines("Backup", backups or [no_backup_text(record)]),
        *_times(record, now),
        *(certificate_lines(details, now) if details else ()),
        *labelled_lines("Renews", [f"{record.renews}{can_be_retired}"] if record.renews else []),
        *labelled_lines("Renewed by", [record.renewed_by] if record.renewed_by else []),
        *labelled_lines("Files", files),
        *labelled_lines("History", history),
    ]


def _times(record: PairRecord, now: datetime) -> list[tuple[str, str]]:
    validity = record.validity
    times = [
        ("Made", record.created),
        ("Submitted", record.submitted),
        ("Valid from", validity and validity.not_before),
        ("Renewal due", validity and validity.due),
        ("Expires", validity and validity.not_after),
        ("Installed", record.installed),
        ("Retired", record.retired),
        ("Compromised", record.compromised),
        ("Revoked", record.revoked),
    ]
    lines = [(label, date_text(time)) for label, time in times if time]
    if validity is None:
        return lines
    if previous := previous_text(record, now):
        lines.append(("Previous", previous))
    note = time_left(validity, now)
    return [(label, f"{text} ({note})" if label == "Expires" else text) for label, text in lines]


def requested_usage_lines(details: PairDetails) -> list[tuple[str, str]]:
    """Return a line for each usage in the CSR that its purpose does not imply, and for must-staple."""
    csr = details.csr
    lines = list(describe_usages(csrs.requested_extensions(csr.der)))
    if csr.key_type is None:
        return labelled_lines("Asks for", lines)
    implied = set(describe_usages(extensions_for(csr.purpose, csr.key_type)))
    return labelled_lines("Asks for", [line for line in lines if line not in implied])


def certificate_warnings(details: PairDetails) -> list[str]:
    """Return the reasons why clients refuse the certificate for a requested use, or its chain."""
    if details.chain is None or details.status is None:
        return []
    record = details.pair.record
    return installation_warnings(details.chain, details.status, record.ca, record.names, record.purpose)


def certificate_lines(details: PairDetails, now: datetime) -> list[tuple[str, str]]:
    """Return lines about the certificate and its chain."""
    if details.certificate_error:
        return [("Certificate", f"{details.certificate_error}; csrtui doctor shows what to do")]
    if details.chain is None or details.status is None:
        return []
    leaf, record = details.chain.leaf, details.pair.record
    if was_issued_for_request(record.history):
        texts = [difference.text for difference in differences(details.csr, leaf)]
    else:
        texts = ["not compared: the CSR was made from this certificate when it was adopted"]
        texts += [difference.text for difference in differences(None, leaf)]
    problems = [
        f"{flaw.level.value}: {flaw.text}"
        for flaw in flaws(details.chain, details.status, record.ca, now, record.purpose)
    ]
    return [
        ("Certificate", f"issued by {leaf.issuer_text}"),
        ("", f"serial number {leaf.serial}"),
        ("", f"SHA-256 {fingerprint(leaf.sha256)}"),
        *labelled_lines("Allows", list(describe_usages(load(leaf).extensions))),
        *labelled_lines(
            "Chain",
            [
                details.status.text,
                *(
                    f"{issuer.display_name}, expires {date_text(issuer.validity.not_after)}"
                    for issuer in details.chain.path[1:]
                ),
            ],
        ),
        *labelled_lines("Differences", texts or ["none"]),
        *labelled_lines("Problems", problems),
    ]


def timeline(
    record: PairRecord, now: datetime, width: int, *, prefer_one_line: bool = False
) -> tuple[TimelineRow, ...]:
    """Return the timeline of a pair, drawn in `width` columns, or nothing if it does not fit.

    Args:
        prefer_one_line: Whether to draw the events on one line, not to scale, if they fit.
    """
    days = sorted(_days(record), key=lambda day: day.time.date())
    past = [
        TimelineMark(day.time.date(), day.past_label, day_text(day.time, now))
        for day in days
        if day.time <= now
    ]
    future = [
        TimelineMark(day.time.date(), day.future_label, day_text(day.time, now))
        for day in days
        if day.time > now
    ]
    today = TimelineMark(now.date(), "today", day_of_month(now))
    line = draw_one_line(past, today, future, width) if prefer_one_line else None
    return (line,) if line else draw_timeline(past, today, future, width)


class _Day(NamedTuple):
    """An event in the timeline of a pair, with one label for a past event and one for a future event."""

    time: datetime
    past_label: str
    future_label: str


def _days(record: PairRecord) -> Iterator[_Day]:
    """Yield the known events of a pair. Events on the same day are shown in this order."""
    yield _Day(record.created, "created", "created")
    if record.backups:
        yield _Day(min(backup.created for backup in record.backups), "backed up", "backed up")
    if record.submitted:
        yield _Day(record.submitted, "submitted", "submitted")
    if record.validity:
        yield _Day(record.validity.not_before, "issued", "valid from")
    if record.installed:
        yield _Day(record.installed, "installed", "installed")
    if record.validity:
        if record.is_in_use:
            yield _Day(record.validity.due, "renewal due", "renewal due")
        yield _Day(record.validity.not_after, "expired", "expires")
    if record.retired and record.retired != record.compromised:
        yield _Day(record.retired, "retired", "retired")
    if record.compromised:
        yield _Day(record.compromised, "compromised", "compromised")
    if record.revoked:
        yield _Day(record.revoked, "revoked", "revoked")
