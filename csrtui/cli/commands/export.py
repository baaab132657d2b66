"""``csrtui export PAIR --for PLATFORM --to DIR``: write the files for the chosen server software."""

import argparse
import sys

from csrtui.cli.output import print_message, write_unless_quiet
from csrtui.cli.parser import Action
from csrtui.cli.results import print_refusal, print_results
from csrtui.cli.secret_options import (
    add_passphrase_arguments,
    has_passphrase_option,
    read_known_passphrase,
    read_new_passphrase,
)
from csrtui.cli.session import open_existing_session
from csrtui.core.base.errors import InputError, RefusedError
from csrtui.core.base.escaping import visible
from csrtui.core.base.secret import Secret
from csrtui.core.keys.pkcs12 import Strength
from csrtui.core.servers.guide import note_lines, snippet_lines
from csrtui.core.servers.platforms import PLATFORMS, read_platform
from csrtui.tasks.export import ExportSpec, PreparedExport, export, prepare


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("pair", metavar="PAIR", help="the pair's name")
    parser.add_argument(
        "--for",
        dest="platform",
        required=True,
        metavar="PLATFORM",
        help=f"the server software: {', '.join(PLATFORMS)}",
    )
    parser.add_argument("--to", required=True, metavar="DIR", help="the folder for the files")
    parser.add_argument(
        "--legacy", action="store_true", help="PKCS #12 with 3DES, for Windows Server 2016 and older"
    )
    parser.add_argument(
        "--key-passphrase-file", metavar="F", help="file with the passphrase of the pair's own key"
    )
    add_passphrase_arguments(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def _run(options: argparse.Namespace) -> int:
    try:
        return _export(options)
    except RefusedError as error:
        return print_refusal(error, as_json=options.json, pair=options.pair)


def _export(options: argparse.Namespace) -> int:
    session = open_existing_session(options)
    strength = Strength.LEGACY if options.legacy else Strength.AES
    order = ExportSpec(options.pair, read_platform(options.platform), options.to, strength)
    ready = prepare(session, order)
    _check_passphrase_options(options, ready)
    for warning in ready.warnings:
        print_message(f"warning: {warning}")
    key_passphrase = _read_key_passphrase(options, ready) if ready.needs_key_passphrase else None
    file_passphrase = read_new_passphrase(options, "PKCS #12 file") if ready.needs_file_passphrase else None
    exported = export(session, ready, key_passphrase=key_passphrase, file_passphrase=file_passphrase)
    status = print_results(exported.results, as_json=options.json)
    lines = (*snippet_lines(exported.plan.snippets), "", *note_lines(ready.spec.server))
    text = "".join(f"{visible(line)}\n" for line in lines)
    # The directives are part of the output. With --json they are messages, so that stdout contains only the document.
    (write_unless_quiet if options.json else sys.stdout.write)(text)
    if exported.record_error is not None:
        raise exported.record_error
    return status


def _check_passphrase_options(options: argparse.Namespace, ready: PreparedExport) -> None:
    """Print a warning if a given passphrase will not be used, because the user may rely on it.

    Raises:
        InputError: The options name a passphrase for the key, but the key has none.
    """
    if options.key_passphrase_file is not None and not ready.needs_key_passphrase:
        raise InputError(f"the key of {ready.pair.name} has no passphrase", "leave out --key-passphrase-file")
    is_used = ready.needs_file_passphrase or _is_for_key(options, ready)
    if has_passphrase_option(options) and not is_used:
        print_message(
            f"warning: {ready.spec.platform.label} does not use a PKCS #12 file; the passphrase is not used"
        )


def _is_for_key(options: argparse.Namespace, ready: PreparedExport) -> bool:
    """Return whether the general passphrase options are for the key.

    This is the case if the key needs a passphrase, no PKCS #12 file does, and ``--key-passphrase-file`` is not used.
    """
    is_free = options.key_passphrase_file is None and not ready.needs_file_passphrase
    return is_free and ready.needs_key_passphrase


def _read_key_passphrase(options: argparse.Namespace, ready: PreparedExport) -> Secret:
    if not _is_for_key(options, ready):
        options = argparse.Namespace(
            pair=options.pair, passphrase_file=options.key_passphrase_file, passphrase_fd=None
        )
    try:
        return read_known_passphrase(options, f"Passphrase of the key of {options.pair}: ")
    except InputError as error:
        if has_passphrase_option(options):
            raise
        raise InputError(error.message, "use --key-passphrase-file") from error


ACTION = Action(
    "csrtui export www.mydomain.com --for nginx --to /etc/nginx/tls\n"
    "csrtui export www.mydomain.com --for iis --to . --passphrase-file ~/.pfx-passphrase",
    _arguments,
    _run,
)
