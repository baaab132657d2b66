"""Show long output page by page on a terminal."""

import io
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from subprocess import Popen

_DEFAULT = "less"
_LESS = "FRX"
"""The options for less, as in git: quit if the text fits the screen, keep colours, leave the text on the screen."""
_STYLE = re.compile(r"\x1b\[[0-9;]*m")


@contextmanager
def pager() -> Iterator[None]:
    """Send the output of the block through ``$PAGER`` (default: less) if it is longer than the terminal's screen.

    An empty ``$PAGER``, ``cat``, a terminal without cursor movement (``TERM=dumb``) and a pager that cannot be started
    leave stdout as it is. The user can leave the pager before the end of the text.
    """
    if not sys.stdout.isatty() or os.environ.get("TERM", "dumb") == "dumb":
        yield
        return
    terminal, data = sys.stdout, io.BytesIO()
    sys.stdout = page = _Page(data, encoding=terminal.encoding, errors="backslashreplace", write_through=True)
    try:
        yield
    finally:
        sys.stdout = terminal
        page.flush()
        text = data.getvalue()
        process = _start() if _is_long(text.decode(terminal.encoding, "replace")) else None
        if process is None:
            terminal.write(text.decode(terminal.encoding))
        else:
            _feed(process, text)


class _Page(io.TextIOWrapper):
    """The standard output while it is collected for the terminal. It counts as a terminal."""

    def isatty(self) -> bool:
        """Return true, because the text is shown on the terminal."""
        return True


def _is_long(text: str) -> bool:
    """Return whether a text and the prompt below it do not fit the screen."""
    import shutil  # only a terminal needs it, as the modules below

    size = shutil.get_terminal_size()
    lines = _STYLE.sub("", text).splitlines()
    return sum(max(1, -(-len(line) // size.columns)) for line in lines) >= size.lines


def _feed(process: "Popen[bytes]", text: bytes) -> None:
    import signal

    previous = signal.signal(signal.SIGINT, signal.SIG_IGN)  # less itself handles Ctrl+C
    try:
        process.communicate(text)  # the pager may quit before it has read everything
    finally:
        signal.signal(signal.SIGINT, previous)


def _start() -> "Popen[bytes] | None":
    import shlex
    import subprocess

    try:
        command = shlex.split(os.environ.get("PAGER", _DEFAULT))
        if not command or command == ["cat"]:
            return None
        # a pager that is csrtui itself, or starts it, must not start itself again without end
        environment = {"LESS": _LESS, **os.environ, "PAGER": "cat"}
        return subprocess.Popen(command, stdin=subprocess.PIPE, env=environment)
    except (OSError, ValueError):  # not installed, or an unbalanced quotation mark
        return None
