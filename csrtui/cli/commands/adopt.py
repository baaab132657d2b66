"""``csrtui adopt``: import existing keys into the keystore, each as a complete pair."""

import argparse
import os
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from csrtui.cli.commands.import_ import certificate_lines
from csrtui.cli.options import (
    DRY_RUN,
    FORCE,
    JSON,
    add_ca_argument,
    add_options,
    add_passphrase_arguments,
    add_platform_argument,
    has_passphrase_option,
    open_session,
    read_known_passphrase,
    read_new_passphrase,
    read_optional_passphrase,
)
from csrtui.cli.output import confirm, print_line, print_message
from csrtui.cli.pair_results import print_results
from csrtui.cli.parser import Action
from csrtui.core.base.errors import InputError
from csrtui.core.base.escaping import visible
from csrtui.core.base.finding import CaKind
from csrtui.core.base.secret import Secret
from csrtui.core.servers.platforms import OTHER, read_platform
from csrtui.tasks.adopt.adopt import (
    AdoptionPlan,
    AdoptionSpec,
    AdoptResult,
    MissingCsr,
    Protection,
    adopt_many,
    plan,
)
from csrtui.tasks.adopt.match import candidate_lines, match
from csrtui.tasks.adopt.search import SearchResult, read_files, search_folder
from csrtui.tasks.request_spec import RequestSpec
from csrtui.tasks.session import Session

if TYPE_CHECKING:
    from csrtui.tasks.parallel import Result


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("path", nargs="?", metavar="PATH", help="a folder to search, or a key file")
    files = parser.add_argument_group("files")
    files.add_argument("--from", dest="folder", metavar="DIR", help="search this folder and its subfolders")
    add_options(
        files,
        ("--key", "K", "the private key: PEM, DER, OpenSSH or PKCS #12"),
        ("--csr", "R", "its CSR, PEM or DER"),
    )
    files.add_argument(
        "--cert",
        nargs="+",
        action="extend",
        default=[],
        metavar="C",
        help="its certificate, and the CA's chain",
    )
    add_options(parser, ("--make-csr", "if there is no CSR, make one from the certificate"))
    parser.add_argument(
        "--names", nargs="+", metavar="NAME", help="with --key and --make-csr: make a CSR for these names"
    )
    parser.add_argument("--as", dest="name", metavar="NAME", help="the pair's name")
    add_ca_argument(parser, "private if no public CA accepts the key or issued the certificate, else public")
    add_platform_argument(parser)
    protection = parser.add_mutually_exclusive_group()
    add_options(
        protection,
        ("--encrypt-key", "encrypt every key with a passphrase"),
        ("--decrypt-key", "store every key without a passphrase"),
    )
    add_passphrase_arguments(parser)
    add_options(
        parser,
        (FORCE[0], f"with --names: {FORCE[1]}"),
        DRY_RUN,
        ("--yes", "adopt all keys that the search finds, without asking"),
        JSON,
    )


def _run(options: argparse.Namespace) -> int:
    session = open_session(options)
    platform = read_platform(options.platform).id if options.platform is not None else OTHER
    search = _search(session, options)
    makes_csr = options.make_csr or (search.has_named_files and options.csr is None)
    missing = MissingCsr.FROM_CERTIFICATE if makes_csr else MissingCsr.REFUSE
    if options.names:
        if not search.has_named_files or options.csr is not None:
            raise InputError("--names makes a new CSR for one key", "use it with --key, and without --csr")
        missing = MissingCsr.FROM_REQUEST
    passphrase = _read_passphrase(options, search)
    ca = CaKind(options.ca) if options.ca is not None else None
    adoption = plan(search, match(session, search, passphrase, ca), missing)
    if options.name is not None and len(adoption.candidates) > 1:
        raise InputError(
            f"--as names one pair, but there are {len(adoption.candidates)} keys", "leave out --as"
        )
    if options.names and len(adoption.candidates) > 1:
        raise InputError(
            f"--names is for one key, but {visible(options.key)} contains {len(adoption.candidates)}",
            "leave out --names, or put each key into a file of its own",
        )
    if not (adoption.candidates or adoption.failures or adoption.skipped):
        raise InputError("the folder contains no private key", "choose another folder")
    spec = AdoptionSpec(
        platform=platform,
        name=options.name,
        missing=missing,
        protection=_protection(options),
        passphrase=_read_new_passphrase(options, adoption, passphrase),
        request=RequestSpec(tuple(options.names), platform=platform) if options.names else None,
        force=options.force,
    )
    print_text = print_line if options.dry_run and not options.json else print_message
    for candidate in () if search.has_named_files else adoption.candidates:
        for line in candidate_lines(candidate):
            print_text(line)
    for skipped in adoption.skipped:
        print_text(f"skipped  {visible(skipped.file or '')}  {skipped.text}")
    if not (search.has_named_files or options.dry_run):
        _confirm(adoption, options)
    return _adopt(session, adoption, spec, as_json=options.json)


def _search(session: Session, options: argparse.Namespace) -> SearchResult:
    """Read the named files or search the named folder, and return the result."""
    path = options.path
    sources = [source for source in (path, options.folder, options.key) if source is not None]
    if len(sources) != 1:
        message = "no key or folder is named" if not sources else "PATH, --from and --key cannot be combined"
        raise InputError(message, "csrtui adopt --key key.pem --csr request.pem, or csrtui adopt DIR")
    folder = options.folder if path is None or not os.path.isdir(path) else path
    if folder is None:
        return read_files(options.key if path is None else path, options.csr, options.cert)
    if options.csr or options.cert:
        raise InputError("--csr and --cert need --key", "a folder search finds these files itself")
    return search_folder(session, folder)


def _read_passphrase(options: argparse.Namespace, search: SearchResult) -> Secret | None:
    """Return the passphrase of the keys, or None if none is needed.

    Without a terminal for the prompt, a folder search continues with None and reports the encrypted keys.
    """
    if not search.needs_passphrase:
        return None
    keys = "the key" if search.has_named_files else "the encrypted keys"
    read = read_known_passphrase if search.has_named_files else read_optional_passphrase
    return read(options, f"Passphrase of {keys}: ")


def _protection(options: argparse.Namespace) -> Protection:
    if options.encrypt_key:
        return Protection.ENCRYPTED
    return Protection.PLAIN if options.decrypt_key else Protection.UNCHANGED


def _read_new_passphrase(
    options: argparse.Namespace, adoption: AdoptionPlan, known: Secret | None
) -> Secret | None:
    """Return the passphrase for encrypting plain keys, or None if it is not needed.

    A known passphrase from an option is used again, because a descriptor can be read only once.
    """
    if not options.encrypt_key or all(candidate.passphrase is not None for candidate in adoption.candidates):
        return None
    return known if known is not None and has_passphrase_option(options) else read_new_passphrase(options)


def _confirm(adoption: AdoptionPlan, options: argparse.Namespace) -> None:
    """Ask the user to confirm the adoption of the keys that a search found."""
    if options.yes or not adoption.candidates:
        return
    if not (sys.stdin and sys.stdin.isatty()):
        raise InputError(
            "adopting from a search needs a terminal to confirm", "check the list, then use --yes"
        )
    count = len(adoption.candidates)
    if not confirm(f"Adopt {'this key' if count == 1 else f'these {count} keys'}?"):
        raise InputError("nothing was adopted")


def _adopt(session: Session, adoption: AdoptionPlan, spec: AdoptionSpec, *, as_json: bool) -> int:
    session.store.remove_leftovers()
    results: list[Result] = []
    try:
        results.extend(adopt_many(session, adoption.candidates, spec))
    finally:  # also after an interrupt, because these keys were adopted
        adopted = [result for result in results if isinstance(result, AdoptResult)]
        for result in adopted:
            prefix = f"{result.pair}: " if len(adopted) > 1 else ""
            for line in _detail_lines(result):
                print_message(f"{prefix}{line}")
        status = print_results([*results, *adoption.failures], as_json=as_json)
    return status


def _detail_lines(result: AdoptResult) -> Iterator[str]:
    for finding in result.key_findings:
        yield f"{finding.level.value}: {finding.text}"
    if result.import_result is not None:
        yield from certificate_lines(result.import_result)
    for remark in result.remarks:
        yield f"note: {remark}"


ACTION = Action(
    "csrtui adopt --key server.key --csr server.csr --cert fullchain.pem\n"
    "csrtui adopt /etc/letsencrypt/live --make-csr",
    _arguments,
    _run,
)
