"""The two panes of the main screen."""
