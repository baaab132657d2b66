"""Write the man page: ``python tests/support/write_man.py``. A test fails if it is out of date.

The page `csrtui/docs/csrtui.1` is made from the argument parser, the topics of the documentation and the version of the changelog.
"""

from __future__ import annotations

import argparse
import re
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

from csrtui.cli.parser import COMMANDS, build_parser
from csrtui.store.package_data import topics

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT / "csrtui" / "docs" / "csrtui.1"
_WIDTH = 64
"""The length of a line before its characters are escaped."""
_USAGE_WIDTH = 70
_COMMON = frozenset({"help", "store", "quiet", "verbose"})
"""The options of every command. They are described once."""
_RELEASE = re.compile(r"^## \[([0-9.]+)\] - (\d{4}-\d\d-\d\d)$", re.MULTILINE)
_EXIT_STATUS = (
    ("0", "Success."),
    ("1", "Negative result: a check found something, or an item failed."),
    ("2", "Usage or input error, or standard output cannot be written."),
    ("3", "The keystore cannot be used: its modes, a lock, the disk, or damage."),
)
_ENVIRONMENT = (
    ("CSRTUI_STORE", "The keystore's folder."),
    ("CSRTUI_CONFIG", "The configuration file."),
    ("PAGER", "The program that shows long output on a terminal."),
    ("NO_COLOR", "If it is set, there are no colours."),
)
_FILES = (
    ("~/.local/share/csrtui", "The keystore. Its folder has mode 0700, and each private key mode 0600."),
    ("~/.config/csrtui/config.toml", "The user's configuration: profiles, keys and settings of the screens."),
    ("/etc/csrtui/config.toml", "The configuration of all users, and the policy of this machine."),
)


def page() -> str:
    """Return the man page as roff text."""
    release = _RELEASE.search((ROOT / "CHANGELOG.md").read_text(encoding="utf-8"))
    assert release is not None
    parser = build_parser([command.name for command in COMMANDS])
    (commands,) = (action for action in parser._actions if isinstance(action, argparse._SubParsersAction))
    lines = [
        '.\\" Written by tests/support/write_man.py. Do not change it by hand.',
        f'.TH CSRTUI 1 {release[2]} "csrtui {release[1]}" "User Commands"',
        ".SH NAME",
        "csrtui \\- make private keys and certificate requests, and keep them",
        ".SH SYNOPSIS",
        *_literal("csrtui [--store DIR]\ncsrtui [--store DIR] [-q | -v] COMMAND ..."),
        ".SH DESCRIPTION",
        *_filled(parser.description or ""),
        *_filled(
            "Without a command, csrtui opens the screens. All that they do is also available as commands."
        ),
        ".SH OPTIONS",
        *_options(parser),
        ".SH COMMANDS",
    ]
    for command in COMMANDS:
        lines += _command(commands.choices[command.name], command.summary)
    for title, rows in (
        ("EXIT STATUS", _EXIT_STATUS),
        ("ENVIRONMENT", _ENVIRONMENT),
        ("FILES", _FILES),
    ):
        lines += [f".SH {title}", *(line for term, text in rows for line in _tagged(term, text))]
    lines += [".SH EXAMPLES", *_literal(re.sub(r"(?m)^examples:\n|^  ", "", parser.epilog or ""))]
    lines += [
        ".SH SEE ALSO",
        *_filled("csrtui help TOPIC shows the documentation, without a network. Topics:"),
    ]
    lines += _filled(", ".join(topics()) + ".")
    lines += [".PP", ".BR openssl (1)"]
    return re.sub(r"(?m)^(\.S[HS] .*\n)\.PP\n", r"\1", "\n".join(lines) + "\n")


def _command(parser: argparse.ArgumentParser, summary: str) -> Iterator[str]:
    yield f".SS {parser.prog.removeprefix('csrtui ')}"
    yield from _filled(summary)
    yield from _literal(_usage(parser))
    yield from _options(parser, _COMMON)
    if parser.epilog:
        yield from _literal(re.sub(r"(?m)^(examples?:)\n|^  ", "", parser.epilog))
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            summaries = {choice.dest: choice.help or "" for choice in action._choices_actions}
            for name, subparser in action.choices.items():
                yield from _command(subparser, summaries[name])


def _usage(parser: argparse.ArgumentParser) -> str:
    """Return the usage in lines. argparse itself breaks lines in another way in each version of Python."""
    parser.formatter_class = lambda prog: argparse.HelpFormatter(prog, width=10_000)
    words = parser.format_usage().split()[1:]
    prog, rest = parser.prog, words[len(parser.prog.split()) :]
    parts: list[str] = []
    for word in rest:
        if (parts and parts[-1].count("[") > parts[-1].count("]")) or (
            parts and parts[-1].startswith("-") and " " not in parts[-1] and not word.startswith(("-", "["))
        ):
            parts[-1] += f" {word}"
        else:
            parts.append(word)
    lines = [prog]
    for part in parts:
        if len(lines[-1]) + 1 + len(part) > _USAGE_WIDTH and lines[-1].strip() != prog:
            lines.append(" " * len(prog))
        lines[-1] += f" {part}"
    return "\n".join(lines)


def _options(parser: argparse.ArgumentParser, omitted: frozenset[str] = frozenset()) -> Iterator[str]:
    formatter = argparse.HelpFormatter(parser.prog)
    for action in parser._actions:
        if (
            action.dest in omitted
            or action.help == argparse.SUPPRESS
            or isinstance(action, argparse._SubParsersAction)
        ):
            continue
        text = formatter._expand_help(action) if action.help else ""
        if action.option_strings:
            value = formatter._format_args(action, formatter._get_default_metavar_for_optional(action))
            term = f"{', '.join(action.option_strings)} {value}".rstrip()
        else:
            term = str(action.metavar or action.dest)
        yield from _tagged(term, text[:1].upper() + text[1:] + ("" if text.endswith(".") else "."))


def _tagged(term: str, text: str) -> Iterator[str]:
    yield ".TP"
    yield f".B {_escape(term)}"
    yield from map(_escape, textwrap.wrap(text, _WIDTH, break_on_hyphens=False))


def _filled(text: str) -> Iterator[str]:
    yield ".PP"
    yield from map(_escape, textwrap.wrap(text, _WIDTH, break_on_hyphens=False))


def _literal(text: str) -> Iterator[str]:
    yield from (".PP", ".nf")
    yield from map(_escape, filter(None, text.rstrip().splitlines()))
    yield ".fi"


def _escape(line: str) -> str:
    """Return a line of text in which roff finds no control line, no escape, and only ASCII."""
    text = (
        line.replace("\\", "\\e")
        .replace("-", "\\-")
        .replace("'", "\\(aq")
        .replace("~", "\\(ti")
        .replace("^", "\\(ha")
    )
    text = "".join(character if character.isascii() else f"\\[u{ord(character):04X}]" for character in text)
    return "\\&" + text if text.startswith(".") else text


def main() -> None:
    """Write the page."""
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(page(), encoding="ascii")


if __name__ == "__main__":
    main()
