"""``csrtui adopt``: keys made elsewhere come into the keystore, each as a whole pair."""

import argparse
import sys
from collections.abc import Callable, Iterator

from csrtui.cli.output import put, say
from csrtui.cli.parser import Action
from csrtui.cli.passphrase_options import (
    add_passphrase_arguments,
    is_given,
    read_known_passphrase,
    read_new_passphrase,
)
from csrtui.cli.results import put_results
from csrtui.cli.session import open_session
from csrtui.core.base.errors import InputError
from csrtui.core.base.escaping import visible
from csrtui.core.base.finding import CaKind
from csrtui.core.base.secret import Secret
from csrtui.core.servers.platforms import OTHER, read_platform
from csrtui.store.key_search import is_folder
from csrtui.tasks.adopt.adopt import (
    AdoptionPlan,
    AdoptionSpec,
    AdoptResult,
    MissingRequest,
    Protection,
    adopt_many,
    plan,
)
from csrtui.tasks.adopt.candidate import candidate_lines
from csrtui.tasks.adopt.matching import match
from csrtui.tasks.adopt.search import Found, look_at, look_in
from csrtui.tasks.batch import Result
from csrtui.tasks.session import Session


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("path", nargs="?", metavar="PATH", help="a folder to search, or the file of a key")
    files = parser.add_argument_group("files")
    files.add_argument("--from", dest="folder", metavar="DIR", help="search this folder, and those below it")
    files.add_argument("--key", metavar="K", help="the private key: PEM, DER, OpenSSH or PKCS #12")
    files.add_argument("--csr", metavar="R", help="its CSR, PEM or DER")
    files.add_argument(
        "--cert",
        nargs="+",
        action="extend",
        default=[],
        metavar="C",
        help="its certificate, and the CA's chain",
    )
    parser.add_argument(
        "--make-csr",
        action="store_true",
        help="in a search too: make a CSR from the certificate of a key without one",
    )
    parser.add_argument("--as", dest="name", metavar="NAME", help="the pair's name")
    parser.add_argument("--ca", choices=[kind.value for kind in CaKind], help="whose rules bind")
    parser.add_argument("--for", dest="platform", metavar="PLATFORM", help="the server software")
    protection = parser.add_mutually_exclusive_group()
    protection.add_argument("--encrypt-key", action="store_true", help="keep every key under a passphrase")
    protection.add_argument("--decrypt-key", action="store_true", help="keep no key under a passphrase")
    add_passphrase_arguments(parser)
    parser.add_argument("--dry-run", action="store_true", help="only say what would be adopted")
    parser.add_argument("--yes", action="store_true", help="adopt what a search finds without asking")
    parser.add_argument("--json", action="store_true", help="one JSON document")


def _run(options: argparse.Namespace) -> int:
    session = open_session(options)
    platform = read_platform(options.platform).id if options.platform is not None else OTHER
    found = _look(session, options)
    missing = _missing(options, found)
    passphrase = _known_passphrase(options, found)
    ca = CaKind(options.ca) if options.ca is not None else None
    matched = match(session, found, passphrase, ca)
    planned = plan(found, matched, missing)
    if options.name is not None and len(planned.taken) > 1:
        raise InputError(f"--as names one pair, and {len(planned.taken)} keys were found", "leave it out")
    if not (planned.taken or planned.refused or planned.passed_over):
        raise InputError("there is no private key in what was searched", "name another folder")
    if options.dry_run:
        return _rehearse(planned, as_json=options.json)
    order = AdoptionSpec(
        platform=platform,
        name=options.name,
        missing=missing,
        protection=_protection(options),
        passphrase=_new_passphrase(options, planned, passphrase),
    )
    if found.named:
        _show_passed_over(planned, say)
    else:
        _show(planned, say)
        _ask(planned, options)
    return _adopt(session, planned, order, as_json=options.json)


def _missing(options: argparse.Namespace, found: Found) -> MissingRequest:
    """What is done without a CSR: who names a key and no CSR has none; what a search did not find may lie elsewhere."""
    made = options.make_csr or (found.named and options.csr is None)
    return MissingRequest.MADE if made else MissingRequest.REFUSED


def _look(session: Session, options: argparse.Namespace) -> Found:
    path = options.path
    ways = [way for way in (path, options.folder, options.key) if way is not None]
    if len(ways) != 1:
        what = "there is nothing to adopt from" if not ways else "PATH, --from and --key exclude each other"
        raise InputError(what, "csrtui adopt --key key.pem --csr request.pem, or csrtui adopt DIR")
    folder = options.folder if path is None or not is_folder(path) else path
    if folder is None:
        return look_at(options.key or path, options.csr, options.cert)
    if options.csr or options.cert:
        raise InputError("--csr and --cert go with --key", "a folder is searched for them")
    return look_in(session, folder)


def _known_passphrase(options: argparse.Namespace, found: Found) -> Secret | None:
    """The passphrase of the keys; in a search nobody has to know it, and what stays closed is said."""
    if not found.wants_passphrase:
        return None
    whose = "the key" if found.named else "the keys that are under one"
    try:
        return read_known_passphrase(options, f"Passphrase of {whose}: ")
    except InputError:
        if found.named or is_given(options):
            raise
        return None


def _protection(options: argparse.Namespace) -> Protection:
    if options.encrypt_key:
        return Protection.ENCRYPTED
    return Protection.PLAIN if options.decrypt_key else Protection.AS_IT_WAS


def _new_passphrase(
    options: argparse.Namespace, planned: AdoptionPlan, known: Secret | None
) -> Secret | None:
    """What plain keys come under; a descriptor gives a passphrase only once."""
    if not options.encrypt_key or all(one.passphrase is not None for one in planned.taken):
        return None
    return known if known is not None and is_given(options) else read_new_passphrase(options)


def _show(planned: AdoptionPlan, tell: Callable[[str], None]) -> None:
    for candidate in planned.taken:
        for line in candidate_lines(candidate):
            tell(line)
    _show_passed_over(planned, tell)


def _show_passed_over(planned: AdoptionPlan, tell: Callable[[str], None]) -> None:
    for passed in planned.passed_over:
        tell(f"passed over  {visible(passed.file or '')}  {passed.text}")


def _rehearse(planned: AdoptionPlan, *, as_json: bool) -> int:
    would = [Result(ok=True, file=one.file.path, text=f"would become {one.title}") for one in planned.taken]
    _show(planned, say if as_json else put)
    return put_results([*would, *planned.refused], as_json=as_json)


def _ask(planned: AdoptionPlan, options: argparse.Namespace) -> None:
    if options.yes or not planned.taken:
        return
    if not (sys.stdin and sys.stdin.isatty()):
        raise InputError(
            "without a terminal nothing is adopted from a search unasked", "see above; then --yes"
        )
    count = len(planned.taken)
    sys.stderr.write(f"Adopt {'this key' if count == 1 else f'these {count} keys'}? [y/N] ")
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() not in {"y", "yes"}:
        raise InputError("nothing was adopted")


def _adopt(session: Session, planned: AdoptionPlan, order: AdoptionSpec, *, as_json: bool) -> int:
    session.store.sweep()
    results: list[Result] = []
    try:
        adopt_many(session, planned.taken, order, results.append)
    finally:
        for line in _talk(results):
            say(line)
        status = put_results([*results, *planned.refused], as_json=as_json)
    return status


def _talk(results: list[Result]) -> Iterator[str]:
    adopted = [result for result in results if isinstance(result, AdoptResult)]
    for result in adopted:
        about = f"{result.pair}: " if len(adopted) > 1 else ""
        for finding in result.quality:
            yield f"{about}{finding.level.value}: {finding.text}"
        if result.issued is not None:
            for difference in result.issued.differences:
                yield f"{about}issued otherwise: {difference.text}"
            for flaw in result.issued.flaws:
                yield f"{about}{flaw.level.value}: {flaw.text}"
        for remark in result.remarks:
            yield f"{about}note: {remark}"


ACTION = Action(
    "csrtui adopt --key server.key --csr server.csr --cert fullchain.pem\ncsrtui adopt /etc/letsencrypt/live --make-csr",
    _arguments,
    _run,
)
