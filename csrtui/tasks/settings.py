"""Read the configuration, in which the user's own file overrides the site-wide files, and change its profiles.

If no file exists, which is usual, nothing is imported or parsed.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from csrtui.core.base.errors import InputError
from csrtui.core.base.escaping import visible
from csrtui.store import config_file

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from csrtui.core.config.policy import Policy
    from csrtui.core.config.settings import Config, Profile


class Layer(NamedTuple):
    """One file of the configuration.

    Attributes:
        path: The path of the file.
        document: The TOML document in it, without its policy if that is ignored.
    """

    path: str
    document: dict[str, object]


class IgnoredFile(NamedTuple):
    """A site-wide file that is ignored, or a file whose policy is ignored, and the reason."""

    path: str
    error: InputError


class Settings(NamedTuple):
    """The configuration, merged from all files.

    Attributes:
        config: The merged configuration, or None if there is no file.
        layers: The files with values, the most important first.
        problems: The site-wide files that are ignored, and the files whose policy is ignored.
    """

    config: Config | None
    layers: tuple[Layer, ...] = ()
    problems: tuple[IgnoredFile, ...] = ()

    def source(self, *keys: str) -> str:
        """Return the path of the file that sets the value under these nested keys, or an empty string if none does."""
        for layer in self.layers:
            value: object = layer.document
            for key in keys:
                value = value.get(key) if isinstance(value, dict) else None
            if value is not None:
                return layer.path
        return ""


def load_settings(environ: Mapping[str, str], *, with_own: bool = True) -> Settings:
    """Return the configuration of the user and of this machine.

    A site-wide file that cannot be used is ignored and reported as a problem, because the user cannot correct it.

    Raises:
        InputError: The user's own file is not safe, or it contains a mistake. The message names the mistake.
    """
    layers: list[Layer] = []
    problems: list[IgnoredFile] = []
    if with_own:
        path = config_file.config_path(environ)
        layers += _read_layer(path, config_file.read_config_text(path), problems, may_have_policy=False)
    for path in config_file.site_paths(environ):
        try:
            text, is_root_owned = config_file.read_site_text(path)
            may_have_policy = is_root_owned and path == config_file.SITE_FILE
            layers += _read_layer(path, text, problems, may_have_policy=may_have_policy)
        except InputError as error:
            problems.append(
                IgnoredFile(path, InputError(f"{error.message}; the file is ignored", error.hint))
            )
    return Settings(_merge(layers), tuple(layers), tuple(problems))


def describe_files(environ: Mapping[str, str]) -> list[str]:
    """Return a line for each file of the configuration, the most important first, and a line for each value in it."""
    lines, settings = [], None
    try:
        own = config_file.config_path(environ)
        settings = load_settings(environ)
    except InputError as error:
        return [error.message]
    documents = {layer.path: layer.document for layer in settings.layers}
    problems = {problem.path: problem.error.message for problem in settings.problems}
    for path in (own, *config_file.site_paths(environ)):
        state = "" if path in documents else problems.get(path, "does not exist")
        lines.append(f"{path}: {state}" if state else path)
        lines += [f"  {line}" for line in _value_lines(documents.get(path, {}))]
        if path in documents and path in problems:
            lines.append(f"  {problems[path]}")
    return lines


def _value_lines(table: Mapping[str, object], prefix: str = "") -> Iterator[str]:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _value_lines(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key} = {value}"


def server_folder(environ: Mapping[str, str], server: str) -> str:
    """Return the folder configured for the files of this server software, or an empty string if there is none."""
    try:
        config = load_settings(environ).config
    except InputError:  # changed since the start, where the mistake would have been reported
        return ""
    return config.servers.get(server, "") if config is not None else ""


def load_policy() -> Policy:
    """Return the policy of this machine. A file that cannot be used is ignored (`load_settings` reports it)."""
    from csrtui.core.config.policy import NO_POLICY

    config = load_settings({}, with_own=False).config
    return config.policy if config is not None else NO_POLICY


def _read_layer(path: str, text: str, problems: list[IgnoredFile], *, may_have_policy: bool) -> list[Layer]:
    if not text:
        return []
    from csrtui.core.config.settings import parse_document

    document = parse_document(text, path)
    if "policy" in document and not may_have_policy:
        del document["policy"]
        hint = f"move it to {config_file.SITE_FILE}, owned by root"
        problems.append(IgnoredFile(path, InputError(f"[policy] in {visible(path)} is ignored", hint)))
    return [Layer(path, document)]


def _merge(layers: Sequence[Layer]) -> Config | None:
    if not layers:
        return None
    from dataclasses import replace

    from csrtui.core.config.settings import Config, merge_documents, read_config

    config = read_config(merge_documents(layer.document for layer in layers))
    if config.policy == Config().policy:
        return config
    return replace(config, policy=config.policy._replace(source=config_file.SITE_FILE))


def find_profile(environ: Mapping[str, str], name: str) -> Profile:
    """Return the profile with this name.

    Raises:
        InputError: The configuration cannot be read (`load_settings`), or it does not contain the profile. In the second
            case, the hint lists the existing profiles.
    """
    from csrtui.core.config.edit import unknown_profile
    from csrtui.core.config.settings import Config

    settings = load_settings(environ)
    config = settings.config or Config()
    if name not in config.profiles:
        raise unknown_profile(config, ", ".join(_paths(settings, environ)), name)
    return config.profiles[name]


def save_profile(environ: Mapping[str, str], name: str, profile: Profile) -> None:
    """Add a profile to the user's configuration, or replace the profile with the same name.

    If a site-wide profile has this name, the values of the new one override it, even empty ones.

    Raises:
        InputError: The name is not valid, or the configuration cannot be read.
        StoreError: The file cannot be written, or another process holds its lock.
    """
    from csrtui.core.config.edit import with_profile
    from csrtui.core.config.settings import Config, Profile, check_profile_name

    path = config_file.config_path(environ)
    check_profile_name(name)
    site_wide = (load_settings(environ, with_own=False).config or Config()).profiles.get(name, Profile())
    cleared = site_wide.settings.keys() - profile.settings.keys()
    config_file.update_config_text(
        path, lambda text: with_profile(text, path, name, profile, sorted(cleared))
    )


def delete_profile(environ: Mapping[str, str], name: str) -> None:
    """Delete a profile from the user's configuration. A site-wide profile with its name is then used again.

    Raises:
        InputError: The profile does not exist there, or the configuration cannot be read.
        StoreError: The file cannot be written, or another process holds its lock.
    """
    from csrtui.core.config.edit import without_profile

    path, settings = config_file.config_path(environ), load_settings(environ)
    source = settings.source("profiles", name)
    if source not in {"", path}:
        raise InputError(
            f'the profile "{visible(name)}" is set in {visible(source)}', "edit that file to delete it"
        )
    config_file.update_config_text(path, lambda text: without_profile(text, path, name))


@contextmanager
def add_config_path_to_errors(settings: Settings, environ: Mapping[str, str]) -> Iterator[None]:
    """Prefix errors in the block with the paths of the configuration files.

    This is for values that are checked only when they are used.

    Raises:
        InputError: The prefixed error.
    """
    try:
        yield
    except InputError as error:
        files = " or ".join(map(visible, _paths(settings, environ)))
        raise InputError(f"{files}: {error.message}", error.hint) from error


def _paths(settings: Settings, environ: Mapping[str, str]) -> list[str]:
    return [layer.path for layer in settings.layers] or [config_file.config_path(environ)]
