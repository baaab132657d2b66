"""``csrtui import FILE …``: import issued certificates, each into its pair."""

import argparse
from collections.abc import Iterable, Iterator
from dataclasses import replace

from csrtui.cli.options import (
    DRY_RUN,
    JSON,
    add_options,
    add_passphrase_arguments,
    open_existing_session,
    read_optional_passphrase,
)
from csrtui.cli.output import print_message, read_input
from csrtui.cli.pair_results import print_results
from csrtui.cli.parser import Action
from csrtui.core.base.errors import InputError
from csrtui.core.certificates.path_validation import ChainState
from csrtui.tasks.import_ import ImportResult, ImportSource, import_certificates, needs_passphrase
from csrtui.tasks.import_decision import ImportMode
from csrtui.tasks.parallel import Result
from csrtui.tasks.session import csrtui_command


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "files",
        nargs="+",
        metavar="FILE",
        help="PEM in any order, DER, PKCS #7, PKCS #12 with certificates only; - reads standard input",
    )
    add_options(parser, ("--pair", "PAIR", "the pair that all certificates must match"))
    add_passphrase_arguments(parser)
    add_options(parser, DRY_RUN, JSON)


def _run(options: argparse.Namespace) -> int:
    session = open_existing_session(options)
    sources, unreadable = _read_all(dict.fromkeys(options.files))
    mode = ImportMode.PREVIEW if options.dry_run else ImportMode.IMPORT
    passphrase = (
        read_optional_passphrase(options, "Passphrase of the PKCS #12 file: ")
        if needs_passphrase(sources)
        else None
    )
    results = [*import_certificates(session, sources, options.pair, mode, passphrase), *unreadable]
    imported = [result for result in results if isinstance(result, ImportResult)]
    for result in imported:
        prefix = f"{result.pair}: " if len(imported) > 1 else ""
        if result.status is not None and result.status.state is ChainState.VALID:  # any other state is a flaw
            print_message(f"{prefix}chain: {result.status.text}")
        for line in (*certificate_lines(result), *(f"note: {remark}" for remark in result.remarks)):
            print_message(f"{prefix}{line}")
    for other in results:
        if options.pair and other.pair and other.pair != options.pair:
            print_message(
                f"hint: {csrtui_command(session, 'import', '--pair', other.pair, other.file or '-')}"
            )
    labelled = [
        replace(result, text=f"standard input: {result.text}")
        if result.file is None and not result.pair
        else result
        for result in results
    ]
    return print_results(labelled, as_json=options.json)


def certificate_lines(result: ImportResult) -> Iterator[str]:
    """Yield the differences between a certificate and its request, and its problems, one line each."""
    for difference in result.differences:
        yield f"differs from the request: {difference.text}"
    for flaw in result.flaws:
        yield f"{flaw.level.value}: {flaw.text}"


def _read_all(files: Iterable[str]) -> tuple[list[ImportSource], list[Result]]:
    """Return the contents of the files, and a failure for each file that cannot be read."""
    sources: list[ImportSource] = []
    failures: list[Result] = []
    first_error: InputError | None = None
    for file in files:
        try:
            sources.append(ImportSource(read_input(file), None if file == "-" else file))
        except InputError as error:
            first_error = first_error or error
            failures.append(Result(ok=False, file=file, text=error.message))
    if first_error is not None and not sources:
        raise first_error
    return sources, failures


ACTION = Action(
    "csrtui import certificate.pem chain.p7b\ncsrtui import - --pair www.mydomain.com < answer.txt",
    _arguments,
    _run,
)
