"""Members of a JSON object that somebody wrote, each demanded to be of its kind."""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import TypeVar

_T = TypeVar("_T")
_Choice = TypeVar("_Choice", bound=StrEnum)
Json = dict[str, object]
"""A JSON object."""


class MemberError(ValueError):
    """A member is missing, or of another kind, or its value cannot be. It names the member, and can be told."""


class Members:
    """Reads the members of a JSON object.

    Every method raises `MemberError` where it is not what it should be.

    Args:
        members: The object.
        path: What comes before a member's name in an error, such as ``key.``.
    """

    def __init__(self, members: Mapping[str, object], path: str = "") -> None:
        self._members = members
        self._path = path

    def get(self, name: str, kind: type[_T]) -> _T:
        """A member of a kind."""
        if name not in self._members:
            raise MemberError(f"{self._path}{name} is not there")
        value = self._members[name]
        if not isinstance(value, kind):
            raise MemberError(f"{self._path}{name} is not what it should be")
        return value

    def text(self, name: str) -> str:
        """A text."""
        return self.get(name, str)

    def optional_text(self, name: str) -> str | None:
        """A text, or None where there is none."""
        return None if self._members.get(name) is None else self.text(name)

    def flag(self, name: str) -> bool:
        """A boolean, or False where there is none."""
        return False if self._members.get(name) is None else self.get(name, bool)

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of texts."""
        values = self.get(name, list)
        if not all(isinstance(value, str) for value in values):
            raise MemberError(f"{self._path}{name} is not a list of texts")
        return tuple(values)

    def time(self, name: str) -> datetime:
        """A time, in UTC."""
        try:
            time = datetime.fromisoformat(self.text(name))
        except MemberError:
            raise
        except ValueError:
            raise MemberError(f"{self._path}{name} is not a time") from None
        if time.tzinfo is None:
            raise MemberError(f"{self._path}{name} has no time zone")
        try:
            return time.astimezone(UTC)
        except OverflowError:
            raise MemberError(f"{self._path}{name} is out of range") from None

    def choice(self, name: str, kind: type[_Choice]) -> _Choice:
        """One of the texts that a kind has."""
        try:
            return kind(self.text(name))
        except MemberError:
            raise
        except ValueError:
            raise MemberError(f"{self._path}{name} is none of those known") from None

    def optional_time(self, name: str) -> datetime | None:
        """A time, or None where there is none."""
        return None if self._members.get(name) is None else self.time(name)

    def object(self, name: str) -> "Members":
        """An object."""
        return Members(self.get(name, dict), f"{self._path}{name}.")

    def optional_object(self, name: str) -> "Members | None":
        """An object, or None where there is none."""
        return None if self._members.get(name) is None else self.object(name)

    def objects(self, name: str) -> list["Members"]:
        """A list of objects."""
        values = self.get(name, list)
        if not all(isinstance(value, dict) for value in values):
            raise MemberError(f"{self._path}{name} is not a list of objects")
        return [Members(value, f"{self._path}{name}.") for value in values]

    def beside(self, known: Collection[str]) -> Json:
        """The members that are not among those known."""
        return {name: value for name, value in self._members.items() if name not in known}
