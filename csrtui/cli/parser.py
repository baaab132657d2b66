"""The arguments of csrtui, and help for each command with an example."""

import argparse
import re
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Final, NamedTuple, NoReturn

from csrtui.core.base.errors import InputError

if TYPE_CHECKING:
    from _typeshed import SupportsWrite


_SECRET_BEHIND: Final = ("--pass",)
"""What somebody begins with who would give a passphrase as an argument."""
_HYPHENED: Final = re.compile(r"-[a-z0-9].*\.")
"""A host's name behind a hyphen; the options that take a text begin with a capital."""


class Parser(argparse.ArgumentParser):
    """A parser whose complaints are csrtui's own errors."""

    def __init__(self, **options: object) -> None:
        super().__init__(
            **{  # type: ignore[arg-type]
                "allow_abbrev": False,
                "formatter_class": _unseen,
                **options,
            }
        )
        self._intermixed = False
        self._given: Sequence[str] = ()
        self.register("action", None, _Store)
        self.register("action", "store", _Store)

    def parse_known_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """Parse, with names before, between and behind the options, as every other program takes them."""
        self._given = args or ()
        # argparse's way of doing this loses a ``--``, so with one the names stand together, behind it.
        if self._subparsers is not None or self._intermixed or "--" in (args or ()):
            return super().parse_known_args(args, namespace)
        self._intermixed = True
        usage = self.usage
        if not {"-h", "--help"} & set(args or ()):
            self.usage = self.prog  # or argparse would format one for its complaints, which are csrtui's own
        try:
            return self.parse_known_intermixed_args(args, namespace)
        finally:
            self._intermixed = False
            self.usage = usage

    def parse_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> argparse.Namespace:
        """Parse, and refuse what no option or name is, with the help of the command that it was for."""
        options, unknown = self.parse_known_args(args, namespace)
        if unknown:
            if any(one.startswith(_SECRET_BEHIND) for one in unknown):  # which is not to be shown once more
                raise InputError(
                    "a passphrase is not an argument: whoever lists the processes could read it",
                    "--passphrase-file F or --passphrase-fd N; without them it is asked for on the terminal",
                )
            command = getattr(options, "command", None)
            prog = f"{self.prog} {command.name}" if command else self.prog
            raise InputError(f"unrecognized arguments: {' '.join(unknown)}", _way_out(prog, unknown))
        return options

    def error(self, message: str) -> NoReturn:
        """Raise what argparse would print.

        Raises:
            InputError: Always.
        """
        raise InputError(message, _way_out(self.prog, self._given))

    def print_help(self, file: "SupportsWrite[str] | None" = None) -> None:
        """Print the help; argparse would not tell when the disk is full.

        Raises:
            OSError: It cannot be written.
        """
        (file or sys.stdout).write(self.format_help())

    def format_help(self) -> str:
        """Return the help, as wide as the terminal is."""
        self.formatter_class = argparse.RawDescriptionHelpFormatter
        return super().format_help()


def _unseen(prog: str) -> argparse.HelpFormatter:
    """Return what argparse puts every option to the test with; by itself it would import shutil for its width."""
    return argparse.RawDescriptionHelpFormatter(prog, width=80)


def _way_out(prog: str, given: Sequence[str]) -> str:
    """What to do about arguments that were not understood: a name with a hyphen before it was taken for an option."""
    name = next(filter(_HYPHENED.match, given), None)
    behind = f"; a name that begins with a hyphen stands behind --: {prog} -- {name}"
    return f"{prog} --help" + (behind if name else "")


class _Store(argparse.Action):
    """Stores an option's value; argparse before 3.13 makes an empty list of ``--option=--``."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: object,
        option_string: str | None = None,
    ) -> None:
        if values == [] and self.nargs is None:
            parser.error(f"argument {option_string}: expected one argument")
        setattr(namespace, self.dest, values)


class Action(NamedTuple):
    """What a command's module offers as ``ACTION``.

    Attributes:
        example: One or more lines as typed in a shell.
        arguments: Adds the command's arguments to a parser.
        run: Does it, and returns the exit status.
    """

    example: str
    arguments: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int]


class CliCommand(NamedTuple):
    """A command as the help lists it; what it takes and does is in its module.

    Attributes:
        name: As typed.
        summary: One sentence for the list of commands.
        module: Where its `Action` is: loaded when it is asked for, since most of a short run is imports.
    """

    name: str
    summary: str
    module: str

    @property
    def action(self) -> Action:
        """What it takes and does."""
        action: Action = import_module(self.module).ACTION
        return action


EXAMPLES = """examples:
  csrtui                                   open the screens
  csrtui check mydomain.com                advice on a name
  csrtui new www.mydomain.com -O "My Ltd" -L London -C GB
  csrtui csr www.mydomain.com              the CSR, to paste into the CA's form"""


def build_parser(commands: Sequence[CliCommand], arguments: Sequence[str]) -> Parser:
    """Return the parser for all commands; ``command`` in its namespace is the `Command` chosen, or None.

    Args:
        commands: All of them.
        arguments: The command line: only commands that are named in it are loaded.
    """
    parser = Parser(
        prog="csrtui",
        description="Make private keys and certificate requests on this machine, and keep them in a keystore.",
        epilog=EXAMPLES,
    )
    parser.add_argument("--store", metavar="DIR", help="the keystore's folder (else $CSRTUI_STORE)")
    parser.add_argument(
        "--version", action="store_true", help="the versions of csrtui and of what it relies on"
    )
    parser.set_defaults(command=None)
    # With its name given, argparse need not format one.
    below = parser.add_subparsers(
        title="commands", metavar="COMMAND", parser_class=_parser_of, prog=parser.prog
    )  # type: ignore[call-overload]
    for command in commands:
        if command.name in arguments:
            _add_command(below, command)
        else:
            below.add_parser(command.name, help=command.summary)
    return parser


def _parser_of(**options: object) -> Parser | None:
    """Return the parser of a command; none for one that is not named, and only listed in the help."""
    return Parser(**options) if "description" in options else None


def _add_command(below: "argparse._SubParsersAction[Parser]", command: CliCommand) -> None:
    action = command.action
    sub = below.add_parser(
        command.name,
        help=command.summary,
        description=command.summary,
        epilog="example:\n" + "\n".join(f"  {line}" for line in action.example.splitlines()),
    )
    sub.add_argument("--store", metavar="DIR", default=argparse.SUPPRESS, help="the keystore's folder")
    action.arguments(sub)
    sub.set_defaults(command=command)
