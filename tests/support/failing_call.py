"""A call of the `os` module that fails at a chosen time."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pytest


class FailingCall:
    """A replacement for a function of `os` that raises an `OSError` at its call number `when`.

    It is active until the test's `monkeypatch` is undone. With ``close``, the descriptor is closed
    anyway, as Linux does it.

    Args:
        monkeypatch: The fixture of the test, or one of its contexts.
        function: The name of the function in `os`.
        error: The errno.
        when: The number of the failing call, from 1, or 0 for every call.

    Attributes:
        calls: The number of calls.
        fired: Whether the error was raised.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch, function: str, error: int, when: int = 1) -> None:
        self.calls = 0
        self.fired = False
        self._name = function
        self._function = getattr(os, function)
        self._error = error
        self._when = when
        monkeypatch.setattr(os, function, self)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        self.calls += 1
        if self._when in {0, self.calls}:
            self.fired = True
            if self._name == "close":
                self._function(*args, **kwargs)
            name = args[0] if args and isinstance(args[0], str) else None
            raise OSError(self._error, os.strerror(self._error), name)
        return self._function(*args, **kwargs)
