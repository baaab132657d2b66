"""Run one command, and report each outcome with an exit status and each failure with an error message."""

import os
import sys
from collections.abc import Callable, Sequence

from csrtui.cli.output import (
    discard_output,
    prepare_streams,
    print_error,
    print_message,
    set_quiet,
    set_store,
)
from csrtui.cli.parser import build_parser
from csrtui.core.base.errors import CsrtuiError, InputError, RefusedError, describe_bug
from csrtui.store.store_location import store_path
from csrtui.store.verbose_log import log_to_stderr

_INTERRUPTED = 130
_COMMANDS_WITH_RESULTS = frozenset({
    "backup", "verify", "restore", "import", "adopt", "export", "retire", "served",
})  # fmt: skip
"""The commands that print the document with results, also if they fail before the first one."""


def run(arguments: Sequence[str], open_screens: Callable[[str, bool], int]) -> int:
    """Run csrtui and return the exit status.

    Args:
        open_screens: A function that opens the screens and returns the exit status. Its arguments are the path of the
            store, and whether to use the mouse even if the configuration does not enable it.

    Returns:
        0 success; 1 a check found something or an item failed; 2 usage or input error, or stdout cannot be written;
        3 the store cannot be used; 130 after an interrupt; 128 and the signal's number if a signal stopped the work.
    """
    try:
        prepare_streams()
        status = _dispatch(arguments, open_screens)
        sys.stdout.flush()
    except CsrtuiError as error:
        status = _report(error)
    except KeyboardInterrupt:
        status = _INTERRUPTED
    except BrokenPipeError:
        status = 0  # the reader of the output, such as head, has closed the pipe
        discard_output(sys.stdout)
    except OSError as error:
        status = _report(
            InputError(f"cannot write to standard output: {error.strerror}", "completed work is kept")
        )
        discard_output(sys.stdout)
    except Exception as error:  # noqa: BLE001 - a traceback could show a secret
        status = _report(_unsupported_package() or describe_bug(error))
    return status


def _unsupported_package() -> CsrtuiError | None:
    """Return an error if the version of a library is unsupported, which can cause any exception, or else None."""
    from csrtui.cli.version import find_unsupported_package

    message = find_unsupported_package()
    return InputError(message, "pip install --upgrade csrtui") if message else None


def _dispatch(arguments: Sequence[str], open_screens: Callable[[str, bool], int]) -> int:
    try:
        options = build_parser(arguments).parse_args(arguments)
    except SystemExit as end:  # after --help
        return int(end.code or 0)
    if options.version:
        from csrtui.cli.version import print_version

        return print_version()
    set_quiet(quiet=options.quiet)
    is_fleet = options.command is not None and options.command.name == "fleet"
    set_store(None if is_fleet else options.store)  # the messages of fleet name commands for other hosts
    log_to_stderr(enabled=options.verbose)
    if options.command is not None:
        if options.mouse:
            raise InputError("--mouse is only for the screens", "csrtui --mouse opens them")
        try:
            status: int = options.command.action.run(options)
        except (InputError, RefusedError) as error:
            if options.command.name not in _COMMANDS_WITH_RESULTS or not options.json:
                raise
            from csrtui.cli.pair_results import print_refusal

            return print_refusal(options, error)
        if getattr(options, "dry_run", False):
            print_message("dry run: nothing was written")
        return status
    status = open_screens(store_path(options.store, os.environ), options.mouse)
    import signal  # only the screens need it

    if status == 128 + signal.SIGHUP:
        # The terminal is lost. Python could not flush its streams, and would exit with status 120.
        discard_output(sys.stdout)
        discard_output(sys.stderr)
    return status


def _report(error: CsrtuiError) -> int:
    print_error(error)
    return error.exit_code
