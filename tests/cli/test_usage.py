"""The command line in general: help with examples, the store's location, and a one-line message for mistakes."""

from __future__ import annotations

import argparse
import importlib.metadata
import os
import re
import shlex
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from command import ROOT

from csrtui.cli.parser import COMMANDS, Parser, build_parser
from csrtui.fleet.cli.commands import ACTION as FLEET
from csrtui.store.keystore import Keystore

if TYPE_CHECKING:
    from command import Csrtui

NAMES = [command.name for command in COMMANDS]


def test_the_help_lists_every_command_with_what_it_does(csrtui: Csrtui) -> None:
    ran = csrtui("--help")
    assert (ran.status, ran.err) == (0, "")
    folded = " ".join(ran.out.split())
    for command in COMMANDS:
        assert f" {command.name} {command.summary}" in folded
    assert "examples:\n  csrtui " in ran.out


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("option", ["-h", "--help"])
def test_each_commands_help_has_an_example_that_its_parser_takes(
    csrtui: Csrtui, name: str, option: str
) -> None:
    ran = csrtui(name, option)
    assert (ran.status, ran.err) == (0, "")
    _, _, examples = ran.out.replace("\\\n", "").partition("examples:\n")
    lines = re.findall(r"(?m)^ +csrtui (.*)$", examples)
    assert lines
    for line in lines:
        arguments = shlex.split(line.partition(">")[0].partition("<")[0])
        assert arguments[0] == name
        assert build_parser(arguments).parse_args(arguments).command.name == name


def test_the_help_fits_a_terminal_of_80_columns(csrtui: Csrtui, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    fleet = Parser(prog="x")
    FLEET.arguments(fleet)
    (commands,) = (action for action in fleet._actions if isinstance(action, argparse._SubParsersAction))
    helps = [
        csrtui(*name.split(), "--help").out
        for name in ("", *NAMES, *(f"fleet {name}" for name in commands.choices))
    ]
    assert [line for text in helps for line in text.splitlines() if len(line) > 80] == []


@pytest.mark.parametrize("name", NAMES)
def test_every_option_has_a_help_and_the_store_among_them(csrtui: Csrtui, name: str) -> None:
    assert "--store DIR" in csrtui(name, "--help").out
    parser = Parser(prog="x")
    next(command for command in COMMANDS if command.name == name).action.arguments(parser)
    assert all(action.help for action in parser._actions)


def test_the_version_option_lists_the_libraries(csrtui: Csrtui, monkeypatch: pytest.MonkeyPatch) -> None:
    ran = csrtui("--version")
    assert re.match(r"csrtui \d+\.\d+", ran.out)
    assert re.search(r"  cryptography \d", ran.out)
    # The lists of early releases of publicsuffixlist have no date.
    assert re.search(r"  public suffix list of (\d{4}-\d\d-\d\d|unknown date)\n", ran.out)
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    for package in declared:
        name = re.split("[<>=]", package)[0]
        assert f"  {name} {importlib.metadata.version(name)}\n" in ran.out
    assert "pytest" not in ran.out
    required = ["no-such-package>=1", "no-such-extra; extra == 'age'", "pyrage<2; extra == 'age'"]
    monkeypatch.setattr("csrtui.cli.version.requires", lambda _: required)
    ran = csrtui("--version")
    assert "  no-such-package not installed\n" in ran.out
    assert "no-such-extra" not in ran.out
    assert f"  pyrage {importlib.metadata.version('pyrage')}\n" in ran.out


def test_a_library_that_is_not_installed_is_reported(csrtui: Csrtui, monkeypatch: pytest.MonkeyPatch) -> None:
    def required(name: str) -> list[str]:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr("csrtui.cli.version.requires", required)
    ran = csrtui("--version")
    assert (ran.status, len(ran.out.splitlines())) == (0, 2)


def test_an_unsupported_library_version_is_named_and_is_not_reported_as_a_bug(
    csrtui: Csrtui, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: object) -> object:
        raise AttributeError("x509 has no such name")

    monkeypatch.setattr(Keystore, "folders", broken)
    csrtui.make_store()
    assert "a bug: AttributeError" in csrtui("list").error
    needed = ["tomlkit", "cryptography>=999; extra == 'x'", "cryptography>=999.1", "no-such-package>=1"]
    monkeypatch.setattr("csrtui.cli.version.requires", lambda _: needed)
    ran = csrtui("list")
    installed = importlib.metadata.version("cryptography")
    assert (ran.status, ran.hint) == (2, "pip install --upgrade csrtui")
    assert ran.error == f"csrtui needs cryptography 999.1 or later, and {installed} is installed"
    monkeypatch.setattr("csrtui.cli.version.requires", lambda _: needed[3:])
    assert csrtui("list").error == "the package no-such-package is not installed"


def _runs(python: str) -> bool:
    return subprocess.run([python, "-c", ""], check=False, capture_output=True).returncode == 0


@pytest.mark.parametrize("version", ["3.6", "3.8", "3.9", "3.10"])
def test_an_old_python_is_refused_in_one_sentence(version: str) -> None:
    found = [*Path.home().glob(f".pyenv/versions/{version}.*/bin/python"), shutil.which(f"python{version}")]
    python = next((str(path) for path in found if path and _runs(str(path))), None)
    if python is None:
        pytest.skip(f"Python {version} is not installed")
    done = subprocess.run(
        [python, "-m", "csrtui", "list"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(
        f"csrtui: error: csrtui needs Python 3.11 or later, and this is Python {version}\n"
    )
    assert len(done.stderr.splitlines()) == 2


@pytest.mark.parametrize(
    ("arguments", "said", "hint"),
    [
        (("frobnicate",), "unknown command 'frobnicate'", "csrtui --help lists the commands"),
        (("NEW", "a.com"), "unknown command 'NEW'", "csrtui --help lists the commands"),
        (("ne", "a.com"), "unknown command 'ne'", "did you mean new?"),
        (("--bogus",), "unrecognized arguments: --bogus", "csrtui --help"),
        (("\x1b[2J",), "unknown command '\\x1b[2J'", "csrtui --help lists the commands"),
        (("check", "a.com", "-O=--"), "-O: expected one argument", "csrtui check --help"),
        (("--store",), "--store: expected one argument", "csrtui --help"),
        (("show", "a.com", "b.com"), "unrecognized arguments: b.com", "csrtui show --help"),
        (
            ("check", "-a.com"),
            "required: NAME",
            "csrtui check --help; put a name that begins with a hyphen after --: csrtui check -- -a.com",
        ),
        (
            ("new", "a.com", "-b.com"),
            "unrecognized arguments: -b.com",
            "csrtui new --help; put a name that begins with a hyphen after --: csrtui new -- -b.com",
        ),
        (
            ("fleet", "list", "-ihosts.ini", "--forks", "x"),
            "invalid int value: 'x'",
            "csrtui fleet list --help",
        ),
        (("new", "-Omy.org", "--key"), "--key: expected one argument", "csrtui new --help"),
        (("new", "a.com", "--passphrase-fd", "x"), "invalid int value: 'x'", "csrtui new --help"),
    ],
)
def test_wrong_usage_is_reported_in_one_line(
    csrtui: Csrtui, arguments: tuple[str, ...], said: str, hint: str
) -> None:
    ran = csrtui(*arguments)
    assert (ran.status, ran.out) == (2, "")
    assert said in ran.error
    assert ran.hint == hint
    assert len(ran.err.splitlines()) == 2


@pytest.mark.parametrize("option", ["--passphrase", "--pass", "--passphrase=", "--password"])
@pytest.mark.parametrize("command", ["backup a.com --to .", "new a.com --encrypt-key", "restore a.pem"])
def test_a_passphrase_that_is_typed_as_an_argument_is_not_shown_again(
    csrtui: Csrtui, command: str, option: str
) -> None:
    given = [option + "canary"] if option.endswith("=") else [option, "canary"]
    ran = csrtui(*command.split(), *given)
    assert ran.status == 2
    assert "a passphrase is not accepted as an argument" in ran.error
    assert "canary" not in ran.out + ran.err
    assert not csrtui.store.exists()


def test_without_a_command_the_screens_open_on_the_store(csrtui: Csrtui, tmp_path: Path) -> None:
    assert csrtui().status == 0
    assert csrtui("--store", f"{tmp_path}/x/../other").status == 0
    assert csrtui("--mouse").status == 0
    assert csrtui.screens == [str(csrtui.store), f"{tmp_path}/other", f"{csrtui.store} with mouse"]


def test_the_mouse_is_only_for_the_screens(csrtui: Csrtui) -> None:
    ran = csrtui("--mouse", "list")
    assert (ran.status, ran.hint) == (2, "csrtui --mouse opens them")
    assert ran.error == "--mouse is only for the screens"


def test_a_bug_is_reported_without_a_value_and_without_a_traceback(
    csrtui: Csrtui, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: object) -> None:
        raise RuntimeError("canary")

    csrtui.make_store()
    monkeypatch.setattr(Keystore, "folders", fail)
    ran = csrtui("list")
    assert ran.status == 3
    assert ran.error.startswith("a bug: RuntimeError (")
    assert "canary" not in ran.err
    assert "Traceback" not in ran.err


def test_an_interrupt_is_quiet(csrtui: Csrtui, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(_: object) -> None:
        raise KeyboardInterrupt

    csrtui.make_store()
    monkeypatch.setattr(Keystore, "folders", interrupt)
    ran = csrtui("list")
    assert (ran.status, ran.out, ran.err) == (130, "", "")


# The location of the store


def test_the_option_wins_over_the_variable_before_and_after_the_command(
    csrtui: Csrtui, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    assert csrtui("--store", str(other), "new", "a.com").status == 0
    assert csrtui("new", "a.com", "--store", str(other)).out == "a.com-2\n"
    assert csrtui("new", f"--store={other}", "a.com").out == "a.com-3\n"
    assert csrtui("--store", "/nowhere", "list", "--store", str(other), "--csv").out.count("\n") == 4
    assert not csrtui.store.exists()
    csrtui("new", "a.com")
    assert csrtui.pairs == ["a.com"]


def test_a_relative_store_is_below_the_working_folder(
    csrtui: Csrtui, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    made = csrtui("new", "a.com", "--store", "mine", "--json").json
    assert made["path"] == f"{tmp_path}/mine/pairs/a.com"


def test_the_default_is_the_users_data_folder(
    csrtui: Csrtui, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CSRTUI_STORE")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    made = csrtui("new", "a.com", "--json").json
    assert made["path"] == f"{tmp_path}/home/.local/share/csrtui/pairs/a.com"
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    made = csrtui("new", "a.com", "--json").json
    assert made["path"] == f"{tmp_path}/data/csrtui/pairs/a.com"


def test_an_empty_variable_is_refused(csrtui: Csrtui, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CSRTUI_STORE", "")
    ran = csrtui("list")
    assert (ran.status, ran.error) == (2, '$CSRTUI_STORE is "": not a folder')


# Unsafe stores

PLACES = {
    ".": (0o750, "700"),
    "pairs": (0o770, "700"),
    "pairs/a.com": (0o701, "700"),
    "pairs/a.com/key.pem": (0o604, "600"),
    "pairs/a.com/pair.json": (0o640, "600"),
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("command", [("list",), ("show", "a.com"), ("csr", "a.com")])
def test_a_store_open_to_others_is_refused_with_the_command_that_fixes_it(
    csrtui: Csrtui, place: str, command: tuple[str, ...]
) -> None:
    csrtui("new", "a.com")
    path = csrtui.store / place
    right = path.stat().st_mode
    path.chmod(PLACES[place][0])
    ran = csrtui(*command)
    assert ran.status == 3
    assert f"(mode {PLACES[place][0]:04o})" in ran.error
    assert ran.hint == f"chmod {PLACES[place][1]} {path}"
    assert os.stat(path).st_mode & 0o777 == PLACES[place][0], "it is never mended silently"
    path.chmod(right)
    assert csrtui(*command).status == 0


@pytest.mark.parametrize("place", ["pairs", "pairs/a.com", "pairs/a.com/key.pem", "pairs/a.com/request.pem"])
def test_a_link_within_the_store_is_refused(csrtui: Csrtui, place: str) -> None:
    csrtui("new", "a.com")
    path = csrtui.store / place
    path.rename(csrtui.store / "elsewhere")
    path.symlink_to(csrtui.store / "elsewhere")
    ran = csrtui("show", "a.com")
    assert ran.status == 3
    assert "link" in ran.error


def test_a_store_of_another_user_is_refused(csrtui: Csrtui, monkeypatch: pytest.MonkeyPatch) -> None:
    csrtui("new", "a.com")
    monkeypatch.setattr(os, "geteuid", lambda: 4711)
    ran = csrtui("list")
    assert ran.status == 3
    assert "csrtui runs as 4711" in ran.error
    assert "chown 4711" in str(ran.hint)


def test_a_file_where_the_store_should_be_is_refused(csrtui: Csrtui) -> None:
    Path(csrtui.store).write_text("mine")
    for command in (("list",), ("new", "a.com")):
        assert csrtui(*command).status == 3
    assert csrtui.store.read_text() == "mine"
