"""The errors that csrtui means to raise, each with its diagnosis and the way out.

A front end prints `what` after ``csrtui: error:`` and `hint`, where there is one, after ``hint:``, and
exits with `exit_code`. Every error from a library is turned into one of these where it happens.
"""

from typing import ClassVar


class CsrtuiError(Exception):
    """Base of all errors that are told to the user in one line.

    Args:
        what: One line that names the thing and what is wrong with it. It may quote text from outside:
            whoever prints it makes it visible first (`csrtui.core.base.escaping`).
        hint: One line that says what to do, or None.
    """

    exit_code: ClassVar[int] = 2

    def __init__(self, what: str, hint: str | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.hint = hint


class InputError(CsrtuiError):
    """Wrong usage, or an input that cannot be taken as it is."""

    exit_code = 2


class RefusedError(CsrtuiError):
    """The question was understood and the answer is no: a check found something, an item failed.

    Args:
        what: As of every error.
        hint: As of every error.
        pair: The pair of the keystore that it is about, or None where it is about none.
    """

    exit_code = 1

    def __init__(self, what: str, hint: str | None = None, *, pair: str | None = None) -> None:
        super().__init__(what, hint)
        self.pair = pair


class StoreError(CsrtuiError):
    """The store cannot be used: its modes or owner, another process, the disk, or damage."""

    exit_code = 3
