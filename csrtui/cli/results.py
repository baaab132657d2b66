"""Printing what came of several pairs or files."""

from collections.abc import Sequence

from csrtui.cli.output import put, put_json, say_error
from csrtui.core.base.errors import RefusedError
from csrtui.core.base.escaping import visible
from csrtui.tasks.list import Keyring
from csrtui.tasks.results import Result, all_ok


def unreadable_results(found: Keyring, what: str) -> list[Result]:
    """Return a failure for each pair that cannot be read; `what` is what therefore was not done with it."""
    return [
        Result(ok=False, pair=problem.name, text=f"{what}: {problem.error.what}")
        for problem in found.problems
    ]


def put_results(results: Sequence[Result], *, as_json: bool) -> int:
    """Print a line for each result, or one JSON document; return the exit status: 1 if any is not ok."""
    ok = all_ok(results)
    if as_json:
        put_json({"schema": 1, "ok": ok, "results": [result.as_json() for result in results]})
    else:
        for result in results:
            put(_line(result))
    return 0 if ok else 1


def put_refusal(
    error: RefusedError, *, as_json: bool, pair: str | None = None, file: str | None = None
) -> int:
    """Answer with JSON where the one thing that was asked for is refused, and say why; return the exit status.

    Args:
        error: Why.
        as_json: Whether there is to be a document.
        pair: The pair that was meant, where the error does not name one of the keystore.
        file: The file that was meant.

    Raises:
        RefusedError: There is to be no document: the error is the answer.
    """
    if not as_json:
        raise error
    say_error(error)
    refused = Result(ok=False, pair=error.pair or pair, file=file, text=visible(error.what))
    return put_results([refused], as_json=True)


def _line(result: Result) -> str:
    parts = ("ok" if result.ok else "FAILED", result.pair, result.file, result.text)
    return "  ".join(part for part in parts if part)
