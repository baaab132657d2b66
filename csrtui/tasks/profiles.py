"""Named profiles: what requests of one kind have in common, kept in the configuration."""

from collections.abc import Mapping
from dataclasses import replace

from csrtui.core.base.finding import CaKind
from csrtui.core.config.edit import unknown_profile, with_profile, without_profile
from csrtui.core.config.settings import Config, Profile, check_profile_name, parse_config
from csrtui.core.keys.key_types import KeyType
from csrtui.core.pairs.draft import Draft
from csrtui.core.servers.platforms import PLATFORMS
from csrtui.store.config_file import config_path, read_config_text, update_config_text


def load_config(environ: Mapping[str, str]) -> Config:
    """Return the configuration; an empty one where there is no file.

    Raises:
        InputError: The file is not safe, or something in it is wrong: the error says what and where.
    """
    path = config_path(environ)
    return parse_config(read_config_text(path), path)


def find_profile(environ: Mapping[str, str], name: str) -> Profile:
    """Return the profile called `name`.

    Raises:
        InputError: There is none of that name, and the hint lists those there are; or as for `load_config`.
    """
    path = config_path(environ)
    config = parse_config(read_config_text(path), path)
    if name not in config.profiles:
        raise unknown_profile(config, path, name)
    return config.profiles[name]


def save_profile(environ: Mapping[str, str], name: str, profile: Profile) -> None:
    """Keep a profile, in the place of the one of that name if there is one.

    Raises:
        InputError: `name` can be no profile's, or the configuration cannot be read or hold it.
        StoreError: The file cannot be written, or another process has it.
    """
    path = config_path(environ)
    check_profile_name(name)
    update_config_text(path, lambda text: with_profile(text, path, name, profile))


def delete_profile(environ: Mapping[str, str], name: str) -> None:
    """Take a profile out of the configuration.

    Raises:
        InputError: There is none of that name, or the configuration cannot be read.
        StoreError: The file cannot be written, or another process has it.
    """
    path = config_path(environ)
    update_config_text(path, lambda text: without_profile(text, path, name))


def profile_of(draft: Draft) -> Profile:
    """Return everything of a form that another request could start from: all but the names."""
    return Profile(
        organization=draft.organization,
        organizational_unit=draft.organizational_unit,
        country=draft.country,
        state=draft.state,
        locality=draft.locality,
        ca=CaKind(draft.ca),
        platform=draft.platform,
        key=KeyType(draft.key),
    )


def with_profile_applied(draft: Draft, profile: Profile) -> Draft:
    """Return a form with what the profile says put in, as literal text; what it does not say stays.

    A profile that names a server software but no key type brings the key type that suits the software.
    """
    said = dict(profile.said())
    filled = replace(draft, **said, templates=draft.templates.difference(said))
    if profile.platform and not profile.key:
        return replace(filled, key=PLATFORMS[profile.platform].key_type.value)
    return filled
