"""Describe pairs in sentences and list cells, in the same way on the screens and on the command line."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from csrtui.core.base.escaping import plural
from csrtui.core.base.validity import MONTHS, Validity, date_text
from csrtui.core.keys.key_types import label_of_name
from csrtui.core.pairs.history import HistoryEntry
from csrtui.core.pairs.pair import Backup, BackupStatus, NextStep, Pair, PairRecord
from csrtui.core.pairs.summary import PairSummary, deadlines, from_microseconds, to_microseconds
from csrtui.core.servers.platforms import OTHER, PLATFORMS

if TYPE_CHECKING:
    from csrtui.core.pairs.query import Period
    from csrtui.store.output_folder import Destination
    from csrtui.store.permissions import UnsafeFolder


LIST_HEADER = ("Name", "Key", "Made", "Backup", "Stage", "Left", "Next")
"""The column titles of the list of pairs."""

EXPIRED = "EXPIRED"
"""The stage that lists show for a pair in use whose certificate has expired."""
NEXT_STEPS = {
    NextStep.BACK_UP: "back up",
    NextStep.SUBMIT: "submit",
    NextStep.IMPORT: "import",
    NextStep.INSTALL: "install",
    NextStep.RENEW: "renew",
    NextStep.NONE: "none",
    NextStep.RETIRE: "retire",
    NextStep.FINISH: "finish",
    NextStep.REVOKE: "revoke",
}
NO_NAMES = "no host names"
"""The text about a certificate that covers no names."""
_THIS_YEAR = timedelta(days=300)
_FINGERPRINT_GROUP = 4


def day_text(time: datetime, now: datetime) -> str:
    """Return a date for a timeline: ``today``, ``12 Nov``, or ``12 Nov 2025`` if it is far from today."""
    if time.date() == now.date():
        return "today"
    return day_of_month(time) if abs(now - time) < _THIS_YEAR else date_text(time)


def day_of_month(time: datetime) -> str:
    """Return a date without its year: ``12 Nov``."""
    return f"{time.day} {MONTHS[time.month - 1]}"


def age_text(span: timedelta) -> str:
    """Return a short text for a time span: ``now`` for less than a day, ``3 d`` for less than two weeks, else ``16 w``."""
    days = max(span.days, 0)
    if days == 0:
        return "now"
    weeks = 7
    return f"{days} d" if days < 2 * weeks else f"{days // weeks} w"


def labelled_lines(label: str, texts: Sequence[str]) -> list[tuple[str, str]]:
    """Return a line for each text. Only the first line has the label."""
    return [(label if at == 0 else "", text) for at, text in enumerate(texts)]


def time_left(validity: Validity, now: datetime) -> str:
    """Return the number of days until a certificate expires, or since it expired, as in the list: ``59 days left``."""
    left = validity.days_left(now)
    days = f"{abs(left)} day{'s' if abs(left) != 1 else ''}"
    return f"{days} left" if left >= 0 else f"expired {days} ago"


def previous_text(record: PairRecord, now: datetime) -> str:
    """Return the previous certificate's expiry, if a server may still use it, or else an empty string."""
    if record.previous is None:
        return ""
    expires = f"expires {date_text(record.previous.not_after)} ({time_left(record.previous, now)})"
    return f"{expires}; a server may still use it: the new one is not on record as installed"


def history_texts(history: Sequence[HistoryEntry]) -> list[str]:
    """Return the text of each event, with its user in a column before it: ``root  certificate revoked``."""
    width = max((len(entry.user) for entry in history), default=0)
    return [f"{entry.user:<{width}}  {entry.text}" for entry in history]


def fingerprint(digits: str) -> str:
    """Return hexadecimal digits in groups of four, because groups are easier to compare and to wrap."""
    return " ".join(digits[at : at + _FINGERPRINT_GROUP] for at in range(0, len(digits), _FINGERPRINT_GROUP))


def platform_label(identifier: str) -> str:
    """Return the name of the server software with this id, or the id itself if it is unknown."""
    if identifier == OTHER:
        return "other software"
    known = PLATFORMS.get(identifier)
    return known.label if known else identifier


def no_backup_text(record: PairRecord) -> str:
    """Return the backup status of a pair without a backup, and the consequence."""
    if origin := record.key_origin:
        return f"none; the key may be in the backups of {origin}"
    return "none. If the key is lost, so is the certificate"


def backup_text(record: PairRecord, backup: Backup) -> str:
    """Return the status of a backup of a pair: ``missing since 29 Nov 2026, last verified 12 Nov 2026``."""
    text = backup.status.value
    if backup.since:
        text += f" since {date_text(backup.since)}"
    if backup.verified:
        text += " " if backup.status is BackupStatus.VERIFIED else ", last verified "
        text += date_text(backup.verified)
    return f"{text}, without the certificate" if record.is_newer_than(backup) else text


class PassphraseFacts(NamedTuple):
    """The facts that matter when a user chooses one passphrase for the backups of several pairs.

    Attributes:
        total: The number of pairs.
        locked: The number of pairs whose key has a passphrase.
        backed_up: The number of pairs that have earlier backups with a passphrase.
    """

    total: int
    locked: int
    backed_up: int

    @property
    def lines(self) -> list[str]:
        """A sentence about the keys with a passphrase, and one about the earlier backups."""
        texts = []
        if self.locked == self.total == 1:
            texts.append("Type the passphrase of this key. Its backup uses the same one.")
        elif self.locked:
            keys = (
                f"{self.locked} of the {self.total} keys {'has' if self.locked == 1 else 'have'} a passphrase"
            )
            texts.append(f"{keys}. Type that passphrase: all of these backups get it.")
        if self.backed_up and self.total == 1:
            texts.append("Earlier backups of this pair keep their passphrase.")
        elif self.backed_up:
            earlier = f"Earlier backups of {plural(self.backed_up, 'pair')} keep theirs."
            texts.append(f"All {self.total} new backups get this passphrase. {earlier}")
        return texts


def passphrase_facts(pairs: Iterable[Pair]) -> PassphraseFacts:
    """Return the facts about pairs that are backed up with one passphrase. Each pair is read once."""
    total = locked = backed_up = 0
    for pair in pairs:
        total += 1
        locked += pair.record.key.encrypted
        backed_up += any(not backup.to_recipients for backup in pair.record.backups)
    return PassphraseFacts(total, locked, backed_up)


_UNITS = (("GB", 10**9), ("MB", 10**6), ("kB", 10**3))


def destination_lines(destination: "Destination") -> list[str]:
    """Return a line for each fact about the destination folder of a backup."""
    lines = [f"{destination.path}: {size_text(destination.free)} free on {destination.mount_point}"]
    if destination.on_disk_of_store:
        lines.append("warning: same disk as the keystore: one disk failure loses both")
    lines += [f"warning: {warning}" for warning in folder_warnings(destination.unsafe)]
    return lines


def folder_warnings(folders: Iterable["UnsafeFolder"]) -> list[str]:
    """Return a sentence for each folder in which other users can replace files."""
    return [f"{folder.problem}: they can replace files there; to fix it: {folder.fix}" for folder in folders]


def size_text(count: int) -> str:
    """Return a number of bytes in the largest suitable unit: ``12 GB``."""
    for unit, factor in _UNITS:
        if count >= factor:
            return f"{count / factor:.0f} {unit}"
    return f"{count} bytes"


_DAY_MICROSECONDS = 86_400_000_000


def list_columns(summaries: Sequence[PairSummary], now: datetime) -> list[list[str]]:
    """Return the columns under `LIST_HEADER`, each with a cell for every pair. At least one pair is required."""
    moment_now = to_microseconds(now)
    columns = zip(*summaries, strict=True)
    names, types, created, backups, since, stages, expires, steps, *_, renew_from = columns
    # Many pairs have the same texts.
    label_of = cache(label_of_name)
    text_of_day = cache(lambda day: date_text(from_microseconds(day * _DAY_MICROSECONDS)))

    @cache
    def text_of_backup(status: str, days: int) -> str:
        is_new_loss = days <= 0 and status != BackupStatus.VERIFIED
        return f"{status} {'today' if is_new_loss else age_text(timedelta(days=days))}"

    return [
        list(names),
        [label_of(key_type) for key_type in types],
        [text_of_day(at // _DAY_MICROSECONDS) for at in created],
        [
            backup if at is None else text_of_backup(backup, (moment_now - at) // _DAY_MICROSECONDS)
            for backup, at in zip(backups, since, strict=True)
        ],
        [
            EXPIRED if at is not None and at < moment_now and summary.is_in_use else stage
            for stage, at, summary in zip(stages, expires, summaries, strict=True)
        ],
        ["" if at is None else f"{(at - moment_now) // _DAY_MICROSECONDS} d" for at in expires],
        _steps(steps, renew_from, expires, moment_now),
    ]


def list_row(summary: PairSummary, now: datetime) -> tuple[str, ...]:
    """Return the cells of a pair in the columns of `LIST_HEADER`."""
    return tuple(column[0] for column in list_columns([summary], now))


def deadline_text(summary: PairSummary, period: "Period", now: datetime) -> str:
    """Return the deadlines of a pair in a period: ``due 12, expires 24 Dec``, or the years for a period of many months."""
    texts = [
        (label, from_microseconds(at))
        for label, month, at in zip(
            ("due", "expires"), deadlines(summary, now), (summary.due, summary.expires), strict=True
        )
        if at is not None and period.contains(month)
    ]
    if period.is_later or not texts:
        return ", ".join(f"{label} {time.year}" for label, time in texts)
    *first, last = texts
    return ", ".join(
        [*(f"{label} {time.day}" for label, time in first), f"{last[0]} {day_of_month(last[1])}"]
    )


def _steps(
    steps: Sequence[str], renew_from: Sequence[int | None], expires: Sequence[int | None], now: int
) -> list[str]:
    texts = {step.value: text for step, text in NEXT_STEPS.items()}
    renew, revoke, none = (NEXT_STEPS[step] for step in (NextStep.RENEW, NextStep.REVOKE, NextStep.NONE))
    cells = [
        renew if at is not None and at <= now else texts[step]
        for step, at in zip(steps, renew_from, strict=True)
    ]
    if revoke not in cells:
        return cells
    is_expired = (end is not None and end < now for end in expires)
    return [
        none if cell == revoke and is_over else cell for cell, is_over in zip(cells, is_expired, strict=True)
    ]
