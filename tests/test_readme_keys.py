"""The table of keys in the README is the list of commands."""

from pathlib import Path

from csrtui.tui.commands import COMMANDS, FIXED

README = Path(__file__).parents[1] / "README.md"
BEGIN = "<!-- keys: made from csrtui/tui/commands.py; a test holds it to that -->\n"
END = "<!-- end of keys -->"


def table() -> str:
    rows = ["| where | key | name | what it does |", "| --- | --- | --- | --- |"]
    for command in COMMANDS:
        name = "" if command.action in FIXED else f"`{command.action}`"
        rows.append(f"| {command.where.value} | {command.shown_keys} | {name} | {command.help} |")
    return "\n".join(rows) + "\n"


def test_the_readme_lists_every_command_with_its_keys() -> None:
    shown = README.read_text(encoding="utf-8").partition(BEGIN)[2].partition(END)[0]
    assert shown == table()
