"""What came of doing something with several pairs or files: an answer for each."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one pair or file.

    Attributes:
        ok: Whether it is as it should be.
        text: What happened, a sentence; text from outside in it is visible.
        pair: The pair's name, or None where there is none.
        file: The file's path, or None where there is none.
        confirm: What ``csrtui verify --confirm`` takes on the machine that made the backup, or None.
    """

    ok: bool
    text: str
    pair: str | None = None
    file: str | None = None
    confirm: str | None = None

    def as_json(self) -> dict[str, object]:
        """The result as commands print it."""
        document: dict[str, object] = {
            "ok": self.ok,
            "pair": self.pair,
            "file": self.file,
            "text": self.text,
        }
        return document | ({"confirm": self.confirm} if self.confirm is not None else {})


def all_ok(results: Sequence[Result]) -> bool:
    """Whether every one is as it should be."""
    return all(result.ok for result in results)
