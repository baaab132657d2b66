"""The arguments that say what a request asks for: the same for ``new`` and ``check``."""

import argparse

from csrtui.core.finding import CaKind, Finding
from csrtui.core.keys import KeyType, read_key_type
from csrtui.core.platforms import OTHER, read_platform
from csrtui.core.subject import TypedSubject
from csrtui.tasks.asking import Asked


def add_subject_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the subject fields, the kind of CA, the key type and the server software."""
    fields = parser.add_argument_group("subject")
    fields.add_argument("-O", "--organization", default="", metavar="TEXT", help="the exact legal name")
    fields.add_argument(
        "-U", "--organizational-unit", default="", metavar="TEXT", help="for a private CA only"
    )
    fields.add_argument("-C", "--country", default="", metavar="CODE", help="two letters: GB, not UK")
    fields.add_argument("-S", "--state", default="", metavar="TEXT", help="state or province, in full")
    fields.add_argument("-L", "--locality", default="", metavar="TEXT", help="city or town")
    parser.add_argument(
        "--ca", choices=[kind.value for kind in CaKind], default=CaKind.PUBLIC.value, help="whose rules bind"
    )
    parser.add_argument("--key", metavar="TYPE", help=f"one of {', '.join(KeyType)}")
    parser.add_argument(
        "--for", dest="platform", metavar="PLATFORM", default=OTHER, help="the server software"
    )


def read_asked(options: argparse.Namespace, names: tuple[str, ...]) -> Asked:
    """Return what the options ask for.

    Raises:
        InputError: A key type or server software is unknown.
    """
    return Asked(
        names=names,
        subject=TypedSubject(
            organization=options.organization,
            organizational_unit=options.organizational_unit,
            country=options.country,
            state=options.state,
            locality=options.locality,
        ),
        ca=CaKind(options.ca),
        platform=read_platform(options.platform).id,
        key_type=read_key_type(options.key) if options.key is not None else None,
    )


def finding_json(finding: Finding) -> dict[str, object]:
    """Return a finding as ``check --json`` prints it."""
    fix: dict[str, object] | None = None
    if finding.fix is not None:
        fix = {"label": finding.fix.label}
        if finding.fix.names is not None:
            fix["names"] = list(finding.fix.names)
        if finding.fix.value is not None:
            fix["value"] = finding.fix.value
        if finding.fix.ca is not None:
            fix["ca"] = finding.fix.ca.value
    return {
        "code": finding.code,
        "level": finding.level.value,
        "field": finding.field.value,
        "value": finding.value,
        "text": finding.text,
        "fix": fix,
    }
