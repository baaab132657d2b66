"""``csrtui doctor``: show the problems of the store, each with its remedy."""

import argparse
import os

from csrtui.cli.output import put, put_json, say
from csrtui.cli.parser import Action
from csrtui.cli.progress import ProgressBar
from csrtui.cli.session import open_existing_session
from csrtui.store.config_file import config_path
from csrtui.store.location import store_to_name
from csrtui.tasks.doctor import Examination, is_well


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="one JSON document")


def _run(options: argparse.Namespace) -> int:
    session = open_existing_session(options)
    examination = Examination(session, config_path(os.environ), named=store_to_name(session.store.path))
    with ProgressBar("pairs", len(examination.names)) as progress:
        found = examination.run(progress.advance)
    well = is_well(found)
    if options.json:
        findings = [ailment.as_json() for ailment in found]
        put_json({"schema": 1, "ok": well, "findings": findings})
    else:
        for ailment in found:
            put(f"{ailment.level.value}: {ailment.text} ({ailment.code.value})")
            put(f"  {ailment.remedy}")
        pairs = len(examination.names)
        say(f"{pairs} {'pair' if pairs == 1 else 'pairs'} checked: {_verdict(len(found))}")
    return 0 if well else 1


def _verdict(count: int) -> str:
    if not count:
        return "no problems"
    return "1 finding" if count == 1 else f"{count} findings"


ACTION = Action("csrtui doctor\ncsrtui doctor --json", _arguments, _run)
