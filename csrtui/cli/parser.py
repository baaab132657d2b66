"""The argument parser of csrtui, with help and an example for each command."""

import argparse
import re
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, NamedTuple, NoReturn

from csrtui.core.base.errors import InputError

if TYPE_CHECKING:
    from _typeshed import SupportsWrite


_PASSPHRASE_PREFIX: Final = ("--pass",)
"""How an unknown option begins that would contain a passphrase."""
_HYPHENATED_NAME: Final = re.compile(r"-[a-z0-9].*\.")
"""A host name after a hyphen; the options that accept text begin with a capital."""


class Parser(argparse.ArgumentParser):
    """A parser that reports errors as csrtui's own."""

    def __init__(self, **options: object) -> None:
        super().__init__(
            **{  # type: ignore[arg-type]
                "allow_abbrev": False,
                "formatter_class": _fixed_width_formatter,
                **options,
            }
        )
        self._is_intermixed = False
        self._arguments: Sequence[str] = ()
        self.register("action", None, _Store)
        self.register("action", "store", _Store)

    def parse_known_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """Parse arguments with names before, between and after the options, as other programs accept them."""
        self._arguments = args or ()
        # argparse loses a ``--`` in intermixed arguments; with one, the names are together after it.
        if self._subparsers is not None or self._is_intermixed or "--" in (args or ()):
            return super().parse_known_args(args, namespace)
        self._is_intermixed = True
        usage = self.usage
        if not {"-h", "--help"} & set(args or ()):
            self.usage = (
                self.prog
            )  # or argparse would format one for error messages, which csrtui does not print
        try:
            return self.parse_known_intermixed_args(args, namespace)
        finally:
            self._is_intermixed = False
            self.usage = usage

    def parse_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> argparse.Namespace:
        """Parse arguments, and refuse unknown ones with a hint to the help of their command.

        Raises:
            InputError: The arguments are not valid.
        """
        options, unknown = self.parse_known_args(args, namespace)
        if unknown:
            if any(argument.startswith(_PASSPHRASE_PREFIX) for argument in unknown):  # must not be printed
                raise InputError(
                    "a passphrase is not accepted as an argument: the process list would show it",
                    "--passphrase-file F or --passphrase-fd N; without them it is asked for on the terminal",
                )
            command = getattr(options, "command", None)
            prog = f"{self.prog} {command.name}" if command else self.prog
            raise InputError(f"unrecognized arguments: {' '.join(unknown)}", _usage_hint(prog, unknown))
        return options

    def error(self, message: str) -> NoReturn:
        """Raise the error that argparse would print.

        Raises:
            InputError: Always.
        """
        raise InputError(message, _usage_hint(self.prog, self._arguments))

    def print_help(self, file: "SupportsWrite[str] | None" = None) -> None:
        """Print the help; argparse itself would ignore a full disk.

        Raises:
            OSError: It cannot be written.
        """
        (file or sys.stdout).write(self.format_help())

    def format_help(self) -> str:
        """Return the help, as wide as the terminal."""
        self.formatter_class = argparse.RawDescriptionHelpFormatter
        return super().format_help()


def _fixed_width_formatter(prog: str) -> argparse.HelpFormatter:
    """Return the formatter that argparse checks options with; its default imports shutil for the terminal's width."""
    return argparse.RawDescriptionHelpFormatter(prog, width=80)


def _usage_hint(prog: str, arguments: Sequence[str]) -> str:
    """Return a hint for arguments that were not understood, such as a host name with a leading hyphen."""
    name = next(filter(_HYPHENATED_NAME.match, arguments), None)
    separator_hint = f"; put a name that begins with a hyphen after --: {prog} -- {name}"
    return f"{prog} --help" + (separator_hint if name else "")


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
    """The implementation of a command: the value of ``ACTION`` in its module.

    Attributes:
        example: One or more command lines.
        arguments: Adds the command's arguments to a parser.
        run: Runs the command and returns the exit status.
    """

    example: str
    arguments: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int]


class CliCommand(NamedTuple):
    """A command in the list that the help prints.

    Attributes:
        name: As typed.
        summary: One sentence for the list of commands.
        module: The module of its `Action`, imported on demand: imports take most of the time of a short run.
    """

    name: str
    summary: str
    module: str

    @property
    def action(self) -> Action:
        """The command's implementation; imports its module."""
        action: Action = import_module(self.module).ACTION
        return action


EXAMPLES = """examples:
  csrtui                                   open the screens
  csrtui check mydomain.com                check a name
  csrtui new www.mydomain.com -O "My Ltd" -L London -C GB
  csrtui csr www.mydomain.com              the CSR, to paste into the CA's form"""


def build_parser(commands: Sequence[CliCommand], arguments: Sequence[str]) -> Parser:
    """Return the parser for all commands; it sets ``command`` to the `CliCommand` chosen, or None.

    Args:
        commands: All commands.
        arguments: The command line. Only the modules of commands in it are imported.
    """
    parser = Parser(
        prog="csrtui",
        description="Make private keys and certificate requests on this machine, and keep them in a keystore.",
        epilog=EXAMPLES,
    )
    parser.add_argument("--store", metavar="DIR", help="the keystore's folder (default: $CSRTUI_STORE)")
    parser.add_argument(
        "--version", action="store_true", help="print the versions of csrtui and its libraries"
    )
    parser.set_defaults(command=None)
    # With prog set, argparse need not format a usage line for it.
    subparsers = parser.add_subparsers(
        title="commands", metavar="COMMAND", parser_class=_create_parser, prog=parser.prog
    )  # type: ignore[call-overload]
    for command in commands:
        if command.name in arguments:
            subparser = add_command(subparsers, command.name, command.summary, command.action)
            subparser.set_defaults(command=command)
        else:
            subparsers.add_parser(command.name, help=command.summary)
    return parser


def _create_parser(**options: object) -> Parser | None:
    """Return the parser of a command; None for a command that the help only lists."""
    return Parser(**options) if "description" in options else None


def add_command(
    subparsers: "argparse._SubParsersAction[Any]", name: str, summary: str, action: Action
) -> argparse.ArgumentParser:
    """Add the parser of a command, with its arguments and ``--store``, and return it."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        name,
        help=summary,
        description=summary,
        epilog="example:\n" + "\n".join(f"  {line}" for line in action.example.splitlines()),
    )
    parser.add_argument("--store", metavar="DIR", default=argparse.SUPPRESS, help="the keystore's folder")
    action.arguments(parser)
    return parser
