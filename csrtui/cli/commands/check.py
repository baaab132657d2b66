"""``csrtui check NAME …``: the advice on names and fields, before anything is made."""

import argparse

from csrtui.cli.output import put, put_json
from csrtui.cli.parser import Action
from csrtui.cli.request_options import add_subject_arguments, finding_json, read_asked
from csrtui.cli.session import open_session
from csrtui.core.advice.advisor import Advice
from csrtui.core.pairs.pair_json import describe
from csrtui.tasks.existing_pairs import find_asked
from csrtui.tasks.request_spec import advise_on, asked_for, preview, with_counterparts


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("names", nargs="+", metavar="NAME", help="the first is the common name")
    add_subject_arguments(parser)
    parser.add_argument("--add-counterpart", action="store_true", help="also cover the www or bare twin")
    parser.add_argument(
        "--find-pair", action="store_true", help="also say which pair in use is already as asked for"
    )
    parser.add_argument("--json", action="store_true", help="one JSON document")


def _run(options: argparse.Namespace) -> int:
    session = open_session(options)
    asked = read_asked(options, tuple(options.names))
    if options.add_counterpart:
        asked = asked._replace(names=with_counterparts(session, asked))
    advice = asked_for(advise_on(session, asked))
    found = find_asked(session, asked, advice) if options.find_pair else None
    shown = preview(advice)
    subject = shown.subject_text if shown else None
    if options.json:
        document = {
            "schema": 1,
            "covers": list(advice.covers),
            "subject": subject or "",
            "findings": [finding_json(finding) for finding in advice.findings],
        }
        if options.find_pair:
            document["pair"] = describe(found, session.clock()) if found else None
        put_json(document)
    else:
        _put(advice, subject)
        if options.find_pair:
            put(f"Pair     {found.name if found else 'none yet'}")
    return 1 if advice.blocking else 0


def _put(advice: Advice, subject: str | None) -> None:
    put(f"Subject  {subject if subject is not None else 'none yet: see below'}")
    put(f"Covers   {', '.join(advice.covers) or 'nothing'}")
    for finding in advice.findings:
        put(f"{finding.level.value.capitalize()}: {finding.text}")
        if finding.fix:
            put(f"  fix: {finding.fix.label}")


ACTION = Action(
    'csrtui check mydomain.com -O "My Ltd" -L London -C GB\ncsrtui check mydomain.com --find-pair --json',
    _arguments,
    _run,
)
