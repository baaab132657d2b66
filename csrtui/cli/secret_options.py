"""The options for passphrases, recipients and identities, and prompts for a passphrase on the terminal."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from csrtui.cli.output import print_message, prompt_interrupts
from csrtui.cli.session import is_dry_run
from csrtui.core.base.errors import InputError
from csrtui.core.base.secret import Secret

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable

    from csrtui.core.backups.backup_file import BackupFile, Expectation
    from csrtui.core.backups.recipients import Recipient


def add_passphrase_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options that read a passphrase from a file or a descriptor."""
    group = parser.add_mutually_exclusive_group()
    group.add_argument(
        "--passphrase-file",
        metavar="F",
        help="read the passphrase from the first line of a file with mode 0600",
    )
    group.add_argument(
        "--passphrase-fd", metavar="N", type=int, help="read the passphrase from an open descriptor"
    )


def has_passphrase_option(options: argparse.Namespace) -> bool:
    """Return whether one of the passphrase options is present."""
    return options.passphrase_file is not None or options.passphrase_fd is not None


def read_known_passphrase(options: argparse.Namespace, prompt: str) -> Secret:
    """Return the passphrase from the options, or else from one prompt.

    Raises:
        InputError: The passphrase cannot be read, or there is no terminal for the prompt.
    """
    passphrase = _read_from_options(options)
    return passphrase if passphrase is not None else _prompt(prompt)


_DRY_RUN_PASSPHRASE: Final = Secret("a dry run does not ask for a new passphrase")
"""Stands for a new passphrase in a dry run, where everything that it encrypts is thrown away."""


def read_new_passphrase(options: argparse.Namespace, purpose: str = "key") -> Secret:
    """Return the passphrase from the options, or else from two prompts, and print a warning for each weakness.

    A dry run does not ask: without an option, it uses a stand-in passphrase.

    Args:
        options: The options of the command.
        purpose: The name of the protected object, for the prompt.

    Raises:
        InputError: The passphrase cannot be read, there is no terminal for the prompt, the two entries differ, or
            openssl could not read a key that is encrypted with this passphrase.
    """
    passphrase = _read_from_options(options)
    if passphrase is None and is_dry_run(options):
        return _DRY_RUN_PASSPHRASE
    if passphrase is None:
        passphrase = _prompt(f"Passphrase for the {purpose}: ")
        if not passphrase.encoded:
            raise InputError("an empty passphrase protects nothing")
        if _prompt("Repeat it: ") != passphrase:
            raise InputError("the two passphrases are not the same", "nothing was changed; try again")
    from csrtui.core.keys.passphrase_quality import check, weaknesses

    check(passphrase)
    for weakness in weaknesses(passphrase):
        print_message(f"warning: {weakness}")
    return passphrase


def _read_from_options(options: argparse.Namespace) -> Secret | None:
    if not has_passphrase_option(options):
        return None
    from csrtui.store import secret_file

    if options.passphrase_file is not None:
        return secret_file.read_passphrase_file(options.passphrase_file)
    return secret_file.read_passphrase_descriptor(options.passphrase_fd)


def _prompt(prompt: str) -> Secret:
    from getpass import getpass

    try:
        # Without a terminal, getpass would read standard input with echo.
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC))
    except OSError:
        raise InputError(
            "there is no terminal to ask for the passphrase on", "use --passphrase-file or --passphrase-fd"
        ) from None
    try:
        with prompt_interrupts():
            return Secret(getpass(prompt))
    except (EOFError, OSError):
        raise InputError("no passphrase was typed") from None
    except UnicodeDecodeError:
        raise InputError("the passphrase is not UTF-8", "set the terminal to UTF-8") from None


def add_recipient_argument(parser: argparse.ArgumentParser, purpose: str = "instead of a passphrase") -> None:
    """Add the option for the recipients that can open a backup; its help begins with `purpose`."""
    parser.add_argument(
        "--recipient",
        action="append",
        metavar="R",
        help=f"{purpose}: age1…, an SSH public key, or a file with such keys; repeatable; "
        "keeps the key secret, but does not show who made the backup",
    )


def read_recipients(texts: Iterable[str]) -> tuple[Recipient, ...]:
    """Return the recipients in these texts and in the files that they name, without duplicates. Print their labels.

    Raises:
        InputError: A text is not a recipient, or a file cannot be read.
    """
    from csrtui.tasks.backup import parse_recipients

    recipients = parse_recipients(texts)
    for recipient in recipients:
        print_message(f"recipient: {recipient.label}")
    return recipients


def add_identity_argument(parser: argparse.ArgumentParser) -> None:
    """Add the option for the identity that decrypts a backup to recipients."""
    parser.add_argument(
        "--identity",
        metavar="F",
        help="the age identity or SSH private key that opens a backup to recipients",
    )


def add_expect_argument(parser: argparse.ArgumentParser) -> None:
    """Add the option for the key or CSR that a backup must contain."""
    parser.add_argument(
        "--expect",
        metavar="VALUE",
        help="refuse a backup of another key or CSR: an SPKI SHA-256 in hex, or a file with the CSR or a certificate",
    )


def read_expectation(options: argparse.Namespace) -> Expectation | None:
    """Return the key or CSR that ``--expect`` names, or None if the option is not given.

    Raises:
        InputError: The value is neither an SPKI SHA-256 nor a file with a CSR or a certificate.
    """
    if options.expect is None:
        return None
    from csrtui.tasks.backup_contents import parse_expectation

    return parse_expectation(options.expect)


def read_key_passphrase(options: argparse.Namespace, backup: BackupFile) -> Secret | None:
    """Return the passphrase of the key in a backup, from the options or a prompt, or None if the key has none.

    Raises:
        InputError: The passphrase cannot be read, or there is no terminal for the prompt.
    """
    from csrtui.core.backups.header import KeyProtection

    return (
        None
        if backup.key_protection is KeyProtection.PLAIN
        else read_known_passphrase(options, "Passphrase of the key: ")
    )


def print_key_and_names(spki_sha256: str, names: Iterable[str]) -> None:
    """Print the key and the names of a backup on stderr, so that the user can compare them with known ones."""
    print_message(f"key: SPKI SHA-256 {spki_sha256}")
    print_message(f"names: {', '.join(names)}")
