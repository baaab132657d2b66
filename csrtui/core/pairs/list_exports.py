"""Export the list of pairs as an iCalendar file with the renewals and expiries, or as metrics for Prometheus."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from csrtui.core.base.escaping import visible
from csrtui.core.base.finding import CaKind
from csrtui.core.base.validity import Validity, utc_text
from csrtui.core.certificates.certificate import max_validity_days
from csrtui.core.pairs.pair import BackupStatus, NextStep, Pair, PairRecord, Stage

MAX_LINE_OCTETS: Final = 75
"""The maximum length of a line in octets, without its CR LF (RFC 5545, 3.1)."""
_RENEWAL_TRIGGER: Final = "PT9H"
"""The alarm for a renewal, at 9:00 on the due day in the calendar's time zone."""
_EXPIRY_TRIGGERS: Final = (timedelta(days=7), timedelta(days=1))
"""The times of the alarms before the expiry. Alarms before the renewal is due are left out."""
_HEADER: Final = ("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//csrtui//csrtui//EN", "METHOD:PUBLISH")
_FOOTER: Final = "END:VCALENDAR"
_TIME_ZONE: Final = (
    "BEGIN:VTIMEZONE",
    "TZID:Etc/UTC",
    "BEGIN:STANDARD",
    "DTSTART:19700101T000000",
    "TZOFFSETFROM:+0000",
    "TZOFFSETTO:+0000",
    "END:STANDARD",
    "END:VTIMEZONE",
)
"""The component of a calendar without events, because a calendar needs at least one component (RFC 5545, 3.6)."""
_DAY = timedelta(days=1)
_LAST_DAY = datetime.max.replace(tzinfo=UTC) - _DAY
_ESCAPES = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n"})


class _CalendarEvent(NamedTuple):
    """An event. Its kind is part of the UID, `start` is the DTSTART line, and `triggers` are those of its alarms."""

    kind: str
    title: str
    start: str
    description: Sequence[str]
    triggers: Sequence[str]


def calendar_chunks(
    pairs: Iterable[Pair], host: str, now: datetime, csrtui_command: Callable[[str, str], str]
) -> Iterator[bytes]:
    """Yield an iCalendar file in chunks of whole lines, in UTF-8. Every line ends with CR LF.

    Pairs without a certificate, retired pairs and replaced pairs have no dates.

    Args:
        pairs: The pairs.
        host: The name of their host, which distinguishes the calendars of several hosts.
        now: The creation time of the file, in UTC.
        csrtui_command: A function that returns a csrtui command for this store, given an action and the name of a pair.
    """
    yield _encode(_HEADER)
    is_empty = True
    for pair in pairs:
        record = pair.record
        if record.deadline and record.is_in_use:
            is_empty = False
            for event in (_renewal(pair, record.deadline, csrtui_command), _expiry(pair, record.deadline)):
                yield _encode(_lines(event, pair, host, now))
    yield _encode([*(_TIME_ZONE if is_empty else ()), _FOOTER])


def fold_line(line: str) -> bytes:
    """Return a content line, folded into lines of at most `MAX_LINE_OCTETS` octets, without the final CR LF.

    RFC 5545 permits splitting characters, but some calendars cannot read that, so they stay whole.
    """
    lines, octets = [b""], 0
    for character in line:
        encoded = character.encode()
        if octets + len(encoded) > MAX_LINE_OCTETS:
            lines.append(b" ")
            octets = 1
        lines[-1] += encoded
        octets += len(encoded)
    return b"\r\n".join(lines)


def _renewal(pair: Pair, validity: Validity, csrtui_command: Callable[[str, str], str]) -> _CalendarEvent:
    name = visible(pair.name)
    description = [
        f"One third of the validity of its certificate is left: it expires {utc_text(validity.not_after)}.",
        f"Its renewal is started: {csrtui_command('show', pair.record.renewed_by or '')}"
        if pair.record.is_renewal_started
        else f"To renew it: {csrtui_command('renew', pair.name)}",
        _covered_names(pair.record),
    ]
    if pair.record.ca is CaKind.PUBLIC:
        days = max_validity_days(validity.due)
        description.append(
            f"A public certificate that is issued on that day is valid for at most {days} days (BR 6.3.2)."
        )
    start = f"DTSTART;VALUE=DATE:{_basic_format(_first_day(validity.due))[:8]}"
    return _CalendarEvent(
        "renewal", f"Renew the certificate of {name}", start, description, [_RENEWAL_TRIGGER]
    )


def _expiry(pair: Pair, validity: Validity) -> _CalendarEvent:
    remaining = max(validity.not_after - validity.due, timedelta())
    before = [span for span in _EXPIRY_TRIGGERS if span < remaining] or [remaining / 2]
    return _CalendarEvent(
        "expiry",
        f"The certificate of {visible(pair.name)} expires",
        f"DTSTART:{_basic_format(validity.not_after)}",
        ["Clients will refuse it from then on.", _covered_names(pair.record)],
        [f"-PT{span // timedelta(minutes=1)}M" for span in before],
    )


def _lines(event: _CalendarEvent, pair: Pair, host: str, now: datetime) -> list[str]:
    """Return the content lines of an event. The event does not block any time in the calendar."""
    title = _escape(f"{event.title} ({visible(host)})")
    alarms = (
        ("BEGIN:VALARM", "ACTION:DISPLAY", f"TRIGGER:{trigger}", f"DESCRIPTION:{title}", "END:VALARM")
        for trigger in event.triggers
    )
    return [
        "BEGIN:VEVENT",
        f"UID:{_escape(visible(f'{event.kind}.{pair.name}.{pair.record.key.spki_sha256}'))}@csrtui",
        f"DTSTAMP:{_basic_format(now)}",
        event.start,
        f"SUMMARY:{title}",
        f"DESCRIPTION:{_escape(chr(10).join(event.description))}",
        "TRANSP:TRANSPARENT",
        *(line for alarm in alarms for line in alarm),
        "END:VEVENT",
    ]


def _first_day(due: datetime) -> datetime:
    """Return a time on the first day that begins at or after `due`, or on the last day that datetime supports."""
    return min(due, _LAST_DAY) + _DAY - timedelta.resolution


def _covered_names(record: PairRecord) -> str:
    return f"Covers {visible(', '.join(record.names))}"


def _escape(text: str) -> str:
    """Return a text, escaped as a property value (RFC 5545, 3.3.11)."""
    return text.translate(_ESCAPES)


def _basic_format(time: datetime) -> str:
    """Return a UTC time in the basic format (RFC 5545, 3.3.5)."""
    return utc_text(time).replace("-", "").replace(":", "")


def _encode(lines: Iterable[str]) -> bytes:
    return b"".join(fold_line(line) + b"\r\n" for line in lines)


_HELP: Final = {
    "csrtui_certificate_expiry_timestamp_seconds": "End of the validity of the certificate that a server may still use.",
    "csrtui_certificate_renewal_due_timestamp_seconds": "Time from which the certificate should be renewed, unless it is already renewed.",
    "csrtui_pair_backup_verified": "Whether the pair has a verified backup of its key.",
    "csrtui_pair_next_step": "The next step of the pair, in the label step; always 1.",
    "csrtui_pair_key_compromised": "Whether the key is marked as compromised.",
    "csrtui_pairs": "Number of pairs by stage.",
    "csrtui_pairs_unreadable": "Number of pairs that cannot be read.",
    "csrtui_last_run_timestamp_seconds": "Time at which these metrics were written.",
}
METRICS_START: Final = "# HELP csrtui_"
"""The beginning of every file with csrtui's metrics."""
_LABEL_ESCAPES: Final = str.maketrans({"\\": r"\\", '"': r"\""})


def metric_lines(pairs: Iterable[Pair], unreadable: int, now: datetime) -> Iterator[str]:
    """Yield the lines of the metrics. A retired pair is only counted, unless its key is compromised.

    `unreadable` is the number of pairs that cannot be read.
    """
    samples: dict[str, list[str]] = {name: [] for name in _HELP}
    stages = dict.fromkeys(Stage, 0)
    for pair in pairs:
        stages[pair.record.stage] += 1
        for name, additional, value in _pair_samples(pair, now):
            labels = {"pair": pair.name, "common_name": pair.record.subject.common_name or "", **additional}
            samples[name].append(_sample(name, labels, value))
    samples["csrtui_pairs"] = [
        _sample("csrtui_pairs", {"stage": stage.value}, count) for stage, count in stages.items()
    ]
    samples["csrtui_pairs_unreadable"] = [_sample("csrtui_pairs_unreadable", {}, unreadable)]
    now_name = "csrtui_last_run_timestamp_seconds"
    samples[now_name] = [_sample(now_name, {}, int(now.timestamp()))]
    for name, lines in samples.items():
        yield f"# HELP {name} {_HELP[name]}\n"
        yield f"# TYPE {name} gauge\n"
        yield from lines


def _pair_samples(pair: Pair, now: datetime) -> Iterator[tuple[str, dict[str, str], int]]:
    """Yield the name of each metric of a pair, its additional labels, and its value."""
    record = pair.record
    if record.compromised or record.stage is not Stage.RETIRED:
        yield "csrtui_pair_key_compromised", {}, int(bool(record.compromised))
    if record.stage is Stage.RETIRED:
        return
    if record.deadline:
        expiry = int(record.deadline.not_after.timestamp())
        yield "csrtui_certificate_expiry_timestamp_seconds", {}, expiry
        if record.is_in_use:
            due = int(record.deadline.due.timestamp())
            yield "csrtui_certificate_renewal_due_timestamp_seconds", {}, due
    yield "csrtui_pair_backup_verified", {}, int(record.backup_status is BackupStatus.VERIFIED)
    step = record.next_step(now)
    if step is not NextStep.NONE:
        yield "csrtui_pair_next_step", {"step": step.value}, 1


def _sample(name: str, labels: dict[str, str], value: int) -> str:
    pairs = ",".join(f'{label}="{_escape_label(text)}"' for label, text in labels.items())
    return f"{name}{{{pairs}}} {value}\n" if pairs else f"{name} {value}\n"


def _escape_label(text: str) -> str:
    return visible(text).translate(_LABEL_ESCAPES)
