"""Run ``csrtui`` or ``python -m csrtui``: the named command, or the screens if no command is named."""

import gc
import sys
import warnings

from csrtui.process_protection import delay_garbage_collection, harden, hide_unraisable_errors


def main() -> int:
    """Run csrtui with the arguments of the process and return its exit status."""
    try:
        delay_garbage_collection()
        harden()
        hide_unraisable_errors()
        if not sys.warnoptions:
            # A library's warning on stderr shows a line of its source; csrtui itself reports problems with files.
            warnings.simplefilter("ignore")
        from csrtui.cli.main import run

        return run(sys.argv[1:], open_screens=_open_screens)
    except KeyboardInterrupt:  # during imports
        import signal

        return 128 + signal.SIGINT
    finally:
        gc.freeze()  # skips the last garbage collection; the system frees all memory at once


def _open_screens(store: str, mouse: bool) -> int:  # noqa: FBT001 - the only flag of the screens
    from csrtui.tui import open_screens

    return open_screens(store, mouse=mouse)


if __name__ == "__main__":
    sys.exit(main())
