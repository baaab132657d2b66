"""csrtui's screens, which crash on a signal: SIGUSR1 in the next drawing, SIGUSR2 in the next work.

The message and the local variables of the error contain the canaries. New keys are canaries too. The arguments of
the process are csrtui's arguments.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from typing import Any

SUPPORT = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.dirname(os.path.dirname(SUPPORT)), SUPPORT]

from canary import CANARY  # noqa: E402 - the path comes first
from canary_flows import FIRST_NEW, use_canary_keys  # noqa: E402 - the same
from foreign_made import ec_key, pkcs8  # noqa: E402 - the same

from csrtui import __main__ as program  # noqa: E402 - the same
from csrtui.core.keys import pkcs8 as own_pkcs8  # noqa: E402 - the same

_ROUNDS = 1000
_wanted: set[int] = set()


def _crash(*_: Any) -> None:
    local = pkcs8(ec_key(FIRST_NEW)).decode()
    raise ValueError(CANARY, local)


def _crash_in_drawing() -> None:
    from textual.widget import Widget

    render = Widget.render_lines

    def render_lines(self: Widget, *arguments: Any) -> Any:
        return _crash() if signal.SIGUSR1 in _wanted else render(self, *arguments)

    Widget.render_lines = render_lines  # type: ignore[method-assign,assignment]


def _crash_in_work() -> None:
    run = asyncio.BaseEventLoop.run_in_executor

    def run_in_executor(self: asyncio.BaseEventLoop, executor: Any, work: Any, *arguments: Any) -> Any:
        return run(self, executor, _crash if signal.SIGUSR2 in _wanted else work, *arguments)

    asyncio.BaseEventLoop.run_in_executor = run_in_executor  # type: ignore[method-assign,assignment]


def main() -> int:
    """Run the screens."""
    own_pkcs8.ITERATIONS = _ROUNDS
    use_canary_keys()
    import csrtui.tui  # noqa: F401 - it drops Textual's variables, before that is imported

    _crash_in_drawing()
    _crash_in_work()
    for number in (signal.SIGUSR1, signal.SIGUSR2):
        signal.signal(number, lambda number, _: _wanted.add(number))
    return program.main()


if __name__ == "__main__":
    sys.exit(main())
