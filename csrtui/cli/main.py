"""Runs one command, and turns every ending into an exit status and a line that says why."""

import os
import sys
from collections.abc import Callable, Sequence

from csrtui.cli.output import say_error
from csrtui.cli.parser import Parser, build_parser
from csrtui.cli.streams import forget, settle_streams
from csrtui.core.base.bug_report import describe_bug
from csrtui.core.base.errors import CsrtuiError, InputError
from csrtui.store.location import store_path

_INTERRUPTED = 130


def run(
    arguments: Sequence[str],
    open_screens: Callable[[str], int],
) -> int:
    """Run csrtui.

    Args:
        arguments: The command line without the program's name.
        open_screens: Opens the screens on the store at a path, and returns the exit status.

    Returns:
        The exit status: 0 done, 1 the answer is no, 2 wrong usage or input, or an output that takes nothing, 3 the
        store cannot be used; 130 after an interrupt, and what a shell gives for a signal that ended the work.
    """
    try:
        settle_streams()
        status = _dispatch(arguments, open_screens)
        sys.stdout.flush()
    except CsrtuiError as error:
        status = _tell(error)
    except KeyboardInterrupt:
        status = _INTERRUPTED
    except BrokenPipeError:
        status = 0  # whoever read the output has seen enough
        forget(sys.stdout)
    except OSError as error:
        status = _tell(
            InputError(f"cannot write to standard output: {error.strerror}", "what was done before is kept")
        )
        forget(sys.stdout)
    except Exception as error:  # noqa: BLE001 - the last line before a traceback, which could show a secret
        status = _tell(describe_bug(error))
    return status


def _dispatch(
    arguments: Sequence[str],
    open_screens: Callable[[str], int],
) -> int:
    from csrtui.cli.commands.all import COMMANDS

    try:
        options = build_parser(COMMANDS, arguments).parse_args(arguments)
    except SystemExit as done:  # after --help
        return int(done.code or 0)
    if options.version:
        from csrtui.cli.version import print_version

        return print_version()
    if options.command is not None:
        status: int = options.command.action.run(options)
        return status
    return open_screens(store_path(options.store, os.environ))


def _tell(error: CsrtuiError) -> int:
    say_error(error)
    return error.exit_code


__all__ = ["Parser", "run"]
