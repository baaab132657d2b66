"""For any arguments, the output consists of safe lines: no traceback, no bug, no control character."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

import pytest
from command import run_process
from data_files import naughty_strings
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safety_results import record

from csrtui.cli.parser import COMMANDS

if TYPE_CHECKING:
    from pathlib import Path

    from command import Csrtui, Ran

    from csrtui.cli.parser import CliCommand

anything = st.text(st.characters(exclude_characters="\0", exclude_categories=[]), max_size=30)
short = st.text(
    st.characters(exclude_characters="\0/", exclude_categories=[]), max_size=6
) | st.integers().map(str)
options = st.sampled_from(
    [
        "-O", "-U", "-C", "-S", "-L", "--ca", "--key", "--for", "--as", "--force", "--json", "--csv", "--filter",
        "--next", "--add-counterpart", "--mark-submitted", "--from", "-", "--", "--passphrase-fd",
        "--encrypt-key=x", "--profile", "private", "public", "nginx", "ec-p256", "ed25519", "a.com", "*.a.com",
        "back-up", "intranet", "10.0.0.1", "GB",
    ]
)  # fmt: skip
OWN = [command for command in COMMANDS if command.name != "fleet"]
"""Commands that start no other program."""
WRITING = {"--to", "--store", "--copy"}
"""Output that can be written to any path."""


def options_of(command: CliCommand) -> list[str]:
    """Return the options of a command that write nothing."""
    parser = argparse.ArgumentParser()
    command.action.arguments(parser)
    return sorted(set(parser._option_string_actions) - WRITING)


commands = st.sampled_from([command.name for command in COMMANDS])
lines_of_options = st.sampled_from(OWN).flatmap(
    lambda command: st.tuples(
        st.just(command.name),
        st.lists(st.sampled_from(options_of(command)) | options | short, min_size=1, max_size=8),
    )
)
PROMISE = "For any arguments, the output is lines of text and the status is 0 to 3"


def is_safe(ran: Ran) -> bool:
    """Return whether a text has only printable characters and line ends, and reports no bug."""
    out = ran.out.replace("\r\n", "\n") if ran.out.startswith("BEGIN:VCALENDAR\r\n") else ran.out
    text = out + ran.err
    return (
        text.replace("\n", "").isprintable()
        and "Traceback" not in text
        and "a bug:" not in text
        and ran.status in {0, 1, 2, 3}
    )


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(commands, st.lists(options | anything, max_size=6))
def test_any_arguments_have_a_safe_output(csrtui: Csrtui, command: str, arguments: list[str]) -> None:
    if command == "new" and any(one.startswith(("--store", "--passphrase-file")) for one in arguments):
        return
    ran = csrtui(command, *arguments)
    assert is_safe(ran), ran


@pytest.mark.safety
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines_of_options)
def test_any_options_of_every_command_have_a_safe_output(
    csrtui: Csrtui, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: tuple[str, list[str]]
) -> None:
    monkeypatch.chdir(tmp_path)  # no option has this meaning
    ran = csrtui(line[0], *line[1])
    assert is_safe(ran), ran
    record(PROMISE, "the options of every command with random text between them", 1, 0)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(anything, max_size=3))
def test_any_first_argument_has_a_safe_output(csrtui: Csrtui, arguments: list[str]) -> None:
    assert is_safe(csrtui(*arguments))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(anything.filter(bool), anything, st.sampled_from(["show", "list"]))
def test_any_subject_is_shown_safely_afterwards(
    csrtui: Csrtui, organization: str, locality: str, command: str
) -> None:
    ran = csrtui(
        "new", "a.com", f"--organization={organization}", f"--locality={locality}", "-C", "GB", "--force"
    )
    assert is_safe(ran)
    if ran.status == 0:
        name = ran.out.strip()
        assert is_safe(csrtui(*((command, name) if command == "show" else (command, "--csv"))))
        shown = csrtui("show", name, "--json")
        assert is_safe(shown)
        assert shown.json["name"] == name


@pytest.mark.parametrize("step", [7, pytest.param(1, marks=pytest.mark.slow)])
def test_naughty_strings_have_a_safe_output_everywhere(csrtui: Csrtui, step: int) -> None:
    """By default, test every seventh string and all strings that have caused problems before."""
    assert is_safe(csrtui("check", "--organization=--", "a.com"))
    for text in naughty_strings()[::step]:
        assert is_safe(csrtui("check", f"--organization={text}", "a.com", "--json"))
        assert is_safe(csrtui("check", "--", text))
        assert is_safe(csrtui("show", "--", text))


def test_bytes_that_are_not_text_pass_through_a_real_process(tmp_path: Path) -> None:
    (tmp_path / "\udcff-store").mkdir(mode=0o700)
    for arguments in (
        ("check", "a\udcff.com"),
        ("show", "\udcff\x1b[2J"),
        ("check", "a.com", "-O", "\udc80\x1b]0;x\x07"),
    ):
        ran = run_process(*arguments, store=tmp_path / "\udcff-store")
        assert is_safe(ran)
        assert ran.status in {1, 2}


def test_a_store_with_an_odd_path_is_shown_safely(tmp_path: Path) -> None:
    store = tmp_path / "\udcff\x1b[31m\u202e"
    ran = run_process("new", "shop.a.com", "--json", store=store)
    assert (ran.status, is_safe(ran)) == (0, True)
    assert ran.json["path"] == f"{store}/pairs/shop.a.com"
    store.chmod(0o755)
    refused = run_process("list", store=store)
    assert (refused.status, is_safe(refused)) == (3, True)
