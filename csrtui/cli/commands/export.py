"""``csrtui export PAIR --for PLATFORM --to DIR``: the files as a server software wants them."""

import argparse
import sys
from collections.abc import Callable

from csrtui.cli.output import say, talk
from csrtui.cli.parser import Action
from csrtui.cli.passphrase_options import (
    add_passphrase_arguments,
    is_given,
    read_known_passphrase,
    read_new_passphrase,
)
from csrtui.cli.results import put_refusal, put_results
from csrtui.cli.session import open_existing_session
from csrtui.core.base.errors import InputError, RefusedError
from csrtui.core.base.escaping import visible
from csrtui.core.base.secret import Secret
from csrtui.core.keys.pkcs12 import Strength
from csrtui.core.servers.guide import block_lines, note_lines
from csrtui.core.servers.platforms import PLATFORMS, read_platform
from csrtui.tasks.export import Exported, ExportSpec, Ready, export, prepare


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("pair", metavar="PAIR", help="the pair's name")
    parser.add_argument(
        "--for",
        dest="platform",
        required=True,
        metavar="PLATFORM",
        help=f"the server software: {', '.join(PLATFORMS)}",
    )
    parser.add_argument("--to", required=True, metavar="DIR", help="the folder the files go to")
    parser.add_argument(
        "--legacy", action="store_true", help="PKCS #12 with 3DES, for Windows Server 2016 and older"
    )
    parser.add_argument(
        "--key-passphrase-file", metavar="F", help="where the passphrase of the pair's own key is"
    )
    add_passphrase_arguments(parser)
    parser.add_argument("--json", action="store_true", help="one JSON document")


def _run(options: argparse.Namespace) -> int:
    try:
        return _export(options)
    except RefusedError as error:
        return put_refusal(error, as_json=options.json, pair=options.pair)


def _export(options: argparse.Namespace) -> int:
    session = open_existing_session(options)
    strength = Strength.LEGACY if options.legacy else Strength.AES
    order = ExportSpec(options.pair, read_platform(options.platform), options.to, strength)
    ready = prepare(session, order)
    _look_for_idle(options, ready)
    for warning in ready.warnings:
        say(f"warning: {warning}")
    key_passphrase = _key_passphrase(options, ready) if ready.needs_key_passphrase else None
    file_passphrase = read_new_passphrase(options, "PKCS #12 file") if ready.needs_file_passphrase else None
    exported = export(session, ready, key_passphrase=key_passphrase, file_passphrase=file_passphrase)
    status = put_results(exported.results, as_json=options.json)
    _put_what_to_do(ready, exported, talk if options.json else _print)
    if exported.unnoted is not None:
        raise exported.unnoted
    return status


def _look_for_idle(options: argparse.Namespace, ready: Ready) -> None:
    """Say of a passphrase that it will protect nothing: whoever gave it may believe that it does.

    Raises:
        InputError: It is given for a key that is under none.
    """
    if options.key_passphrase_file is not None and not ready.needs_key_passphrase:
        raise InputError(
            f"the key of {ready.pair.name} is under no passphrase", "leave --key-passphrase-file out"
        )
    if is_given(options) and not ready.needs_file_passphrase and not _opens_the_key(options, ready):
        say(
            f"warning: {ready.order.platform.label} takes no PKCS #12 file: the passphrase given protects nothing here"
        )


def _opens_the_key(options: argparse.Namespace, ready: Ready) -> bool:
    """Whether the passphrase given is the key's: there is no file that it could be for, and none is given for the key."""
    alone = options.key_passphrase_file is None and not ready.needs_file_passphrase
    return alone and ready.needs_key_passphrase


def _key_passphrase(options: argparse.Namespace, ready: Ready) -> Secret:
    if _opens_the_key(options, ready):
        given = options
    else:
        given = argparse.Namespace(passphrase_file=options.key_passphrase_file, passphrase_fd=None)
    try:
        return read_known_passphrase(given, f"Passphrase of the key of {options.pair}: ")
    except InputError as error:
        if options.key_passphrase_file is not None or is_given(given):
            raise
        raise InputError(error.what, "use --key-passphrase-file") from error


def _put_what_to_do(ready: Ready, exported: Exported, write: Callable[[str], None]) -> None:
    """The directives belong to what was asked for; beside a JSON document they are talk."""
    deployment = exported.deployment
    lines = [
        *block_lines((*deployment.blocks, *deployment.commands)),
        "",
        *note_lines(ready.order.server),
    ]
    write("".join(f"{visible(line)}\n" for line in lines))


def _print(text: str) -> None:
    sys.stdout.write(text)


ACTION = Action(
    "csrtui export www.mydomain.com --for nginx --to /etc/nginx/tls\n"
    "csrtui export www.mydomain.com --for iis --to . --passphrase-file ~/.pfx-passphrase",
    _arguments,
    _run,
)
