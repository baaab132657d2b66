"""Work in a thread, whose result or error comes back to the event loop."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

from csrtui.core.base.errors import CsrtuiError

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


async def run_in_thread(work: Callable[[], T]) -> T | CsrtuiError:
    """Run `work` in a thread, and return its result, or the `CsrtuiError` that ended it. Other errors are raised."""
    try:
        return await asyncio.to_thread(work)
    except CsrtuiError as error:
        return error
