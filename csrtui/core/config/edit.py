"""Changes to the configuration's text that leave the user's comments, order and layout as they are.

tomlkit, which can do that, is imported here and nowhere else, and only when something is to be written.
What comes out is read back before anybody may keep it.
"""

from collections.abc import Callable
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

from csrtui.core.base.errors import InputError
from csrtui.core.base.escaping import visible
from csrtui.core.config.settings import Config, Profile, check_profile_name, parse_config

if TYPE_CHECKING:
    from collections.abc import MutableMapping

    from tomlkit.items import AbstractTable, Item, Key


def with_profile(text: str, path: str, name: str, profile: Profile) -> str:
    """Return the text of a configuration with a profile put in, or in the place of the one of that name.

    Args:
        text: The configuration as it stands.
        path: Its file, for messages.
        name: The profile's name.
        profile: What it says; fields that are not said are taken out.

    Raises:
        InputError: The text is no configuration, `name` can be no profile's, or TOML cannot hold a value.
    """
    before = parse_config(text, path)
    wanted = replace(before, profiles={**before.profiles, check_profile_name(name): profile})
    said = dict(profile.said())
    if name in before.profiles:
        return _proved(lambda: _changed(text, name, said), path, wanted)
    # At the very end it can come between no comment and the table that the comment is about.
    return _proved(lambda: text + _gap(text) + _as_toml(name, said), path, wanted)


def without_profile(text: str, path: str, name: str) -> str:
    """Return the text of a configuration without the profile called `name`.

    Raises:
        InputError: The text is no configuration, or has no such profile.
    """
    before = parse_config(text, path)
    if name not in before.profiles:
        raise unknown_profile(before, path, name)
    kept = {other: profile for other, profile in before.profiles.items() if other != name}
    return _proved(lambda: _without(text, name), path, replace(before, profiles=kept))


def unknown_profile(config: Config, path: str, name: str) -> InputError:
    """Return the error for a profile that is not there; its hint lists those that are."""
    there = ", ".join(config.profiles)
    return InputError(
        f'there is no profile "{visible(name[:60])}"',
        f"profiles in {visible(path)}: {there}" if there else f"there are no profiles in {visible(path)}",
    )


def _gap(text: str) -> str:
    """What makes one empty line between a text and a table to come."""
    if not text or text.endswith("\n\n"):
        return ""
    return "\n" if text.endswith("\n") else "\n\n"


def _as_toml(name: str, said: dict[str, str]) -> str:
    import tomlkit

    document = tomlkit.document()
    document["profiles"] = tomlkit.table(is_super_table=True)
    _table(document, "profiles")[name] = said
    return document.as_string()


def _changed(text: str, name: str, said: dict[str, str]) -> str:
    """Touch only what changes, so that a comment behind a value stays with it."""
    import tomlkit

    document = tomlkit.parse(text)
    table = _table(_table(document, "profiles"), name)
    rest = _take_rest(table)
    for member in fields(Profile):
        if member.name not in said:
            table.pop(member.name, None)
        elif table.get(member.name) != said[member.name]:
            table[member.name] = said[member.name]
    if rest:
        table.value.body.extend(rest)
    return document.as_string()


def _without(text: str, name: str) -> str:
    import tomlkit

    document = tomlkit.parse(text)
    profiles = _table(document, "profiles")
    rest = "".join(item.as_string() for _, item in _take_rest(_table(profiles, name)))
    profiles.pop(name)
    left = document.as_string()
    if "#" not in rest:
        return left
    same = next((at for at, (old, new) in enumerate(zip(text, left, strict=False)) if old != new), len(left))
    line = left.rfind("\n", 0, same) + 1
    return left[:line] + rest.lstrip("\r\n") + left[line:]


def _take_rest(table: "AbstractTable") -> "list[tuple[Key | None, Item]]":
    """Take from a table, and return, what stands in it after a blank line behind its last key.

    TOML knows no other place for comments that belong to the next table, or to none.
    """
    from tomlkit.container import Container

    inside: object = table.value
    if not isinstance(inside, Container):  # dotted keys: tomlkit has no container for them
        return []
    body = inside.body
    last = max((at for at, (key, _) in enumerate(body) if key is not None), default=-1)
    blank = (at for at in range(last + 1, len(body)) if not body[at][1].as_string().strip())
    cut = next(blank, len(body))
    rest = body[cut:]
    del body[cut:]
    return rest


def _table(parent: "MutableMapping[str, Any]", key: str) -> "AbstractTable":
    """The table called `key` in another: the strict reading has seen that there is one."""
    table: AbstractTable = parent[key]
    return table


def _proved(edit: Callable[[], str], path: str, wanted: Config) -> str:
    """The text that `edit` makes, seen to say what is wanted and nothing else.

    TOML has layouts that tomlkit changes wrongly, or gives up on with one of Python's own errors.

    Raises:
        InputError: It does not; nothing may be written then.
    """
    try:
        text = edit()
        text.encode()
        holds = parse_config(text, path) == wanted
    except (InputError, ValueError, LookupError, TypeError):
        holds, text = False, ""
    if not holds:
        raise InputError(
            f"the profile cannot be written into {visible(path)} without touching the rest",
            "look for characters that are no text in the fields, or edit the file by hand",
        )
    return text
