"""The tables of keys in the README match the list of commands."""

from collections.abc import Iterable
from pathlib import Path

from csrtui.tui.commands import COMMANDS, WIDGET_ACTIONS, Command, Scope

README = Path(__file__).parents[1] / "README.md"
BEGIN = "<!-- keys: generated from csrtui/tui/commands.py, checked by tests/test_readme_keys.py -->\n"
END = "<!-- end of keys -->"
FLEET_SCOPES = {Scope.FLEET, Scope.PLAN}


def table(commands: Iterable[Command]) -> str:
    rows = ["| where | key | name | what it does |", "| --- | --- | --- | --- |"]
    for command in commands:
        name = "" if command.action in WIDGET_ACTIONS else f"`{command.action}`"
        rows.append(f"| {command.scope.value} | {command.shown_keys} | {name} | {command.help} |")
    return "\n".join(rows) + "\n"


def tables() -> str:
    local = table(command for command in COMMANDS if command.scope not in FLEET_SCOPES)
    fleet = table(command for command in COMMANDS if command.scope in FLEET_SCOPES)
    return f"{local}\nOnly on the screens for many hosts:\n\n{fleet}"


def test_the_readme_lists_every_command_with_its_keys() -> None:
    shown = README.read_text(encoding="utf-8").partition(BEGIN)[2].partition(END)[0]
    assert shown == tables()
