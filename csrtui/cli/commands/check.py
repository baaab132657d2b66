"""``csrtui check NAME …``: the advice on names and fields, before anything is made."""

import argparse

from csrtui.cli.asked import add_subject_arguments, finding_json, read_asked
from csrtui.cli.output import put, put_json
from csrtui.cli.parser import Action
from csrtui.cli.session import open_session
from csrtui.core.advice import Advice
from csrtui.tasks.asking import advise_on, asked_for, preview


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("names", nargs="+", metavar="NAME", help="the first is the common name")
    add_subject_arguments(parser)
    parser.add_argument("--json", action="store_true", help="one JSON document")


def _run(options: argparse.Namespace) -> int:
    advice = asked_for(advise_on(open_session(options), read_asked(options, tuple(options.names))))
    shown = preview(advice)
    if options.json:
        put_json(
            {
                "schema": 1,
                "covers": list(advice.covers),
                "subject": shown.subject_text if shown else None,
                "findings": [finding_json(finding) for finding in advice.findings],
            }
        )
    else:
        _put(advice, shown.subject_text if shown else None)
    return 1 if advice.blocking else 0


def _put(advice: Advice, subject: str | None) -> None:
    put(f"Subject  {subject if subject is not None else 'none yet: see below'}")
    put(f"Covers   {', '.join(advice.covers) or 'nothing'}")
    for finding in advice.findings:
        put(f"{finding.level.value.capitalize()}: {finding.text}")
        if finding.fix:
            put(f"  fix: {finding.fix.label}")


ACTION = Action('csrtui check mydomain.com -O "My Ltd" -L London -C GB', _arguments, _run)
