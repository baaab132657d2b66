"""The commands of the screens: their keys, texts and scopes."""

from dataclasses import dataclass
from enum import StrEnum


class Scope(StrEnum):
    """The screens on which a command works. The value is the title of the scope in the help."""

    ANYWHERE = "Anywhere"
    PANES = "Request and keystore"
    REQUEST = "Request"
    KEYSTORE = "Keystore"
    PAIRS = "Selected pair"
    PAIR = "A pair"
    DOCTOR = "Doctor"
    LISTS = "Keystore, or pairs of many hosts"
    STEPS = "Selected pair, here or on another host"
    FLEET = "Pairs of many hosts"
    PLAN = "Preview of a request for many hosts"


@dataclass(frozen=True, slots=True)
class Command:
    """A command of the screens.

    Attributes:
        action: The name of the command and of its Textual action.
        keys: The keys, by Textual's names, separated by commas. The command bar shows the first one.
        label: The label on the command bar, of one or two words.
        help: A sentence that says what the command does.
        scope: The scope in which the command works.
        on_bar: Whether the command bar shows the command.
        priority: Whether the command handles its keys before the focused field does.
    """

    action: str
    keys: str
    label: str
    help: str
    scope: Scope
    on_bar: bool = True
    priority: bool = True

    @property
    def shown_key(self) -> str:
        """The first key, as the screens show it."""
        return _display_name(self.keys.split(",")[0])

    @property
    def shown_keys(self) -> str:
        """All keys, as the screens show them."""
        return ", ".join(map(_display_name, self.keys.split(",")))


def _display_name(key: str) -> str:
    is_function_key = key.startswith("f") and key[1:].isdigit()
    return _DISPLAY_NAMES.get(key, key.upper() if is_function_key else key)


_DISPLAY_NAMES = {
    "question_mark": "?",
    "slash": "/",
    "full_stop": ".",
    "escape": "Esc",
    "enter": "Enter",
    "backspace": "Backspace",
    "space": "Space",
    "tab": "Tab",
    "shift+tab": "Shift+Tab",
    "up": "Up",
    "down": "Down",
    "ctrl+underscore": "ctrl+_",
}
