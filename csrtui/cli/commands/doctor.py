"""``csrtui doctor``: show the problems of the store and their fixes."""

import argparse
import os

from csrtui.cli.options import JSON, add_options, open_existing_session
from csrtui.cli.output import pager, print_json, print_line, print_message
from csrtui.cli.parser import Action
from csrtui.cli.progress import ProgressBar
from csrtui.core.base.escaping import plural
from csrtui.store.config_file import config_path
from csrtui.store.store_location import store_argument
from csrtui.tasks.doctor import Examination, is_well
from csrtui.tasks.settings import load_settings


def _arguments(parser: argparse.ArgumentParser) -> None:
    add_options(parser, JSON)


def _run(options: argparse.Namespace) -> int:
    session = open_existing_session(options)
    examination = Examination(
        session,
        config_path(os.environ),
        store_argument=store_argument(session.store.path),
        site_problems=load_settings(os.environ, with_own=False).problems,
    )
    with ProgressBar("pair", len(examination.names)) as progress:
        findings = examination.run(progress.advance)
    ok = is_well(findings)
    if options.json:
        print_json({"schema": 1, "ok": ok, "findings": [finding.as_json() for finding in findings]})
    else:
        with pager():
            for finding in findings:
                print_line(f"{finding.level.value}: {finding.text} ({finding.code.value})")
                print_line(f"  {finding.remedy}")
        verdict = plural(len(findings), "finding") if findings else "no problems"
        print_message(f"{plural(len(examination.names), 'pair')} checked: {verdict}")
    return 0 if ok else 1


ACTION = Action("csrtui doctor\ncsrtui doctor --json", _arguments, _run)
