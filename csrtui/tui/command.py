"""What a command of the screens is, and where it works."""

from dataclasses import dataclass
from enum import StrEnum


class Where(StrEnum):
    """Where a command works."""

    ANYWHERE = "Anywhere"
    PANES = "Request and keystore"
    REQUEST = "Request"
    KEYSTORE = "Keystore"
    PAIRS = "Selected pair"
    PAIR = "A pair"
    DOCTOR = "Doctor"
    LISTS = "Keystore, and the pairs of many hosts"
    STEPS = "Selected pair, here or on another host"
    FLEET = "The pairs of many hosts"
    PLAN = "A request for many hosts, as each would get it"


@dataclass(frozen=True, slots=True)
class Command:
    """One command.

    Attributes:
        action: The name of the action that does it, and the command's own.
        keys: The keys, in Textual's names, separated by commas; the first is shown.
        label: One or two words for the bar.
        help: What it does, a sentence.
        where: Where it works.
        on_bar: Whether the bar shows it.
        priority: Whether the keys work before the focused field sees them.
    """

    action: str
    keys: str
    label: str
    help: str
    where: Where
    on_bar: bool = True
    priority: bool = True

    @property
    def shown_key(self) -> str:
        """The first key as people write it."""
        key = self.keys.split(",")[0]
        return _SHOWN.get(key, key.upper() if key.startswith("f") and key[1:].isdigit() else key)

    @property
    def shown_keys(self) -> str:
        """All keys as people write them."""
        return ", ".join(
            _SHOWN.get(key, key.upper() if key.startswith("f") and key[1:].isdigit() else key)
            for key in self.keys.split(",")
        )


_SHOWN = {
    "question_mark": "?",
    "slash": "/",
    "full_stop": ".",
    "escape": "Esc",
    "enter": "Enter",
    "backspace": "Backspace",
    "tab": "Tab",
    "shift+tab": "Shift+Tab",
    "up": "Up",
    "down": "Down",
    "ctrl+underscore": "ctrl+_",
}
