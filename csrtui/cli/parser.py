"""The arguments of csrtui, and help for each command with an example."""

import argparse
from collections.abc import Callable
from typing import NoReturn

from csrtui.core.errors import InputError


class Parser(argparse.ArgumentParser):
    """A parser whose complaints are csrtui's own errors."""

    def __init__(self, **options: object) -> None:
        super().__init__(
            **{  # type: ignore[arg-type]
                "allow_abbrev": False,
                "formatter_class": argparse.RawDescriptionHelpFormatter,
                **options,
            }
        )

    def error(self, message: str) -> NoReturn:
        """Raise what argparse would print.

        Raises:
            InputError: Always.
        """
        raise InputError(message, f"{self.prog} --help")


class Command:
    """A command: its name, what it does, an example, its arguments, and the function that does it.

    Args:
        name: As typed.
        summary: One sentence for the list of commands.
        example: One or more lines as typed in a shell.
        arguments: Adds its arguments to a parser.
        run: Does it, and returns the exit status.
    """

    def __init__(
        self,
        name: str,
        summary: str,
        example: str,
        arguments: Callable[[argparse.ArgumentParser], None],
        run: "Callable[[argparse.Namespace], int]",
    ) -> None:
        self.name = name
        self.summary = summary
        self.example = example
        self.arguments = arguments
        self.run = run


EXAMPLES = """examples:
  csrtui                                   open the screens
  csrtui check mydomain.com                advice on a name
  csrtui new www.mydomain.com -O "My Ltd" -L London -C GB
  csrtui csr www.mydomain.com              the CSR, to paste into the CA's form"""


def build_parser(commands: "tuple[Command, ...]") -> Parser:
    """Return the parser for all commands; ``command`` in its namespace is the `Command` chosen, or None."""
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
    below = parser.add_subparsers(title="commands", metavar="COMMAND", parser_class=Parser)
    for command in commands:
        sub = below.add_parser(
            command.name,
            help=command.summary,
            description=command.summary,
            epilog="example:\n" + "\n".join(f"  {line}" for line in command.example.splitlines()),
        )
        sub.add_argument("--store", metavar="DIR", default=argparse.SUPPRESS, help="the keystore's folder")
        command.arguments(sub)
        sub.set_defaults(command=command)
    return parser
