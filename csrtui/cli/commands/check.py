"""``csrtui check NAME …``: print the advice on names and fields."""

import argparse
import os

from csrtui.cli.output import print_json, print_line
from csrtui.cli.parser import Action
from csrtui.cli.request_options import (
    add_request_arguments,
    add_subject_arguments,
    finding_json,
    read_request_options,
)
from csrtui.cli.session import open_session
from csrtui.core.advice.advisor import Advice
from csrtui.core.base.errors import InputError
from csrtui.core.base.escaping import command, visible
from csrtui.core.pairs.pair_json import pair_document
from csrtui.tasks.existing_pairs import find_matching_pair
from csrtui.tasks.request_spec import advise_on, preview, require_common_name, with_counterparts

_FILE_ENDINGS = tuple(
    f".{ending}"
    for ending in [
        "csr",
        "pem",
        "crt",
        "cer",
        "cert",
        "der",
        "key",
        "p7b",
        "p7c",
        "p10",
        "p12",
        "pfx",
        "req",
        "txt",
    ]
)
"""The endings of files with CSRs, certificates and keys. Any other file may have the same name as a host."""


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("names", nargs="+", metavar="NAME", help="the first is the common name")
    add_request_arguments(parser)
    add_subject_arguments(parser)
    parser.add_argument(
        "--find-pair",
        action="store_true",
        help="also print the pair in use that already matches this request",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def _run(options: argparse.Namespace) -> int:
    _refuse_files(options.names)
    session = open_session(options)
    spec = read_request_options(options, tuple(options.names))
    if options.add_counterpart:
        spec = with_counterparts(session, spec)
    advice = require_common_name(advise_on(session, spec))
    pair = find_matching_pair(session, spec, advice) if options.find_pair else None
    csr = preview(advice)
    subject = csr.subject_text if csr else None
    if options.json:
        document = {
            "schema": 1,
            "covers": list(advice.covered_names),
            "subject": subject or "",
            "findings": [finding_json(finding) for finding in advice.findings],
        }
        if options.find_pair:
            document["pair"] = pair_document(pair, session.clock()) if pair else None
        print_json(document)
    else:
        _print(advice, subject)
        if options.find_pair:
            print_line(f"Pair     {pair.name if pair else 'none'}")
    return 1 if advice.errors else 0


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
    for finding in advice.findings:
        print_line(f"{finding.level.value.capitalize()}: {finding.text}")
        if finding.fix:
            print_line(f"  fix: {finding.fix.label}")


ACTION = Action(
    'csrtui check mydomain.com -O "My Ltd" -L London -C GB\ncsrtui check mydomain.com --find-pair --json',
    _arguments,
    _run,
)
