"""Describe pairs in words and list cells, the same on the screens and on the command line."""

from collections.abc import Callable, Hashable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, TypeVar

from csrtui.core.base.times import Validity, utc_text
from csrtui.core.keys.key_types import label_of_name
from csrtui.core.pairs.pair import Backup, BackupStatus, NextStep, Pair, PairRecord
from csrtui.core.pairs.summary import PairSummary, thirds, time_at
from csrtui.core.servers.platforms import PLATFORMS

if TYPE_CHECKING:
    from csrtui.store.backups import Destination
    from csrtui.store.permissions import UnsafeFolder


LIST_HEADER = ("Name", "Key", "Made", "Backup", "Stage", "Left", "Next")
"""The columns of the keystore."""

NEXT_STEPS = {
    NextStep.BACK_UP: "back up",
    NextStep.SUBMIT: "submit",
    NextStep.IMPORT: "import",
    NextStep.INSTALL: "install",
    NextStep.RENEW: "renew",
    NextStep.NONE: "none",
}
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
"""The months, from January."""
_THIS_YEAR = timedelta(days=300)
_FINGERPRINT_GROUP = 4


def key_label(key_type: str) -> str:
    """Return how people call a key type; one that nobody knows is called as it stands on record."""
    return label_of_name(key_type)


def day(time: datetime, now: datetime) -> str:
    """Return a day in at most ten characters: ``today``, ``12 Nov``, or with the year when it is long ago."""
    if time.date() == now.date():
        return "today"
    short = day_of_month(time)
    return short if abs(now - time) < _THIS_YEAR else f"{short} {time.year % 100:02}"


def day_of_month(time: datetime) -> str:
    """Return a day without its year: ``12 Nov``."""
    return f"{time.day:02} {MONTHS[time.month - 1]}"


def age(span: timedelta) -> str:
    """Return a span in its largest unit that is at least one: ``3 d``, ``16 w``; ``now`` below a day."""
    days = max(span.days, 0)
    if days == 0:
        return "now"
    weeks = 7
    return f"{days} d" if days < 2 * weeks else f"{days // weeks} w"


def backup_cell(record: PairRecord, now: datetime) -> str:
    """Return the backup status, and for how long it has been so where that is known."""
    backup = record.backup
    if backup is None:
        return BackupStatus.NONE.value
    since = backup.verified if backup.status is BackupStatus.VERIFIED else backup.since
    return backup.status.value if since is None else f"{backup.status.value} {age(now - since)}"


def pair_lines(
    pair: Pair,
    now: datetime,
    *,
    covers: Sequence[str] = (),
    asks: Sequence[tuple[str, str]] = (),
    certificate: Sequence[tuple[str, str]] = (),
    earlier: Sequence[str] = (),
) -> list[tuple[str, str]]:
    """Return everything about a pair as lines of a label and a text; a line that goes on has an empty label.

    Args:
        pair: Which; the first lines are its name, its stage and its next step.
        now: What days are counted to.
        covers: The names of its certificate; without one, those that were requested are told.
        asks: Lines on what its CSR asks for beyond names.
        certificate: Lines on its certificate.
        earlier: The paths of the certificates that it had before.
    """
    record = pair.record
    files = [f"{pair.path}/key.pem", f"{pair.path}/request.pem"]
    if pair.has_certificate:
        files.append(f"{pair.path}/certificate.pem")
    return [
        ("Name", pair.name),
        ("Stage", record.stage.value),
        ("Next", NEXT_STEPS[record.next_step(now)]),
        ("Subject", record.subject_text),
        *block("Covers", covers or record.names),
        ("Key", f"{key_label(record.key.type)}, {_protection(record)}"),
        ("SPKI", fingerprint(record.key.spki_sha256)),
        ("CSR", f"SHA-256 {fingerprint(record.request.sha256)}"),
        *asks,
        ("For", f"{_platform(record.platform)}, {record.ca.value} CA"),
        *block("Backup", _backups(record)),
        *_times(record, now),
        *certificate,
        *block("Renews", [record.renews] if record.renews else []),
        *block("Renewed by", [record.renewed_by] if record.renewed_by else []),
        *block("Files", [*files, *(f"{path} (an earlier one)" for path in earlier)]),
        *block("History", [f"{utc_text(one.time)}  {one.what}, by {one.user}" for one in record.history]),
    ]


def block(label: str, texts: Sequence[str]) -> list[tuple[str, str]]:
    """Return texts as lines under one label; none where there is no text."""
    return [(label if at == 0 else "", text) for at, text in enumerate(texts)]


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
    ]
    said = [(label, utc_text(time)) for label, time in times if time]
    if validity is None:
        return said
    note = time_left(validity, now)
    return [(label, f"{text} ({note})" if label == "Expires" else text) for label, text in said]


def time_left(validity: Validity, now: datetime) -> str:
    """Return the days of a certificate that are left, or for how many it has been expired, as the list counts them."""
    left = validity.days_left(now)
    days = f"{abs(left)} day{'s' if abs(left) != 1 else ''}"
    return f"{days} left" if left >= 0 else f"expired {days} ago"


def fingerprint(digits: str) -> str:
    """Return hexadecimal digits in groups of four: easier to compare, and wrapped where it should be."""
    return " ".join(digits[at : at + _FINGERPRINT_GROUP] for at in range(0, len(digits), _FINGERPRINT_GROUP))


def _protection(record: PairRecord) -> str:
    return "under a passphrase" if record.key.encrypted else "readable by its owner only, no passphrase"


def _platform(identifier: str) -> str:
    known = PLATFORMS.get(identifier)
    return known.label if known else identifier


def _backups(record: PairRecord) -> list[str]:
    """Every backup with its state: the best first, as the list has it, then the others, newest first."""
    if record.backup is None:
        return ["none: if this machine loses the key, the certificate is lost"]
    others = [backup for backup in reversed(record.backups) if backup is not record.backup]
    return [_backup(backup) for backup in (record.backup, *others)]


def _backup(backup: Backup) -> str:
    since = f" since {utc_text(backup.since)}" if backup.since else ""
    when = utc_text(backup.verified) if backup.verified else ""
    between = " " if backup.status is BackupStatus.VERIFIED else ", last verified "
    return f"{backup.status.value}{since}{between + when if when else ''}: {backup.path}"


_UNITS = (("GB", 10**9), ("MB", 10**6), ("kB", 10**3))


def destination_lines(destination: "Destination") -> list[str]:
    """Return one line for each fact about a folder that a backup is about to go to."""
    lines = [
        f"{destination.path}: {size(destination.free)} free, on what is mounted at {destination.mount_point}"
    ]
    if destination.on_disk_of_store:
        lines.append("warning: it is on the same disk as the keystore: if that disk fails, both are gone")
    lines += [f"warning: {warning}" for warning in folder_warnings(destination.unsafe)]
    return lines


def folder_warnings(folders: Iterable["UnsafeFolder"]) -> list[str]:
    """Return a sentence for each folder in which other users can replace what is written."""
    return [f"{one.problem}: they can replace what is written there; to fix it: {one.fix}" for one in folders]


def size(count: int) -> str:
    """Return a number of bytes in its largest unit: ``12 GB``."""
    for unit, worth in _UNITS:
        if count >= worth:
            return f"{count / worth:.0f} {unit}"
    return f"{count} bytes"


_A_DAY = 86_400_000_000
"""Microseconds."""

_Key = TypeVar("_Key", bound=Hashable)


def columns(summaries: Sequence[PairSummary], now: datetime) -> list[list[str]]:
    """Return the columns under `csrtui.tasks.pair_text.LIST_HEADER`, a cell for each pair in each.

    Args:
        summaries: The pairs, in order; at least one.
        now: What ages and days left are counted to.
    """
    moment_now = thirds(now) // 3
    names, types, created, backups, since, stages, _, expires, steps, due, *_ = zip(*summaries, strict=True)
    labels = _Remembered(key_label)
    days: _Remembered[int] = _Remembered(lambda date: _day(date, now))
    ages: _Remembered[int] = _Remembered(lambda count: age(timedelta(days=count)))
    return [
        list(names),
        [labels[one] for one in types],
        [days[at // _A_DAY] or day(time_at(at), now) for at in created],
        [
            backup if at is None else f"{backup} {ages[(moment_now - at) // _A_DAY]}"
            for backup, at in zip(backups, since, strict=True)
        ],
        list(stages),
        ["" if at is None else f"{(at - moment_now) // _A_DAY} d" for at in expires],
        _steps(steps, due, thirds(now)),
    ]


def list_row(summary: PairSummary, now: datetime) -> tuple[str, ...]:
    """Return a pair's cells under `csrtui.tasks.pair_text.LIST_HEADER`."""
    return tuple(column[0] for column in columns([summary], now))


def _steps(steps: Sequence[str], due: Sequence[int | None], now: int) -> list[str]:
    texts = {step.value: text for step, text in NEXT_STEPS.items()}
    renew = NEXT_STEPS[NextStep.RENEW]
    return [
        renew if at is not None and at <= now else texts[step] for step, at in zip(steps, due, strict=True)
    ]


def _day(date: int, now: datetime) -> str:
    """The text of a day; empty for the one about a year ago on which the moment decides whether the year is told."""
    first, last = date * _A_DAY, (date + 1) * _A_DAY - 1
    texts = {day(time_at(at), now) for at in (first, last)}
    return texts.pop() if len(texts) == 1 else ""


class _Remembered(dict[_Key, str]):
    """Texts, each made when it is asked for first."""

    def __init__(self, make: Callable[[_Key], str]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, key: _Key) -> str:
        self[key] = text = self._make(key)
        return text
