"""``csrtui new --from`` as a process: results appear as rows arrive, it stops cleanly, and it can be continued."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any

import pytest
from command import DEADLINE, ROOT, argv, environment, run_process
from pty_session import PtySession

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def making(store: Path, source: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run the command during the block."""
    process = subprocess.Popen(
        argv("new", "--from", source),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=0,  # communicate() would lose a line that was read ahead
        env=environment(store),
        cwd=ROOT,
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def next_row(stream: IO[bytes] | None) -> Any:
    assert stream
    return json.loads(stream.readline())


def pairs(store: Path) -> list[str]:
    return sorted(os.listdir(store / "pairs"))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_results_appear_as_rows_arrive_and_a_signal_stops_the_wait(
    tmp_path: Path, number: signal.Signals
) -> None:
    store = tmp_path / "store"
    with making(store, "-") as process:
        assert process.stdin
        for text, name in ((b"common_name\na.com\n", "a.com"), (b"b.com\n", "b.com")):
            process.stdin.write(text)
            process.stdin.flush()
            assert next_row(process.stdout)["pair"]["name"] == name
        process.send_signal(number)
        out, err = process.communicate(timeout=DEADLINE)
        assert process.returncode == 128 + number
    assert out == b""
    assert err.decode().splitlines() == [
        "stopped: 2 made, 0 already exist, 0 failed",
        "pairs made so far are kept; run the same command again for the other rows",
    ]
    assert pairs(store) == ["a.com", "b.com"]


def test_a_row_interrupted_by_a_stop_has_no_result(tmp_path: Path) -> None:
    with making(tmp_path / "store", "-") as process:
        assert process.stdin
        process.stdin.write(b"common_name\na.com\n")
        assert next_row(process.stdout)["ok"]
        process.stdin.write(b'"b.com\n')
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(1)  # it has begun to read the row
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=DEADLINE)
        assert process.returncode == 128 + signal.SIGTERM
    assert out == b""
    assert err.startswith(b"stopped: 1 made, 0 already exist, 0 failed\n")


def test_a_stopped_run_can_be_continued(tmp_path: Path) -> None:
    store, rows, count = tmp_path / "store", tmp_path / "rows.csv", 400
    rows.write_text("common_name\n" + "".join(f"h{number}.com\n" for number in range(count)))
    with making(store, str(rows)) as process:
        assert next_row(process.stdout)["row"] == 1
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=DEADLINE)
        assert process.returncode == 130
    answered = [f"h{0}.com", *(json.loads(line)["pair"]["name"] for line in out.splitlines())]
    assert answered == [f"h{number}.com" for number in range(len(answered))]
    assert len(answered) < count
    assert f"stopped: {len(answered)} made".encode() in err
    assert pairs(store) == sorted(answered)
    again = run_process("new", "--from", str(rows), store=store)
    assert again.status == 0
    assert [line.get("skipped", False) for line in again.json_lines] == [
        number < len(answered) for number in range(count)
    ]
    assert len(pairs(store)) == count


def test_a_terminal_shows_progress_and_remaining_time(tmp_path: Path) -> None:
    rows = tmp_path / "rows.csv"
    rows.write_text("common_name\n" + "".join(f"h{number}.com\n" for number in range(60)))
    program = argv("new", "--from", str(rows))
    quiet = ["sh", "-c", '"$@" > /dev/null', "sh", *program]
    with PtySession(quiet, env={"CSRTUI_STORE": str(tmp_path / "store")}) as terminal:
        assert terminal.wait_exit() == 0
        assert "[====================] 60 of 60 pairs in " in terminal.text
        assert len(terminal.raw) < 2000


def test_signals_ignored_under_nohup_stay_ignored(tmp_path: Path) -> None:
    store = tmp_path / "store"
    with subprocess.Popen(
        ["nohup", *argv("new", "--from", "-")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(store),
        cwd=ROOT,
    ) as process:
        assert process.stdin
        process.stdin.write(b"common_name\na.com\n")
        process.stdin.flush()
        assert next_row(process.stdout)["ok"]
        process.send_signal(signal.SIGHUP)
        out, _ = process.communicate(b"b.com\n", timeout=DEADLINE)
        assert process.returncode == 0
        assert json.loads(out)["pair"]["name"] == "b.com"
