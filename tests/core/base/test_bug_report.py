"""A bug report contains the class of the error and its place, but no value."""

from __future__ import annotations

import types

import pytest

from csrtui.core.base.errors import REPORT_AT, BugError, InputError, describe_bug


def raised(error: BaseException) -> BaseException:
    try:
        raise error  # noqa: TRY301 - for its traceback
    except BaseException as caught:  # noqa: BLE001 - for its traceback
        return caught


def test_the_message_is_left_out() -> None:
    passphrase = "correct-horse"
    bug = describe_bug(raised(ValueError(f"cannot use {passphrase}")))
    assert isinstance(bug, BugError)
    assert bug.message.startswith("a bug: ValueError (")
    assert bug.hint == f"report it at {REPORT_AT}"
    assert bug.exit_code == 3
    assert passphrase not in bug.message + str(bug.hint) + repr(bug)


def test_an_error_for_users_stays_unchanged() -> None:
    error = InputError("no such pair", "see csrtui list")
    assert describe_bug(error) is error


def test_a_group_with_one_member_is_described_by_it() -> None:
    group = BaseExceptionGroup("g", [ExceptionGroup("h", [KeyError("x")])])
    assert describe_bug(group).message == "a bug: KeyError"


def test_the_place_is_the_innermost_one_in_csrtui() -> None:
    # A function of csrtui calls one of another library, which raises.
    library = types.ModuleType("library.deep")
    library.__package__ = "library"
    exec(compile("def f():\n    raise OSError", "/x/csrtui/.venv/library/deep.py", "exec"), library.__dict__)  # noqa: S102 - a module made up for this test
    ours = types.ModuleType("csrtui.store.safe_files")
    ours.__package__ = "csrtui.store"
    ours.__dict__["f"] = library.__dict__["f"]
    exec(compile("\n\ndef g():\n    f()", "/x/csrtui/store/safe_files.py", "exec"), ours.__dict__)  # noqa: S102 - the same
    with pytest.raises(OSError) as caught:  # noqa: PT011 - any will do
        ours.__dict__["g"]()
    assert describe_bug(caught.value).message == "a bug: OSError (csrtui/store/safe_files.py:4)"


def test_without_a_line_of_csrtui_the_place_is_the_innermost_line() -> None:
    bug = describe_bug(raised(RuntimeError()))
    assert "test_bug_report.py:" in bug.message
