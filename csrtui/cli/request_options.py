"""The arguments for a request, which ``new``, ``check`` and ``fleet new`` share."""

import argparse
import os
from typing import TYPE_CHECKING

from csrtui.cli.options import add_ca_argument, add_options, add_platform_argument, load_settings
from csrtui.cli.output import print_message
from csrtui.core.base.finding import CaKind, Purpose
from csrtui.core.keys.key_types import KeyType, read_key_type
from csrtui.core.servers.platforms import OTHER, read_platform
from csrtui.core.subject.fields import ATTRIBUTE_TYPES, SubjectInput, read_attribute
from csrtui.tasks.request_spec import RequestSpec

if TYPE_CHECKING:
    from csrtui.core.config.settings import Profile


def add_request_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options that describe a request, except for its names."""
    fields = parser.add_argument_group("subject")
    add_options(
        fields,
        ("-O", "--organization", "TEXT", "the exact legal name"),
        ("-U", "--organizational-unit", "TEXT", "for a private CA only"),
        ("-C", "--country", "CODE", "two letters: GB, not UK"),
        ("-S", "--state", "TEXT", "state or province, in full"),
        ("-L", "--locality", "TEXT", "city or town"),
    )
    add_ca_argument(parser, "public")
    parser.add_argument(
        "--purpose",
        choices=[purpose.value for purpose in Purpose],
        metavar="PURPOSE",
        help=f"the use of the certificate: {', '.join(Purpose)} (default: server; the others need --ca private)",
    )
    add_options(
        parser, ("--key", "TYPE", f"one of {', '.join(KeyType)} (default: depends on the server software)")
    )
    add_platform_argument(parser)
    add_options(
        parser,
        ("--profile", "NAME", "start from a profile of the configuration; overridden by other options"),
        ("--add-counterpart", "also cover the www or bare counterpart"),
        ("--no-common-name", "leave the common name out; all names are SANs"),
    )
    parser.add_argument(
        "--attribute",
        dest="attributes",
        action="append",
        default=[],
        metavar="TYPE=VALUE",
        help=f"an additional subject attribute, for a private CA only; repeatable; TYPE is one of {', '.join(ATTRIBUTE_TYPES)}",
    )


def read_request_options(options: argparse.Namespace, names: tuple[str, ...]) -> RequestSpec:
    """Return the request that the options describe.

    The profile supplies values for options that are missing, but not for those that are empty. The defaults in the
    configuration supply what is still missing; each default that is used is printed with the file that sets it.

    Raises:
        InputError: A key type or server software is unknown, or the profile cannot be read.
    """
    profile = _with_defaults(options, _read_profile(options))
    defaults = profile.subject if profile else SubjectInput()
    platform = options.platform if options.platform is not None or not profile else profile.platform
    fields = {
        field: default if (text := getattr(options, field)) is None else text
        for field, default in defaults._asdict().items()
    }
    ca = CaKind(options.ca) if options.ca is not None else profile.ca if profile else None
    purpose = (
        Purpose(options.purpose) if options.purpose is not None else profile.purpose if profile else None
    )
    return RequestSpec(
        names=names,
        subject=SubjectInput(**fields),
        ca=ca or CaKind.PUBLIC,
        platform=read_platform(platform).id if platform is not None else OTHER,
        key_type=read_key_type(options.key) if options.key is not None else profile.key if profile else None,
        purpose=purpose or Purpose.SERVER,
        no_common_name=options.no_common_name,
        attributes=tuple(read_attribute(text.strip()) for text in options.attributes),
    )


def _read_profile(options: argparse.Namespace) -> "Profile | None":
    if options.profile is None:
        return None
    from csrtui.tasks.settings import find_profile

    return find_profile(os.environ, options.profile)


def _with_defaults(options: argparse.Namespace, profile: "Profile | None") -> "Profile | None":
    """Return a profile completed with the defaults of the configuration, and print the defaults that are used."""
    settings = load_settings()
    if settings.config is None or not settings.config.defaults.settings:
        return profile
    from dataclasses import replace  # slow to import, and seldom needed

    missing = {
        key: value
        for key, value in settings.config.defaults.settings.items()
        if getattr(options, key) is None and (profile is None or not getattr(profile, key))
    }
    for key, value in missing.items():
        print_message(f'note: {key} = "{value}" (set in {settings.source("defaults", key)})')
    values = {key: getattr(settings.config.defaults, key) for key in missing}
    return replace(profile, **values) if profile else replace(type(settings.config.defaults)(), **values)
