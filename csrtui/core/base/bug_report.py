"""What is told of an error that nobody meant to raise: its kind and its place, and no value of anything.

A traceback shows source lines, a message may quote a passphrase, and a crash screen may show local
variables; of all these only the exception's class and the place in csrtui's own code are kept.
"""

from typing import ClassVar, Final

from csrtui.core.base.errors import CsrtuiError

REPORT_AT: Final = "https://github.com/csrtui/csrtui/issues"
"""Where bugs are reported."""


class BugError(CsrtuiError):
    """An error in csrtui itself, described without its message (which may hold a secret)."""

    exit_code: ClassVar[int] = 3


def describe_bug(error: BaseException) -> CsrtuiError:
    """Describe `error` in a line that holds no value of any variable.

    Args:
        error: Whatever was raised. An exception group of one is described by what is inside it.

    Returns:
        `error` itself where it is a `CsrtuiError`, which was made to be told; else a `BugError` such as
        ``a bug: ValueError (csrtui/tui/form.py:42)``, with where to report it as its hint. The place is
        the innermost line of csrtui's own code, or of whatever code raised it where there is none.
    """
    while isinstance(error, BaseExceptionGroup) and len(error.exceptions) == 1:
        error = error.exceptions[0]
    if isinstance(error, CsrtuiError):
        return error
    place = _place(error)
    kind = type(error).__name__
    return BugError(f"a bug: {kind} ({place})" if place else f"a bug: {kind}", f"report it at {REPORT_AT}")


def _place(error: BaseException) -> str:
    ours, innermost = "", ""
    step = error.__traceback__
    while step is not None:
        frame = step.tb_frame
        package = str(frame.f_globals.get("__package__") or "")
        file = frame.f_code.co_filename.rpartition("/")[2]
        innermost = "/".join([*package.split("."), file] if package else [file]) + f":{step.tb_lineno}"
        if package == "csrtui" or package.startswith("csrtui."):
            ours = innermost
        step = step.tb_next
    return ours or innermost
