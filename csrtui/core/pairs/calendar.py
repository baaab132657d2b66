"""The dates of pairs as an iCalendar file (RFC 5545): when a renewal is due, and when a certificate expires.

Each pair has two events. Their UIDs never change, so that a calendar that reads the file again moves what it has
and adds nothing.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from csrtui.core.base.escaping import visible
from csrtui.core.base.finding import CaKind
from csrtui.core.base.times import Validity, utc_text
from csrtui.core.certificates.certificate import longest_days
from csrtui.core.pairs.pair import Pair, PairRecord, Stage

LONGEST_LINE: Final = 75
"""The most octets of a line, its end left out (RFC 5545, 3.1)."""
_MORNING: Final = "PT9H"
"""On the day on which a renewal is due: nine hours after its beginning, wherever the calendar is."""
_WARNINGS: Final = (timedelta(days=7), timedelta(days=1))
"""How long before the expiry a calendar warns, where a renewal is due by then."""
_HEAD: Final = ("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//csrtui//csrtui//EN", "METHOD:PUBLISH")
_TAIL: Final = "END:VCALENDAR"
_NO_EVENT: Final = (
    "BEGIN:VTIMEZONE",
    "TZID:Etc/UTC",
    "BEGIN:STANDARD",
    "DTSTART:19700101T000000",
    "TZOFFSETFROM:+0000",
    "TZOFFSETTO:+0000",
    "END:STANDARD",
    "END:VTIMEZONE",
)
"""The time zone that an empty calendar contains: a calendar needs at least one component (RFC 5545, 3.6)."""
_DAY = timedelta(days=1)
_LAST = datetime.max.replace(tzinfo=UTC) - _DAY
_ESCAPES = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n"})


class _Event(NamedTuple):
    """A date: what kind of, how it is called, its DTSTART, what is said of it, and when alarms go off."""

    kind: str
    title: str
    date: str
    description: Sequence[str]
    triggers: Sequence[str]


def calendar_file(pairs: Iterable[Pair], host: str, now: datetime) -> Iterator[bytes]:
    """Give an iCalendar file in pieces, each of whole lines: UTF-8, every line ends with CR LF.

    Pairs without a certificate, retired ones and those that another one took the place of have no dates.

    Args:
        pairs: Which.
        host: What their machine is called, for whoever reads calendars of several.
        now: When the file is made, in UTC.
    """
    yield _written(_HEAD)
    is_empty = True
    for pair in pairs:
        life = _life_in_use(pair.record)
        if life is not None:
            is_empty = False
            for event in (_renewal(pair, life), _expiry(pair, life)):
                yield _written(_lines(event, pair, host, now))
    yield _written([*(_NO_EVENT if is_empty else ()), _TAIL])


def folded(line: str) -> bytes:
    """Return a line as it is written: folded so that none has over `LONGEST_LINE` octets, its end left out.

    No character is cut in two, which RFC 5545 leaves open and some calendars do not survive.
    """
    lines, octets = [b""], 0
    for character in line:
        encoded = character.encode()
        if octets + len(encoded) > LONGEST_LINE:
            lines.append(b" ")
            octets = 1
        lines[-1] += encoded
        octets += len(encoded)
    return b"\r\n".join(lines)


def _life_in_use(record: PairRecord) -> Validity | None:
    return None if record.stage is Stage.RETIRED or record.renewed_by else record.validity


def _renewal(pair: Pair, life: Validity) -> _Event:
    name = visible(pair.name)
    description = [
        f"A third of the life of its certificate is left: it expires {utc_text(life.not_after)}.",
        f"To renew it: csrtui renew {name}",
        _covered(pair.record),
    ]
    if pair.record.ca is CaKind.PUBLIC:
        days = longest_days(life.due)
        description.append(f"A public certificate that is issued on that day lives for {days} days at most.")
    date = f"DTSTART;VALUE=DATE:{_basic(_first_day(life.due))[:8]}"
    return _Event("renewal", f"Renew the certificate of {name}", date, description, [_MORNING])


def _expiry(pair: Pair, life: Validity) -> _Event:
    left = max(life.not_after - life.due, timedelta())
    before = [span for span in _WARNINGS if span < left] or [left / 2]
    return _Event(
        "expiry",
        f"The certificate of {visible(pair.name)} expires",
        f"DTSTART:{_basic(life.not_after)}",
        ["From then on clients refuse it.", _covered(pair.record)],
        [f"-PT{span // timedelta(minutes=1)}M" for span in before],
    )


def _lines(event: _Event, pair: Pair, host: str, now: datetime) -> list[str]:
    """The content lines of an event; it takes nobody's time."""
    title = _text(f"{event.title} ({visible(host)})")
    alarms = (
        ("BEGIN:VALARM", "ACTION:DISPLAY", f"TRIGGER:{trigger}", f"DESCRIPTION:{title}", "END:VALARM")
        for trigger in event.triggers
    )
    return [
        "BEGIN:VEVENT",
        f"UID:{_text(visible(f'{event.kind}.{pair.name}.{pair.record.key.spki_sha256}'))}@csrtui",
        f"DTSTAMP:{_basic(now)}",
        event.date,
        f"SUMMARY:{title}",
        f"DESCRIPTION:{_text(chr(10).join(event.description))}",
        "TRANSP:TRANSPARENT",
        *(line for alarm in alarms for line in alarm),
        "END:VEVENT",
    ]


def _first_day(due: datetime) -> datetime:
    """A time on the first day that is past `due` from its beginning; at the end of time, the last there is."""
    return min(due, _LAST) + _DAY - timedelta.resolution


def _covered(record: PairRecord) -> str:
    return f"Covers {visible(', '.join(record.names))}"


def _text(text: str) -> str:
    """A text as a value (RFC 5545, 3.3.11)."""
    return text.translate(_ESCAPES)


def _basic(time: datetime) -> str:
    """A time in UTC, in the basic format (RFC 5545, 3.3.5)."""
    return utc_text(time).replace("-", "").replace(":", "")


def _written(lines: Iterable[str]) -> bytes:
    return b"".join(folded(line) + b"\r\n" for line in lines)
