"""Tests of one rule on a table of rows, as one test: a row that takes microseconds needs no test of its own."""

from __future__ import annotations

import functools
import inspect
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


def table(
    names: str | tuple[str, ...], rows: Iterable[Any]
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Call a test for each row, like `pytest.mark.parametrize` but within one test. The error names its row.

    Args:
        names: The parameters, separated by commas or as a tuple.
        rows: The values, each a tuple unless there is only one parameter.
    """
    parameters = tuple(names.replace(" ", "").split(",")) if isinstance(names, str) else names
    cases = [dict(zip(parameters, (row,) if len(parameters) == 1 else row, strict=True)) for row in rows]
    assert cases, "a table without rows tests nothing"

    def decorate(test: Callable[..., None]) -> Callable[..., None]:
        signature = inspect.signature(test)

        @functools.wraps(test)
        def each(**others: Any) -> None:
            for case in cases:
                try:
                    test(**case, **others)
                except Exception as error:
                    error.add_note(f"in the row {case}")
                    raise

        kept = [one for name, one in signature.parameters.items() if name not in parameters]
        each.__signature__ = signature.replace(parameters=kept)  # type: ignore[attr-defined]
        return each

    return decorate
