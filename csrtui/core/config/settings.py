"""The configuration: what its TOML text may say, and what it says.

Reading is strict: what is not known here is an error that names it, because a setting that is misspelt
and silently ignored is worse than none. tomllib is imported when there is a text to read.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import TypeVar

from csrtui.core.base.errors import InputError
from csrtui.core.base.escaping import visible
from csrtui.core.base.finding import CaKind
from csrtui.core.keys.key_types import KeyType
from csrtui.core.servers.platforms import PLATFORMS
from csrtui.core.subject.fields import TypedSubject

_PROFILE_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9 ._-]{0,39}[A-Za-z0-9._-])?")
_PROFILE_NAME_RULE = (
    "a profile's name has letters, digits, blanks, dots, hyphens and underscores, at most 41, "
    "and begins with a letter or digit"
)
_SHOWN = 60
"""Characters of a text at fault that a message quotes."""
MAX_LINE = 500
"""The most characters of a line. A key of a thousand parts costs tomllib seconds and a gigabyte."""
_SEARCHED = 64 * 1024
"""So many characters at most are read again to find the line of a fault."""

_Choice = TypeVar("_Choice", bound=str)


@dataclass(frozen=True, slots=True)
class Profile:
    """What requests of one kind have in common; a field left empty, or None, is not said.

    Attributes:
        organization: As typed, like the four that follow.
        ca: The kind of CA.
        platform: The server software, an id of `csrtui.core.servers.platforms`.
        key: The key type.
    """

    organization: str = ""
    organizational_unit: str = ""
    country: str = ""
    state: str = ""
    locality: str = ""
    ca: CaKind | None = None
    platform: str | None = None
    key: KeyType | None = None

    @property
    def subject(self) -> TypedSubject:
        """The subject fields alone."""
        return TypedSubject(
            self.organization, self.organizational_unit, self.country, self.state, self.locality
        )

    def said(self) -> Iterator[tuple[str, str]]:
        """The keys and texts that stand for it in the configuration, in the order of the form."""
        for member in fields(self):
            value: str | None = getattr(self, member.name)
            if value:
                yield member.name, str(value)


@dataclass(frozen=True, slots=True)
class ScreenSettings:
    """How the screens look and listen.

    Attributes:
        theme: The name of one of Textual's themes, not checked here; None where none is named.
        mouse: Whether the mouse is taken from the terminal.
    """

    theme: str | None = None
    mouse: bool = False


@dataclass(frozen=True, slots=True)
class Config:
    """The configuration; an empty one where there is no file.

    Attributes:
        profiles: By name, in the order of the file.
        screens: How the screens look and listen.
        keys: Keys by the command they are for; neither is checked here, only the screens know them.
    """

    profiles: Mapping[str, Profile] = field(default_factory=dict)
    screens: ScreenSettings = field(default_factory=ScreenSettings)
    keys: Mapping[str, str] = field(default_factory=dict)


def check_profile_name(text: str) -> str:
    """Return `text` when it is a name that a profile can have.

    Raises:
        InputError: It is none.
    """
    if not _PROFILE_NAME.fullmatch(text):
        raise InputError(f'"{visible(text[:_SHOWN])}" is not a valid profile name', _PROFILE_NAME_RULE)
    return text


def parse_config(text: str, path: str) -> Config:
    """Return what a configuration says.

    Args:
        text: TOML 1.0.
        path: The file it is from, for messages.

    Raises:
        InputError: It is not TOML, or something in it is unknown or of the wrong type; the error names the
            file, the key, and the line unless that would take long to find.
    """
    import tomllib

    for number, line in enumerate(text.split("\n"), start=1):
        if len(line) > MAX_LINE:
            raise InputError(
                f"{visible(path)}, line {number} has more than {MAX_LINE} characters", "break it into several"
            )
    try:
        document = tomllib.loads(text)
    except RecursionError:
        raise InputError(f"{visible(path)} is not TOML: it is nested too deeply") from None
    except ValueError as error:
        raise InputError(
            f"{visible(path)} is not TOML: {visible(str(error))}",
            'a line is key = "value", a table begins with [name]',
        ) from error
    return _Reader(text, path).config(document)


class _Fault(Exception):  # noqa: N818 - it never leaves this module
    """Something at `where`, a path of keys, is not as it should be."""

    def __init__(self, where: tuple[str, ...], what: str, hint: str | None) -> None:
        super().__init__(what)
        self.where = where
        self.what = what
        self.hint = hint


class _Reader:
    """Turns a TOML document into a configuration, and a fault into an error that says where it is."""

    def __init__(self, text: str, path: str) -> None:
        self._text = text
        self._path = path

    def config(self, document: dict[str, object]) -> Config:
        try:
            _known((), document, ("profiles", "screens", "keys"))
            profiles = _table((), document, "profiles")
            return Config(
                profiles={name: _profile(profiles, name) for name in profiles},
                screens=_screens(_table((), document, "screens")),
                keys=_keys(_table((), document, "keys")),
            )
        except _Fault as fault:
            line = _line_of(self._text, fault.where)
            place = visible(self._path) + (f", line {line}" if line else "")
            dotted = ".".join(visible(key[:_SHOWN]) for key in fault.where)
            raise InputError(f"{place}: {dotted} {fault.what}", fault.hint) from None


def _profile(profiles: dict[str, object], name: str) -> Profile:
    where = ("profiles", name)
    if not _PROFILE_NAME.fullmatch(name):
        raise _Fault(where, "is not a valid profile name", _PROFILE_NAME_RULE)
    table = _table(("profiles",), profiles, name)
    _known(where, table, tuple(member.name for member in fields(Profile)))
    texts = {key: _text(where, table, key) for key in table}
    return Profile(
        organization=texts.get("organization", ""),
        organizational_unit=texts.get("organizational_unit", ""),
        country=texts.get("country", ""),
        state=texts.get("state", ""),
        locality=texts.get("locality", ""),
        ca=_choice(where, texts, "ca", CaKind, tuple(CaKind)),
        platform=_choice(where, texts, "platform", str, tuple(PLATFORMS)),
        key=_choice(where, texts, "key", KeyType, tuple(KeyType)),
    )


def _screens(table: dict[str, object]) -> ScreenSettings:
    where = ("screens",)
    _known(where, table, tuple(member.name for member in fields(ScreenSettings)))
    mouse = table.get("mouse", False)
    if not isinstance(mouse, bool):
        raise _Fault((*where, "mouse"), "is neither true nor false", "mouse = true")
    return ScreenSettings(_text(where, table, "theme") if "theme" in table else None, mouse)


def _keys(table: dict[str, object]) -> dict[str, str]:
    return {command: _text(("keys",), table, command) for command in table}


def _known(where: tuple[str, ...], table: dict[str, object], known: tuple[str, ...]) -> None:
    for key in table:
        if key not in known:
            raise _Fault((*where, key), "is not known", f"known here: {', '.join(known)}")


def _table(where: tuple[str, ...], parent: dict[str, object], key: str) -> dict[str, object]:
    value = parent.get(key, {})
    if not isinstance(value, dict):
        raise _Fault((*where, key), "is not a table", f"write [{'.'.join((*where, visible(key)))}]")
    return value


def _text(where: tuple[str, ...], table: dict[str, object], key: str) -> str:
    value = table[key]
    if not isinstance(value, str):
        raise _Fault((*where, key), "is not a text", "put it in quotation marks")
    return value


def _choice(
    where: tuple[str, ...],
    texts: dict[str, str],
    key: str,
    kind: Callable[[str], _Choice],
    known: tuple[str, ...],
) -> _Choice | None:
    text = texts.get(key, "")
    if not text:
        return None
    if text not in known:
        raise _Fault((*where, key), f'is "{visible(text[:_SHOWN])}"', f"one of {', '.join(known)}")
    return kind(text)


def _line_of(text: str, where: tuple[str, ...]) -> int | None:
    """The line on which the key at `where` first stands, from 1; None where that would take long to find.

    tomllib tells no positions. But a text up to the end of any statement is TOML too, so the line is where
    the first such beginning that has the key ends its last statement: found by bisection.
    """
    from bisect import bisect_left

    search = _Search(text, where)
    try:
        return 1 + bisect_left(range(len(search.lines)), x=True, key=lambda line: search.has(line + 1))
    except _TooLongError:
        return None


class _TooLongError(Exception):
    """The search for a line has read more than is worth it."""


class _Search:
    """Looks whether the key at `where` is there after so many lines of a text.

    Attributes:
        lines: Those of the text.
    """

    def __init__(self, text: str, where: tuple[str, ...]) -> None:
        self.lines = text.replace("\r\n", "\n").split("\n")
        self._where = where
        self._room = _SEARCHED

    def has(self, count: int) -> bool:
        """Whether the key is there after the statement that `count` lines end in.

        Raises:
            _TooLongError: Too much was read.
        """
        found: object = self._document(count)
        for key in self._where:
            if not isinstance(found, dict) or key not in found:
                return False
            found = found[key]
        return True

    def _document(self, count: int) -> dict[str, object]:
        """What so many lines say, and as many more as the last statement needs: the whole of it is known to be TOML."""
        import tomllib

        while True:
            beginning = "\n".join(self.lines[:count])
            self._room -= len(beginning)
            if self._room < 0:
                raise _TooLongError
            try:
                return tomllib.loads(beginning)
            except tomllib.TOMLDecodeError:
                count += 1  # inside a text or an array of several lines
