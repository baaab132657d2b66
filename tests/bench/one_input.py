"""The reference for csrtui's screens: the smallest Textual app in which a user can type."""

from textual.app import App, ComposeResult
from textual.widgets import Input


class OneInput(App[None]):
    """An app with only one Input."""

    def compose(self) -> ComposeResult:
        """Build the app."""
        yield Input()


if __name__ == "__main__":
    OneInput().run()
