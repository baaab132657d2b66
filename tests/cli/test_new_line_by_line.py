"""``csrtui new`` without a name on a terminal: one question after another, with the advice after each answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from command import argv
from pty_session import PtySession

from csrtui.store.keystore import Keystore
from csrtui.tasks.list import read_pair
from csrtui.tasks.session import Session

if TYPE_CHECKING:
    from pathlib import Path

    from command import Csrtui

    from csrtui.core.pairs.pair import PairRecord


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Return the path of a store that does not exist."""
    return tmp_path / "store"


def new(store: Path, *options: str) -> PtySession:
    """Start the command on a terminal without cursor movement."""
    env = {"TERM": "dumb", "CSRTUI_CONFIG": str(store.parent / "none.toml"), "CSRTUI_STORE": str(store)}
    return PtySession(argv("new", *options), env=env, columns=100, rows=200)


def answer(terminal: PtySession, *lines: str) -> None:
    """Answer one question after the other."""
    start = 0
    for line in lines:
        terminal.wait_until(lambda: terminal.raw[start:].endswith(b": "), "a question")  # noqa: B023 - awaited here
        start = len(terminal.raw)
        terminal.send(f"{line}\n")


def record(store: Path, name: str) -> PairRecord:
    """Return the record of a pair."""
    return read_pair(Session(Keystore(str(store))), name)[0].record


def test_the_answers_become_the_pair_and_fixes_are_offered_by_number(store: Path) -> None:
    with new(store) as terminal:
        answer(terminal, "intranet", "1", "wiki.corp git.corp", "", "", "Example Ltd", "IT", "UK", "1", "")
        answer(terminal, "London", "nginx", "rsa-9", "rsa-3072", "y")
        assert terminal.wait_exit() == 0
        text = terminal.text
    assert "error: intranet has no domain" in text
    assert "  1: use a private CA instead" in text
    assert "Country, or 1 to fix [UK]: 1" in text
    assert "error: 'rsa-9' is not a key type" in text
    assert "11 Key type: rsa-3072" in text
    assert "\x1b" not in terminal.raw.decode()
    made = record(store, "intranet")
    assert made.names == ("intranet", "wiki.corp", "git.corp")
    assert made.subject_text == "CN=intranet,OU=IT,O=Example Ltd,L=London,C=GB"
    assert (made.platform, made.key.type, made.ca) == ("nginx", "rsa-3072", "private")


def test_enter_keeps_what_options_set_and_a_field_can_be_changed_at_the_end(store: Path) -> None:
    with new(store, "-O", "Old Ltd", "-C", "GB", "-L", "London", "--as", "mine") as terminal:
        answer(terminal, "", "", "", "?", "public", *[""] * 6)
        changes = ("1", "a.mydomain.com", "2", "?", "b.mydomain.com", "x", "99", "4", "-", "5", "-", "7", "-")
        answer(terminal, *changes, "3", "private", "3", "pub", "y")
        assert terminal.wait_exit() == 0
        text = terminal.text
    assert "Enter a common name, e.g. www.example.com." in text
    assert "Private: your organization's own CA." in text
    made = record(store, "mine")
    assert made.subject_text == "CN=a.mydomain.com"
    assert made.names == ("a.mydomain.com", "b.mydomain.com")


@pytest.mark.parametrize(("key", "status"), [("\x03", 130), ("\x04", 2)])
def test_ctrl_c_and_ctrl_d_leave_with_nothing_made(store: Path, key: str, status: int) -> None:
    with new(store) as terminal:
        answer(terminal, "a.mydomain.com")
        terminal.wait_for("Other names []:")
        terminal.send(key)
        assert terminal.wait_exit() == status
        assert "nothing was made" in terminal.text
        assert terminal.attributes == terminal.attributes_before
    assert not store.exists()


def test_a_no_at_the_end_makes_nothing(store: Path) -> None:
    with new(store) as terminal:
        answer(terminal, "a.mydomain.com", *[""] * 8, "no")
        assert terminal.wait_exit() == 2
    assert not store.exists()


def test_hostile_answers_cannot_control_the_terminal(store: Path) -> None:
    with new(store, "-O", "a\x1b]0;x\x07b", "-L", "x\u202ey") as terminal:
        terminal.wait_for("Common name")
        terminal.send(b"\xff\xfe\n")
        answer(terminal, "a\u202eb.com", *[""] * 12, "n")
        assert terminal.wait_exit() == 2
        shown = terminal.raw.decode("utf-8", "replace")
    assert "the answer is not UTF-8" in shown
    assert "[a\\x1b]0;x\\x07b]" in shown
    assert "[x\\u202ey]" in shown
    assert "\x1b" not in shown
    assert shown.count("\u202e") == 1, "only the echo of the terminal itself"


def test_an_existing_pair_is_named_with_the_command_that_renews_it(csrtui: Csrtui) -> None:
    assert csrtui("new", "a.com").status == 0
    with new(csrtui.store, "--dry-run") as terminal:
        answer(terminal, "a.com", *[""] * 10, "y")
        assert terminal.wait_exit() == 0
        text = terminal.text
    assert f"  to renew it instead: csrtui renew --store {csrtui.store} a.com" in text.replace("\n", "")
    assert "would make a.com-2" in text
    assert csrtui.pairs == ["a.com"]


def test_without_a_terminal_a_missing_name_is_an_error(csrtui: Csrtui) -> None:
    assert csrtui("new").status == csrtui("new", stdin=None).status == 2


def test_a_passphrase_for_the_key_is_offered_hidden_and_rated(store: Path) -> None:
    with new(store) as terminal:
        answer(
            terminal, "a.mydomain.com", *[""] * 8, "p", "secret-1", "other", "p", "secret-1", "secret-1", "y"
        )
        assert terminal.wait_exit() == 0
        text = terminal.text
    assert " p Passphrase of the key: -" in text
    assert "error: the two passphrases are not the same" in text
    assert "The passphrase is short: use at least 12 characters" in " ".join(text.split())
    assert " p Passphrase of the key: typed" in text
    assert "secret-1" not in text
    assert record(store, "a.mydomain.com").key.encrypted


def test_an_empty_passphrase_leaves_the_key_without_one(store: Path) -> None:
    with new(store) as terminal:
        answer(terminal, "a.mydomain.com", *[""] * 8, "p", "", "y")
        assert terminal.wait_exit() == 0
    assert not record(store, "a.mydomain.com").key.encrypted


def test_with_a_passphrase_option_none_is_offered(store: Path, tmp_path: Path) -> None:
    (tmp_path / "phrase").write_text("a long enough phrase")
    (tmp_path / "phrase").chmod(0o600)
    with new(store, "--passphrase-file", str(tmp_path / "phrase")) as terminal:
        answer(terminal, "a.mydomain.com", *[""] * 8, "p", "y")
        assert terminal.wait_exit() == 0
        assert "Passphrase" not in terminal.text
    assert record(store, "a.mydomain.com").key.encrypted
