"""Run the benchmarks, compare csrtui with other programs, and print a table: ``python tests/bench/run.py``.

A section is a module of this folder with ``rows(options: Options) -> Iterator[Row]``, named in `SECTIONS`.
Figures are medians; everything that is compared runs in turn with what it is compared to. Run it on a
machine that does nothing else, with the Python that csrtui is installed for.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import platform
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import table
from measure import CSRTUI, ROOT, Options

sys.path.append(str(ROOT / "tests" / "support"))

from docs_tables import read_table, write_table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

SECTIONS = {
    "start": "the first picture of csrtui",
    "typing_keys": "keys typed into the form",
    "others": "other Textual programs",
    "new": "one pair made on the command line",
    "list_small": "commands on a small store",
    "store": "stores of one pair to very many",
    "many": "a thousand pairs at once",
    "memory": "the memory of a batch",
    "fleet": "many hosts read through Ansible",
}
"""The sections in order: the module, and what it measures."""

_RUNS = 7
_FEWEST_RUNS = 5


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the chosen sections. Return exit status 1 if a goal is missed."""
    options = _parser().parse_args(arguments)
    chosen: list[str] = options.sections or list(SECTIONS)
    if not Path(CSRTUI[0]).is_file():
        print(f"csrtui is not installed beside {sys.executable}", file=sys.stderr)
        return 2
    rows: list[tuple[str, table.Row]] = []
    with tempfile.TemporaryDirectory(prefix="csrtui-bench.") as scratch:
        for name in chosen:
            section = Options(options.runs, Path(scratch) / name, full=options.full)
            rows += [(name, row) for row in _announced(name, section, quiet=options.json)]
    if options.write:
        about = f"{time.strftime('%Y-%m-%d')}, {_machine()}; medians of {options.runs} runs, with minimum and maximum."
        measured_rows = [row for _, row in rows]
        text = table.documentation_table(measured_rows, about, read_table("benchmarks", "bench"))
        write_table("benchmarks", "bench", text)
    if options.json:
        measured = [{"section": name, **row.as_json()} for name, row in rows]
        json.dump({"schema": 1, "machine": _machine(), "rows": measured}, sys.stdout, indent=2)
        print()
    return 1 if any(row.verdict is table.Verdict.MISSED for _, row in rows) else 0


def _announced(name: str, options: Options, *, quiet: bool) -> Iterator[table.Row]:
    """Yield the rows of a section, and print each as soon as it is measured."""
    if not quiet:
        print(f"\n## {SECTIONS[name]} ({name})\n\n{table.head()}", flush=True)
    for row in importlib.import_module(name).rows(options):
        if not quiet:
            print(table.line(row), flush=True)
        yield row


def _machine() -> str:
    return f"{os.cpu_count()} cores, Python {platform.python_version()}, load {os.getloadavg()[0]:.1f}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    listed = ", ".join(SECTIONS)
    parser.add_argument(
        "sections",
        nargs="*",
        metavar="SECTION",
        choices=[[], *SECTIONS],
        help=f"any of {listed}; by default all",
    )
    parser.add_argument(
        "--runs", type=_runs, default=_RUNS, help="how often each is measured (default %(default)s)"
    )
    parser.add_argument("--full", action="store_true", help="also what takes many minutes: 100,000 pairs")
    parser.add_argument(
        "--write", action="store_true", help="write the figures into csrtui/docs/benchmarks.md"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document instead of tables")
    return parser


def _runs(text: str) -> int:
    runs = int(text)
    if runs < _FEWEST_RUNS:
        raise argparse.ArgumentTypeError(f"a median of fewer than {_FEWEST_RUNS} runs says nothing")
    return runs


if __name__ == "__main__":
    sys.exit(main())
