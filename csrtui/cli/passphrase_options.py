"""The options that give a passphrase, and asking for one on the terminal."""

import argparse
import os

from csrtui.cli.output import say
from csrtui.core.base.errors import InputError
from csrtui.core.base.secret import Secret
from csrtui.core.keys.passphrase_quality import check, weaknesses
from csrtui.store import secret_file


def add_passphrase_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the ways to give a passphrase without typing it."""
    ways = parser.add_mutually_exclusive_group()
    ways.add_argument("--passphrase-file", metavar="F", help="read it from the first line of a 0600 file")
    ways.add_argument("--passphrase-fd", metavar="N", type=int, help="read it from an open descriptor")


def is_given(options: argparse.Namespace) -> bool:
    """Whether one of the options that give a passphrase is there."""
    return options.passphrase_file is not None or options.passphrase_fd is not None


def read_known_passphrase(options: argparse.Namespace, prompt: str) -> Secret:
    """Return the passphrase that the options give, or ask for it once.

    Raises:
        InputError: It cannot be read, or there is no terminal to ask on.
    """
    given = _given(options)
    return given if given is not None else _ask(prompt)


def read_new_passphrase(options: argparse.Namespace, what: str = "key") -> Secret:
    """Return the passphrase that the options give, or ask for it twice; say what speaks against it.

    Args:
        options: The command's.
        what: What it will protect.

    Raises:
        InputError: The passphrase cannot be read, there is no terminal to ask on, the two entries
            differ, or openssl could not read a key under it.
    """
    given = _given(options)
    secret = given if given is not None else _ask_twice(what)
    check(secret)
    for weakness in weaknesses(secret):
        say(f"warning: {weakness}")
    return secret


def _given(options: argparse.Namespace) -> Secret | None:
    if options.passphrase_file is not None:
        return secret_file.from_file(options.passphrase_file)
    if options.passphrase_fd is not None:
        return secret_file.from_descriptor(options.passphrase_fd)
    return None


def _ask_twice(what: str) -> Secret:
    first = _ask(f"Passphrase for the {what}: ")
    if not first.encoded:
        raise InputError("an empty passphrase protects nothing")
    if _ask("The same again: ") != first:
        raise InputError("the two passphrases are not the same", "nothing was made; try again")
    return first


def _ask(prompt: str) -> Secret:
    from getpass import getpass

    try:
        # getpass falls back to standard input, echoing, where there is no terminal: that must not happen.
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC))
    except OSError:
        raise InputError(
            "there is no terminal to ask for the passphrase on", "use --passphrase-file or --passphrase-fd"
        ) from None
    try:
        return Secret(getpass(prompt))
    except (EOFError, OSError):
        raise InputError("no passphrase was typed") from None
    except UnicodeDecodeError:
        raise InputError("the passphrase is not UTF-8", "set the terminal to UTF-8") from None
