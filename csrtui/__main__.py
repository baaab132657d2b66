"""``csrtui`` and ``python -m csrtui``: the commands, or without one the screens."""

import signal
import sys
import warnings
from typing import TYPE_CHECKING

from csrtui.process import collect_no_more, harden, put_off_collecting, say_nothing_of_lost_errors

if TYPE_CHECKING:
    from csrtui.fleet.tasks.hosts import Reach
    from csrtui.tasks.session import Session


def main() -> int:
    """Run csrtui on the process's arguments and return its exit status."""
    try:
        put_off_collecting()
        harden()
        say_nothing_of_lost_errors()
        if not sys.warnoptions:
            # Libraries warn on stderr, with a line of their source; what is odd in a file csrtui says itself.
            warnings.simplefilter("ignore")
        from csrtui.cli.main import run

        return run(sys.argv[1:], open_screens=_open_screens, open_fleet=_open_fleet)
    except KeyboardInterrupt:  # while modules are still being imported
        return 128 + signal.SIGINT
    finally:
        collect_no_more()


def _open_screens(store: str) -> int:
    from csrtui.tui import open_screens

    return open_screens(store)


def _open_fleet(session: "Session", reach: "Reach") -> int:
    from csrtui.tui import open_fleet

    return open_fleet(session, reach)


if __name__ == "__main__":
    sys.exit(main())
