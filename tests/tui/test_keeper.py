"""The newest that was typed is what is kept, however many threads write."""

from __future__ import annotations

import threading

import pytest

from csrtui.tui.keeper import Keeper


def test_what_is_kept_already_is_not_written() -> None:
    written: list[str] = []
    keeper = Keeper(written.append, "a")
    keeper.keep()
    keeper.note("a")
    keeper.keep()
    keeper.note("b")
    keeper.keep()
    keeper.keep()
    assert written == ["b"]


def test_an_older_value_is_not_written_over_a_newer_one() -> None:
    written: list[str] = []
    begun, go = threading.Event(), threading.Event()

    def write(value: str) -> None:
        begun.set()
        go.wait(10)
        written.append(value)

    keeper = Keeper(write)
    keeper.note("old")
    threads = [threading.Thread(target=keeper.keep) for _ in range(3)]
    threads[0].start()
    begun.wait(10)
    keeper.note("new")
    for thread in threads[1:]:
        thread.start()
    go.set()
    for thread in threads:
        thread.join()
    assert written == ["old", "new"]


def test_what_could_not_be_written_is_tried_again() -> None:
    written: list[str] = []

    def write(value: str) -> None:
        if not written:
            written.append("failed")
            raise BlockingIOError
        written.append(value)

    keeper = Keeper(write)
    keeper.note("a")
    with pytest.raises(BlockingIOError):
        keeper.keep()
    keeper.keep()
    assert written == ["failed", "a"]


def test_a_thread_that_is_keeping_may_be_told_to_keep() -> None:
    written: list[str] = []

    def write(value: str) -> None:
        written.append(value)
        if value == "a":
            keeper.note("b")
            keeper.keep()

    keeper: Keeper[str] = Keeper(write)
    keeper.note("a")
    keeper.keep()
    assert written == ["a", "b"]
