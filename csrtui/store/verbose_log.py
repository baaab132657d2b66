"""Log to stderr which files are read, created and replaced (``--verbose``). Contents are never logged."""

import sys
from typing import TYPE_CHECKING

from csrtui.core.base.escaping import visible

if TYPE_CHECKING:
    from logging import Logger

_logger: "Logger | None" = None


def log_to_stderr(*, enabled: bool) -> None:
    """Set whether actions are logged to stderr. The logging module is imported only if they are."""
    global _logger  # noqa: PLW0603 - a property of the process, like stderr
    _logger = None
    if enabled:
        import logging

        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
        _logger = logging.getLogger("csrtui")
        _logger.setLevel(logging.DEBUG)
        _logger.handlers = [handler]


def log(action: str, path: str) -> None:
    """Log an action on a file or folder, with control characters made visible."""
    if _logger is not None:
        _logger.debug("%s %s", action, visible(path))
