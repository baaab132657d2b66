"""What is told when a key and its CSR have been made in a thread, or could not be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.message import Message

if TYPE_CHECKING:
    from csrtui.core.base.errors import CsrtuiError
    from csrtui.core.pairs.pair import Pair


class PairMade(Message):
    """A pair was made.

    Args:
        pair: The pair.
    """

    def __init__(self, pair: Pair) -> None:
        super().__init__()
        self.pair = pair


class PairNotMade(Message):
    """A pair could not be made.

    Args:
        error: Why.
    """

    def __init__(self, error: CsrtuiError) -> None:
        super().__init__()
        self.error = error
