"""The commands of csrtui, and the argument parser, with help and an example for each command."""

import argparse
import os
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, NamedTuple, NoReturn

import csrtui
from csrtui.core.base.errors import InputError

if TYPE_CHECKING:
    from _typeshed import SupportsWrite

argparse._ = lambda text: text  # type: ignore[attr-defined]  # the text can be None

_HYPHENATED_NAME: Final = r"-[a-z0-9].*\."
"""A host name that begins with a hyphen."""


class Parser(argparse.ArgumentParser):
    """An argument parser that raises csrtui's own errors."""

    def __init__(self, **options: object) -> None:
        super().__init__(
            **{  # type: ignore[arg-type]
                "allow_abbrev": False,
                "formatter_class": _fixed_width_formatter,
                **options,
            }
        )
        self.color = False  # Python 3.14 would colour the help, and import the modules for it at every start
        self._is_intermixed = False
        self._arguments: Sequence[str] = ()
        self.register("action", None, _Store)
        self.register("action", "store", _Store)

    def parse_known_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """Parse arguments and return the options and the unknown arguments.

        As in other programs, names can be before, between and after the options.
        """
        self._arguments = args or ()
        # argparse drops ``--`` from intermixed arguments. With ``--``, all names are after it and need no intermixing.
        if self._subparsers is not None or self._is_intermixed or "--" in (args or ()):
            return super().parse_known_args(args, namespace)
        self._is_intermixed = True
        usage = self.usage
        if not {"-h", "--help"} & set(args or ()):
            # Without it, argparse would format a usage line for its errors, which csrtui does not print.
            self.usage = self.prog
        try:
            return self.parse_known_intermixed_args(args, namespace)
        finally:
            self._is_intermixed = False
            self.usage = usage

    def parse_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> argparse.Namespace:
        """Parse arguments and return the options.

        Raises:
            InputError: The arguments are not valid. The hint names the help of the command.
        """
        options, unknown = self.parse_known_args(args, namespace)
        if unknown:
            # The error must not repeat an unknown option that may contain a passphrase.
            if any(argument.startswith("--pass") for argument in unknown):
                raise InputError(
                    "a passphrase is not accepted as an argument: the process list would show it",
                    "use --passphrase-file F or --passphrase-fd N; without them, csrtui asks for it on the terminal",
                )
            command = getattr(options, "command", None)
            prog = f"{self.prog} {command.name}" if command else self.prog
            raise InputError(
                f"unrecognized arguments: {' '.join(unknown)}",
                suggest(unknown[0], getattr(options, "option_names", ())) or _usage_hint(prog, unknown),
            )
        return options

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        """Check that a value is one of the choices.

        Raises:
            InputError: The command is unknown.
            argparse.ArgumentError: The value is not one of an option's choices.
        """
        if isinstance(action.choices, dict) and value not in action.choices:
            hint = suggest(value, action.choices) or f"{self.prog} --help lists the commands"
            raise InputError(f"unknown command {value[:60]!r}", hint)
        super()._check_value(action, value)

    def error(self, message: str) -> NoReturn:
        """Raise the error that argparse would print.

        Raises:
            InputError: Always.
        """
        with_value = {name for name, action in self._option_string_actions.items() if action.nargs != 0}
        words = [word for word in self._arguments if word[:2] not in with_value]
        raise InputError(message, _usage_hint(self.prog, words))

    def print_help(self, file: "SupportsWrite[str] | None" = None) -> None:
        """Print the help. Unlike the method of argparse, do not ignore a full disk.

        Raises:
            OSError: The help cannot be written.
        """
        (file or sys.stdout).write(self.format_help())

    def format_help(self) -> str:
        """Return the help, as wide as the terminal."""
        self.formatter_class = argparse.RawDescriptionHelpFormatter
        return super().format_help()


def _fixed_width_formatter(prog: str) -> argparse.HelpFormatter:
    """Return the formatter that argparse uses to check options.

    The default formatter imports shutil to find the width of the terminal, which would slow down the start.
    """
    return argparse.RawDescriptionHelpFormatter(prog, width=80)


def _usage_hint(prog: str, arguments: Sequence[str]) -> str:
    """Return the hint for a usage error. It says how to write a host name that begins with a hyphen."""
    name = next((word for word in arguments if re.match(_HYPHENATED_NAME, word)), None)
    separator_hint = f"; put a name that begins with a hyphen after --: {prog} -- {name}"
    return f"{prog} --help" + (separator_hint if name else "")


def suggest(text: str, known: Iterable[str]) -> str | None:
    """Return ``did you mean WORD?`` with the known word that is most similar to a text, or None if none is similar."""
    from difflib import get_close_matches  # only after an error

    matches = get_close_matches(text.partition("=")[0], list(known), n=1, cutoff=0.7)
    return f"did you mean {matches[0]}?" if matches else None


class _Store(argparse.Action):
    """An action that stores an option's value and refuses ``--option=--``, which is an empty list before Python 3.13."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: object,
        option_string: str | None = None,
    ) -> None:
        if values in ([], "--") and self.nargs is None:
            parser.error(f"argument {option_string}: expected one argument")
        setattr(namespace, self.dest, values)


class Action(NamedTuple):
    """The implementation of a command: the value of ``ACTION`` in its module.

    Attributes:
        example: One or more command lines.
        arguments: A function that adds the command's arguments to a parser.
        run: A function that runs the command and returns the exit status.
    """

    example: str
    arguments: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int]


class CliCommand(NamedTuple):
    """A command in the list that the help prints.

    Attributes:
        name: The name as the user types it.
        summary: One sentence for the list of commands.
        module: The module with the `Action`. It is imported on demand, because a short run consists mostly of imports.
    """

    name: str
    summary: str
    module: str

    @property
    def action(self) -> Action:
        """The command's implementation; reading this property imports the module."""
        action: Action = import_module(self.module).ACTION
        return action


_STORE: Final = "the keystore's folder"
EXAMPLES = """examples:
  csrtui                                   open the screens
  csrtui check mydomain.com                check a name
  csrtui new www.mydomain.com -O "My Ltd" -L London -C GB
  csrtui csr www.mydomain.com              print the CSR for the CA's form"""


def build_parser(arguments: Sequence[str]) -> Parser:
    """Return the parser for all commands. It sets ``command`` to the chosen `CliCommand`, or to None.

    Args:
        arguments: The command line. Only the modules of commands in it are imported.
    """
    parser = Parser(
        prog="csrtui",
        description="Make private keys and certificate requests, and keep them in a keystore.",
        epilog=EXAMPLES,
        usage="csrtui [-h] [--store DIR] [--mouse] [-q | -v] [-V] [COMMAND ...]",
    )
    parser.add_argument(
        "--store", metavar="DIR", help=f"{_STORE} (default: $CSRTUI_STORE, else the user's data folder)"
    )
    parser.add_argument("--mouse", action="store_true", help="enable the mouse in the screens")
    parser.add_argument(
        "-V", "--version", action="store_true", help="print the versions of csrtui and its libraries"
    )
    _add_verbosity(parser, default=False)
    parser.set_defaults(command=None)
    # Without prog, argparse would format a usage line to get it.
    subparsers = parser.add_subparsers(
        title="commands", metavar="COMMAND", parser_class=_create_parser, prog=parser.prog
    )  # type: ignore[call-overload]
    for command in COMMANDS:
        if command.name in arguments:
            subparser = add_command(subparsers, command.name, command.summary, command.action)
            subparser.set_defaults(command=command, option_names=list(subparser._option_string_actions))  # noqa: SLF001 - argparse has no public list
        else:
            subparsers.add_parser(command.name, help=command.summary)
    return parser


class _ListedCommand:
    """A stand-in for the parser of a command that the help only lists."""

    def _check_help(self, action: argparse.Action) -> None:
        """Accept any help text of a command. From Python 3.14 on, argparse calls this to check the text."""


def _create_parser(**options: object) -> Parser | _ListedCommand:
    """Return the parser of a command, or a placeholder if the help only lists the command."""
    return Parser(**options) if "description" in options else _ListedCommand()


def add_command(
    subparsers: "argparse._SubParsersAction[Any]", name: str, summary: str, action: Action
) -> argparse.ArgumentParser:
    """Add the parser of a command, with its arguments and ``--store``, and return it."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        name,
        help=summary,
        description=summary,
        epilog="\n".join(["examples:", *(f"  {line}" for line in action.example.splitlines())]),
    )
    parser.add_argument("--store", metavar="DIR", default=argparse.SUPPRESS, help=_STORE)
    _add_verbosity(parser, default=argparse.SUPPRESS)
    action.arguments(parser)
    return parser


def _add_verbosity(parser: argparse.ArgumentParser, *, default: object) -> None:
    group = parser.add_mutually_exclusive_group()
    group.add_argument(
        "-q", "--quiet", action="store_true", default=default, help="print only data and errors"
    )
    group.add_argument(
        "-v", "--verbose", action="store_true", default=default, help="log each action and its file to stderr"
    )


_SUMMARIES = {
    "new": "Generate a private key and its CSR, and keep both.",
    "check": "Check names and fields against CA rules.",
    "inspect": "Describe CSRs, certificates, chains, keys and backups; nothing is stored.",
    "list": "List the pairs, the most urgent first.",
    "show": "Show one pair in full.",
    "csr": "Print the CSR of a pair as PEM.",
    "backup": "Write encrypted backups, each verified by a restore test.",
    "verify": "Check backups; with a passphrase, test restoring them.",
    "restore": "Restore a pair from its backup; never overwrites a pair.",
    "import": "Import certificates; each is matched to its pair.",
    "renew": "Renew a pair, with a new key or with the old CSR.",
    "adopt": "Import existing keys as pairs.",
    "export": "Export files for a server.",
    "guide": "Show the guide for a server.",
    "served": "Compare the certificates that a server sends (openssl s_client) with a pair.",
    "retire": "Mark pairs as no longer used, or undo this; nothing is deleted.",
    "doctor": "Check the whole keystore and suggest fixes.",
    "completion": "Print the completion script for bash, zsh or fish.",
    "help": "Show the help of a command, or a topic of the documentation.",
}
_MODULES = {"import": "import_"}
"""The module names that differ from the command, because the command is a Python keyword."""

COMMANDS = tuple(
    CliCommand(name, summary, f"csrtui.cli.commands.{_MODULES.get(name, name)}")
    for name, summary in _SUMMARIES.items()
)
# A distribution can leave out csrtui/fleet; csrtui then has no fleet command.
if os.path.isdir(os.path.join(*csrtui.__path__, "fleet")):
    COMMANDS += (
        CliCommand(
            "fleet", "Work with the keystores of many hosts, through Ansible.", "csrtui.fleet.cli.commands"
        ),
    )
