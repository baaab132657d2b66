"""``csrtui new --from FILE``: many pairs from a CSV file, a JSON line for each row as it is done."""

import csv
import io
import sys
from dataclasses import replace

from csrtui.cli.output import put_json
from csrtui.cli.progress import Progress
from csrtui.core.errors import CsrtuiError, InputError
from csrtui.core.finding import CaKind
from csrtui.core.keys import read_key_type
from csrtui.core.pair_json import describe
from csrtui.core.platforms import read_platform
from csrtui.core.secret import Secret
from csrtui.core.subject import TypedSubject
from csrtui.core.visible import visible
from csrtui.store.files import MAX_FOREIGN, read_foreign
from csrtui.tasks.asking import Asked, with_counterparts
from csrtui.tasks.create import Blocking, create_pair
from csrtui.tasks.session import Session

COLUMNS = (
    "common_name",
    "names",
    "organization",
    "organizational_unit",
    "country",
    "state",
    "locality",
    "key",
    "ca",
    "platform",
)
"""The columns that the file may have; ``common_name`` it must have."""


def run_batch(
    session: Session,
    file: str,
    defaults: Asked,
    *,
    blocking: Blocking,
    passphrase: Secret | None,
    counterparts: bool,
) -> int:
    """Make a pair for each row; a row that fails does not keep the others from being made.

    Args:
        session: Where, when and by whom.
        file: A path, or ``-`` for standard input.
        defaults: What holds where a row leaves a column out or empty.
        blocking: Whether errors that X.509 could hold are overruled.
        passphrase: For all keys, or None.
        counterparts: Whether the www or bare twins are covered too.

    Returns:
        The exit status: 1 when any row failed.

    Raises:
        InputError: The file cannot be read, or has no header that is understood.
    """
    session.store.sweep()
    failed = 0
    with Progress("pairs") as progress:
        for number, row in enumerate(_rows(file), start=1):
            try:
                asked = _asked(row, defaults)
                if counterparts:
                    asked = replace(asked, names=with_counterparts(session, asked))
                pair = create_pair(session, asked, passphrase=passphrase, blocking=blocking)
                result = {"row": number, "ok": True, "pair": describe(pair, session.clock())}
            except CsrtuiError as error:
                failed += 1
                result = {"row": number, "ok": False, "error": visible(error.what)}
            put_json(result, indent=None)
            sys.stdout.flush()
            progress.advance()
    return 1 if failed else 0


def _rows(file: str) -> list[dict[str, str]]:
    """Every row, before any pair is made: a file that is no CSV somewhere leaves nothing behind."""
    data = _standard_input() if file == "-" else read_foreign(file)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{_shown(file)} is not UTF-8") from error
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = [cell.strip() for cell in next(reader, [])]
        _check_header(header)
        return [_row(header, cells) for cells in reader if cells]
    except csv.Error as error:
        raise InputError(f"line {reader.line_num} of {_shown(file)} is not CSV: {error}") from error


def _standard_input() -> bytes:
    if sys.stdin is None:
        raise InputError("standard input is closed", "give the file's name")
    data = sys.stdin.buffer.read(MAX_FOREIGN + 1)
    if len(data) > MAX_FOREIGN:
        raise InputError(f"standard input has more than {MAX_FOREIGN} bytes", "split it")
    return data


def _shown(file: str) -> str:
    return "standard input" if file == "-" else visible(file)


def _row(header: list[str], cells: list[str]) -> dict[str, str]:
    padded = [*cells, *[""] * len(header)]
    return dict(zip(header, padded, strict=False)) | _surplus(cells, header)


_SURPLUS = "surplus"


def _surplus(cells: list[str], header: list[str]) -> dict[str, str]:
    return {_SURPLUS: str(len(cells))} if len(cells) > len(header) else {}


def _check_header(header: list[str]) -> None:
    unknown = [name for name in header if name not in COLUMNS]
    if unknown or "common_name" not in header or len(set(header)) != len(header):
        culprit = (
            f'has a column "{visible(unknown[0])}"' if unknown else "names no common_name, or a column twice"
        )
        raise InputError(f"the header {culprit}", f"the first line names the columns: {','.join(COLUMNS)}")


def _asked(row: dict[str, str], defaults: Asked) -> Asked:
    if _SURPLUS in row:
        raise InputError("the row has more cells than the header", 'put "…" around a cell that holds a comma')
    subject = TypedSubject(
        organization=row.get("organization") or defaults.subject.organization,
        organizational_unit=row.get("organizational_unit") or defaults.subject.organizational_unit,
        country=row.get("country") or defaults.subject.country,
        state=row.get("state") or defaults.subject.state,
        locality=row.get("locality") or defaults.subject.locality,
    )
    ca, key, platform = row.get("ca"), row.get("key"), row.get("platform")
    if ca and ca not in tuple(CaKind):
        raise InputError(f'the CA is "{visible(ca)}"', "public or private")
    return Asked(
        names=(row["common_name"], *row.get("names", "").split()),
        subject=subject,
        ca=CaKind(ca) if ca else defaults.ca,
        platform=read_platform(platform).id if platform else defaults.platform,
        key_type=read_key_type(key) if key else defaults.key_type,
    )
