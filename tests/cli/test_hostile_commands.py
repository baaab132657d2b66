"""Hostile text in every command: the output shows it, also with ``--json``, and it has no effect."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hostile import ALL_IN_ONE, HOSTILE, encodable
from hostile_place import DUE, ISSUED, NEW, RETIRED, SENT, HostilePlace, make_hostile_place
from safety_results import counted
from tables import table

from csrtui.cli.parser import COMMANDS
from csrtui.core.base.escaping import is_visible

if TYPE_CHECKING:
    from pathlib import Path

    from command import Csrtui, Ran

PROMISE = "Text from outside is displayed and has no effect"
PAIRS = (NEW, SENT, ISSUED, DUE, RETIRED, "f-damaged")
_BY_IT_OR_NOT = ("{text}", *PAIRS)
LINES = (
    ("list",),
    ("list", "--json"),
    ("list", "--csv"),
    ("list", "--filter", "{text}"),
    ("list", "--next", "{text}"),
    *(("show", pair, *more) for pair in _BY_IT_OR_NOT for more in ((), ("--json",))),
    *(("csr", pair) for pair in _BY_IT_OR_NOT),
    ("csr", SENT, "--submitted-to", "{text}", "--note", "{text}", "--mark-submitted"),
    ("check", "{text}", "-O", "{text}", "-L", "{text}", "-U", "{text}", "-C", "{text}", "-S", "{text}"),
    ("check", "{text}", "www.a.com", "--json", "-O", "{text}", "--profile", "odd0"),
    ("check", "a.com", "--key", "{text}"),
    ("check", "a.com", "--for", "{text}"),
    ("check", "a.com", "--profile", "{text}"),
    ("new", "{text}"),
    ("new", "a.com", "-O", "{text}", "--as", "{text}"),
    ("new", "a.com", "-O", "{text}", "--force", "--json"),
    ("new", "--from", "{rows}"),
    ("verify",),
    ("verify", SENT, "--json"),
    ("verify", "{text}"),
    ("verify", "--confirm", "{text}"),
    ("restore", "{given}/junk.pem"),
    ("restore", "{text}"),
    ("backup", NEW, "--to", "{text}"),
    ("backup", NEW, "--to", "{out}", "--recipient", "{text}"),
    ("import", "{certificate}", "{foreign}", "{given}/junk.pem", "{text}"),
    ("import", "--pair", "{text}", "{certificate}", "--json"),
    ("adopt", "--from", "{given}", "--yes"),
    ("adopt", "--from", "{given}", "--dry-run", "--json"),
    ("adopt", "--key", "{key}", "--csr", "{request}", "--as", "adopted", "--json"),
    ("renew", ISSUED),
    ("renew", DUE, "--reuse"),
    ("renew", "{text}"),
    ("export", ISSUED, "--for", "nginx", "--to", "{out}", "--json"),
    ("export", DUE, "--for", "haproxy", "--to", "{out}"),
    ("export", DUE, "--for", "{text}", "--to", "{text}"),
    ("guide", "{text}"),
    ("retire", SENT, "{text}"),
    ("retire", NEW, "--json"),
    ("retire", NEW, "--compromised"),
    ("inspect", "{certificate}", "{foreign}", "{key}", "{request}", "{text}"),
    ("list", "--prometheus"),
    ("list", "--prometheus", "--to", "{text}"),
    ("show", SENT, "--tlsa"),
    ("inspect", "{certificate}", "{foreign}", "{key}", "{request}", "--json"),
    ("served", SENT, "{certificate}"),
    ("served", "{text}", "{text}", "--json"),
    ("doctor",),
    ("doctor", "--json"),
    ("help", "{text}"),
    ("completion", "{text}"),
    ("--store", "{text}", "list"),
    ("{text}",),
    ("fleet", "list", "--inventory", "{given}/{text}"),
    ("fleet", "new", "{text}", "-i", "here,", "-O", "{text}", "--dry-run"),
    ("fleet", "new", "a.com", "-i", "here,", "-O", "{text}", "--profile", "odd0", "--dry-run"),
    ("fleet", "new", "a.com", "-i", "{given}/{text}", "--backup-to", "{text}", "--recipient", "{text}"),
    ("fleet", "csr", "-i", "{given}/{text}", "--to", "{text}"),
    ("fleet", "backup", "-i", "{given}/{text}", "--to", "{text}", "--recipient", "{text}"),
    ("fleet", "import", "-i", "{given}/{text}", "{certificate}", "{text}"),
    ("fleet", "doctor", "-i", "here,", "--limit", "{text}"),
)
"""The command lines. ``{text}`` is the hostile text; other names are files and folders that contain it."""


def filled(line: tuple[str, ...], place: HostilePlace) -> list[str]:
    text = place.text.replace("\0", "").replace(
        "\ud800", "\udc80"
    )  # an argument contains no NUL and no lone surrogate
    files = {kind: str(place.file(kind)) for kind in ("certificate", "foreign", "key", "request", "rows")}
    folders = {"given": str(place.given), "out": str(place.out)}
    return [word.format(text=text, **files, **folders) for word in line]


def is_shown(ran: Ran) -> bool:
    """Return whether every line displays its content, or is JSON."""
    lines = (ran.out + ran.err).split("\n")
    return (
        ran.status in range(4)
        and all(map(is_visible, lines))
        and not {"Traceback", "a bug:"} & {line[:9] for line in lines}
        and "a bug:" not in ran.err
    )


def go_through(csrtui: Csrtui, place: HostilePlace) -> int:
    """Run csrtui with every command line, and return the number of lines."""
    for line in LINES:
        ran = csrtui(*filled(line, place))
        assert is_shown(ran), (line, ran)
        if "--json" in line and ran.status == 0 and line[0] != "csr":
            json.loads(ran.out)
        assert not list(place.out.glob("template-ran*")), (line, "a text was evaluated")
    return len(LINES)


def at(csrtui: Csrtui, path: Path, text: str, patch: pytest.MonkeyPatch) -> HostilePlace:
    """Return csrtui with the store and environment of the place."""
    place = make_hostile_place(path / "place", text)
    for name, value in {**place.environ, "CSRTUI_STORE": str(place.store)}.items():
        patch.setenv(name, value)
    csrtui.store = place.store
    patch.chdir(place.out)
    return place


def test_every_command_is_in_the_table() -> None:
    assert {line[0] for line in LINES} >= {command.name for command in COMMANDS}


@pytest.mark.safety
def test_every_command_with_hostile_text(
    csrtui: Csrtui, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with counted(PROMISE, "commands with all hostile texts in one") as tally:
        tally.add(go_through(csrtui, at(csrtui, tmp_path, encodable(ALL_IN_ONE), monkeypatch)))


@pytest.mark.slow
@pytest.mark.safety
@pytest.mark.parametrize("kind", HOSTILE)
def test_every_command_with_each_hostile_text(
    csrtui: Csrtui, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    with counted(PROMISE, "commands with each hostile text") as tally:
        tally.add(go_through(csrtui, at(csrtui, tmp_path, HOSTILE[kind], monkeypatch)))


@table("text", ["\x1b[2J", "\u202e", "\x9b", "\u200b"])
def test_missing_escaping_would_be_noticed(text: str) -> None:
    from command import Ran

    assert is_shown(Ran(0, "plain\n", ""))
    assert not is_shown(Ran(0, f"plain {text}\n", ""))
