"""``csrtui help [COMMAND | TOPIC]``: show the help of a command, or a topic of the documentation."""

import argparse
import os
import re
import sys
from contextlib import suppress

from csrtui.cli.output import pager, print_line
from csrtui.cli.parser import COMMANDS, Action, build_parser, suggest
from csrtui.core.base.errors import InputError
from csrtui.store.package_data import read_topic, topics

_CODE_BLOCK = re.compile(r"^```sh\n.*?^```$", re.DOTALL | re.MULTILINE)
_COMMAND_WITH_COMMENT = re.compile(r"^(\S.*\S) +# (.+)$", re.MULTILINE)


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "words",
        nargs="*",
        metavar="COMMAND|TOPIC",
        help="a command or a topic (default: list all of them)",
    )


def _run(options: argparse.Namespace) -> int:
    words, subject = options.words, " ".join(options.words)
    commands = [command.name for command in COMMANDS]
    is_command = bool(words) and words[0] in commands
    if words and not is_command and subject not in topics():
        raise InputError(
            f"unknown command or topic {subject[:60]!r}",
            suggest(subject, (*commands, *topics())) or "csrtui help lists the commands and topics",
        )
    with pager():
        if not words:
            lines = [f"  {name:<18}{title}\n" for name, title in topics().items()]
            sys.stdout.writelines([build_parser(()).format_help(), "\ntopics (csrtui help TOPIC):\n", *lines])
        elif is_command:
            with suppress(SystemExit):  # argparse ends the program after the help
                build_parser(words[:1]).parse_args([*words, "--help"])
        else:
            sys.stdout.write(_format_markdown(read_topic(subject)))
            if subject == "configuration":
                _print_files()
    return 0


def _print_files() -> None:
    """Print the configuration files on this machine, with the values that each of them sets."""
    from csrtui.tasks.settings import describe_files

    sys.stdout.write("\nOn this machine, the first file that sets a value wins:\n\n")
    for line in describe_files(os.environ):
        print_line(f"  {line}")


def _format_markdown(text: str) -> str:
    """Return Markdown formatted for a terminal, or unchanged for a pipe or a file."""
    if not sys.stdout.isatty():
        return text
    try:
        from rich.console import Console
        from rich.markdown import Markdown
    except ImportError:  # installed with Textual, which only the screens need
        return text
    console = Console(width=min(Console().width, 100))
    with console.capture() as capture:
        console.print(Markdown(_CODE_BLOCK.sub(lambda match: _fit(match[0], console.width - 2), text)))
    return capture.get()


def _fit(block: str, width: int) -> str:
    """Return a block of shell commands with each comment above its command, if a line is longer than `width`."""
    is_wide = any(len(line) > width for line in block.splitlines())
    return _COMMAND_WITH_COMMENT.sub(r"# \2\n\1", block) if is_wide else block


ACTION = Action("csrtui help\ncsrtui help new\ncsrtui help fleet csr\ncsrtui help backups", _arguments, _run)
