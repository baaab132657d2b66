"""Run ``csrtui`` or ``python -m csrtui``: a command, or the screens if none is named."""

import gc
import signal
import sys
import warnings

from csrtui.process import delay_garbage_collection, harden, hide_unraisable_errors


def main() -> int:
    """Run csrtui with the arguments of the process and return its exit status."""
    try:
        delay_garbage_collection()
        harden()
        hide_unraisable_errors()
        if not sys.warnoptions:
            # Libraries warn on stderr with a line of their source; csrtui reports problems of files itself.
            warnings.simplefilter("ignore")
        from csrtui.cli.main import run

        return run(sys.argv[1:], open_screens=_open_screens)
    except KeyboardInterrupt:  # during imports
        return 128 + signal.SIGINT
    finally:
        gc.freeze()  # saves the last search through all objects; the system frees the memory as a whole


def _open_screens(store: str) -> int:
    from csrtui.tui import open_screens

    return open_screens(store)


if __name__ == "__main__":
    sys.exit(main())
