"""``csrtui export PAIR``: write or replace the files for server software, or put the previous ones back."""

import argparse
import sys

from csrtui.cli.options import (
    DRY_RUN,
    JSON,
    add_options,
    add_passphrase_arguments,
    add_platform_argument,
    has_passphrase_option,
    load_settings,
    open_existing_session,
    read_known_passphrase,
    read_new_passphrase,
)
from csrtui.cli.output import print_message, write_unless_quiet
from csrtui.cli.pair_results import print_results
from csrtui.cli.parser import Action
from csrtui.core.base.errors import InputError
from csrtui.core.base.escaping import visible
from csrtui.core.base.secret import Secret
from csrtui.core.pairs.pair_name import is_pair_name
from csrtui.core.servers.deployment import Strength
from csrtui.core.servers.guide import note_lines, owner_lines, query_lines, snippet_lines
from csrtui.core.servers.platforms import Platform, read_platform
from csrtui.store.file_set import PREVIOUS
from csrtui.store.permissions import FileAccess
from csrtui.tasks.export import (
    ExportSpec,
    PreparedExport,
    export,
    prepare_export,
    preview_export,
    with_default_owner,
)
from csrtui.tasks.installation import mark_installed, undo_export
from csrtui.tasks.list import Pairs, read_pair_folder
from csrtui.tasks.server_files import read_lineage
from csrtui.tasks.session import Session, csrtui_command


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("pair", metavar="PAIR", help="the pair's name")
    add_platform_argument(
        parser, "the server software, such as nginx (csrtui guide lists all; default: as in the last export)"
    )
    add_options(
        parser,
        ("--to", "DIR", "the folder for the files (default: as in the last export)"),
        (
            "--replace",
            f"replace the files of this pair, or of the one that it renews; the previous files go to {PREVIOUS}",
        ),
        ("--undo", "put the previous files back"),
        ("--mark-installed", "write nothing, and record that you have installed the certificate"),
        (
            "--owner",
            "U",
            "the owner of the files that contain the key (default without --group: the server software's own user)",
        ),
        ("--group", "G", "the group of these files, which can read them with --mode 640"),
        ("--mode", "M", "the mode of these files (default: 600); other users never get access"),
        ("--legacy", "PKCS #12 with 3DES, for Windows Server 2016 and older"),
        (
            "--key-passphrase-file",
            "F",
            "a file with the passphrase of the pair's key, if --passphrase-file is for the PKCS #12 file",
        ),
    )
    add_passphrase_arguments(parser)
    add_options(parser, DRY_RUN, JSON)


def _run(options: argparse.Namespace) -> int:
    session = open_existing_session(options)
    if options.mark_installed:
        return _mark_installed(session, options)
    platform, folder = _read_destination(session, options)
    if options.undo:
        return _undo(session, options, platform, folder)
    strength = Strength.LEGACY if options.legacy else Strength.AES
    access = FileAccess(options.owner, options.group, options.mode)
    ready = prepare_export(
        session, ExportSpec(options.pair, platform, folder, strength, options.replace, access)
    )
    is_default_access = access.owner is None and access.group is None and not ready.existing.files
    if is_default_access:
        ready = with_default_owner(ready)
    _check_passphrase_options(options, ready)
    for warning in ready.warnings:
        print_message(f"warning: {warning}")
    if options.dry_run:
        return _rehearse(session, options, ready)
    key_passphrase = _read_key_passphrase(options, ready) if ready.needs_key_passphrase else None
    file_passphrase = read_new_passphrase(options, "PKCS #12 file") if ready.needs_file_passphrase else None
    exported = export(session, ready, key_passphrase=key_passphrase, file_passphrase=file_passphrase)
    status = print_results(exported.results, as_json=options.json)
    server = ready.spec.server
    queries = query_lines(server, ready.domain, csrtui_command(session, "served", options.pair))
    owner = owner_lines(server) if is_default_access and ready.spec.access.owner is None else []
    lines = (*owner, *snippet_lines(exported.plan.snippets), *queries, "", *note_lines(server))
    text = "".join(f"{visible(line)}\n" for line in lines)
    # The directives are part of the output. With --json they are messages, so that stdout contains only the document.
    (write_unless_quiet if options.json else sys.stdout.write)(text)
    if exported.record_error is not None:
        raise exported.record_error
    return status


def _rehearse(session: Session, options: argparse.Namespace, ready: PreparedExport) -> int:
    """Print the files that would be written. Only the checks that need a missing passphrase are skipped."""
    has_key_passphrase = ready.needs_key_passphrase and has_passphrase_option(_key_options(options, ready))
    key_passphrase = _read_key_passphrase(options, ready) if has_key_passphrase else None
    if ready.needs_file_passphrase:
        read_new_passphrase(options, "PKCS #12 file")
    return print_results(preview_export(session, ready, key_passphrase), as_json=options.json)


def _read_destination(session: Session, options: argparse.Namespace) -> tuple[Platform, str]:
    """Return the server software and the folder, from the options, the last export or the configuration."""
    if options.platform is not None and options.to is not None:
        return read_platform(options.platform), options.to
    pair = read_pair_folder(session, options.pair).pair
    lineage = read_lineage(session, pair)
    if lineage.installation is None and options.to is None:
        settings, server = load_settings(), options.platform or pair.record.platform
        folder = settings.config.servers.get(server) if settings.config else None
        if folder:
            print_message(f"note: the folder is {folder} (set in {settings.source('servers', server)})")
            return read_platform(server), folder
    last = lineage.installation
    if last is None:
        raise InputError(
            f"{visible(pair.name)} has not been installed yet, so the server software and the folder are unknown",
            "use --for PLATFORM and --to DIR",
        )
    platform = last.platform if options.platform is None else options.platform
    return read_platform(platform), last.folder if options.to is None else options.to


def _undo(session: Session, options: argparse.Namespace, platform: Platform, folder: str) -> int:
    if (
        options.replace
        or options.legacy
        or (options.owner, options.group, options.mode) != (None, None, None)
    ):
        raise InputError(
            "--undo cannot be combined with --replace, --legacy, --owner, --group or --mode",
            "leave them out: the previous files are put back as they were",
        )
    undone = undo_export(session, options.pair, platform, folder, dry_run=options.dry_run)
    status = print_results(undone.results, as_json=options.json)
    if undone.record_error is not None:
        raise undone.record_error
    if not options.dry_run:
        print_message(f"next: reload {platform.label} (csrtui guide {platform.id})")
    return status


def _mark_installed(session: Session, options: argparse.Namespace) -> int:
    others = {"platform", "to", "replace", "undo", "owner", "group", "mode", "legacy"}
    if any(getattr(options, name) for name in others):
        raise InputError("--mark-installed writes no files", "leave out all options but --dry-run and --json")
    result = mark_installed(session, options.pair)
    status = print_results([result], as_json=options.json)
    renews = read_pair_folder(session, options.pair).pair.record.renews or ""
    for old in Pairs(session, [renews] if is_pair_name(renews) and not session.is_dry_run else []):
        if not old.record.retired:
            print_message(f"next, once the server uses it: {csrtui_command(session, 'retire', old.name)}")
    return status


def _check_passphrase_options(options: argparse.Namespace, ready: PreparedExport) -> None:
    """Refuse a passphrase for a key without one, and warn about any other passphrase that is not used.

    Raises:
        InputError: ``--key-passphrase-file`` is used, but the key does not need it.
    """
    if options.key_passphrase_file is not None and not ready.needs_key_passphrase:
        raise InputError(f"the key of {ready.pair.name} has no passphrase", "leave out --key-passphrase-file")
    is_used = ready.needs_file_passphrase or (
        ready.needs_key_passphrase and options.key_passphrase_file is None
    )
    if has_passphrase_option(options) and not is_used:
        print_message(
            f"warning: {ready.spec.platform.label} does not use a PKCS #12 file; the passphrase is not used"
        )


def _key_options(options: argparse.Namespace, ready: PreparedExport) -> argparse.Namespace:
    """Return the passphrase options for the key: ``--key-passphrase-file``, or the general ones if no file needs them."""
    if options.key_passphrase_file is None and not ready.needs_file_passphrase:
        return options
    return argparse.Namespace(passphrase_file=options.key_passphrase_file, passphrase_fd=None)


def _read_key_passphrase(options: argparse.Namespace, ready: PreparedExport) -> Secret:
    key_options = _key_options(options, ready)
    try:
        return read_known_passphrase(key_options, f"Passphrase of the key of {options.pair}: ")
    except InputError as error:
        if has_passphrase_option(key_options):
            raise
        raise InputError(error.message, "use --key-passphrase-file") from error


ACTION = Action(
    "csrtui export www.mydomain.com --for nginx --to /etc/nginx/tls\n"
    "csrtui export www.mydomain.com --for iis --to . --passphrase-file ~/.pfx\n"
    "csrtui export www.mydomain.com-2 --replace\n"
    "csrtui export www.mydomain.com-2 --undo\n"
    "csrtui export www.mydomain.com-2 --mark-installed",
    _arguments,
    _run,
)
