"""What csrtui's screens are measured against: the least Textual app in which one can type."""

from textual.app import App, ComposeResult
from textual.widgets import Input


class OneInput(App[None]):
    """An app with one Input and nothing else."""

    def compose(self) -> ComposeResult:
        """Build it."""
        yield Input()


if __name__ == "__main__":
    OneInput().run()
