"""Read the members of a JSON object and check their types, because another program may have written the object."""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import TypeVar

_T = TypeVar("_T")
_Choice = TypeVar("_Choice", bound=StrEnum)
Json = dict[str, object]
"""A JSON object."""


class MemberError(ValueError):
    """A member is missing, or has the wrong type or value. The message names the member and is safe to display."""


class Members:
    """A JSON object. Each method returns one member or several, and raises `MemberError` if a member is invalid.

    Args:
        members: The object.
        path: The prefix for member names in errors, such as ``key.``.
    """

    def __init__(self, members: Mapping[str, object], path: str = "") -> None:
        self._members = members
        self._path = path

    def get(self, name: str, kind: type[_T]) -> _T:
        """Return a member of type `kind`."""
        if name not in self._members:
            raise MemberError(f"{self._path}{name} is missing")
        value = self._members[name]
        if not isinstance(value, kind):
            raise MemberError(f"{self._path}{name} has the wrong type")
        return value

    def get_or_none(self, name: str) -> object:
        """Return a member of any type, or None if it is missing."""
        return self._members.get(name)

    def text(self, name: str) -> str:
        """Return a member that is a string."""
        return self.get(name, str)

    def optional_text(self, name: str) -> str | None:
        """Return a member that is a string, or None if it is missing or null."""
        return None if self._members.get(name) is None else self.text(name)

    def flag(self, name: str) -> bool:
        """Return a member that is a boolean, or False if it is missing or null."""
        return False if self._members.get(name) is None else self.get(name, bool)

    def texts(self, name: str) -> tuple[str, ...]:
        """Return a member that is a list of strings, as a tuple."""
        values = self.get(name, list)
        if not all(isinstance(value, str) for value in values):
            raise MemberError(f"{self._path}{name} is not a list of strings")
        return tuple(values)

    def time(self, name: str) -> datetime:
        """Return a member that is a time, in UTC."""
        text = self.text(name)
        try:
            time = datetime.fromisoformat(text)
        except ValueError:
            raise MemberError(f"{self._path}{name} is not a time") from None
        if time.tzinfo is None:
            raise MemberError(f"{self._path}{name} has no time zone")
        try:
            return time.astimezone(UTC)
        except OverflowError:
            raise MemberError(f"{self._path}{name} is out of range") from None

    def choice(self, name: str, kind: type[_Choice]) -> _Choice:
        """Return the enumeration value that a member contains as a string."""
        text = self.text(name)
        try:
            return kind(text)
        except ValueError:
            raise MemberError(f"{self._path}{name} is not a known value") from None

    def optional_time(self, name: str) -> datetime | None:
        """Return a member that is a time, in UTC, or None if it is missing or null."""
        return None if self._members.get(name) is None else self.time(name)

    def object(self, name: str) -> "Members":
        """Return a member that is an object."""
        return Members(self.get(name, dict), f"{self._path}{name}.")

    def optional_object(self, name: str) -> "Members | None":
        """Return a member that is an object, or None if it is missing or null."""
        return None if self._members.get(name) is None else self.object(name)

    def objects(self, name: str) -> list["Members"]:
        """Return the objects in a member that is a list of objects."""
        values = self.get(name, list)
        if not all(isinstance(value, dict) for value in values):
            raise MemberError(f"{self._path}{name} is not a list of objects")
        return [Members(value, f"{self._path}{name}.") for value in values]

    def unknown(self, known: Collection[str]) -> Json:
        """Return the members whose names are not in `known`."""
        return {name: value for name, value in self._members.items() if name not in known}
