"""On every screen and during long work, any end restores the terminal and saves the form."""

from __future__ import annotations

import asyncio
import itertools
import json
import random
import signal
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hostile import ALL_IN_ONE, not_meant
from hostile_place import HostilePlace, make_hostile_place
from pty_session import PtySession
from safety_results import counted
from screen_openings import CTRL_G, CTRL_U, F2, OPENINGS, PHRASE, PLAIN_VIEW, Opening
from screen_text import unwrapped
from tables import table

from csrtui.core.base.secret import Secret
from csrtui.tasks.backup import BackupSpec
from csrtui.tasks.backup import back_up as back_up_now
from csrtui.tasks.draft import Draft, dump_draft
from csrtui.tasks.list import read_pair
from csrtui.tasks.new import create_pair
from csrtui.tasks.request_spec import RequestSpec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parents[2]
PROMISE = "The terminal is restored and the form is saved"
TERMS = ("linux", "vt100", "xterm", "xterm-256color", "tmux-256color", "screen")
ENDINGS = (signal.SIGHUP, signal.SIGTERM, signal.SIGINT, None)
"""None for a lost terminal."""
STORM = (
    *((columns, rows) for columns, rows in itertools.product(range(3, 130, 7), (3, 12, 24, 40))),
    (10, 3),
)
LARGEST = (110, 40)
"""Larger than all other sizes, so that a drawing in another size does not reach the edges."""


class AtTheTerminal:
    """A user at a pseudo-terminal."""

    def __init__(self, session: PtySession) -> None:
        self.session = session

    async def type(self, keys: str) -> None:
        """Type keys."""
        self.session.send(keys)

    async def see(self, text: str) -> None:
        """Wait for a text."""
        self.session.wait_until(lambda: text in unwrapped(self.session.text), repr(text))

    async def back(self) -> None:
        """Go back to the form, through all open dialogs."""
        for _ in range(10):
            before = self.session.text
            is_dialog = "┌" in before  # the bar of the screen below is still visible
            if "ctrl+g Generate" in before and not is_dialog:
                return
            leave = "\t\r" if "Close the dialog?" in before else "\x1b"
            self.session.send(F2 if "F2 Request" in before and not is_dialog else leave)
            self.session.wait_until(partial(self._is_another_than, before), "the way back")
            self.session.quiet(0.05)
        raise AssertionError(self.session.text)

    def _is_another_than(self, before: str) -> bool:
        return self.session.text != before


def start(place: HostilePlace, term: str = "xterm-256color") -> PtySession:
    argv = [sys.executable, "-m", "csrtui", "--store", str(place.store)]
    return PtySession(argv, env={**place.environ, "PYTHONPATH": str(ROOT), "TERM": term})


def go(session: PtySession, opening: Opening, place: HostilePlace) -> None:
    """Go to a screen from the form, after typing the common name."""
    hands = AtTheTerminal(session)
    session.wait_for("Common name")
    session.send("typed.example.com")
    session.wait_for("typed.example.com")
    asyncio.run(opening.take(hands, given=place.given, out=place.out))


def keeps_the_form(place: HostilePlace) -> bool:
    draft = json.loads((place.store / ".draft.json").read_bytes())
    return bool(draft["common_name"])  # the typed text, or the current content of the form


def end(session: PtySession, how: signal.Signals | None, *, plain: bool = False) -> None:
    """End the program, and check the terminal."""
    if how is None:
        session.hang_up()
        assert session.wait_exit() == 128 + signal.SIGHUP
        return
    session.kill(how)
    assert session.wait_exit() == 128 + how
    assert session.terminal_is_whole
    assert plain or session.after_screens == ""


def stop_and_go_on(session: PtySession) -> None:
    before = session.attributes
    session.kill(signal.SIGTSTP)
    session.wait_stopped()
    assert session.terminal_is_whole
    session.kill(signal.SIGCONT)
    session.wait_until(lambda: session.attributes == before, "the terminal to be taken again")


def storm(session: PtySession) -> None:
    """Resize again and again, down to nearly nothing, with keys in between."""
    for columns, rows in STORM:
        session.resize(columns, rows)
        session.send("\x1b[B")
        session._read(0.0)
    session.resize(80, 24)
    session.quiet(0.1)


@pytest.fixture
def place(tmp_path: Path) -> HostilePlace:
    return make_hostile_place(tmp_path / "place", "Example Ltd")


def each_way() -> Iterator[tuple[Opening, str, signal.Signals | None]]:
    """Yield each screen with a kind of terminal and a way to end, which take turns."""
    ways = itertools.cycle(itertools.product(TERMS, ENDINGS))
    for opening, (term, how) in zip((*OPENINGS, PLAIN_VIEW), ways, strict=False):
        yield opening, term, how


@pytest.mark.slow
@pytest.mark.safety
@pytest.mark.parametrize(
    ("opening", "term", "how"), list(each_way()), ids=lambda one: getattr(one, "screen", None)
)
def test_an_end_on_every_screen_restores_the_terminal(
    place: HostilePlace, opening: Opening, term: str, how: signal.Signals | None
) -> None:
    tried = f"every screen, six values of TERM: stop and continue, {how.name if how else 'lost terminal'}"
    with counted(PROMISE, tried) as tally, start(place, term) as session:
        go(session, opening, place)
        if not opening.plain:
            stop_and_go_on(session)
            storm(session)
        end(session, how, plain=opening.plain)
        assert keeps_the_form(place)
        assert not not_meant(bytes(session.raw))
        tally.add()


# During long work


def make_a_key(session: PtySession, _: Path) -> None:
    """Make a key of 4,096 bits, which takes a second."""
    session.wait_for("RSA 4096")
    session.send(CTRL_G)
    session.wait_for("generating")


def back_up(session: PtySession, usb: Path) -> None:
    """Make a backup, whose key derivation takes half a second."""
    session.send(f"{F2}b")
    session.wait_for("Back up")
    session.send(f"{usb}\r{PHRASE}\r{PHRASE}")
    session.wait_for("Both passphrases match")
    session.send("\r")
    session.quiet(0.05)


def restore(session: PtySession, usb: Path) -> None:
    """Restore a backup, which derives the same key."""
    (backup,) = usb.iterdir()
    session.send(f"{F2}r")
    session.wait_for("Restore a pair")
    session.send(f"{CTRL_U}\x1b[200~{backup}\x1b[201~\r{PHRASE}\r")
    session.quiet(0.05)


LONG_WORK = (make_a_key, back_up, restore)


@pytest.mark.slow
@pytest.mark.safety
@pytest.mark.parametrize("work", LONG_WORK, ids=lambda work: work.__name__)
@pytest.mark.parametrize("how", ENDINGS, ids=lambda how: how.name if how else "gone")
def test_an_end_during_long_work_restores_the_terminal(
    tmp_path: Path, work: Callable[[PtySession, Path], None], how: signal.Signals | None
) -> None:
    place = HostilePlace(tmp_path, "")
    (usb := tmp_path / "usb").mkdir()
    session = place.session()
    create_pair(session, RequestSpec(("there.mydomain.com",)))
    if work is restore:
        back_up_now(session, "there.mydomain.com", BackupSpec(str(usb), Secret(PHRASE), Secret(PHRASE)))
    session.store.save_draft(dump_draft(Draft(common_name="typed.mydomain.com", key="rsa-4096")))
    with counted(PROMISE, f"during long work, {how.name if how else 'lost terminal'}") as tally:
        with start(place) as user:
            user.wait_for("typed.mydomain.com")
            work(user, usb)
            end(user, how)
        assert "there.mydomain.com" in session.store.names()
        names = session.store.names()
        assert all(read_pair(session, name) for name in names)
        assert "typed.mydomain.com" in (place.store / ".draft.json").read_text()
        tally.add()


def test_many_resizes_while_typing_lose_no_key(tmp_path: Path) -> None:
    place = HostilePlace(tmp_path, "")
    place.store.mkdir(mode=0o700)
    with start(place) as session:
        session.wait_for("Common name")
        text = "a.very.long.name.of.a.server.mydomain.com"
        for (columns, rows), key in zip(STORM, itertools.chain(text, itertools.repeat("")), strict=False):
            session.resize(columns, rows)
            session.send(key or "\x0c")
            session._read(0.0)
        session.quiet(0.1)
        session.resize(80, 24)
        session.wait_for(text)
        stop_and_go_on(session)
        session.wait_for(text)
        end(session, signal.SIGTERM)
        assert not not_meant(bytes(session.raw))


@pytest.mark.slow
@pytest.mark.safety
def test_the_last_of_many_sizes_is_drawn(tmp_path: Path) -> None:
    chance = random.Random(1)  # noqa: S311 - the same every time
    with (
        counted(PROMISE, "many resizes at once: the last size counts") as tally,
        start(HostilePlace(tmp_path, "")) as session,
    ):
        session.wait_for("Common name")
        for _ in range(60):
            session.raw.clear()
            for _ in range(chance.randrange(2, 60)):
                session.resize(chance.randrange(3, 100), chance.randrange(3, 36))
                session.kill(signal.SIGWINCH)
                session._read(chance.choice((0.0, 0.0, 0.004)))
            session.resize(*LARGEST)
            session.wait_until(partial(fills, session), "the last size")
            session.quiet(0.05)
            assert fills(session), session.text
            tally.add()


def fills(session: PtySession) -> bool:
    """Return whether the drawing reaches from edge to edge."""
    lines = session.text.split("\n")
    return "─" * session.columns in lines and lines[-1].startswith(" ctrl+g Generate")


# Hostile text in the store, the settings, the environment and foreign files


def test_the_terminal_gets_no_unintended_byte(tmp_path: Path) -> None:
    place = make_hostile_place(tmp_path / "place", ALL_IN_ONE)
    with start(place) as session:
        session.wait_for("Common name")
        hands = AtTheTerminal(session)
        tried = (PLAIN_VIEW, *OPENINGS[::9])
        for opening in tried:
            asyncio.run(walk_to(hands, opening, place))
        end(session, signal.SIGTERM)
        assert not not_meant(bytes(session.raw))


@pytest.mark.slow
@pytest.mark.safety
def test_no_screen_sends_an_unintended_byte_to_the_terminal(tmp_path: Path) -> None:
    place = make_hostile_place(tmp_path / "place", ALL_IN_ONE)
    with (
        counted("The terminal gets no unintended bytes", "hostile text on every screen") as tally,
        start(place) as session,
    ):
        session.wait_for("Common name")
        hands = AtTheTerminal(session)
        for opening in (PLAIN_VIEW, *OPENINGS):
            asyncio.run(walk_to(hands, opening, place))
            assert not not_meant(bytes(session.raw)), opening
            tally.add()
        end(session, signal.SIGTERM)


async def walk_to(hands: AtTheTerminal, opening: Opening, place: HostilePlace) -> None:
    """Go to a screen, look at its next page, and come back."""
    await opening.take(hands, given=place.given, out=place.out)
    await hands.type("\r" if opening.plain else "\x1b[6~")
    hands.session.quiet(0.03)
    await hands.back()


@table("text", [ALL_IN_ONE, "\x1b[31m", "\x9b", "\u202e", "\x1b]52;c;x\x07", "\x1bc", "\u3164"])
def test_an_unintended_byte_would_be_noticed(text: str) -> None:
    colour = b"\x1b[1;31mplain\x1b[0m \x1b[2;5H\x1b[?25l"
    assert not_meant(colour) == []
    planted = text if text != "\x1b[31m" else "\x1b[31q"
    assert not_meant(colour + planted.encode("utf-8", "replace")) != []
