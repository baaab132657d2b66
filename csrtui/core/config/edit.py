"""Change the text of the configuration but keep the user's comments, order and layout.

Only tomlkit can keep them. Only this module imports it, and only to make a change. The new text is parsed and checked
before it is returned.
"""

from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

from csrtui.core.base.errors import InputError
from csrtui.core.base.escaping import visible
from csrtui.core.config.settings import Config, Profile, check_profile_name, parse_config

if TYPE_CHECKING:
    from collections.abc import MutableMapping

    from tomlkit.items import AbstractTable, Item, Key


def with_profile(text: str, path: str, name: str, profile: Profile, cleared: Sequence[str] = ()) -> str:
    """Return the text of a configuration with a profile added. A profile with the same name is replaced.

    Fields that are not set are removed. The fields in `cleared`, which a site-wide profile of this name sets, become
    empty strings instead.

    Raises:
        InputError: The text is not a valid configuration, the name is invalid, or TOML cannot represent a value.
    """
    before = parse_config(text, path)
    expected = replace(before, profiles={**before.profiles, check_profile_name(name): profile})
    settings = profile.settings | dict.fromkeys(cleared, "")
    if name in before.profiles:
        return _check_edit(lambda: _replace_profile(text, name, settings), path, expected)
    # Add the profile at the end of the text, where it cannot come between a comment and the table that it describes.
    return _check_edit(lambda: text + _separator(text) + _to_toml(name, settings), path, expected)


def without_profile(text: str, path: str, name: str) -> str:
    """Return the text of a configuration without the profile `name`.

    Raises:
        InputError: The text is not a valid configuration, or has no such profile.
    """
    before = parse_config(text, path)
    if name not in before.profiles:
        raise unknown_profile(before, path, name)
    others = {other: profile for other, profile in before.profiles.items() if other != name}
    return _check_edit(lambda: _remove_profile(text, name), path, replace(before, profiles=others))


def unknown_profile(config: Config, path: str, name: str) -> InputError:
    """Return the error for a profile that does not exist. The hint lists the existing profiles."""
    names = ", ".join(config.profiles)
    return InputError(
        f'there is no profile "{visible(name[:60])}"',
        f"profiles in {visible(path)}: {names}" if names else f"there are no profiles in {visible(path)}",
    )


def _separator(text: str) -> str:
    """Return the line breaks that put one empty line between a text and the table after it."""
    if not text or text.endswith("\n\n"):
        return ""
    return "\n" if text.endswith("\n") else "\n\n"


def _to_toml(name: str, settings: dict[str, str]) -> str:
    import tomlkit

    document = tomlkit.document()
    document["profiles"] = tomlkit.table(is_super_table=True)
    _table(document, "profiles")[name] = settings
    return document.as_string()


def _replace_profile(text: str, name: str, settings: dict[str, str]) -> str:
    """Return the text with a changed profile. Unchanged values and their comments stay as they are."""
    import tomlkit

    document = tomlkit.parse(text)
    table = _table(_table(document, "profiles"), name)
    trailer = _cut_trailer(table)
    for member in fields(Profile):
        if member.name not in settings:
            table.pop(member.name, None)
        elif table.get(member.name) != settings[member.name]:
            table[member.name] = settings[member.name]
    if trailer:
        table.value.body.extend(trailer)
    return document.as_string()


def _remove_profile(text: str, name: str) -> str:
    import tomlkit

    document = tomlkit.parse(text)
    profiles = _table(document, "profiles")
    trailer = "".join(item.as_string() for _, item in _cut_trailer(_table(profiles, name)))
    profiles.pop(name)
    new_text = document.as_string()
    if "#" not in trailer:
        return new_text
    pairs = enumerate(zip(text, new_text, strict=False))
    difference = next((at for at, (old, new) in pairs if old != new), len(new_text))
    line = new_text.rfind("\n", 0, difference) + 1
    return new_text[:line] + trailer.lstrip("\r\n") + new_text[line:]


def _cut_trailer(table: "AbstractTable") -> "list[tuple[Key | None, Item]]":
    """Remove and return the comments of a table that follow a blank line after its last key.

    tomlkit assigns them to this table, but they describe the next table or none.
    """
    from tomlkit.container import Container

    container: object = table.value
    if not isinstance(container, Container):  # tomlkit has no container for dotted keys
        return []
    body = container.body
    last_key = max((at for at, (key, _) in enumerate(body) if key is not None), default=-1)
    blank_lines = (at for at in range(last_key + 1, len(body)) if not body[at][1].as_string().strip())
    cut = next(blank_lines, len(body))
    trailer = body[cut:]
    del body[cut:]
    return trailer


def _table(parent: "MutableMapping[str, Any]", key: str) -> "AbstractTable":
    """Return the table at `key`, which exists because `parse_config` accepted the text."""
    table: AbstractTable = parent[key]
    return table


def _check_edit(edit: Callable[[], str], path: str, expected: Config) -> str:
    """Return the text from `edit` if it contains exactly the expected configuration.

    The check is necessary because tomlkit edits some TOML layouts incorrectly, or raises one of Python's own errors.
    """
    try:
        text = edit()
        text.encode()
        is_correct = parse_config(text, path) == expected
    except (InputError, ValueError, LookupError, TypeError):
        is_correct, text = False, ""
    if not is_correct:
        raise InputError(
            f"the profile cannot be written to {visible(path)} without changes to other settings",
            "remove special characters from the fields, or edit the file by hand",
        )
    return text
