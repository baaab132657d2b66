"""The latest typed value is saved, however many threads write."""

from __future__ import annotations

import threading

import pytest

from csrtui.tui.screens.form_screen import DraftWriter


def test_a_saved_value_is_not_written_again() -> None:
    written: list[str] = []
    writer = DraftWriter(written.append, "a")
    writer.write()
    writer.update("a")
    writer.write()
    writer.update("b")
    writer.write()
    writer.write()
    assert written == ["b"]


def test_an_older_value_is_not_written_over_a_newer_one() -> None:
    written: list[str] = []
    begun, go = threading.Event(), threading.Event()

    def write(value: str) -> None:
        begun.set()
        go.wait(10)
        written.append(value)

    writer = DraftWriter(write)
    writer.update("old")
    threads = [threading.Thread(target=writer.write) for _ in range(3)]
    threads[0].start()
    begun.wait(10)
    writer.update("new")
    for thread in threads[1:]:
        thread.start()
    go.set()
    for thread in threads:
        thread.join()
    assert written == ["old", "new"]


def test_a_failed_write_is_tried_again() -> None:
    written: list[str] = []

    def write(value: str) -> None:
        if not written:
            written.append("failed")
            raise BlockingIOError
        written.append(value)

    writer = DraftWriter(write)
    writer.update("a")
    with pytest.raises(BlockingIOError):
        writer.write()
    writer.write()
    assert written == ["failed", "a"]


def test_a_write_can_be_requested_during_a_write() -> None:
    written: list[str] = []

    def write(value: str) -> None:
        written.append(value)
        if value == "a":
            writer.update("b")
            writer.write()

    writer: DraftWriter[str] = DraftWriter(write)
    writer.update("a")
    writer.write()
    assert written == ["a", "b"]
