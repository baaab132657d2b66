"""``csrtui inspect FILE … | -``: describe any CSR, certificate, key or backup; nothing is stored."""

import argparse
import shutil
import sys

from csrtui.cli.options import (
    JSON,
    add_ca_argument,
    add_identity_argument,
    add_options,
    add_passphrase_arguments,
    has_passphrase_option,
    open_session,
    read_known_passphrase,
    read_optional_passphrase,
)
from csrtui.cli.output import (
    drawable,
    name_store,
    pager,
    print_error,
    print_json,
    print_line,
    print_message,
    read_input,
)
from csrtui.cli.parser import Action
from csrtui.core.base.errors import CsrtuiError
from csrtui.core.base.escaping import visible
from csrtui.core.base.finding import CaKind
from csrtui.core.base.secret import Secret
from csrtui.store.secret_file import read_identity
from csrtui.tasks.inspect.inspection import (
    Inspection,
    InspectProblem,
    InspectSource,
    inspect,
    needs_passphrase,
)
from csrtui.tasks.inspect.text import problem_error, sections

_COLUMNS, _MAX_COLUMNS = 80, 120


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "files",
        nargs="+",
        metavar="FILE",
        help="CSRs, certificates, chains, keys, PKCS #7, PKCS #12 or backups, in any format; - reads standard input",
    )
    add_ca_argument(parser, "as for the pair with this key, or else public")
    add_passphrase_arguments(parser)
    add_identity_argument(parser)
    add_options(parser, JSON)


def _run(options: argparse.Namespace) -> int:
    session = open_session(options)
    sources, problems = _read_all(options.files)
    ca = CaKind(options.ca) if options.ca is not None else None
    identities = None if options.identity is None else read_identity(options.identity)
    inspection = inspect(
        session, sources, _read_passphrase(options, sources), ca, problems, identities=identities
    )
    if inspection.store_problem:
        print_message(f"note: not compared with the keystore: {inspection.store_problem}")
    if options.json:
        print_json(inspection.as_json())
    else:
        with pager():
            _print(inspection)
    for problem in inspection.problems:
        print_error(problem_error(problem))
    return inspection.exit_code


def _read_all(files: list[str]) -> tuple[list[InspectSource], list[InspectProblem]]:
    """Return the content of each file, and a problem for each file that cannot be read."""
    sources, problems = [], []
    for file in dict.fromkeys(files):
        try:
            sources.append(InspectSource(file, read_input(file)))
        except CsrtuiError as error:
            problems.append(InspectProblem(file, visible(error.message), error.hint))
    return sources, problems


def _read_passphrase(options: argparse.Namespace, sources: list[InspectSource]) -> Secret | None:
    """Return the passphrase from the options or, if a key needs one, from the terminal, or else None."""
    if has_passphrase_option(options):
        return read_known_passphrase(options, "")
    if not (sys.stdout.isatty() and needs_passphrase(sources)):
        return None
    passphrase = read_optional_passphrase(options, "Passphrase (Enter to skip): ")
    return passphrase if passphrase is not None and passphrase.encoded else None


def _print(inspection: Inspection) -> None:
    columns = min(shutil.get_terminal_size((_COLUMNS, 24)).columns, _MAX_COLUMNS)
    # In a file or a pipe, lines are not wrapped, so that programs can search them.
    width = columns if sys.stdout.isatty() else None
    for number, section in enumerate(sections(inspection, name_store)):
        if number:
            print_line("")
        print_line(drawable(f"─ {section.title} ".ljust(columns, "─")))
        for line in section.lines(width):
            print_line(drawable(line))


ACTION = Action(
    "csrtui inspect fullchain.pem privkey.pem\n"
    "csrtui inspect server.pfx --passphrase-file ~/.pfx-passphrase --json\n"
    "csrtui inspect - < answer.txt",
    _arguments,
    _run,
)
