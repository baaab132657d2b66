"""Keys that the user gives to commands in the configuration: which there are, and which every terminal sends."""

import re
from collections.abc import Mapping
from dataclasses import replace

from csrtui.core.base.errors import InputError
from csrtui.core.base.escaping import visible
from csrtui.tui.commands import COMMANDS, FIXED, Command, Where

_NAMED = frozenset(
    {
        "enter",
        "tab",
        "shift+tab",
        "escape",
        "backspace",
        "delete",
        "space",
        "up",
        "down",
        "left",
        "right",
        "home",
        "end",
        "pageup",
        "pagedown",
        "question_mark",
        "slash",
        "full_stop",
        "ctrl+underscore",
    }
)
_KEY = re.compile(r"[a-zA-Z0-9]|f([1-9]|1[0-2])|ctrl\+[a-z]")
_AS_SHOWN = {
    "esc": "escape",
    "pgup": "pageup",
    "pgdn": "pagedown",
    "?": "question_mark",
    "/": "slash",
    ".": "full_stop",
}
_LIKE_OTHERS = {"ctrl+i": "Tab", "ctrl+m": "Enter", "ctrl+h": "Backspace", "ctrl+j": "Enter"}
"""What a terminal sends for another key too."""


def configured(keys: Mapping[str, str]) -> tuple[Command, ...]:
    """Return all commands, with the keys that the configuration gives to some of them.

    Args:
        keys: Keys by a command's action, several separated by commas, in Textual's names or as screens show them.

    Raises:
        InputError: A command or a key is unknown, a terminal cannot send the key, or two commands that
            work at the same place would have it.
    """
    known = {command.action: command for command in COMMANDS}
    for action, text in keys.items():
        if action not in known or action in FIXED:
            changeable = ", ".join(name for name in known if name not in FIXED)
            raise InputError(
                f"[keys] names {visible(action)!r}, which is no command whose key can be changed",
                f"commands: {changeable}",
            )
        for key in _split(text):
            _check_key(action, key)
            _check_use(known[action], key)
    commands = tuple(
        replace(command, keys=",".join(_split(keys[command.action]))) if command.action in keys else command
        for command in COMMANDS
    )
    _check_clashes(commands)
    return commands


def _split(text: str) -> list[str]:
    return [_name(key.strip()) for key in text.split(",")]


def _name(key: str) -> str:
    """Textual's name of a key that may be written as screens and the README show it (``F12``, ``Esc``, ``/``)."""
    lowered = key if len(key) == 1 else key.lower()
    return _AS_SHOWN.get(lowered, lowered)


def _check_key(action: str, key: str) -> None:
    if key in _LIKE_OTHERS:
        raise InputError(
            f"[keys] gives {action} the key {key}, which a terminal cannot tell from {_LIKE_OTHERS[key]}",
            "give it another one",
        )
    if key not in _NAMED and not _KEY.fullmatch(key):
        raise InputError(
            f"[keys] gives {action} the key {visible(key)!r}, which not every terminal sends",
            "a letter or digit, ctrl+a to ctrl+z, f1 to f12, escape, enter, tab, space, up, down, …",
        )


NEEDED_EVERYWHERE = frozenset(
    {"enter", "tab", "shift+tab", "escape", "backspace", "delete", "space"}
    | {"up", "down", "left", "right", "home", "end", "pageup", "pagedown"}
)
"""Keys without which fields, lists and dialogs cannot be used."""
TAKEN_BY_LISTS = frozenset(
    {"enter", "space", "up", "down", "home", "end", "pageup", "pagedown", "g", "G", "j", "k", "ctrl+b"}
)
"""Keys that lists and texts take before a command gets them."""
TAKEN_BY_FIELDS = frozenset(
    {"left", "right", "home", "end", "pageup", "pagedown", "backspace", "delete"}
    | {f"ctrl+{letter}" for letter in "acdekuvwxyz"}
    | {"ctrl+underscore"}
)
"""Keys that text fields take before a command gets them."""
_TAKEN_BY_SCREENS = frozenset({"tab", "shift+tab", "escape", "question_mark"})
_WITH_FIELDS = frozenset({Where.ANYWHERE, Where.PANES, Where.REQUEST})
"""Where text is typed while a command works; everywhere else a field with the cursor gets the key alone."""


def _check_use(command: Command, key: str) -> None:
    """Refuse a key that would not reach the command, or would be missing where something else needs it."""
    if key in command.keys.split(","):
        return
    reason = _obstacle(command, key)
    if reason is not None:
        raise InputError(
            f"[keys] gives {command.action} the key {key}: {reason}",
            "give it another one, such as f6 to f12"
            + (" or ctrl+t" if command.where in _WITH_FIELDS else " or a letter"),
        )


def _obstacle(command: Command, key: str) -> str | None:
    if command.where in _WITH_FIELDS and _is_typed(key):
        return "text fields would lose that character"
    if command.priority and key in NEEDED_EVERYWHERE:
        return "fields, lists and dialogs need it"
    if command.where is Where.REQUEST and not command.priority and key in TAKEN_BY_FIELDS:
        return "text fields take it first"
    if command.where not in _WITH_FIELDS and key in TAKEN_BY_LISTS:
        return "lists and texts take it first"
    return "screens take it first" if key in _TAKEN_BY_SCREENS else None


def _is_typed(key: str) -> bool:
    """Whether a key puts a character into a text field."""
    return len(key) == 1 or key in {"space", "question_mark", "slash", "full_stop"}


def _check_clashes(commands: tuple[Command, ...]) -> None:
    for at, one in enumerate(commands):
        for other in commands[at + 1 :]:
            shared = set(one.keys.split(",")) & set(other.keys.split(","))
            if shared and _meet(one.where, other.where):
                raise InputError(
                    f"[keys] gives {min(shared)} to both {one.action} and {other.action}",
                    "give one of them another key",
                )


_SCREENS = (
    {Where.PANES, Where.REQUEST, Where.KEYSTORE, Where.PAIRS, Where.LISTS, Where.STEPS},
    {Where.PAIR, Where.PAIRS, Where.STEPS},
    {Where.PAIR, Where.DOCTOR},  # the way back is the same
    {Where.PAIR, Where.PLAN},
    {Where.FLEET, Where.LISTS, Where.STEPS},
)
"""What works on one screen."""
_APART = {Where.REQUEST}, {Where.KEYSTORE, Where.PAIRS, Where.LISTS, Where.STEPS}
"""What works on the same screen, but never at one time: the cursor is in the form, or it is not."""


def _meet(one: Where, other: Where) -> bool:
    """Whether both work at one place."""
    if one is other or Where.ANYWHERE in {one, other}:
        return True
    if any(one in these and other in those for these, those in (_APART, _APART[::-1])):
        return False
    return any({one, other} <= screen for screen in _SCREENS)
