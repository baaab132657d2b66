"""A type for passphrases that prevents printing them by accident."""

from typing import Final, final


@final
class Secret:
    """A passphrase that `repr` and `str` do not show.

    csrtui does not promise to erase it from memory, because Python cannot do that.

    Args:
        text: The passphrase, any Unicode text.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text: Final = text

    def __repr__(self) -> str:
        return "Secret()"

    def __format__(self, spec: str) -> str:
        return repr(self)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._text == other._text

    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> str | tuple[object, ...]:
        raise TypeError("a secret cannot be serialized")

    @property
    def encoded(self) -> bytes:
        """The passphrase in UTF-8, for key derivation."""
        return self._text.encode("utf-8")

    @property
    def revealed(self) -> str:
        """The passphrase itself, to rate it, to show a generated one once, or to fill a masked field."""
        return self._text
