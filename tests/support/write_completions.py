"""Write the completion scripts of the shells: ``python tests/support/write_completions.py``. A test fails if one is out of date.

The scripts are in `csrtui/completions`, and ``csrtui completion SHELL`` prints them. shtab makes them from the parser.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

import shtab

from csrtui.cli.parser import COMMANDS, build_parser
from csrtui.core.keys.key_types import KeyType
from csrtui.core.servers.platforms import PLATFORMS
from csrtui.store.package_data import topics

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER = Path(__file__).resolve().parents[2] / "csrtui" / "completions"
SHELLS = ("bash", "zsh", "fish")
_LIST_PAIRS = "csrtui --quiet list --retired --csv 2>/dev/null | tail -n +2 | cut -d, -f1"
_PAIRS = shtab.cmd(_LIST_PAIRS) | {"zsh": "_csrtui_pairs"}
_ZSH_PAIRS = f"""\
# zsh reads this file at each completion, so the pairs are listed only where a pair is completed.
_csrtui_pairs() {{
  compadd -- ${{(f)"$({_LIST_PAIRS})"}}
}}
"""
_COMPLETIONS: dict[str, Any] = {
    **dict.fromkeys(("PAIR", "PAIR|FILE"), _PAIRS),
    "DIR": shtab.DIRECTORY,
    **dict.fromkeys(("F", "FILE", "K", "KEY", "R", "C", "PATH", "VALUE"), shtab.FILE),
}
"""The completion of an argument by its placeholder in the help."""
_CHOICES = {
    "TYPE": [str(key_type) for key_type in KeyType],
    "PLATFORM": list(PLATFORMS),
    "COMMAND|TOPIC": [*(command.name for command in COMMANDS), *topics()],
}
"""The values of an argument by its placeholder, where argparse does not know them."""


def scripts() -> dict[str, str]:
    """Return the completion script for each shell."""
    parser = build_parser([command.name for command in COMMANDS])
    for action in _actions(parser):
        placeholder = action.metavar if isinstance(action.metavar, str) else ""
        if placeholder in _CHOICES:
            action.choices = _CHOICES[placeholder]
        elif placeholder in _COMPLETIONS:
            action.complete = _COMPLETIONS[placeholder]  # type: ignore[attr-defined]
    return {
        shell: shtab.complete(parser, shell, preamble=_ZSH_PAIRS if shell == "zsh" else "").rstrip() + "\n"
        for shell in SHELLS
    }


def _actions(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    for action in parser._actions:
        yield action
        if isinstance(action, argparse._SubParsersAction):
            for subparser in action.choices.values():
                yield from _actions(subparser)


def main() -> None:
    """Write the script of every shell."""
    FOLDER.mkdir(exist_ok=True)
    for shell, script in scripts().items():
        (FOLDER / f"csrtui.{shell}").write_text(script, encoding="utf-8")


if __name__ == "__main__":
    main()
