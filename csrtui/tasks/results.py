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
        spki_sha256: The SPKI fingerprint of the key in a backup file, 64 hex digits, or None where none was read.
        names: The names in the CSR of that backup, visible.
    """

    ok: bool
    text: str
    pair: str | None = None
    file: str | None = None
    confirm: str | None = None
    spki_sha256: str | None = None
    names: tuple[str, ...] = ()

    def as_json(self) -> dict[str, object]:
        """The result as commands print it."""
        document: dict[str, object] = {
            "ok": self.ok,
            "pair": self.pair,
            "file": self.file,
            "text": self.text,
        }
        if self.confirm is not None:
            document["confirm"] = self.confirm
        if self.spki_sha256 is not None:
            document |= {"spki_sha256": self.spki_sha256, "names": list(self.names)}
        return document


def all_ok(results: Sequence[Result]) -> bool:
    """Whether every one is as it should be."""
    return all(result.ok for result in results)
