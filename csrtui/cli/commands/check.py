"""``csrtui check NAME …``: print the advice on names and fields."""

import argparse
import os

from csrtui.cli.options import JSON, add_options, open_session
from csrtui.cli.output import print_json, print_line
from csrtui.cli.parser import Action
from csrtui.cli.request_options import (
    add_request_arguments,
    read_request_options,
)
from csrtui.core.advice.advisor import Advice
from csrtui.core.base.errors import InputError
from csrtui.core.base.escaping import command, visible
from csrtui.core.base.finding import merge_same_reasons
from csrtui.core.pairs.pair import Pair
from csrtui.core.pairs.pair_json import pair_document
from csrtui.tasks.existing_pairs import ManagedPair, find_managed_pair, with_pair_exists
from csrtui.tasks.request_spec import RequestSpec, advise_on, preview, require_common_name, with_counterparts
from csrtui.tasks.session import Session

_FILE_ENDINGS = (
    ".csr", ".pem", ".crt", ".cer", ".cert", ".der", ".key", ".p7b", ".p7c", ".p10", ".p12", ".pfx", ".req", ".txt",
)  # fmt: skip
"""The suffixes of files with CSRs, certificates and keys. The name of any other file can also be a host name."""


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "names",
        nargs="+",
        metavar="NAME",
        help="the first is the common name; the certificate covers all of them",
    )
    add_request_arguments(parser)
    add_options(
        parser,
        (
            "--find-pair",
            "also print the pair in use that matches this request, or the one that a new pair would replace",
        ),
    )
    parser.add_argument("--as", dest="name", metavar="NAME", help="with --find-pair: the pair's name")
    add_options(parser, ("--same-key", "with --find-pair: a pair with another key type matches too"), JSON)


def _run(options: argparse.Namespace) -> int:
    _refuse_files(options.names)
    session = open_session(options)
    spec = read_request_options(options, tuple(options.names))
    if options.add_counterpart:
        spec = with_counterparts(session, spec)
    advice = require_common_name(advise_on(session, spec))
    managed = None
    if options.find_pair:
        managed = find_managed_pair(session, spec, advice, name=options.name, same_key=options.same_key)
    elif options.name is not None or options.same_key:
        raise InputError("--as and --same-key work only with --find-pair", "add --find-pair")
    else:
        advice = with_pair_exists(session, advice)
    csr = preview(advice)
    subject = csr.subject_text if csr else None
    if options.json:
        document = {
            "schema": 1,
            "covers": list(advice.covered_names),
            "subject": subject or "",
            "findings": [finding.as_json() for finding in advice.findings],
        }
        if managed:
            document |= _managed_pair_json(session, spec, managed)
        print_json(document)
    else:
        _print(advice, subject)
        if managed:
            print_line(f"Pair     {managed.match.name if managed.match else 'none'}")
            if managed.replaces:
                print_line(f"Replaces {managed.replaces.name}")
    return 1 if advice.errors else 0


def _managed_pair_json(session: Session, spec: RequestSpec, managed: ManagedPair) -> dict[str, object]:
    """Return JSON members with the pair of a request, the pair that it replaces, and the facts about a new pair for it."""

    def document(pair: Pair | None) -> dict[str, object] | None:
        return pair_document(pair, session.clock()) if pair else None

    return {
        "pair": document(managed.match),
        "replaces": document(managed.replaces),
        "former": managed.former.name if managed.former else None,
        "request": {
            "name": managed.new_name,
            "key": spec.effective_key_type.value,
            "ca": spec.ca.value,
            "platform": spec.platform,
            "purpose": spec.purpose.value,
        },
    }


def _refuse_files(names: list[str]) -> None:
    """Raise an InputError that points to ``inspect`` if a name is that of an existing file."""
    for name in names:
        if name.lower().endswith(_FILE_ENDINGS) and os.path.isfile(name):
            raise InputError(
                f"{visible(name)} is a file; check expects names",
                f"{command('csrtui', 'inspect', name)} describes the file",
            )


def _print(advice: Advice, subject: str | None) -> None:
    print_line(f"Subject  {(subject or '(empty)') if subject is not None else '– (fix the errors below)'}")
    print_line(f"Covers   {', '.join(advice.covered_names) or 'nothing'}")
    for finding in merge_same_reasons(advice.findings):
        print_line(f"{finding.level.value.capitalize()}: {finding.text}")
        if finding.fix:
            print_line(f"  fix: {finding.fix.label}")


ACTION = Action(
    'csrtui check mydomain.com -O "My Ltd" -L London -C GB\ncsrtui check mydomain.com --find-pair --json',
    _arguments,
    _run,
)
