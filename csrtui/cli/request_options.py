"""The arguments that say what a request asks for: the same for ``new`` and ``check``."""

import argparse
import os
from typing import TYPE_CHECKING

from csrtui.core.base.finding import CaKind, Finding, Fix
from csrtui.core.keys.key_types import KeyType, read_key_type
from csrtui.core.servers.platforms import OTHER, read_platform
from csrtui.core.subject.fields import TypedSubject
from csrtui.tasks.request_spec import Asked

if TYPE_CHECKING:
    from csrtui.core.config.settings import Profile


def add_subject_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the subject fields, the kind of CA, the key type and the server software."""
    fields = parser.add_argument_group("subject")
    fields.add_argument("-O", "--organization", metavar="TEXT", help="the exact legal name")
    fields.add_argument("-U", "--organizational-unit", metavar="TEXT", help="for a private CA only")
    fields.add_argument("-C", "--country", metavar="CODE", help="two letters: GB, not UK")
    fields.add_argument("-S", "--state", metavar="TEXT", help="state or province, in full")
    fields.add_argument("-L", "--locality", metavar="TEXT", help="city or town")
    parser.add_argument("--ca", choices=[kind.value for kind in CaKind], help="whose rules bind (public)")
    parser.add_argument("--key", metavar="TYPE", help=f"one of {', '.join(KeyType)}")
    parser.add_argument("--for", dest="platform", metavar="PLATFORM", help="the server software")
    parser.add_argument(
        "--profile",
        metavar="NAME",
        help="start from a profile of the configuration; other options win over it",
    )


def read_asked(options: argparse.Namespace, names: tuple[str, ...]) -> Asked:
    """Return what the options ask for; what they do not say, not even as empty, the profile says.

    Raises:
        InputError: A key type or server software is unknown, or the profile cannot be had.
    """
    profile = _profile(options)
    said = profile.subject if profile else TypedSubject()
    platform = options.platform if options.platform is not None or not profile else profile.platform
    return Asked(
        names=names,
        subject=TypedSubject(
            **{
                name: given if (given := getattr(options, name)) is not None else text
                for name, text in said._asdict().items()
            }
        ),
        ca=CaKind(options.ca)
        if options.ca is not None
        else (profile.ca if profile else None) or CaKind.PUBLIC,
        platform=read_platform(platform).id if platform is not None else OTHER,
        key_type=read_key_type(options.key) if options.key is not None else profile.key if profile else None,
    )


def _profile(options: argparse.Namespace) -> "Profile | None":
    if options.profile is None:
        return None
    from csrtui.tasks.profiles import find_profile

    return find_profile(os.environ, options.profile)


def finding_json(finding: Finding) -> dict[str, object]:
    """Return a finding as ``check --json`` prints it."""
    return {
        "code": finding.code,
        "level": finding.level.value,
        "field": finding.field.value,
        "value": finding.value,
        "text": finding.text,
        "fix": _fix_json(finding.fix),
    }


def _fix_json(fix: Fix | None) -> dict[str, object] | None:
    """Return what to write instead: names or a value; to ask another CA is nothing to write, so it is no fix here."""
    if fix is not None and fix.names is not None:
        return {"label": fix.label, "names": list(fix.names)}
    if fix is not None and fix.value is not None:
        return {"label": fix.label, "value": fix.value}
    return None
