"""Ansible runs a play with one task, can be stopped, and its errors become csrtui's errors."""

from __future__ import annotations

import ast
import os
import shutil
import sys
from pathlib import Path
from tempfile import mkdtemp
from threading import Event, Timer

import pytest
from fake_ansible import FakeAnsible
from process_state import is_running

from csrtui.core.base.errors import InputError, StoreError
from csrtui.fleet import ansible, processes
from csrtui.fleet.ansible import (
    Target,
    TrustedTemplate,
    check_inventory,
    list_inventory,
    run_task,
    to_yaml,
)
from csrtui.fleet.host_answer import CutLine

SOURCE = Path(ansible.__file__).parents[1]
TASK = {"name": "t", "ansible.builtin.raw": "true"}


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeAnsible:
    return FakeAnsible(tmp_path, monkeypatch)


def lines(fake: FakeAnsible, stop: Event | None = None, **options: object) -> list[str | CutLine]:
    target = Target((str(fake.inventory),), **options)  # type: ignore[arg-type]
    return list(run_task(target, TASK, {"text": "{{ x }}"}, stop or Event(), ("web1",)))


def test_lines_arrive_as_ansible_prints_them(fake: FakeAnsible) -> None:
    fake.prints('{"hosts": []}\n{"host": "a"}\nand more\n', status=2)
    assert lines(fake, limit="web*", options=("--forks=3",)) == [
        '{"hosts": []}\n',
        '{"host": "a"}\n',
        "and more\n",
    ]
    assert fake.argv(1) == [f"--inventory={fake.inventory}", "--limit=web*", "--forks=3"]
    assert '"vars": {"text": !unsafe "{{ x }}"}' in fake.play(1)
    assert '"hosts": [!unsafe "web1"]' in fake.play(1)


def test_every_text_is_literal_except_csrtuis_own_templates() -> None:
    value = {"a": ['"', "{{ b }}", 1, None, True], "c": {}, "d": TrustedTemplate("{{ e }}")}
    literal = '[!unsafe "\\"", !unsafe "{{ b }}", 1, null, true]'
    assert to_yaml(value) == f'{{"a": {literal}, "c": {{}}, "d": "{{{{ e }}}}"}}'


def test_csrtuis_own_templates_are_constants_in_its_code() -> None:
    made = 0
    for file in SOURCE.rglob("*.py"):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        constants = {
            target.id
            for line in tree.body
            if isinstance(line, ast.Assign) and isinstance(line.value, ast.Constant)
            for target in line.targets
            if isinstance(target, ast.Name)
        }
        for call in ast.walk(tree):
            if isinstance(call, ast.Call) and getattr(call.func, "id", None) == "TrustedTemplate":
                made += 1
                (text,) = call.args
                assert isinstance(text, ast.Constant) or getattr(text, "id", None) in constants, file
    assert made


@pytest.mark.parametrize(
    ("said", "what"),
    [
        ("[WARNING]: old\n[ERROR]: no such\nmore\n", "[ERROR]: no such"),
        ("usage: x\nwhatever", "whatever"),
        ("", "it ended with status 5"),
        (
            "[WARNING]: w\n\nbroken\nOrigin: /a/hosts.yml\n\nbad key\nOrigin: /a/hosts.yml:5:6\n\n[ERROR]: not parsed\n",
            "[ERROR]: not parsed: bad key (/a/hosts.yml:5:6)",
        ),
        ("[ERROR]: x\nx\nOrigin: /a/hosts.ini\n", "[ERROR]: x: x (/a/hosts.ini)"),
        (
            "ERROR! no\nbad key\nThe error appears to be in '/a/b.yml': line 5, column 6, but may\n",
            "ERROR! no: bad key (/a/b.yml:5:6)",
        ),
        ("Origin: /a/b.yml:5\n", "Origin: /a/b.yml:5"),
    ],
)
def test_errors_of_ansible_are_reported(fake: FakeAnsible, said: str, what: str) -> None:
    fake.prints("", said=said, status=5)
    with pytest.raises(InputError, match="Ansible reports") as error:
        lines(fake)
    assert error.value.message == f"Ansible reports: {what}"


def test_hosts_without_any_answer_are_an_error_if_ansible_failed(fake: FakeAnsible) -> None:
    fake.prints('{"hosts": ["web1"]}\n', said="[ERROR]: no vault secrets", status=4)
    with pytest.raises(InputError, match="no vault secrets"):
        lines(fake)


def test_a_missing_ansible_is_reported_with_its_installation_command(
    fake: FakeAnsible, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.undo()
    monkeypatch.setattr(sys, "executable", str(tmp_path / "none" / "python"))
    monkeypatch.setenv("PATH", str(tmp_path / "none"))
    with pytest.raises(InputError, match="not installed") as error:
        lines(fake)
    assert "csrtui[fleet]" in (error.value.hint or "")
    fake.prints('{"hosts": []}\n')
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    assert len(lines(fake)) == 1
    monkeypatch.setattr(sys, "executable", "/none/python")
    fake.prints('{"hosts": []}\n')
    assert len(lines(fake)) == 1


def test_a_failure_to_start_ansible_is_an_error(
    fake: FakeAnsible, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    fake.program.write_text("#!/none\n")
    with pytest.raises(StoreError, match="cannot be run"):
        lines(fake)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "none"))
    with pytest.raises(StoreError, match="cannot create a folder"):
        lines(fake)


@pytest.mark.parametrize("has_terminal", [True, False])
def test_ansible_is_ended_by_the_stop_event(
    fake: FakeAnsible, has_terminal: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "_STOP_INTERVAL", 0.005)
    fake.prints("", hangs=True)
    stop = Event()
    timer = Timer(0.05, stop.set)
    timer.start()
    assert lines(fake, stop, has_terminal=has_terminal) == []
    timer.join()


def test_ansible_is_ended_when_reading_stops(fake: FakeAnsible) -> None:
    fake.prints('{"hosts": []}\n', hangs=True)
    running = run_task(Target((str(fake.inventory),)), TASK, {}, Event())
    assert next(running)
    running.close()  # type: ignore[attr-defined]


def test_ansible_is_killed_if_it_does_not_end(fake: FakeAnsible, monkeypatch: pytest.MonkeyPatch) -> None:
    fake.program.write_text('#!/bin/sh\ntrap "" INT\necho "{}"\nsleep 60 >/dev/null 2>&1 &\nwait\nwait\n')
    monkeypatch.setattr(processes, "_INTERRUPT_TIMEOUT", 0.05)
    running = run_task(Target((str(fake.inventory),)), TASK, {}, Event())
    assert next(running) == "{}\n"
    running.close()  # type: ignore[attr-defined]


def test_an_inventory_is_listed_with_the_options_for_variables(fake: FakeAnsible) -> None:
    fake.holds({"web1": {"site": "a"}})
    options = (
        *("--forks=3", "--become", "-e", "a=b", "--extra-vars=c=d", "-ee=f", "--private-key", "k"),
        *("--vault-id=dev@x", "--vault-password-file", "y", "--vault-pass-file=z", "-J", "-u", "root"),
    )
    target = Target((str(fake.inventory),), "not this", options)
    assert '"site": "a"' in list_inventory(target, "web*", Event())
    assert list_inventory(Target(("a,b",)), None, Event())
    vault = ["--vault-id=dev@x", "--vault-pass-file=y", "--vault-pass-file=z", "--ask-vault-pass"]
    variables = ["--extra-vars=a=b", "--extra-vars=c=d", "--extra-vars=e=f"]
    assert fake.lists == [
        [f"--inventory={fake.inventory}", "--limit=web*", *variables, *vault, "--list"],
        ["--inventory=a,b", "--list"],
    ]
    with pytest.raises(InputError, match="Ansible option"):
        list_inventory(Target(("a,b",), None, ("-e",)), None, Event())


def test_errors_in_an_inventory_are_reported(fake: FakeAnsible) -> None:
    fake.holds_none("[ERROR]: cannot be parsed\n")
    with pytest.raises(InputError, match="cannot be parsed"):
        list_inventory(Target(("a,b",)), None, Event())
    stopped = Event()
    stopped.set()
    assert list_inventory(Target(("a,b",)), None, stopped) == ""


def test_all_inventories_are_read(fake: FakeAnsible) -> None:
    target = Target(("a,b", "c,d"))
    list_inventory(target, None, Event())
    assert fake.lists == [["--inventory=a,b", "--inventory=c,d", "--list"]]
    assert target.label == "a,b, c,d"
    with pytest.raises(InputError, match="no inventory /none"):
        check_inventory(Target(("a,b", "/none")))


def test_a_missing_inventory_is_an_error(fake: FakeAnsible) -> None:
    check_inventory(Target((str(fake.inventory),)))
    check_inventory(Target(("web1,web2",)))
    for path in ("", "/none", os.devnull + "/x"):
        with pytest.raises(InputError, match="no inventory"):
            check_inventory(Target((path,)))


def test_a_line_that_is_too_long_is_cut(fake: FakeAnsible, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ansible, "MAX_BYTES", 100)
    fake.prints(f'{{"host": "{"x" * 200}"}}\nnext\n', status=2)
    first, second = lines(fake)
    assert isinstance(first, CutLine)
    assert second == "next\n"


def test_processes_that_ansible_left_running_are_ended(fake: FakeAnsible, tmp_path: Path) -> None:
    fake.program.write_text(
        f'#!/bin/sh\nsetsid sleep 60 >/dev/null 2>&1 &\necho $! >"{tmp_path}/pid"\necho "{{}}"\n'
    )
    assert lines(fake) == ["{}\n"]
    assert not is_running(int((tmp_path / "pid").read_text()))


@pytest.mark.parametrize(("length", "own"), [(1, True), (100, False)])
def test_the_sockets_of_ssh_are_in_the_run_folder_if_its_path_is_short_enough(
    fake: FakeAnsible, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, length: int, *, own: bool
) -> None:
    folder = Path(mkdtemp(prefix="t", dir="/tmp")) / ("x" * length)
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    monkeypatch.delenv("ANSIBLE_SSH_CONTROL_PATH_DIR", raising=False)
    fake.program.write_text(f'#!/bin/sh\nenv >"{tmp_path}/env"\necho "{{}}"\n')
    lines(fake)
    shutil.rmtree(folder.parent)
    said = (tmp_path / "env").read_text()
    assert (f"ANSIBLE_SSH_CONTROL_PATH_DIR={folder}/csrtui-fleet-" in said) is own
    assert "CSRTUI_FLEET_RUN=csrtui-fleet-" in said


def test_only_the_displayed_part_of_an_error_is_read(
    fake: FakeAnsible, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ansible, "_MAX_STDERR", 6)
    fake.prints("", said="short and long", status=5)
    with pytest.raises(InputError) as error:
        lines(fake)
    assert error.value.message == "Ansible reports: short"
