"""Show long output page by page on a terminal."""

import io
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_DEFAULT = "less"
_LESS = "FRX"
"""The options for less, as in git: quit if the text fits the screen, keep colours, leave the text on the screen."""


@contextmanager
def pager() -> Iterator[None]:
    """Send stdout through ``$PAGER`` (default: less) if it is a terminal.

    An empty ``$PAGER``, ``cat``, a terminal without cursor movement (``TERM=dumb``) and a pager that cannot be started
    leave stdout as it is. The user can leave the pager before the end of the text.
    """
    process = _start() if sys.stdout.isatty() and os.environ.get("TERM", "dumb") != "dumb" else None
    if process is None or process.stdin is None:
        yield
        return
    terminal = sys.stdout
    previous = signal.signal(signal.SIGINT, signal.SIG_IGN)  # less itself handles Ctrl+C
    sys.stdout = _PagerStream(process.stdin, encoding=terminal.encoding, errors="backslashreplace")
    try:
        with suppress(BrokenPipeError):
            yield
            sys.stdout.flush()
    finally:
        with suppress(BrokenPipeError):
            sys.stdout.close()
        sys.stdout = terminal
        process.wait()
        signal.signal(signal.SIGINT, previous)


class _PagerStream(io.TextIOWrapper):
    """The standard output while a pager shows it. It counts as a terminal."""

    def isatty(self) -> bool:
        """Return true, because the pager shows the text on the terminal."""
        return True


def _start() -> subprocess.Popen[bytes] | None:
    try:
        command = shlex.split(os.environ.get("PAGER", _DEFAULT))
        if not command or command == ["cat"]:
            return None
        # a pager that is csrtui itself, or starts it, must not start itself again without end
        environment = {"LESS": _LESS, **os.environ, "PAGER": "cat"}
        return subprocess.Popen(command, stdin=subprocess.PIPE, env=environment)
    except (OSError, ValueError):  # not installed, or an unbalanced quotation mark
        return None
