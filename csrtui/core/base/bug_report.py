"""Report unexpected errors by class and place, without any values.

A traceback shows source lines, a message can quote a passphrase, and a crash screen can show local variables. A report
contains only the class of the exception and the place in csrtui's own code.
"""

from typing import ClassVar, Final

from csrtui.core.base.errors import CsrtuiError

REPORT_AT: Final = "https://github.com/csrtui/csrtui/issues"
"""The URL for bug reports."""


class BugError(CsrtuiError):
    """A bug in csrtui, described without the exception's own message, which can contain a secret."""

    exit_code: ClassVar[int] = 3


def describe_bug(error: BaseException) -> CsrtuiError:
    """Return an error that describes `error` without the value of any variable.

    Args:
        error: Any exception. If it is an exception group with one member, the member is described.

    Returns:
        `error` itself if it is a `CsrtuiError`, whose message is meant for users. Otherwise a `BugError` such as
        ``a bug: ValueError (csrtui/tui/form.py:42)``, with the URL for reports as its hint. The place is the innermost
        line of csrtui's own code, or the innermost line overall if no line is from csrtui.
    """
    while isinstance(error, BaseExceptionGroup) and len(error.exceptions) == 1:
        error = error.exceptions[0]
    if isinstance(error, CsrtuiError):
        return error
    place = _place(error)
    kind = type(error).__name__
    return BugError(f"a bug: {kind} ({place})" if place else f"a bug: {kind}", f"report it at {REPORT_AT}")


def _place(error: BaseException) -> str:
    in_csrtui, innermost = "", ""
    traceback = error.__traceback__
    while traceback is not None:
        frame = traceback.tb_frame
        package = str(frame.f_globals.get("__package__") or "")
        file = frame.f_code.co_filename.rpartition("/")[2]
        innermost = "/".join([*package.split("."), file] if package else [file]) + f":{traceback.tb_lineno}"
        if package == "csrtui" or package.startswith("csrtui."):
            in_csrtui = innermost
        traceback = traceback.tb_next
    return in_csrtui or innermost
