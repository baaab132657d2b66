"""Read the input of commands, and print their output: data on stdout and one-line messages on stderr.

Both are safe for a terminal. Long output is shown page by page.
"""

from __future__ import annotations

import io
import os
import re
import sys
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, TextIO

from csrtui.core.base.errors import InputError
from csrtui.core.base.escaping import is_visible, quote, visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from subprocess import Popen

    from csrtui.core.base.errors import CsrtuiError
    from csrtui.core.base.finding import Finding


_ASCII = str.maketrans("─│├└●▼·…", "-|+`*v.>")
_WAKE_UP_SECONDS = 0.2
"""The interval at which a prompt checks for signals."""


def prepare_streams() -> None:
    """Prepare stdout and stderr before any other work.

    Python sets a stream to None if it was closed at the start (``>&-``). Without stderr, messages are dropped. A
    character that the encoding of stdout does not contain is written as a Python escape.

    Raises:
        InputError: Stdout is closed. This error must come before a pair is made.
    """
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - open until the process ends
    if sys.stdout is None:
        raise InputError("standard output is closed", "to drop the output: > /dev/null")
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def discard_output(stream: TextIO | None) -> None:
    """Send the output of a broken stream to ``/dev/null``; otherwise, Python prints an error when it exits."""
    if stream is None:
        return
    with suppress(OSError):  # a stream in memory has no descriptor
        target = stream.fileno()
        null = os.open(os.devnull, os.O_WRONLY | os.O_CLOEXEC)
        os.dup2(null, target)
        os.close(null)


_quiet = False
"""Whether only errors and questions are printed on stderr (``--quiet``)."""


def set_quiet(*, quiet: bool) -> None:
    """Set whether only errors and questions are printed on stderr."""
    global _quiet  # noqa: PLW0603 - a property of the process, like its streams
    _quiet = quiet


_store: str | None = None
"""The value of ``--store``, or None if the user has not given the option."""
_COMMAND = (
    r"\bcsrtui (?:adopt|backup|csr|doctor|export|import|list|new|renew|restore|retire|served|show|verify)"
    r"(?! --store)(?=[ .;)]|$)"
)


def set_store(path: str | None) -> None:
    """Set the value of ``--store`` that `name_store` inserts, or None if the user has not given the option."""
    global _store  # noqa: PLW0603 - a property of the process, like its arguments
    _store = path


def name_store(text: str) -> str:
    """Return a message, with the user's option ``--store`` added to each csrtui command in it."""
    if not _store or "csrtui " not in text:
        return text
    option = f" --store {quote(_store)}"
    return re.sub(_COMMAND, lambda match: match[0] + option, text)


def print_message(text: str) -> None:
    """Print one line on stderr, but nothing with ``--quiet``."""
    write_unless_quiet(f"{visible(name_store(text))}\n")


def write_unless_quiet(text: str) -> None:
    """Write text to stderr unchanged, but nothing with ``--quiet``."""
    if not _quiet:
        write_message(text)


def write_message(text: str) -> None:
    """Write text to stderr unchanged, and ignore a full disk or a closed pipe."""
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except OSError:
        discard_output(sys.stderr)


def print_error(error: CsrtuiError) -> None:
    """Print an error and its hint on stderr, one line each."""
    write_message(f"{visible(name_store(f'csrtui: error: {error.message}'))}\n")
    if error.hint:
        write_message(f"{visible(name_store(f'hint: {error.hint}'))}\n")


def print_finding(label: str, finding: Finding) -> None:
    """Print a finding on stderr, with its fix below it.

    Args:
        label: The level to show, which may differ from the finding's own.
    """
    write = write_message if finding.blocks else write_unless_quiet
    write(f"{visible(f'{label}: {finding.text}')}\n")
    if finding.fix:
        write(f"{visible(name_store(f'  fix: {finding.fix.label}'))}\n")


def confirm(question: str) -> bool:
    """Ask a question on stderr, and return whether the answer is yes. Standard input must be a terminal."""
    write_message(f"{question} [y/N] ")
    with prompt_interrupts():
        return sys.stdin.readline().strip().lower() in {"y", "yes"}


@contextmanager
def prompt_interrupts() -> Iterator[None]:
    """Let Ctrl+C end the block at any moment while it reads an answer.

    If a signal arrives just before read(2), Python handles it only after the next line of input. A timer therefore
    interrupts read(2) regularly, and Python then handles all signals (PEP 475).
    """
    import signal

    previous = signal.signal(signal.SIGALRM, lambda _signal, _frame: None)
    signal.setitimer(signal.ITIMER_REAL, _WAKE_UP_SECONDS, _WAKE_UP_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)


def print_line(text: str) -> None:
    """Print one line on stdout."""
    sys.stdout.write(f"{visible(text)}\n")


def drawable(text: str) -> str:
    """Return the text, with ASCII in place of lines and marks that the encoding of stdout does not contain."""
    try:
        text.encode(sys.stdout.encoding)
    except UnicodeEncodeError:
        return text.translate(_ASCII)
    return text


def print_bytes(data: bytes) -> None:
    """Write bytes to stdout unchanged; they must be data that csrtui itself made, such as PEM."""
    sys.stdout.flush()
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def print_json(document: object, *, indent: int | None = 2) -> None:
    """Print a JSON document on stdout, in ASCII, so that no text in it can control the terminal.

    Args:
        indent: Spaces per level, or None for a single line.
    """
    import json

    sys.stdout.write(json.dumps(document, indent=indent) + "\n")


def print_json_list(document: Mapping[str, object], name: str, items: Iterable[object]) -> None:
    """Print a document that ends with a list, in the format of `print_json`, with only one item in memory at a time."""
    import json

    start = json.dumps({**document, name: []}, indent=2).removesuffix("]\n}")
    separator, end = f"{start}\n    ", f"{start}]\n}}\n"
    for item in items:
        sys.stdout.write(separator + json.dumps(item, indent=2).replace("\n", "\n    "))
        separator, end = ",\n    ", "\n  ]\n}\n"
    sys.stdout.write(end)


def print_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows under a header. Each column is as wide as its widest cell, and columns are two spaces apart."""
    sys.stdout.write(format_table(header, list(zip(*rows, strict=True))))


def format_table(header: Sequence[str], columns: Sequence[Sequence[str]]) -> str:
    """Return a header and columns as text, in the format of `print_table`."""
    padded = [_padded([heading, *column]) for heading, column in zip(header, columns, strict=True)]
    return "".join([f"{line.rstrip()}\n" for line in map("  ".join, zip(*padded, strict=True))])


def _padded(column: Sequence[str]) -> Iterable[str]:
    """Return the cells of a column, escaped and padded to the widest; equal cells are processed only once."""
    distinct = set(column)
    if len(distinct) > len(column) // 2 and is_visible("".join(column)):  # checks all cells at once
        width = max(map(len, column))
        return [cell.ljust(width) for cell in column]
    escaped = {cell: visible(cell) for cell in distinct}
    width = max(map(len, escaped.values()))
    padded = {cell: text.ljust(width) for cell, text in escaped.items()}
    return map(padded.__getitem__, column)


_DEFAULT_PAGER = "less"
_LESS_OPTIONS = "FRX"
"""Options as in git: quit if the text fits the screen, keep colours, leave the text on the screen."""
_STYLE = r"\x1b\[[0-9;]*m"


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
    """Output that is collected for the pager. It counts as a terminal."""

    def isatty(self) -> bool:
        """Return true, because the text is shown on the terminal."""
        return True


def _is_long(text: str) -> bool:
    """Return whether a text, with the prompt below it, is too long for the screen."""
    import shutil  # only a terminal needs this module and those imported below

    size = shutil.get_terminal_size()
    lines = re.sub(_STYLE, "", text).splitlines()
    return sum(max(1, -(-len(line) // size.columns)) for line in lines) >= size.lines


def _feed(process: Popen[bytes], text: bytes) -> None:
    import signal

    previous = signal.signal(signal.SIGINT, signal.SIG_IGN)  # less itself handles Ctrl+C
    try:
        process.communicate(text)  # the pager may quit before it has read everything
    finally:
        signal.signal(signal.SIGINT, previous)


def _start() -> Popen[bytes] | None:
    import shlex
    import subprocess

    try:
        command = shlex.split(os.environ.get("PAGER", _DEFAULT_PAGER))
        if not command or command == ["cat"]:
            return None
        # a pager that is csrtui, or starts csrtui, must not start another pager
        environment = {"LESS": _LESS_OPTIONS, **os.environ, "PAGER": "cat"}
        return subprocess.Popen(command, stdin=subprocess.PIPE, env=environment)
    except (OSError, ValueError):  # not installed, or an unbalanced quotation mark
        return None


def read_input(file: str) -> bytes:
    """Return the contents of a file, or of standard input if `file` is ``-``.

    Standard input is read up to one byte above the limit, so that a parser rejects a text that is too large.

    Raises:
        InputError: The file cannot be read, or standard input is closed.
    """
    from csrtui.store.foreign_files import MAX_FOREIGN_BYTES, read_foreign

    if file != "-":
        return read_foreign(file)
    if sys.stdin is None:
        raise InputError("standard input is closed", "give the name of a file instead")
    return sys.stdin.buffer.read(MAX_FOREIGN_BYTES + 1)
