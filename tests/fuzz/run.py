"""Fuzz everything that reads data from other people, guided by coverage.

``python tests/fuzz/run.py`` runs atheris on each target (`fuzz_targets`) for ten seconds, or ``--seconds``. Arguments
select targets. It begins with the saved corpus and well-formed examples. An input that breaks a promise is saved as a
file whose name is printed, and the exit status is 1. ``--again FILE`` runs such an input again.
``--keep`` adds inputs that reach new code to the corpus, which the tests replay.
"""

from __future__ import annotations

import argparse
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "support")]

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fuzz_targets import Target

_INSTRUMENTED = ("csrtui", "idna", "tomllib", "tomlkit", "publicsuffixlist", "iso3166")
_CHILD = "--child"
_SLOWED = 8.0
"""The factor for the time limit while coverage is measured."""
_LONGEST = 16 * 1024
_MARGIN = 300


def main(arguments: Sequence[str] | None = None) -> int:
    """Fuzz the targets one after the other. Return exit status 1 if an input broke a promise."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given[:1] == [_CHILD]:
        return _be_fuzzed(given[1], given[2:])
    asked = _parser().parse_args(given)
    from fuzz_targets import TARGETS, try_on

    chosen = [target for target in TARGETS if target.name in (asked.targets or [target.name])]
    if asked.again:
        for target in chosen:
            try_on(target, asked.again.read_bytes())
        return 0
    found: list[Path] = []
    tried = 0
    crashes = asked.crashes or Path(tempfile.mkdtemp(prefix="csrtui-fuzz."))
    for target in chosen:
        runs, broke = _fuzz(target, asked.seconds, crashes, keep=asked.keep)
        found += broke
        tried += runs
        ended = f"broke: {broke[0]}" if broke else "held"
        print(f"{target.name:20} {runs:>9} inputs, {ended}", flush=True)  # noqa: T201 - what it is for
    _record(tried + len(found), len(found))
    return 1 if found else 0


def _fuzz(target: Target, seconds: int, crashes: Path, *, keep: bool) -> tuple[int, list[Path]]:
    """Return the number of inputs tried, and the files of those that broke a promise."""
    from fuzz_corpus import load, save
    from fuzz_seeds import seeds

    place = crashes / target.name
    place.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="csrtui-corpus.") as scratch:
        grown, small = Path(scratch) / "grown", Path(scratch) / "small"
        grown.mkdir()
        small.mkdir()
        for number, data in enumerate((*load(target.name), *seeds(target.name))):
            (grown / f"kept-{number}").write_bytes(data)
        said = _child(
            target, [f"-max_total_time={seconds}", f"-artifact_prefix={place}/", str(grown)], seconds
        )
        if keep:
            _child(target, ["-merge=1", str(small), str(grown)], seconds)
            save(target.name, [file.read_bytes() for file in small.iterdir()])
    broke = sorted(place.iterdir())
    (crashes / f"{target.name}.log").write_text(said)
    executed = [line for line in said.splitlines() if line.startswith("stat::number_of_executed_units:")]
    runs = int(executed[-1].split()[-1]) if executed else 0
    if not runs and not broke:
        raise RuntimeError(f"nothing was tried of {target.name}:\n{said[-2000:]}")
    return runs, broke


def _child(target: Target, options: Sequence[str], seconds: int) -> str:
    limits = [
        f"-max_len={_LONGEST}",
        "-rss_limit_mb=2048",
        "-timeout=60",
        "-print_final_stats=1",
        "-verbosity=1",
    ]
    command = [sys.executable, __file__, _CHILD, target.name, *limits, *options]
    done = subprocess.run(
        command,
        capture_output=True,
        check=False,
        cwd=ROOT,
        timeout=seconds + _MARGIN,
        stdin=subprocess.DEVNULL,
    )
    return (done.stdout + done.stderr).decode("utf-8", "replace")


def _be_fuzzed(name: str, options: Sequence[str]) -> int:
    """Run atheris in this process. This function does not return."""
    import atheris

    with atheris.instrument_imports(include=list(_INSTRUMENTED), enable_loader_override=False):
        from fuzz_targets import TARGETS, try_on
    (target,) = (target for target in TARGETS if target.name == name)
    # for a merge, libFuzzer passes its first argument to a shell, followed by the others
    again = shlex.join([sys.executable, __file__, _CHILD, name])
    atheris.Setup([again, *options], lambda data: try_on(target, data, _SLOWED))
    atheris.Fuzz()
    return 0


def _record(tried: int, failed: int) -> None:
    from safety_results import record

    promise = "Any input causes only csrtui's own errors"
    record(promise, "inputs from a coverage-guided fuzzer", tried, failed)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("targets", nargs="*", help="which (default: all)")
    parser.add_argument("--seconds", type=int, default=10, help="for each (default %(default)s)")
    parser.add_argument(
        "--crashes", type=Path, help="where to save what breaks a promise (default: a new folder)"
    )
    parser.add_argument("--keep", action="store_true", help="put what reaches new code into the corpus")
    parser.add_argument("--again", type=Path, help="only let the targets read this file")
    return parser


if __name__ == "__main__":
    sys.exit(main())
