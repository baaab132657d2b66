"""The program that runs actions on an almost full disk: a small tmpfs in its own mount namespace.

An action runs with no free page, then with one, with two, and so on until it succeeds, so that the disk is full at
every possible place. The program is started with the library of `fault_shim`, which starts the runs.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import traceback
from pathlib import Path

SUPPORT = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.dirname(os.path.dirname(SUPPORT)), SUPPORT]

from after_faults import check_goes_on, check_place, check_said  # noqa: E402 - the path comes first
from backups_made import QUICK  # noqa: E402 - the same
from fault_runs import Runs  # noqa: E402 - the same
from writing_actions import ACTIONS, Action  # noqa: E402 - the same

from csrtui.core.keys import pkcs8  # noqa: E402 - the same

_PAGE = 4096
_SIZE = 1024 * 1024
_MOST_PAGES = 100
_FULL = "No space left on device"


class Filler:
    """A file that fills the disk.

    Args:
        path: The path of the file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def leave(self, pages: int) -> None:
        """Fill the disk except for this number of pages."""
        self.remove()
        with self._path.open("wb", buffering=0) as file:
            size = 0
            try:
                while size < _SIZE:
                    size += file.write(b"x" * _PAGE)
            except OSError:
                pass
            file.truncate(max(size - pages * _PAGE, 0))

    def remove(self) -> None:
        """Free the space."""
        self._path.unlink(missing_ok=True)


def sweep(runs: Runs, filler: Filler, action: Action) -> dict[str, object]:
    """Run an action with more and more space until it succeeds.

    Return how often the disk was full, and the problems.
    """
    full = 0
    failures: list[str] = []
    for pages in range(_MOST_PAGES):
        filler.remove()
        runs.fresh()
        filler.leave(pages)
        ended = runs.run(action)
        try:
            store = runs.store_of(action)
            if store.exists():
                check_place(runs.place, store)
            runs.before.check(runs.place, action)
            check_said(action, runs.place, runs.before, ended)
            if ended.status:
                full += 1
                assert _FULL in ended.out + ended.err, ended
            filler.remove()
            check_goes_on(action, runs.place, runs.before, lambda: runs.run(action))
            check_place(runs.place, store)
        except Exception:  # noqa: BLE001 - all errors are reported at the end
            failures.append(f"{action.name}, {pages} pages free\n{traceback.format_exc(limit=-3)}")
        if not ended.status and pages:
            break
    else:
        failures.append(f"{action.name}: never succeeded")
    return {"full": full, "failures": failures}


def main(scratch: str) -> None:
    """Sweep every action."""
    pkcs8.ITERATIONS = QUICK
    disk = Path(scratch, "disk")
    disk.mkdir()
    environment = {name: value for name, value in os.environ.items() if name != "LD_PRELOAD"}
    command = ["mount", "-t", "tmpfs", "-o", f"size={_SIZE}", "tmpfs", str(disk)]
    subprocess.run(command, check=True, env=environment)
    runs = Runs(Path(scratch), disk / "place")
    filler = Filler(disk / "filler")
    found = {}
    for action in ACTIONS:
        runs.warm(action)
        found[action.name] = sweep(runs, filler, action)
    print(json.dumps(found))  # noqa: T201 - the answer


if __name__ == "__main__":
    main(*sys.argv[1:])
