"""What commands print: data on stdout, talk on stderr, one line each, safe for a terminal."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from csrtui.cli.streams import forget
from csrtui.core.base.escaping import shows, visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from csrtui.core.base.errors import CsrtuiError
    from csrtui.core.base.finding import Finding


def say(text: str) -> None:
    """Print a line of talk on stderr."""
    talk(f"{visible(text)}\n")


def talk(text: str) -> None:
    """Write on stderr as it stands; what nobody can hear (a full disk, a closed pipe) stops no work."""
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except OSError:
        forget(sys.stderr)


def put(text: str) -> None:
    """Print a line of data on stdout."""
    sys.stdout.write(f"{visible(text)}\n")


def put_bytes(data: bytes) -> None:
    """Write bytes on stdout as they are: PEM or DER that csrtui made itself."""
    sys.stdout.flush()
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def put_json(document: object, *, indent: int | None = 2) -> None:
    """Print a JSON document on stdout, in ASCII, so that no text in it can move a terminal.

    Args:
        document: Anything JSON can hold.
        indent: Blanks for each depth, or None to have it on one line.
    """
    import json

    sys.stdout.write(json.dumps(document, indent=indent) + "\n")


def put_json_list(document: Mapping[str, object], name: str, items: Iterable[object]) -> None:
    """Print what `put_json` would print of a document with a list at its end, but hold one item at a time.

    Args:
        document: The members before the list.
        name: The list's name.
        items: What is in it.
    """
    import json

    start = json.dumps({**document, name: []}, indent=2).removesuffix("]\n}")
    between, end = f"{start}\n    ", f"{start}]\n}}\n"
    for item in items:
        sys.stdout.write(between + json.dumps(item, indent=2).replace("\n", "\n    "))
        between, end = ",\n    ", "\n  ]\n}\n"
    sys.stdout.write(end)


def say_error(error: CsrtuiError) -> None:
    """Print an error and its hint on stderr, a line each."""
    say(f"csrtui: error: {error.what}")
    if error.hint:
        say(f"hint: {error.hint}")


def say_finding(weight: str, finding: Finding) -> None:
    """Print a finding on stderr: what it weighs here, its sentence, and under it what would settle it."""
    say(f"{weight}: {finding.text}")
    if finding.fix:
        say(f"  fix: {finding.fix.label}")


def put_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows under a header in columns as wide as they need to be, two blanks apart."""
    sys.stdout.write(table(header, list(zip(*rows, strict=True))))


def table(header: Sequence[str], columns: Sequence[Sequence[str]]) -> str:
    """Return the columns of such a table, each under its head."""
    padded = [_padded([head, *column]) for head, column in zip(header, columns, strict=True)]
    return "".join([f"{line.rstrip()}\n" for line in map("  ".join, zip(*padded, strict=True))])


def _padded(column: Sequence[str]) -> Iterable[str]:
    """The cells made harmless and as wide as the widest; where many are alike, each is made once."""
    kinds = set(column)
    if len(kinds) > len(column) // 2 and shows("".join(column)):  # one look at all of them
        width = max(map(len, column))
        return [cell.ljust(width) for cell in column]
    shown = {cell: visible(cell) for cell in kinds}
    width = max(map(len, shown.values()))
    wide = {cell: text.ljust(width) for cell, text in shown.items()}
    return map(wide.__getitem__, column)
