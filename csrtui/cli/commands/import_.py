"""``csrtui import FILE …``: import issued certificates, each into its pair."""

import argparse
import sys
from collections.abc import Iterator, Sequence

from csrtui.cli.output import say
from csrtui.cli.parser import Action
from csrtui.cli.passphrase_options import add_passphrase_arguments, is_given, read_known_passphrase
from csrtui.cli.results import put_results
from csrtui.cli.session import open_existing_session
from csrtui.core.base.errors import InputError
from csrtui.core.base.secret import Secret
from csrtui.core.certificates.path_validation import ChainState
from csrtui.store.files import MAX_FOREIGN, read_foreign
from csrtui.tasks.batch import Result
from csrtui.tasks.import_ import Blob, ImportResult, import_certificates, needs_passphrase
from csrtui.tasks.replacement import Doing


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "files",
        nargs="+",
        metavar="FILE",
        help="PEM in any order, DER, PKCS #7, PKCS #12 with certificates only; - reads standard input",
    )
    parser.add_argument("--pair", metavar="PAIR", help="require this pair")
    add_passphrase_arguments(parser)
    parser.add_argument("--dry-run", action="store_true", help="only say which pair each would go to")
    parser.add_argument("--json", action="store_true", help="one JSON document")


def _run(options: argparse.Namespace) -> int:
    session = open_existing_session(options)
    blobs = [_read(file) for file in dict.fromkeys(options.files)]
    doing = Doing.LOOK if options.dry_run else Doing.IMPORT
    passphrase = _passphrase(options) if needs_passphrase(blobs) else None
    results = import_certificates(session, blobs, options.pair, doing, passphrase)
    for line in _talk(results):
        say(line)
    return put_results(results, as_json=options.json)


def _passphrase(options: argparse.Namespace) -> Secret | None:
    """The passphrase of PKCS #12; without one, the result of its file tells that it needs one."""
    try:
        return read_known_passphrase(options, "Passphrase of the PKCS #12 file: ")
    except InputError:
        if is_given(options):
            raise
        return None


def _read(file: str) -> Blob:
    return Blob(_read_standard_input()) if file == "-" else Blob(read_foreign(file), file)


def _read_standard_input() -> bytes:
    if sys.stdin is None:
        raise InputError("standard input is closed", "give the file's name")
    return sys.stdin.buffer.read(MAX_FOREIGN + 1)  # that one byte too many is refused where it is read


def _talk(results: Sequence[Result]) -> Iterator[str]:
    """Yield the state of the chain, differences from the request, and what is wrong; for several pairs with the name."""
    imported = [result for result in results if isinstance(result, ImportResult)]
    for result in imported:
        about = f"{result.pair}: " if len(imported) > 1 else ""
        if result.status is not None and result.status.state is ChainState.VALID:  # else a warning says it
            yield f"{about}chain: {result.status.text}"
        for difference in result.differences:
            yield f"{about}issued otherwise: {difference.text}"
        for flaw in result.flaws:
            yield f"{about}{flaw.level.value}: {flaw.text}"
        for remark in result.remarks:
            yield f"{about}note: {remark}"


ACTION = Action(
    "csrtui import certificate.pem chain.p7b\ncsrtui import - --pair www.mydomain.com < answer.txt",
    _arguments,
    _run,
)
