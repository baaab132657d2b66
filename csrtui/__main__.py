"""``csrtui`` and ``python -m csrtui``: the commands, or without one the screens."""

import signal
import sys
import warnings

from csrtui.process import collect_no_more, harden, put_off_collecting, say_nothing_of_lost_errors


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

        return run(sys.argv[1:], open_screens=_open_screens)
    except KeyboardInterrupt:  # while modules are still being imported
        return 128 + signal.SIGINT
    finally:
        collect_no_more()


def _open_screens(store: str) -> int:
    from csrtui.tui import open_screens

    return open_screens(store)


if __name__ == "__main__":
    sys.exit(main())
