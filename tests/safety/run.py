"""Test the promises of safety, and print each test, how often it ran, and how often it failed.

``python tests/safety/run.py`` runs every test with the mark ``safety``, including slow ones. ``--write`` writes the
table into csrtui/docs/safety.md. It takes minutes. Tests without the necessary program or privilege are skipped and named.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "support"))

from safety_results import VARIABLE, read_rows  # noqa: E402 - the path comes first
from safety_table import table, write  # noqa: E402 - the same

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the sweeps and print the table. Return exit status 1 if a sweep failed or nothing was tested."""
    asked = _parser().parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="csrtui-safety.") as scratch:
        results, report = Path(scratch) / "rows", Path(scratch) / "report.xml"
        status = _run_tests(results, report, asked.selection, asked.processes)
        rows = read_rows(results.read_text(encoding="utf-8")) if results.exists() else []
        skipped = _skipped(report)
    shown = table(rows)
    print(f"\n{shown}", end="")  # noqa: T201 - what it is for
    for line in skipped:
        print(f"not tried: {line}")  # noqa: T201 - what it is for
    if asked.write and not status:
        write(shown)
    return 1 if status or not rows or any(row.failed for row in rows) else 0


def _run_tests(results: Path, report: Path, selection: str, processes: str) -> int:
    command = [sys.executable, "-m", "pytest", "-q", "-m", selection, "-n", processes, f"--junitxml={report}"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CSRTUI")}
    return subprocess.run(
        [*command, "tests"], cwd=ROOT, env={**environment, VARIABLE: str(results)}, check=False
    ).returncode


def _skipped(report: Path) -> list[str]:
    """Return the skipped tests with their reasons."""
    if not report.exists():
        return []
    cases = ET.parse(report).getroot().iter("testcase")  # noqa: S314 - pytest's own file
    found = [(case.get("name"), case.find("skipped")) for case in cases]
    return sorted({f"{name}: {why.get('message')}" for name, why in found if why is not None})


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--write", action="store_true", help="write the table into csrtui/docs/safety.md")
    parser.add_argument(
        "-m",
        dest="selection",
        default="safety",
        help='pytest\'s markers (default %(default)s; "safety and not slow" is short)',
    )
    parser.add_argument(
        "-n", dest="processes", default="auto", help="how many processes (default %(default)s)"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
