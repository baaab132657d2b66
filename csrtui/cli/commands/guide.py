"""``csrtui guide [PLATFORM]``: show the steps for server software before and after the request."""

import argparse

from csrtui.cli.output import print_line, print_table
from csrtui.cli.parser import Action
from csrtui.core.servers.guide import guide_lines, platform_rows
from csrtui.core.servers.platforms import read_platform
from csrtui.store.package_data import servers


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "platform",
        nargs="?",
        metavar="PLATFORM",
        help="the server software, such as nginx (default: list all)",
    )


def _run(options: argparse.Namespace) -> int:
    if options.platform is None:
        print_table(("Platform", "Server software", "Files"), platform_rows(servers()))
        return 0
    for line in guide_lines(servers()[read_platform(options.platform).id]):
        print_line(line)
    return 0


ACTION = Action("csrtui guide\ncsrtui guide nginx", _arguments, _run)
