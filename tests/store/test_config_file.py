"""The configuration file is refused if others can write to it, and is changed completely or not at all."""

import fcntl
import os
import stat
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from csrtui.core.base.errors import InputError, StoreError
from csrtui.store import config_file, locks, safe_files
from csrtui.store.config_file import MAX_BYTES, config_path, read_config_text, update_config_text
from csrtui.store.disk_errors import NotConfirmedError, ReadOnlyError


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "conf" / "deep" / "config.toml"


def written(path: Path, text: str = "# x\n", mode: int = 0o644) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(mode)
    return str(path)


def names(folder: Path) -> set[str]:
    return {entry.name for entry in folder.iterdir()}


def test_the_variable_names_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert config_path({"CSRTUI_CONFIG": "/a/b.toml"}) == "/a/b.toml"
    assert config_path({"CSRTUI_CONFIG": "b.toml"}) == str(tmp_path / "b.toml")


def test_without_the_variable_the_file_is_in_the_configuration_folder(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert config_path({"XDG_CONFIG_HOME": "/home/x/conf"}) == "/home/x/conf/csrtui/config.toml"
    monkeypatch.setenv("HOME", "/home/x")
    assert config_path({"XDG_CONFIG_HOME": ""}) == config_path({}) == "/home/x/.config/csrtui/config.toml"


@pytest.mark.parametrize("text", ["", "a\0b"])
def test_a_variable_without_a_file_name_is_refused(text: str) -> None:
    with pytest.raises(InputError, match=r"\$CSRTUI_CONFIG"):
        config_path({"CSRTUI_CONFIG": text})


def test_a_missing_file_is_an_empty_text_and_nothing_is_created(path: Path) -> None:
    assert read_config_text(str(path)) == ""
    assert not path.parent.parent.exists()


@pytest.mark.parametrize("mode", [0o600, 0o644, 0o400, 0o755])
def test_a_file_that_only_its_owner_can_write_to_is_read(path: Path, mode: int) -> None:
    assert read_config_text(written(path, "ü = 1", mode)) == "ü = 1"


@pytest.mark.parametrize("mode", [0o660, 0o602, 0o666])
def test_a_file_that_others_can_write_to_is_refused_with_the_command_that_fixes_it(
    path: Path, mode: int
) -> None:
    name = written(path, mode=mode)
    for use in (lambda: read_config_text(name), lambda: update_config_text(name, lambda _: "new")):
        with pytest.raises(InputError, match=f"others can write to .*{mode:04o}") as caught:
            use()
        assert caught.value.hint == f"chmod go-w {name}"
    assert path.read_text() == "# x\n"


def test_a_file_of_another_user_is_refused_but_not_one_of_root(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = written(path)
    owner = path.stat().st_uid
    monkeypatch.setattr(os, "geteuid", lambda: owner + 7)
    if owner == 0:
        assert read_config_text(name) == "# x\n"
        os.chown(name, 4711, -1)
    with pytest.raises(InputError, match="belongs to user") as caught:
        read_config_text(name)
    assert caught.value.hint is not None
    assert "$CSRTUI_CONFIG" in caught.value.hint


def test_anything_but_a_file_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    for name in (str(tmp_path), str(tmp_path / "fifo"), "/dev/zero"):
        with pytest.raises(InputError, match="not a regular file"):
            read_config_text(name)


def test_an_error_of_the_system_is_reported(path: Path) -> None:
    with pytest.raises(InputError, match=r"cannot read .*: Not a directory"):
        read_config_text(f"{written(path)}/config.toml")


def test_a_file_that_disappears_before_it_is_opened_is_reported(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = written(path)

    def look(looked: str) -> os.stat_result:
        found = os.stat(looked)
        os.unlink(looked)
        return found

    monkeypatch.setattr(config_file, "_status", look)
    with pytest.raises(InputError, match="No such file"):
        read_config_text(name)


def test_a_file_that_is_too_large_or_not_text_is_refused(path: Path) -> None:
    assert len(read_config_text(written(path, "#" * MAX_BYTES))) == MAX_BYTES
    with pytest.raises(InputError, match="too large for a configuration"):
        read_config_text(written(path, "#" * (MAX_BYTES + 1)))
    path.write_bytes(b"# a\n# \xff\n")
    with pytest.raises(InputError, match="line 2: not UTF-8"):
        read_config_text(str(path))
    path.write_bytes(b"\xef\xbb\xbf# a\n")
    assert read_config_text(str(path)) == "# a\n"


def test_a_change_creates_a_missing_private_file(path: Path) -> None:
    update_config_text(str(path), lambda text: text + "a = 'ü'\n")
    assert path.read_text() == "a = 'ü'\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(path.parent.parent.stat().st_mode) == 0o700
    assert names(path.parent) == {"config.toml", ".config.toml.lock"}


def test_a_change_in_a_folder_that_others_may_read_is_made(path: Path) -> None:
    name = written(path)
    path.parent.chmod(0o755)
    update_config_text(name, lambda text: text + "b")
    assert path.read_text() == "# x\nb"


def test_an_edit_without_a_change_writes_nothing(path: Path) -> None:
    name = written(path)
    before = path.stat()
    update_config_text(name, lambda text: text)
    assert path.stat() == before


def test_an_error_in_the_edit_leaves_the_file_unchanged(path: Path) -> None:
    name = written(path)

    def edit(_: str) -> str:
        raise InputError("no")

    with pytest.raises(InputError, match=r"^no$"):
        update_config_text(name, edit)
    assert path.read_text() == "# x\n"


def test_a_link_stays_and_its_target_is_changed(path: Path, tmp_path: Path) -> None:
    written(path)
    link = tmp_path / "link.toml"
    link.symlink_to(path)
    update_config_text(str(link), lambda text: text + "y")
    assert link.is_symlink()
    assert path.read_text() == "# x\ny"
    assert ".config.toml.lock" in names(path.parent)


@pytest.mark.parametrize("there", [True, False])
def test_a_change_by_an_editor_in_the_meantime_is_not_lost(path: Path, there: bool) -> None:
    name = written(path) if there else str(path)

    def edit(text: str) -> str:
        written(path, "theirs")
        return text + "ours"

    with pytest.raises(locks.BusyError, match="changed by another program in the meantime"):
        update_config_text(name, edit)
    assert path.read_text() == "theirs"


def test_a_busy_file_names_its_holder(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = written(path)
    monkeypatch.setattr(locks, "hold", partial(locks.hold, timeout=0))
    with open(path.parent / ".config.toml.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.write("process 7 (user x) since 12:00:00\n")
        lock.flush()
        with pytest.raises(locks.BusyError, match=r"the configuration is in use by process 7 \(user x\)"):
            update_config_text(name, lambda text: text + "y")
    assert path.read_text() == "# x\n"


APPEND = """
import sys
from csrtui.store.config_file import update_config_text
for number in range(10):
    update_config_text(sys.argv[1], lambda text: text + f"# {sys.argv[2]} {number}\\n")
"""


def test_simultaneous_changes_by_processes_lose_nothing(path: Path) -> None:
    command = [sys.executable, "-c", APPEND, str(path)]
    running = [subprocess.Popen([*command, str(number)], stderr=subprocess.PIPE) for number in range(4)]
    for process in running:
        assert process.communicate(timeout=60)[1] == b""
        assert process.returncode == 0
    expected = sorted(f"# {process} {number}" for process in range(4) for number in range(10))
    assert sorted(path.read_text().splitlines()) == expected


def test_a_full_disk_leaves_the_old_file(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = written(path)

    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(StoreError, match="No space left on device") as caught:
        update_config_text(name, lambda _: "new")
    assert caught.value.exit_code == 3
    assert path.read_text() == "# x\n"
    assert not [left for left in names(path.parent) if left.startswith(".tmp")]


def test_a_folder_without_write_access_is_reported_with_a_hint(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise ReadOnlyError("the configuration can only be read: Permission denied", "another --store")

    monkeypatch.setattr(locks, "hold", refuse)
    with pytest.raises(ReadOnlyError, match="can only be read") as caught:
        update_config_text(written(path), lambda _: "new")
    assert (
        caught.value.hint == "make sure that you can write there, or choose another file with $CSRTUI_CONFIG"
    )


def test_an_unconfirmed_write_is_reported(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unsure(_: int, saved: str) -> None:
        raise NotConfirmedError(saved)

    monkeypatch.setattr(safe_files, "flush_folder", unsure)
    with pytest.raises(NotConfirmedError, match="the configuration is saved, but"):
        update_config_text(written(path), lambda _: "new")
    assert path.read_text() == "new"


def test_leftovers_of_a_crash_are_removed_by_the_next_change(path: Path) -> None:
    name = written(path)
    left = path.parent / ".config.toml.new"
    left.write_text("half a ch")
    update_config_text(name, lambda _: "whole")
    assert path.read_text() == "whole"
    assert not left.exists()
