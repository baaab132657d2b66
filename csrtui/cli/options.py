"""The options that several commands share, and the session, configuration and passphrases that they select."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from csrtui.cli.output import print_message, prompt_interrupts
from csrtui.core.base.errors import InputError, StoreError
from csrtui.core.base.escaping import visible
from csrtui.core.base.secret import Secret
from csrtui.store.keystore import Keystore
from csrtui.store.store_location import store_path, store_source
from csrtui.tasks.session import Session, dry_run_session

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable

    from csrtui.core.backups.backup_file import BackupFile, Expectation
    from csrtui.core.backups.recipients import Recipient
    from csrtui.core.pairs.pair import Pair
    from csrtui.tasks.settings import Settings

DRY_RUN = ("--dry-run", "check everything, show what would be done, and write nothing")
"""The option that makes `open_session` return a session that writes nothing."""
JSON = ("--json", "print one JSON document")
FORCE = ("--force", "proceed despite errors that X.509 itself permits")


def add_options(parser: argparse._ActionsContainer, *options: tuple[str, ...]) -> None:
    """Add options: ``(name, help)`` for a flag, or ``(name, …, placeholder, help)`` for one with a value."""
    for *names, text in options:
        if len(names) == 1:
            parser.add_argument(*names, action="store_true", help=text)
        else:
            parser.add_argument(*names[:-1], metavar=names[-1], help=text)


def add_platform_argument(
    parser: argparse.ArgumentParser, text: str = "the server software, such as nginx (csrtui guide lists all)"
) -> None:
    """Add the option for the server software."""
    parser.add_argument("--for", dest="platform", metavar="PLATFORM", help=text)


def add_ca_argument(parser: argparse.ArgumentParser, default: str) -> None:
    """Add the option for the kind of CA; its help ends with the default."""
    from csrtui.core.base.finding import CaKind

    parser.add_argument(
        "--ca", choices=[kind.value for kind in CaKind], help=f"which rules apply (default: {default})"
    )


def is_dry_run(options: argparse.Namespace) -> bool:
    """Return whether the command must not write anything. Commands that never write do not have the option."""
    return getattr(options, "dry_run", False)


def load_settings(*, with_own: bool = True) -> Settings:
    """Return the configuration, and print a warning for each file that is ignored because it cannot be used.

    Args:
        with_own: Whether to read the user's own file too, and not only the site-wide files.
    """
    from csrtui.tasks import settings

    try:
        loaded = settings.load_settings(os.environ, with_own=with_own)
    except InputError as error:  # no option names the file, so a mistake in it must not stop the command
        print_message(f"warning: {error.message}; the file is ignored")
        loaded = settings.load_settings(os.environ, with_own=False)
    for problem in loaded.problems:
        print_message(f"warning: {problem.error.message}")
        if problem.error.hint:
            print_message(f"  fix: {problem.error.hint}")
    return loaded


def open_session(options: argparse.Namespace) -> Session:
    """Return the session for the store that the options or the environment name.

    With ``--dry-run``, the session writes nothing.

    Raises:
        InputError: The name of the store is empty.
    """
    path = store_path(options.store, os.environ)
    return dry_run_session(path) if is_dry_run(options) else Session(Keystore(path))


def open_existing_session(options: argparse.Namespace) -> Session:
    """Return the session for a command that needs pairs or examines the store.

    If the default store does not exist, it is treated as a store without pairs.

    Raises:
        InputError: The name of the store is empty.
        StoreError: The options or the environment name a store that does not exist.
    """
    session = open_session(options)
    source = store_source(options.store, os.environ)
    if source is not None and not session.store.exists():
        raise StoreError(
            f"there is no keystore at {visible(session.store.path)} ({source})",
            f"correct {source}; csrtui new, adopt and restore create a keystore",
        )
    return session


def add_passphrase_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options that read a passphrase from a file or a descriptor."""
    group = parser.add_mutually_exclusive_group()
    text = "read the passphrase from the first line of a file with mode 0600"
    add_options(group, ("--passphrase-file", "F", text))
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


def read_optional_passphrase(options: argparse.Namespace, prompt: str) -> Secret | None:
    """Return the passphrase from the options or one prompt, or None if neither supplies it.

    Raises:
        InputError: The passphrase that an option names cannot be read.
    """
    try:
        return read_known_passphrase(options, prompt)
    except InputError:
        if has_passphrase_option(options):
            raise
        return None


def read_pair_passphrase(options: argparse.Namespace, pair: Pair) -> Secret | None:
    """Return the passphrase of a pair's key, from the options or a prompt, or None if the key has none.

    Raises:
        InputError: The passphrase cannot be read, or there is no terminal for the prompt.
    """
    if not pair.record.key.encrypted:
        return None
    return read_known_passphrase(options, f"Passphrase of the key of {pair.name}: ")


_DRY_RUN_PASSPHRASE: Final = Secret("a dry run does not ask for a new passphrase")
"""The stand-in for a new passphrase in a dry run, which discards everything that is encrypted with it."""


def read_new_passphrase(options: argparse.Namespace, purpose: str = "key") -> Secret:
    """Return the passphrase from the options, or else from two prompts, and print a warning for each weakness.

    A dry run does not ask: without an option, it uses a stand-in passphrase.

    Args:
        purpose: The object that the passphrase protects, for the prompt: ``key`` or ``backup``.

    Raises:
        InputError: The passphrase cannot be read, there is no terminal for the prompt, the two entries differ, or
            openssl could not read a key that is encrypted with this passphrase.
    """
    passphrase = _read_from_options(options)
    if passphrase is None and is_dry_run(options):
        return _DRY_RUN_PASSPHRASE
    if passphrase is None:
        passphrase = _prompt_twice(f"Passphrase for the {purpose}: ")
        if not passphrase.encoded:
            raise InputError("an empty passphrase protects nothing")
    from csrtui.core.keys.passphrase_quality import check, weaknesses

    check(passphrase)
    for weakness in weaknesses(passphrase):
        print_message(f"warning: {weakness}")
    return passphrase


def ask_key_passphrase() -> tuple[Secret | None, str]:
    """Ask twice for a passphrase for a new key. Return it, or None if it is empty, and a sentence on its strength.

    Raises:
        InputError: There is no terminal, the two entries differ, or openssl could not read a key that is encrypted with
            this passphrase.
    """
    from csrtui.core.keys.passphrase_quality import check, strength

    passphrase = _prompt_twice("Passphrase for the key (Enter for none): ")
    check(passphrase)
    return (passphrase if passphrase.encoded else None), strength(passphrase)


def _prompt_twice(prompt: str) -> Secret:
    """Return the passphrase from two prompts, or an empty one from the first prompt."""
    passphrase = _prompt(prompt)
    if passphrase.encoded and _prompt("Repeat it: ") != passphrase:
        raise InputError("the two passphrases are not the same", "nothing was changed; try again")
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
            "cannot ask for the passphrase: there is no terminal", "use --passphrase-file or --passphrase-fd"
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
        "a backup stays unverified until csrtui verify --identity opens it",
    )


def read_recipients(texts: Iterable[str]) -> tuple[Recipient, ...]:
    """Return the recipients in texts and in the files that the texts name, without duplicates, and print their labels.

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
    text = "a file with the age identity or SSH private key that opens a backup to recipients"
    add_options(parser, ("--identity", "F", text))


def add_expect_argument(parser: argparse.ArgumentParser) -> None:
    """Add the option for the key or CSR that a backup must contain."""
    text = "require this key or CSR in the backup: an SPKI SHA-256 in hex, or a file with the CSR or a certificate"
    add_options(parser, ("--expect", "VALUE", text))


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
