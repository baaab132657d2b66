"""The options that name recipients of backups, identities that open them, and confirmations that they restored."""

import argparse
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from csrtui.cli.output import put, say
from csrtui.cli.passphrase_options import is_given, read_known_passphrase
from csrtui.cli.progress import ProgressBar
from csrtui.core.backups.backup_file import BackupFile, KeptKey
from csrtui.core.backups.expectation import Expectation
from csrtui.core.backups.recipients import Recipient
from csrtui.core.base.errors import CsrtuiError, InputError, RefusedError
from csrtui.core.base.secret import Secret
from csrtui.core.pairs.pair import Pair
from csrtui.tasks.batch import Result
from csrtui.tasks.session import Session

if TYPE_CHECKING:
    from csrtui.tasks.backup_contents import BackupRead

_RECIPIENT = (
    "age1…, an ssh public key, or a file of them; may be given again; "
    "keeps the key secret, but does not show who made the file"
)


def add_recipient_argument(
    parser: argparse.ArgumentParser, text: str = f"instead of a passphrase: {_RECIPIENT}"
) -> None:
    """Add the option that names who can open a backup; `text` says so in the help."""
    parser.add_argument(
        "--recipient",
        action="append",
        metavar="R",
        help=text,
    )


def add_host_recipient_argument(parser: argparse.ArgumentParser) -> None:
    """Add the same to a command whose backups are on other hosts, where no passphrase is."""
    add_recipient_argument(parser, f"who can open the backups: {_RECIPIENT}")


def add_identity_argument(parser: argparse.ArgumentParser) -> None:
    """Add the option that names what opens a backup to recipients."""
    parser.add_argument(
        "--identity", metavar="F", help="the age identity, or the ssh private key, of a backup to recipients"
    )


def read_recipients_given(options: argparse.Namespace) -> tuple[Recipient, ...]:
    """Return the recipients that the options name, each once, and say who they are.

    Raises:
        InputError: One is none, a file of them cannot be read, or a passphrase is given as well.
    """
    if is_given(options):
        raise InputError("--recipient and a passphrase exclude each other", "leave out one of them")
    return recipients_in(options.recipient)


def recipients_in(texts: Iterable[str]) -> tuple[Recipient, ...]:
    """Return the recipients that texts and files of them name, each once, and say who they are.

    Raises:
        InputError: One is none, or a file of them cannot be read.
    """
    from csrtui.tasks.age_backup import recipients_of

    recipients = recipients_of(texts)
    for recipient in recipients:
        say(f"recipient: {recipient.label}")
    return recipients


def read_identities(options: argparse.Namespace) -> bytes:
    """Return what is in the file that ``--identity`` names.

    Raises:
        InputError: It cannot be read, or is not safe (another user's, or open to others).
    """
    from csrtui.store.secret_file import read_identity

    return read_identity(options.identity)


def back_up_to_recipients(
    session: Session, names: list[str], folder: str, recipients: tuple[Recipient, ...]
) -> list[Result]:
    """Back up pairs, with a bar; return what came of each.

    Raises:
        InputError: pyrage is not installed.
    """
    from csrtui.tasks.age_backup import RecipientBackupSpec, back_up_many

    with ProgressBar("backups", len(names)) as progress:
        return back_up_many(
            session, names, RecipientBackupSpec(folder, recipients), report=lambda _: progress.advance()
        )


def verify_with_identity(session: Session, options: argparse.Namespace) -> list[Result]:
    """Open the backups of the pairs and the files that the options name, and prove that they restore.

    Raises:
        InputError: Nothing is named, or the identity cannot be read.
        StoreError: The store cannot be used.
    """
    from csrtui.tasks.backup_contents import BackupRead, read_contents
    from csrtui.tasks.list import list_pairs
    from csrtui.tasks.verify import verify_many

    if not options.what:
        raise InputError("--identity needs pairs or files", "csrtui verify FILE --identity F")
    identities, expected = read_identities(options), read_expectation(options)
    names = set(session.store.names())
    passphrase, pairs = None, None
    if is_given(options) and any(what in names for what in options.what):
        passphrase = read_known_passphrase(options, "")

    def open_file(path: str) -> BackupRead:
        opened = read_contents(path, identities)
        if expected is not None:
            expected.judge(opened.content.asked)
        return opened

    results = []
    for what in options.what:
        if what in names:
            results += verify_many(session, [what], passphrase, identities)
        else:
            pairs = list_pairs(session).pairs if pairs is None else pairs
            results.append(_verify_file(session, options, what, open_file, pairs))
    return results


def _verify_file(
    session: Session,
    options: argparse.Namespace,
    path: str,
    open_file: "Callable[[str], BackupRead]",
    pairs: Sequence[Pair],
) -> Result:
    from csrtui.tasks.age_backup import verify

    try:
        opened = open_file(path)
        return verify(session, opened, passphrase_of(options, opened.content), pairs)
    except (InputError, RefusedError) as error:
        _say_hint(error)
        pair = error.pair if isinstance(error, RefusedError) else None
        return Result(ok=False, pair=pair, file=path, text=error.what)


def add_expect_argument(parser: argparse.ArgumentParser) -> None:
    """Add the option that names the key or the CSR that a backup has to contain."""
    parser.add_argument(
        "--expect",
        metavar="VALUE",
        help="refuse a backup of another key or CSR: a SPKI SHA-256 in hex, or a file with the CSR or a certificate",
    )


def read_expectation(options: argparse.Namespace) -> Expectation | None:
    """Return what ``--expect`` names, or None without it.

    Raises:
        InputError: It is neither a SPKI SHA-256 nor a file with a CSR or a certificate.
    """
    if options.expect is None:
        return None
    from csrtui.tasks.backup_contents import expectation_of

    return expectation_of(options.expect)


def say_identity(spki_sha256: str, names: Iterable[str]) -> None:
    """Say on stderr which key and which names a backup has, to be compared with what one knows."""
    say(f"key: SPKI SHA-256 {spki_sha256}")
    say(f"names: {', '.join(names)}")


def put_confirmations(results: list[Result]) -> None:
    """Print the line for the machine that made a backup, for each that is not of this keystore."""
    confirmed = [result.confirm for result in results if result.confirm]
    if confirmed:
        say("to mark it verified on the machine that made it, run there:")
    for token in confirmed:
        put(f"csrtui verify --confirm {token}")


def take_confirmation(session: Session, options: argparse.Namespace) -> list[Result]:
    """Mark the backup verified that ``--confirm`` speaks of; ``-`` reads it from standard input.

    Raises:
        InputError: It is none, or given together with what it excludes.
        RefusedError: It is forged, or of something else than a backup made here.
        StoreError: The store cannot be used.
    """
    from csrtui.tasks.confirm import confirm

    others = (options.what, options.identity, options.restore_test, options.expect)
    if any(others) or is_given(options):
        raise InputError("--confirm stands alone", "csrtui verify --confirm TOKEN")
    text = _standard_input() if options.confirm == "-" else options.confirm
    return [confirm(session, text)]


def passphrase_of(options: argparse.Namespace, found: BackupFile) -> Secret | None:
    """Return the passphrase of the key in a backup, asking for it where it is not given; None if it has none.

    Raises:
        InputError: It cannot be read, or there is no terminal to ask on.
    """
    if found.kept is KeptKey.PLAIN:
        return None
    return read_known_passphrase(options, "Passphrase of the key: ")


def _standard_input() -> str:
    from csrtui.core.backups.confirmation import MAX_CHARACTERS

    if sys.stdin is None:
        raise InputError("standard input is closed")
    return sys.stdin.buffer.read(MAX_CHARACTERS + 1).decode("ascii", "replace")


def _say_hint(error: CsrtuiError) -> None:
    if error.hint:
        say(f"hint: {error.hint}")
