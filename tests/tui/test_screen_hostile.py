"""Hostile text on the screens: no crash, no effect, and no raw byte of it reaches the terminal."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from data_files import naughty_strings
from hostile import ALL_IN_ONE, ALONE, HOSTILE
from pty_session import PtySession
from screens_user import User, at_screens, session_on
from textual import events

from csrtui.core.base.finding import FieldName
from csrtui.core.certificates import csr
from csrtui.core.keys import key_types
from csrtui.core.pairs.pair_json import dump_record, load_record
from csrtui.core.subject.fields import SubjectFields
from csrtui.store.keystore import PairFiles
from csrtui.tasks.new import create_pair
from csrtui.tasks.request_spec import RequestSpec
from csrtui.tui.widgets.request_fields import TEXT_FIELDS

if TYPE_CHECKING:
    from csrtui.tasks.session import Session

ROOT = Path(__file__).parents[2]
EACH = [
    pytest.param(ALL_IN_ONE, id="all in one"),
    *(
        pytest.param(text, id=name, marks=[] if name in ALONE else [pytest.mark.slow])
        for name, text in HOSTILE.items()
        if name != "long"
    ),
    pytest.param(HOSTILE["long"], id="long"),
]
"""One by one in CI. By default, all in one text, and those that have an effect only alone."""
CLEAN = re.compile(r"[\x20-\x7e\xa0-\U0010ffff]*")
SEQUENCE = re.compile(
    rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[PX^_][^\x1b]*\x1b\\|.)", re.DOTALL
)


def assert_harmless(user: User) -> None:
    """Assert that everything on the screen is printable."""
    assert user.app.is_running
    assert not user.app._exit
    for line in user.screen_lines:
        assert line.isprintable(), ascii(line)


@pytest.mark.parametrize("text", EACH)
async def test_hostile_text_in_every_field_has_no_effect(tmp_path: Path, text: str) -> None:
    async with at_screens(session_on(tmp_path / "store")) as user:
        for field in TEXT_FIELDS:
            await user.go_to(field)
            await user.paste(text)
            assert_harmless(user)
            await user.paste(f"{text}\n{text}")
            assert_harmless(user)
            user.text_field(field).load_text(text)  # as restored from a draft
            await user.settle()
            assert_harmless(user)
        await user.press("ctrl+n", "f4", "ctrl+f", "ctrl+z")
        assert_harmless(user)
        await user.generate()
        assert_harmless(user)
        if user.question:
            await user.press("escape")
        await user.press("f2", "slash")
        await user.paste(text)
        assert_harmless(user)
        await user.press("ctrl+q")
        assert user.question
        await user.press("escape")


@pytest.mark.parametrize(
    "text", [pytest.param("".join(dict.fromkeys(ALL_IN_ONE)), id="each once"), *EACH[1:-1]]
)
async def test_hostile_text_typed_key_by_key_has_no_effect(tmp_path: Path, text: str) -> None:
    async with at_screens(session_on(tmp_path / "store")) as user:
        await user.go_to(FieldName.ORGANIZATION)
        for character in filter(str.isprintable, text):
            await user.press(character)
        assert_harmless(user)
        assert user.draft.organization == "".join(c for c in text if c.isprintable())


def keep_foreign(session: Session, text: str, name: str = "evil") -> None:
    """Store a pair with a subject that csrtui itself would not make."""
    made = create_pair(session, RequestSpec(names=("a.example.com",)))
    record = load_record(session.store.read(made.name).record)
    key = key_types.generate(key_types.KeyType.EC_P256)
    safe = text.encode("utf-8", "replace").decode()
    try:
        der = csr.build(SubjectFields(common_name="a", organization=safe[:64]), ["a.example.com"], key)
    except (ValueError, TypeError):
        der = csr.build(SubjectFields(common_name="a"), ["a.example.com"], key)
    asked = csr.read_der(der)
    record = record._replace(
        subject_text=f"O={text}",
        names=(text, "b"),
        platform=text,
        renews=text,
        key=record.key._replace(type=text),
        request=record.request._replace(sha256=asked.sha256),
        history=tuple(event._replace(text=text, user=text) for event in record.history),
    )
    session.store.add(name, PairFiles(key_types.private_pem(key), csr.to_pem(der), dump_record(record)))


@pytest.mark.parametrize("text", EACH)
async def test_hostile_text_in_a_stored_pair_has_no_effect(tmp_path: Path, text: str) -> None:
    session = session_on(tmp_path / "store")
    keep_foreign(session, text)
    async with at_screens(session) as user:
        await user.until(lambda: len(user.pairs) == 2, "the pairs")
        await user.press("f2")
        user.keystore.pairs.move_to(user.pairs.index("evil"))
        await user.settle()
        assert_harmless(user)
        await user.press("enter")
        assert_harmless(user)
        before: list[str] = []
        while user.screen_lines != before:
            before = user.screen_lines
            await user.press("pagedown")
            assert_harmless(user)
        await user.press("v")
        assert_harmless(user)
        await user.press("escape", "escape")
        assert_harmless(user)


async def sweep(user: User, texts: list[str]) -> None:
    """Paste each text into each field, check the preview, and remove the text."""
    for text in texts:
        for field in TEXT_FIELDS:
            user.text_field(field).post_message(events.Paste(text or " "))
        await user.settle()
        assert_harmless(user)
        await user.press("f4")
        assert_harmless(user)
        for field in TEXT_FIELDS:
            user.text_field(field).load_text("")


async def test_a_sample_of_naughty_strings_has_no_effect_in_any_field(tmp_path: Path) -> None:
    async with at_screens(session_on(tmp_path / "store"), (100, 40)) as user:
        await sweep(user, naughty_strings()[::120])


@pytest.mark.slow
async def test_every_naughty_string_has_no_effect_in_any_field(tmp_path: Path) -> None:
    async with at_screens(session_on(tmp_path / "store"), (100, 40)) as user:
        await sweep(user, naughty_strings())


# The bytes for the terminal


def kinds(raw: bytes) -> set[bytes]:
    """Return the control sequences of a run without their numbers, and every other control byte."""
    found = {re.sub(rb"[0-9;:]+", b"", sequence[:3] + sequence[-1:]) for sequence in SEQUENCE.findall(raw)}
    rest = SEQUENCE.sub(b"", raw).decode("utf-8", "replace")
    return found | {character.encode() for character in rest if not CLEAN.fullmatch(character)}


def run(store: Path, paste: str, **env: str | None) -> bytes:
    """Visit the screens in a real terminal with pasted text, and return the bytes."""
    argv = [sys.executable, "-m", "csrtui", "--store", str(store)]
    home = {"PYTHONPATH": str(ROOT), "XDG_CONFIG_HOME": str(store.parent / "config"), **env}
    with PtySession(argv, env=home) as session:
        session.wait_for("Common name")
        session.send(f"\x1b[200~{paste} zzz\x1b[201~")
        session.wait_for("zzz")
        session.send(f"\t\t\x1b[200~{paste} qqq\x1b[201~")
        session.wait_for("qqq")  # a field shows the end of a long paste
        session.send("\x1bOQ")
        session.wait_for("evil")
        session.send("\x1b[F\r")
        session.wait_for("Keystore · evil")
        session.send("q")
        session.wait_for("2 pairs")
        session.send("\x11")
        session.wait_for("Quit csrtui?")
        session.send("\t\r")
        assert session.wait_exit() == 0
        assert session.terminal_is_whole
        return bytes(session.raw)


@pytest.fixture(scope="module")
def benign_run(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The bytes of a run with harmless text."""
    folder = tmp_path_factory.mktemp("benign")
    keep_foreign(session_on(folder / "store"), "Example Ltd")
    return run(folder / "store", "zzz Example Ltd")


def test_the_terminal_gets_no_sequence_but_the_apps_own(tmp_path: Path, benign_run: bytes) -> None:
    nasty = "".join(text for name, text in HOSTILE.items() if name not in {"long", "surrogate", "wide"})
    keep_foreign(session_on(tmp_path / "hostile"), nasty)
    # Whether cells of a line are inserted or deleted depends on its text.
    expected = kinds(benign_run) | kinds(b"\x1b[@\x1b[2@\x1b[P\x1b[2P")
    # A pasted text cannot contain the end-of-paste sequence, because terminals strip it.
    raw = run(tmp_path / "hostile", "zzz" + nasty)
    assert kinds(raw) <= expected
    assert not any(sequence.startswith(b"\x1b]52") for sequence in SEQUENCE.findall(raw))
    for bidi in ("\u202e", "\u2066", "\u200b", "\ufeff", "\x9b"):
        assert bidi.encode() not in raw


def test_no_color_removes_all_colour(tmp_path: Path, benign_run: bytes) -> None:
    colour = re.compile(rb"\x1b\[(?:[0-9;]*;)?(?:3[0-8]|4[0-8]|9[0-7]|10[0-7])(?:;[0-9;]*)?m")
    session = session_on(tmp_path / "store")
    keep_foreign(session, "Example Ltd")
    assert colour.search(benign_run), "with colours there are some, or this tests nothing"
    assert not colour.search(run(tmp_path / "store", "zzz_a.com", NO_COLOR="1"))
