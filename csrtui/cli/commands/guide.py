"""``csrtui guide [PLATFORM]``: what to know and do for a server software, before the request and after."""

import argparse

from csrtui.cli.output import put, put_table
from csrtui.cli.parser import Action
from csrtui.core.servers.guide import guide_lines, platform_lines
from csrtui.core.servers.platforms import read_platform


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("platform", nargs="?", metavar="PLATFORM", help="by default: the list of all")


def _run(options: argparse.Namespace) -> int:
    if options.platform is None:
        put_table(("Platform", "Server software", "Takes"), platform_lines())
        return 0
    for line in guide_lines(read_platform(options.platform)):
        put(line)
    return 0


ACTION = Action("csrtui guide\ncsrtui guide nginx", _arguments, _run)
