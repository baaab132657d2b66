"""The calendar file: a library can read it, lines are folded and escaped (RFC 5545), and events keep their UIDs."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import icalendar
from hypothesis import given
from hypothesis import strategies as st
from many_pairs import RECORDS, pair_of_record
from requests_made import NOW, record
from tables import table

from csrtui.core.base.finding import CaKind
from csrtui.core.base.validity import Validity
from csrtui.core.pairs.facts import KeyFacts
from csrtui.core.pairs.list_exports import MAX_LINE_OCTETS, calendar_chunks, fold_line
from csrtui.core.pairs.renewal_state import RenewalState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from csrtui.core.pairs.pair import Pair

DAY = timedelta(days=1)
LIFE = Validity(datetime(2026, 11, 20, tzinfo=UTC), datetime(2027, 2, 17, 23, 59, 59, tzinfo=UTC))


def pair_of(**changes: Any) -> Pair:
    return pair_of_record("a.com", record(**{"validity": LIFE, **changes}))


def data_of(*pairs: Pair, host: str = "web01", now: datetime = NOW) -> bytes:
    return b"".join(calendar_chunks(pairs, host, now, lambda *words: f"csrtui {' '.join(words)}"))


def read(data: bytes) -> icalendar.Calendar:
    """Read a calendar strictly: anything that the library would repair is an error."""
    (calendar,) = icalendar.Calendar.from_ical(data, multiple=True)
    assert isinstance(calendar, icalendar.Calendar)
    assert [error for component in calendar.walk() for error in component.errors] == []
    return calendar


def events_of(*pairs: Pair, **more: Any) -> Sequence[icalendar.Event]:
    return read(data_of(*pairs, **more)).events


# Contents


def test_a_pair_has_a_renewal_day_and_an_expiry_time() -> None:
    renewal, expiry = events_of(pair_of())
    assert renewal.decoded("DTSTART") == date(2027, 1, 19)
    assert renewal["SUMMARY"] == "Renew the certificate of a.com (web01)"
    assert str(renewal["DESCRIPTION"]).splitlines() == [
        "One third of the validity of its certificate is left: it expires 2027-02-17T23:59:59Z.",
        "To renew it: csrtui renew a.com",
        "Covers a.com",
        "A public certificate that is issued on that day is valid for at most 200 days (BR 6.3.2).",
    ]
    assert expiry.decoded("DTSTART") == LIFE.not_after
    assert expiry["SUMMARY"] == "The certificate of a.com expires (web01)"


def test_a_started_renewal_names_the_pair_to_finish() -> None:
    renewal, _ = events_of(pair_of(renewed_by="a.com-2", renewal=RenewalState.STARTED))
    description = str(renewal["DESCRIPTION"])
    assert "Its renewal is started: csrtui show a.com-2\n" in description
    assert "csrtui renew" not in description


@table(
    ("end", "day"),
    [
        (datetime(2027, 3, 1, tzinfo=UTC), date(2027, 1, 30)),
        (datetime(2027, 3, 1, 0, 0, 1, tzinfo=UTC), date(2027, 1, 31)),
        (datetime.max.replace(tzinfo=UTC), date.max),
    ],
)
def test_the_renewal_day_is_the_first_that_is_due_from_its_beginning(end: datetime, day: date) -> None:
    begin = datetime(2026, 12, 1, tzinfo=UTC) if end.year < 9999 else end
    renewal, _ = events_of(pair_of(validity=Validity(begin, end)))
    assert renewal.decoded("DTSTART") == day


def test_events_block_no_time_and_are_stamped_now() -> None:
    for event in events_of(pair_of()):
        assert event["TRANSP"] == "TRANSPARENT"
        assert event.decoded("DTSTAMP") == NOW


def test_the_calendar_names_its_producer_and_is_published() -> None:
    calendar = read(data_of(pair_of()))
    assert (calendar["VERSION"], calendar["METHOD"]) == ("2.0", "PUBLISH")
    assert "csrtui" in str(calendar["PRODID"])


@table(
    ("days", "before"),
    [
        (90, [7 * DAY, DAY]),
        (47, [7 * DAY, DAY]),
        (6, [DAY]),
        (3, [DAY / 2]),
        (1, [DAY / 6]),
    ],
)
def test_alarms_come_before_the_expiry_but_not_before_the_renewal_is_due(
    days: int, before: list[timedelta]
) -> None:
    validity = Validity(NOW, NOW + days * DAY)
    renewal, expiry = events_of(pair_of(validity=validity))
    (morning,) = renewal.alarms.times
    day = renewal.decoded("DTSTART")
    assert morning.trigger == datetime(day.year, day.month, day.day, 9)  # noqa: DTZ001 - wherever the calendar is
    assert sorted(alarm.trigger for alarm in expiry.alarms.times) == [
        validity.not_after - span for span in before
    ]
    assert all(alarm.trigger >= validity.due for alarm in expiry.alarms.times)


def test_a_private_ca_has_no_maximum_validity() -> None:
    renewal, _ = events_of(pair_of(ca=CaKind.PRIVATE))
    assert "public" not in str(renewal["DESCRIPTION"])


@table(
    "changes",
    [{"validity": None}, {"retired": NOW}, {"renewed_by": "a.com-2"}, {"validity": None, "submitted": NOW}],
)
def test_pairs_not_in_use_have_no_dates(changes: dict[str, Any]) -> None:
    assert list(events_of(pair_of(**changes))) == []
    used = pair_of_record("b.com", record(validity=LIFE))
    assert len(events_of(pair_of(**changes), used)) == 2


def test_a_calendar_without_events_is_valid() -> None:
    calendar = read(data_of())
    assert [component.name for component in calendar.subcomponents] == ["VTIMEZONE"]


# The same events every time


def test_a_renewed_certificate_moves_the_events_and_adds_none() -> None:
    before = events_of(pair_of())
    later = Validity(LIFE.not_before + 60 * DAY, LIFE.not_after + 60 * DAY)
    after = events_of(pair_of(validity=later), now=NOW + 60 * DAY)
    assert [event["UID"] for event in before] == [event["UID"] for event in after]
    assert [event.decoded("DTSTART") for event in before] != [event.decoded("DTSTART") for event in after]


def test_uids_are_unique() -> None:
    """Two pairs with the same key have different UIDs too."""
    events = events_of(pair_of(), pair_of_record("b.com", record(validity=LIFE)))
    assert len({event["UID"] for event in events}) == 4


# Format


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"])))
def test_lines_are_folded_at_75_octets_between_characters(line: str) -> None:
    pieces = fold_line(line).split(b"\r\n")
    assert all(len(piece) <= MAX_LINE_OCTETS for piece in pieces)
    assert all(piece.startswith(b" ") for piece in pieces[1:])
    assert pieces[0].decode() + "".join(piece.decode()[1:] for piece in pieces[1:]) == line


def test_a_line_of_75_octets_is_not_folded() -> None:
    assert fold_line("x" * 75) == b"x" * 75
    assert fold_line("x" * 76) == b"x" * 75 + b"\r\n x"
    assert fold_line("x" * 74 + "ü") == b"x" * 74 + b"\r\n \xc3\xbc"


@table("host", ["a,b;c\\d", "a\nBEGIN:VEVENT", "a\r\nX:y", "\x1b]52;c;x\x07", "wéb " * 40])
def test_any_text_is_one_value(host: str) -> None:
    from csrtui.core.base.escaping import visible

    data = data_of(pair_of(), host=host)
    renewal, expiry = read(data).events
    assert renewal["SUMMARY"] == f"Renew the certificate of a.com ({visible(host)})"
    assert expiry["SUMMARY"] == f"The certificate of a.com expires ({visible(host)})"
    assert b"\x1b" not in data


@table("fingerprint", ["\ud800", "x\r\nEND:VEVENT", "a,b;c"])
def test_a_manipulated_record_injects_nothing_into_the_calendar(fingerprint: str) -> None:
    renewal, expiry = events_of(pair_of(key=KeyFacts("ec-p256", encrypted=False, spki_sha256=fingerprint)))
    assert renewal["UID"] != expiry["UID"]


def test_every_line_ends_with_cr_lf() -> None:
    data = data_of(pair_of())
    assert data.endswith(b"END:VCALENDAR\r\n")
    assert data.count(b"\n") == data.count(b"\r\n") == data.count(b"\r")


@given(RECORDS)
def test_a_calendar_of_any_pair_is_readable(one: Any) -> None:
    pair = pair_of_record("a.com", one)
    read(data_of(pair))
