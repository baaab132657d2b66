"""Work in a thread, for a screen that closes before the work ends."""

from __future__ import annotations

import asyncio
from threading import Event
from typing import TYPE_CHECKING

import pytest
from textual.app import App
from textual.screen import Screen
from textual.widget import Widget
from textual.worker import WorkerCancelled

from csrtui.core.base.errors import InputError
from csrtui.tui.threads import run_in_thread

if TYPE_CHECKING:
    from textual.app import ComposeResult


class SlowWidget(Widget):
    """A widget that is still being removed until its gate opens."""

    gate: asyncio.Event

    async def on_unmount(self) -> None:
        await self.gate.wait()


class SlowScreen(Screen[None]):
    """A screen whose removal takes as long as that of its widget."""

    def compose(self) -> ComposeResult:
        yield SlowWidget()


@pytest.mark.parametrize("error", [None, InputError("no")])
async def test_a_worker_ends_with_its_work_if_its_screen_is_closing(error: InputError | None) -> None:
    app, screen, release = App[None](), SlowScreen(), Event()
    outcomes: list[object] = []

    def work() -> str:
        release.wait(timeout=30)
        if error is not None:
            raise error
        return "done"

    async def draw_result() -> None:
        outcomes.append(await run_in_thread(work))

    async with app.run_test():
        SlowWidget.gate = asyncio.Event()
        await app.push_screen(screen)
        worker = screen.run_worker(draw_result(), exit_on_error=False)
        await asyncio.sleep(0)
        closed = app.pop_screen()
        release.set()
        try:
            with pytest.raises(WorkerCancelled):
                await asyncio.wait_for(worker.wait(), 30)
        finally:
            SlowWidget.gate.set()
        await closed
    assert outcomes == []


async def test_a_worker_gets_the_result_or_the_error_of_its_work() -> None:
    def fail() -> None:
        raise InputError("no")

    async with App[None]().run_test() as pilot:
        outcomes = [
            await pilot.app.screen.run_worker(run_in_thread(work), exit_on_error=False).wait()
            for work in (lambda: "done", fail)
        ]
    assert outcomes[0] == "done"
    assert isinstance(outcomes[1], InputError)
    assert await run_in_thread(lambda: "without a worker") == "without a worker"
