"""Work in a thread, whose result or error comes back to the event loop."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

from textual.dom import NoScreen
from textual.worker import NoActiveWorker, get_current_worker

from csrtui.core.base.errors import CsrtuiError

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


async def run_in_thread(work: Callable[[], T]) -> T | CsrtuiError:
    """Run `work` in a thread, and return its result, or the `CsrtuiError` that ended it. Other errors are raised.

    If the screen of the current worker closes in the meantime, the worker ends here. Textual cancels it too, but only
    after it has removed the widgets that the worker would draw.
    """
    result: T | CsrtuiError
    try:
        result = await asyncio.to_thread(work)
    except CsrtuiError as error:
        result = error
    if _is_closing():
        raise asyncio.CancelledError
    return result


async def in_thread(work: Callable[[], T]) -> T:
    """Run `work` in a thread as `run_in_thread` does, and return its result or raise its error."""
    result = await run_in_thread(work)
    if isinstance(result, CsrtuiError):
        raise result
    return result


def _is_closing() -> bool:
    """Return whether the screen of the current worker is being removed, or has been."""
    try:
        return not get_current_worker().node.screen.display
    except NoActiveWorker:
        return False
    except NoScreen:
        return True
