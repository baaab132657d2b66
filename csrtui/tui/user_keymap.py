"""The keys that the user has configured for commands: their names, and checks that they can work."""

import re
from collections.abc import Mapping
from dataclasses import replace
from itertools import combinations

from csrtui.core.base.errors import InputError
from csrtui.core.base.escaping import visible
from csrtui.tui.commands import COMMANDS, PLACES, WIDGET_ACTIONS, Command, Scope

RESERVED_KEYS = frozenset(
    {"enter", "tab", "shift+tab", "escape", "backspace", "delete", "space"}
    | {"up", "down", "left", "right", "home", "end", "pageup", "pagedown"}
)
"""Keys that fields, lists and dialogs need."""
_NAMED_KEYS = RESERVED_KEYS | {
    "question_mark", "slash", "full_stop", "left_square_bracket", "right_square_bracket", "ctrl+underscore",
}  # fmt: skip
_OTHER_KEY = re.compile(r"[a-zA-Z0-9]|f([1-9]|1[0-2])|ctrl\+[a-z]")
_ALIASES = {
    "esc": "escape",
    "pgup": "pageup",
    "pgdn": "pagedown",
    "?": "question_mark",
    "/": "slash",
    ".": "full_stop",
    "[": "left_square_bracket",
    "]": "right_square_bracket",
}
_SAME_BYTE = {"ctrl+i": "Tab", "ctrl+m": "Enter", "ctrl+h": "Backspace", "ctrl+j": "Enter"}
"""Keys for which a terminal sends the same byte as for another key."""


def apply_keys(keys: Mapping[str, str]) -> tuple[Command, ...]:
    """Return all commands, with the key bindings of the configuration applied.

    Args:
        keys: The keys of each action, separated by commas. A key has Textual's name or the name on the screens.

    Raises:
        InputError: A command or a key is unknown, a terminal cannot send the key, or two commands on one screen
            would have the same key.
    """
    commands_by_action = {command.action: command for command in COMMANDS}
    for action, text in keys.items():
        if action not in commands_by_action or action in WIDGET_ACTIONS:
            changeable = ", ".join(name for name in commands_by_action if name not in WIDGET_ACTIONS)
            raise InputError(
                f"[keys] {visible(action)!r} is not a command whose key can be changed",
                f"commands: {changeable}",
            )
        for key in _split(text):
            _check_key(action, key)
            _check_use(commands_by_action[action], key)
    commands = tuple(
        replace(command, keys=",".join(_split(keys[command.action]))) if command.action in keys else command
        for command in COMMANDS
    )
    _check_clashes(commands)
    return commands


def _split(text: str) -> list[str]:
    return [_textual_name(key.strip()) for key in text.split(",")]


def _textual_name(key: str) -> str:
    """Return Textual's name of a key.

    The names on the screens and in ``csrtui help keys`` are also accepted (``F12``, ``Esc``, ``/``).
    """
    name = key if len(key) == 1 else key.lower()
    return _ALIASES.get(name, name)


def _check_key(action: str, key: str) -> None:
    if key in _SAME_BYTE:
        raise InputError(
            f"[keys] {action}: terminals cannot distinguish {key} from {_SAME_BYTE[key]}",
            "choose another key",
        )
    if key not in _NAMED_KEYS and not _OTHER_KEY.fullmatch(key):
        raise InputError(
            f"[keys] {action}: not every terminal sends the key {visible(key)!r}",
            "use a letter or digit, ctrl+a to ctrl+z, f1 to f12, escape, enter, tab, space, up, down, …",
        )


LIST_KEYS = frozenset(
    {"enter", "space", "up", "down", "home", "end", "pageup", "pagedown", "g", "G", "j", "k", "ctrl+b"}
)
"""Keys that lists and text views handle before commands do."""
FIELD_KEYS = frozenset(
    {"left", "right", "home", "end", "pageup", "pagedown", "backspace", "delete"}
    | {f"ctrl+{letter}" for letter in "acdekuvwxyz"}
    | {"ctrl+underscore"}
)
"""Keys that text fields handle before commands do."""
_SCREEN_KEYS = frozenset({"tab", "shift+tab", "escape", "question_mark"})
_SCOPES_WITH_FIELDS = frozenset({Scope.ANYWHERE, Scope.PANES, Scope.REQUEST})
"""Scopes whose commands also work in text fields. In all other scopes, a focused field receives the key instead."""


def _check_use(command: Command, key: str) -> None:
    """Check that a key reaches the command and that nothing else needs the key."""
    if key in command.keys.split(","):
        return
    reason = _conflict(command, key)
    if reason is not None:
        raise InputError(
            f"[keys] {command.action} cannot use the key {key}: {reason}",
            "choose another key, such as f8, f11, f12"
            + (" or ctrl+t" if command.scope in _SCOPES_WITH_FIELDS else " or a letter"),
        )


def _conflict(command: Command, key: str) -> str | None:
    if command.scope in _SCOPES_WITH_FIELDS and _is_text(key):
        return "text fields need that character"
    if command.priority and key in RESERVED_KEYS:
        return "fields, lists and dialogs need it"
    if command.scope in {Scope.ANYWHERE, Scope.PANES} and key in LIST_KEYS:
        return "lists and text views need it"
    if command.scope is Scope.REQUEST and not command.priority and key in FIELD_KEYS:
        return "text fields handle it first"
    if command.scope not in _SCOPES_WITH_FIELDS and key in LIST_KEYS:
        return "lists and text views handle it first"
    return "screens handle it first" if key in _SCREEN_KEYS else None


def _is_text(key: str) -> bool:
    """Return whether a key enters a character into a text field."""
    return len(key) == 1 or key in {"space", *_ALIASES.values()} - {"escape", "pageup", "pagedown"}


def _check_clashes(commands: tuple[Command, ...]) -> None:
    for first, second in combinations(commands, 2):
        keys = set(first.keys.split(",")) & set(second.keys.split(","))
        if keys and _overlap(first.scope, second.scope):
            raise InputError(
                f"[keys] {first.action} and {second.action} both have the key {min(keys)}",
                "choose another key for one of them",
            )


def _overlap(first: Scope, second: Scope) -> bool:
    """Return whether two scopes can be active at the same time."""
    if first is second or Scope.ANYWHERE in {first, second}:
        return True
    return any({first, second} <= scopes for scopes in PLACES.values())
