"""cryptography's `x509`, imported without compiling one pattern, which would take a fifth of the import's time.

The pattern reads RFC 4514 text and covers all of Unicode. csrtui never reads such text. Import `x509` from here where a
command may import it first.
"""

import re
import sys
from typing import Any

_LAST_CHARACTER = chr(sys.maxunicode)
_compile = re.compile


class _LazyPattern:
    """A pattern that is compiled when it is used."""

    def __init__(self, pattern: str, flags: int) -> None:
        self._arguments = pattern, flags

    def __getattr__(self, name: str) -> object:
        return getattr(_compile(*self._arguments), name)


def _compile_later(pattern: Any, flags: int = 0) -> Any:
    """Return a compiled pattern, or a lazy one if it covers all of Unicode."""
    is_large = isinstance(pattern, str) and _LAST_CHARACTER in pattern
    return _LazyPattern(pattern, flags) if is_large else _compile(pattern, flags)


re.compile = _compile_later
try:
    from cryptography import x509
finally:
    re.compile = _compile

__all__ = ["x509"]
