"""``csrtui help``, ``-q`` and ``-v``: the documentation is installed with csrtui, and messages can be reduced or extended."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from command import argv
from pty_session import PtySession

from csrtui.core.base.errors import StoreError
from csrtui.store import package_data

if TYPE_CHECKING:
    from command import Csrtui

TOPICS = sorted(path.stem for path in (Path(package_data.__file__).parents[1] / "docs").glob("*.md"))


def test_help_lists_every_command_and_topic(csrtui: Csrtui) -> None:
    ran = csrtui("help")
    assert (ran.status, ran.err) == (0, "")
    assert ran.out.startswith(csrtui("--help").out)
    assert "\ncommands:\n  COMMAND\n" in ran.out
    assert [line.split()[0] for line in ran.out.partition("topics")[2].splitlines()[1:]] == TOPICS


def test_help_of_a_command_prints_the_same_as_its_help_option(csrtui: Csrtui) -> None:
    assert csrtui("help", "new").out == csrtui("new", "--help").out
    assert csrtui("help", "fleet", "csr").out == csrtui("fleet", "csr", "--help").out


@pytest.mark.parametrize("topic", TOPICS)
def test_every_topic_is_printed_as_markdown_to_a_pipe(csrtui: Csrtui, topic: str) -> None:
    ran = csrtui("help", topic)
    assert ran.out.startswith("# ")
    assert "<!--" not in ran.out


def test_a_mistyped_topic_or_command_gets_a_suggestion(csrtui: Csrtui) -> None:
    assert csrtui("help", "bakcups").hint == "did you mean backups?"
    assert csrtui("help", "xyzzy").hint == "csrtui help lists the commands and topics"
    assert csrtui("exprt").hint == "did you mean export?"
    assert csrtui("list", "--fitler", "x").hint == "did you mean --filter?"


def test_documentation_that_is_not_installed_is_an_error(
    csrtui: Csrtui, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(package_data, "_FOLDER", str(tmp_path / "missing"))
    ran = csrtui("help", "backups")
    assert (ran.status, ran.hint) == (3, "install csrtui again")
    with pytest.raises(StoreError, match="cannot be read"):
        package_data.read_topic("backups")


@pytest.mark.parametrize(
    ("variables", "shown"),
    [
        ({"PAGER": "sed s/^/paged:/"}, "paged:"),
        ({"PAGER": "sed s/^/paged:/", "TERM": "dumb"}, "passphrase files need mode 0600"),
        ({"PAGER": "no-such-pager"}, "passphrase files need mode 0600"),
        ({"PAGER": "'"}, "passphrase files need mode 0600"),
        ({"PAGER": "cat"}, "passphrase files need mode 0600"),
        ({"PAGER": "true"}, ""),
        ({"PAGER": shlex.join(argv("help", "backups"))}, "passphrase files need mode 0600"),
    ],
)
def test_a_terminal_shows_a_topic_through_the_pager(variables: dict[str, str], shown: str) -> None:
    env = {"NO_COLOR": "1", "TERM": "xterm", **variables}
    with PtySession(argv("help", "backups"), env=env) as terminal:
        assert terminal.wait_exit() == 0
        text = terminal.text
    assert shown in text
    assert ("paged:" in text, text.strip() == "") == (shown == "paged:", shown == "")


def test_a_narrow_terminal_shows_comments_above_their_commands() -> None:
    env = {"NO_COLOR": "1", "TERM": "xterm", "PAGER": "cat"}
    with PtySession(argv("help", "command-line"), env=env, rows=400, columns=80) as terminal:
        assert terminal.wait_exit() == 0
        lines = [line.strip() for line in terminal.text.splitlines()]
    comment = lines.index("# advice; exit 1 if something blocks")
    assert lines[comment + 1] == "csrtui check mydomain.com"


def test_only_output_that_is_longer_than_the_screen_goes_through_the_pager(csrtui: Csrtui) -> None:
    assert csrtui("new", "a.com").status == 0
    env = {"PAGER": "sed s/^/paged:/", "TERM": "xterm", "CSRTUI_STORE": str(csrtui.store)}
    request = str(csrtui.pair("a.com") / "request.pem")
    for command, rows in (
        (("show", "a.com"), 3),
        (("show", "a.com"), 100),
        (("inspect", request), 3),
        (("doctor",), 3),
    ):
        with PtySession(argv(*command), env=env, rows=rows, columns=60) as terminal:
            terminal.wait_exit()
            assert (b"paged:" in terminal.raw) == (rows == 3), command


def test_quiet_leaves_only_data_and_errors(csrtui: Csrtui) -> None:
    ran = csrtui("-q", "new", "www.mydomain.com")
    assert (ran.status, ran.out, ran.err) == (0, "www.mydomain.com\n", "")
    refused = csrtui("new", "--quiet", "intranet", "www.mydomain.com")
    assert refused.status == 2
    assert refused.err.count("\n") == 2
    assert "error: " in refused.err
    assert "made" in csrtui("new", "www.example-shop.com").err


def test_verbose_logs_files_but_no_secret(csrtui: Csrtui, tmp_path: Path) -> None:
    passphrase = tmp_path / "passphrase"
    passphrase.write_text("correct horse battery staple\n")
    passphrase.chmod(0o600)
    ran = csrtui("-v", "new", "a.com", "--encrypt-key", "--passphrase-file", str(passphrase))
    assert re.search(rf"(?m)^20\d\d-\S+ \S+ created {csrtui.store}/pairs/a\.com$", ran.err)
    ran = csrtui("csr", "-v", "a.com", "--to", str(tmp_path / "a.csr"))
    assert f"written {tmp_path}/a.csr" in ran.err
    assert f"read {csrtui.store}/pairs/a.com/request.pem" in ran.err
    assert "correct" not in ran.err
    assert "BEGIN" not in ran.err
    assert "created" not in csrtui("new", "b.com").err


def test_quiet_and_verbose_exclude_each_other(csrtui: Csrtui) -> None:
    assert csrtui("-q", "-v", "list").status == 2


def test_the_short_option_prints_the_version(csrtui: Csrtui) -> None:
    assert csrtui("-V").out == csrtui("--version").out
