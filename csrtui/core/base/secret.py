"""Passphrases as a type of their own, so that none is printed by accident."""

from typing import Final, final


@final
class Secret:
    """A passphrase; neither its `repr` nor its `str` says anything about it.

    Python cannot erase it from memory, so nothing of that kind is promised.

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
        raise TypeError("a secret is not written anywhere")

    @property
    def encoded(self) -> bytes:
        """The passphrase in UTF-8, as the key derivation takes it."""
        return self._text.encode("utf-8")

    @property
    def revealed(self) -> str:
        """The passphrase itself, for judging its strength, and to show a generated one the once it is shown."""
        return self._text
