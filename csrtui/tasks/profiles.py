"""Named profiles in the configuration. A profile contains the common parts of similar requests."""

from collections.abc import Mapping
from dataclasses import replace

from csrtui.core.base.errors import InputError
from csrtui.core.base.escaping import visible
from csrtui.core.base.finding import CaKind, Purpose
from csrtui.core.config.edit import unknown_profile, with_profile, without_profile
from csrtui.core.config.settings import Config, Profile, check_profile_name
from csrtui.core.keys.key_types import KeyType
from csrtui.core.servers.platforms import PLATFORMS
from csrtui.store.config_file import config_path, update_config_text
from csrtui.tasks.draft import Draft
from csrtui.tasks.settings import Settings, load_settings


def find_profile(environ: Mapping[str, str], name: str) -> Profile:
    """Return the profile with this name.

    Raises:
        InputError: The configuration cannot be read (`load_settings`), or it does not contain the profile. In the second
            case, the hint lists the existing profiles.
    """
    settings = load_settings(environ)
    config = settings.config or Config()
    if name not in config.profiles:
        raise unknown_profile(config, _paths(settings, environ), name)
    return config.profiles[name]


def _paths(settings: Settings, environ: Mapping[str, str]) -> str:
    return ", ".join([layer.path for layer in settings.layers] or [config_path(environ)])


def save_profile(environ: Mapping[str, str], name: str, profile: Profile) -> None:
    """Add a profile to the user's configuration, or replace the profile with the same name.

    If a site-wide profile has this name, the values of the new one override it, also those that are empty.

    Raises:
        InputError: The name is not valid, or the configuration cannot be read.
        StoreError: The file cannot be written, or another process holds its lock.
    """
    path = config_path(environ)
    check_profile_name(name)
    site_wide = (load_settings(environ, with_own=False).config or Config()).profiles.get(name, Profile())
    cleared = site_wide.settings.keys() - profile.settings.keys()
    update_config_text(path, lambda text: with_profile(text, path, name, profile, sorted(cleared)))


def delete_profile(environ: Mapping[str, str], name: str) -> None:
    """Delete a profile from the user's configuration. A site-wide profile with its name is then used again.

    Raises:
        InputError: The profile does not exist there, or the configuration cannot be read.
        StoreError: The file cannot be written, or another process holds its lock.
    """
    path, settings = config_path(environ), load_settings(environ)
    source = settings.source("profiles", name)
    if source not in {"", path}:
        raise InputError(
            f'the profile "{visible(name)}" is set in {visible(source)}', "edit that file to delete it"
        )
    update_config_text(path, lambda text: without_profile(text, path, name))


def profile_of(draft: Draft) -> Profile:
    """Return a profile with the fields of a form that other requests can share: all except the names."""
    return Profile(
        organization=draft.organization,
        organizational_unit=draft.organizational_unit,
        country=draft.country,
        state=draft.state,
        locality=draft.locality,
        ca=CaKind(draft.ca),
        platform=draft.platform,
        key=KeyType(draft.key),
        purpose=Purpose(draft.purpose),
    )


def with_profile_applied(draft: Draft, profile: Profile) -> Draft:
    """Return a form with the values of a profile filled in as literal text. The other fields stay unchanged.

    A profile with a server software but without a key type selects the default key type of the software.
    """
    values = profile.settings
    filled = replace(
        draft,
        **values,
        no_common_name=draft.no_common_name,
        must_staple=draft.must_staple,
        templates=draft.templates.difference(values),
    )
    if profile.platform and not profile.key:
        return replace(filled, key=PLATFORMS[profile.platform].key_type.value)
    return filled
