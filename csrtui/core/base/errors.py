"""The errors that csrtui raises. Errors from libraries are converted into one of these where they occur.

::

    CsrtuiError          a message, and a hint if there is something to do
    ├── InputError       exit code 2: wrong usage, or input that cannot be used
    ├── RefusedError     exit code 1: a check failed, or an item failed
    ├── StoreError       exit code 3: the store cannot be used
    └── BugError         exit code 3: a bug in csrtui (`describe_bug`)

The front ends print `message` after ``csrtui: error:`` and `hint` after ``hint:``, and exit with `exit_code`. A module
derives its own class from one of these only if a caller has to distinguish that case.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import ClassVar, Final


class CsrtuiError(Exception):
    """The base class of all csrtui errors.

    Args:
        message: One line that names the object and the problem. It can quote untrusted text, so escape it before
            printing (`csrtui.core.base.escaping`).
        hint: One line that says what to do, or None.
    """

    exit_code: ClassVar[int] = 2

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    @property
    def sentence(self) -> str:
        """The message and the hint on one line."""
        return f"{self.message.removesuffix('.')}; {self.hint}" if self.hint else self.message


class InputError(CsrtuiError):
    """Wrong usage, or input that cannot be used. The arguments are the same as for `CsrtuiError`."""


class RefusedError(CsrtuiError):
    """A negative result: a check failed, or an item failed. `pair` is the name of the affected pair, or None."""

    exit_code = 1

    def __init__(self, message: str, hint: str | None = None, *, pair: str | None = None) -> None:
        super().__init__(message, hint)
        self.pair = pair


class StoreError(CsrtuiError):
    """The store cannot be used (mode, owner, lock, disk, damage). The arguments are the same as for `CsrtuiError`."""

    exit_code = 3


@contextmanager
def translate_errors(translate: Callable[[Exception], CsrtuiError]) -> Iterator[None]:
    """Raise the error that `translate` returns in place of any `Exception` raised in the block.

    Use this for calls to cryptography with untrusted bytes, because cryptography does not document which exceptions its
    decoders raise. KeyboardInterrupt and other exceptions not derived from `Exception` pass unchanged.
    """
    try:
        yield
    except Exception as error:
        raise translate(error) from error


REPORT_AT: Final = "https://github.com/csrtui/csrtui/issues"
"""The URL for bug reports. A report contains only the class of an error and its place in the code. Anything else could
reveal a secret: a message can quote a passphrase, and a crash screen can show local variables."""


class BugError(CsrtuiError):
    """A bug in csrtui, described without the exception's own message, which can contain a secret."""

    exit_code: ClassVar[int] = 3


def describe_bug(error: BaseException) -> CsrtuiError:
    """Return an error that describes `error` without the value of any variable.

    Args:
        error: Any exception. An exception group with only one member stands for that member.

    Returns:
        `error` itself if it is a `CsrtuiError`, whose message is meant for users. Otherwise a `BugError` such as
        ``a bug: ValueError (csrtui/tui/app.py:42)``, with the URL for reports as its hint. The place is the innermost
        line of csrtui's own code, or the innermost line of any code if csrtui's is not involved.
    """
    while isinstance(error, BaseExceptionGroup) and len(error.exceptions) == 1:
        error = error.exceptions[0]
    if isinstance(error, CsrtuiError):
        return error
    place = _place(error)
    kind = type(error).__name__
    return BugError(f"a bug: {kind} ({place})" if place else f"a bug: {kind}", f"report it at {REPORT_AT}")


def _place(error: BaseException) -> str:
    """Return the file and line for the text of `describe_bug`, or "" if the error has no traceback."""
    from traceback import walk_tb

    in_csrtui, innermost = "", ""
    for frame, line in walk_tb(error.__traceback__):
        package = str(frame.f_globals.get("__package__") or "")
        file = frame.f_code.co_filename.rpartition("/")[2]
        innermost = "/".join([*package.split("."), file] if package else [file]) + f":{line}"
        if package.partition(".")[0] == "csrtui":
            in_csrtui = innermost
    return in_csrtui or innermost
