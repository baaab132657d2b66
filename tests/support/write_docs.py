"""Write the tables of the documentation: ``python tests/support/write_docs.py``. A test fails if a table is out of date.

Each table is between two comments in a file of `csrtui/docs`, and comes from the list that the program itself uses.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from docs_tables import write_table

from csrtui.cli.parser import COMMANDS as CLI_COMMANDS
from csrtui.core.servers.platforms import PLATFORMS
from csrtui.store.package_data import servers
from csrtui.tui.commands import COMMANDS, WIDGET_ACTIONS, Command, Scope

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

_FLEET_SCOPES = {Scope.FLEET, Scope.PLAN}


def main() -> None:
    """Write every table into its file."""
    for topic, (name, make_table) in TABLES.items():
        write_table(topic, name, make_table())


def _markdown(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def _commands() -> str:
    rows = [(f"`csrtui {command.name}`", command.summary) for command in CLI_COMMANDS]
    return _markdown(("command", "what it does"), [("`csrtui`", "Open the screens."), *rows])


def _servers() -> str:
    rows = []
    for platform in PLATFORMS.values():
        server = servers()[platform.id]
        endings = ", ".join(f"`NAME{file.ending}`" for file in server.files)
        rows.append(
            (f"`{platform.id}`", platform.label, server.format.value, endings, platform.key_type.label)
        )
    return _markdown(("name", "software", "format", "files", "default key"), rows)


def _keys() -> str:
    local = _key_table(command for command in COMMANDS if command.scope not in _FLEET_SCOPES)
    fleet = _key_table(command for command in COMMANDS if command.scope in _FLEET_SCOPES)
    return f"{local}\nOnly on the screens for many hosts:\n\n{fleet}"


def _key_table(commands: Iterable[Command]) -> str:
    rows = (
        (
            command.scope.value,
            command.shown_keys,
            "" if command.action in WIDGET_ACTIONS else f"`{command.action}`",
            command.help,
        )
        for command in commands
    )
    return _markdown(("where", "key", "name", "what it does"), rows)


TABLES: dict[str, tuple[str, Callable[[], str]]] = {
    "command-line": ("commands", _commands),
    "keys": ("keys", _keys),
    "servers": ("servers", _servers),
}
"""The topic of each file with a table: the name of the table, and the function that makes it."""


if __name__ == "__main__":
    main()
