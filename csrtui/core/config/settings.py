"""The configuration: its values, and a strict reader for its TOML text.

Unknown keys are errors, because silently ignoring a misspelt setting would mislead the user. tomllib is imported only
when there is a text to read.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import TypeVar

from csrtui.core.base.errors import InputError
from csrtui.core.base.escaping import visible
from csrtui.core.base.finding import CaKind, Purpose
from csrtui.core.config.policy import NO_POLICY, Policy
from csrtui.core.keys.key_types import KeyType
from csrtui.core.servers.platforms import PLATFORMS
from csrtui.core.subject.fields import SubjectInput

_PROFILE_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9 ._-]{0,39}[A-Za-z0-9._-])?")
_PROFILE_NAME_RULE = (
    "a profile name has at most 41 letters, digits, spaces, dots, hyphens and underscores, "
    "and begins with a letter or digit"
)
_MAX_QUOTED = 60
"""Maximum number of characters that a message quotes."""
MAX_LINE = 500
"""Maximum length of a line. tomllib needs seconds and a gigabyte of memory for a key of a thousand parts."""
_MAX_SEARCHED = 64 * 1024
"""Maximum number of characters to parse again to find the line of an error."""

_Choice = TypeVar("_Choice", bound=str)
_Path = tuple[str, ...]
"""The keys on the path to a value in a TOML document."""


@dataclass(frozen=True, slots=True)
class Profile:
    """Default values for requests of one kind. A field that is empty or None is not set.

    Attributes:
        organization: The organization as typed, like the next four fields.
        ca: The kind of CA.
        platform: The server software, an id of `csrtui.core.servers.platforms`.
        key: The key type.
        purpose: The purpose of the certificate.
    """

    organization: str = ""
    organizational_unit: str = ""
    country: str = ""
    state: str = ""
    locality: str = ""
    ca: CaKind | None = None
    platform: str | None = None
    key: KeyType | None = None
    purpose: Purpose | None = None

    @property
    def subject(self) -> SubjectInput:
        """The subject fields of the profile."""
        return SubjectInput(
            self.organization, self.organizational_unit, self.country, self.state, self.locality
        )

    @property
    def settings(self) -> dict[str, str]:
        """The profile's keys and values as in the configuration, in the order of the form."""
        return {member.name: str(value) for member in fields(self) if (value := getattr(self, member.name))}


@dataclass(frozen=True, slots=True)
class ScreenSettings:
    """The settings for the appearance and input of the screens.

    Attributes:
        theme: The name of a Textual theme, or None. The screens check it.
        mouse: Whether csrtui handles the mouse instead of the terminal.
    """

    theme: str | None = None
    mouse: bool = False


@dataclass(frozen=True, slots=True)
class Config:
    """The configuration. It is empty if there is no file.

    Attributes:
        profiles: The profiles by name, in the order of the file.
        screens: The user's settings for the screens.
        keys: The key bindings, by command name. The screens check them.
        defaults: The values of a request that neither an option nor a profile sets.
        servers: The folder for server files, by the id of the server software.
        policy: The rules that apply on this machine.
    """

    profiles: Mapping[str, Profile] = field(default_factory=dict)
    screens: ScreenSettings = field(default_factory=ScreenSettings)
    keys: Mapping[str, str] = field(default_factory=dict)
    defaults: Profile = Profile()
    servers: Mapping[str, str] = field(default_factory=dict)
    policy: Policy = NO_POLICY


def check_profile_name(text: str) -> str:
    """Return `text` if it is a valid profile name.

    Raises:
        InputError: The text is not a valid profile name.
    """
    if not _PROFILE_NAME.fullmatch(text):
        raise InputError(f'"{visible(text[:_MAX_QUOTED])}" is not a valid profile name', _PROFILE_NAME_RULE)
    return text


def parse_config(text: str, path: str) -> Config:
    """Return the configuration in a text. The arguments and errors are the same as for `parse_document`."""
    return read_config(parse_document(text, path))


def parse_document(text: str, path: str) -> dict[str, object]:
    """Return the TOML document in a text, after checking that it is a configuration.

    `path` is the path of the file, for messages.

    Raises:
        InputError: The text is not TOML, or a key is unknown or has a wrong value. The error names the file and the
            key. It also names the line, unless finding the line takes too long.
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
    try:
        read_config(document)
    except _SettingError as error:
        line_number = _find_line(text, error.path)
        place = visible(path) + (f", line {line_number}" if line_number else "")
        dotted = ".".join(visible(key[:_MAX_QUOTED]) for key in error.path)
        raise InputError(f"{place}: {dotted} {error.message}", error.hint) from None
    return document


def merge_documents(documents: Iterable[dict[str, object]]) -> dict[str, object]:
    """Merge documents key by key and return the result. The first document that sets a value wins."""
    merged: dict[str, object] = {}
    for document in documents:
        merged = _merge(document, merged)
    return merged


def _merge(defaults: dict[str, object], values: dict[str, object]) -> dict[str, object]:
    merged = {**defaults, **values}
    for key, default in defaults.items():
        value = values.get(key)
        if isinstance(default, dict) and isinstance(value, dict):
            merged[key] = _merge(default, value)
    return merged


class _SettingError(Exception):
    """A setting is invalid. `parse_document` converts this error into an `InputError`."""

    def __init__(self, path: _Path, message: str, hint: str) -> None:
        super().__init__(message)
        self.path = path
        self.message = message
        self.hint = hint


def read_config(document: dict[str, object]) -> Config:
    """Return the configuration in a document that `parse_document` or `merge_documents` returned."""
    _refuse_unknown((), document, ("profiles", "screens", "keys", "defaults", "servers", "policy"))
    profiles = _table((), document, "profiles")
    keys = _table((), document, "keys")
    servers = _table((), document, "servers")
    return Config(
        profiles={name: _read_profile(profiles, name) for name in profiles},
        screens=_read_screens(_table((), document, "screens")),
        keys={command: _text(("keys",), keys, command) for command in keys},
        defaults=_read_values(("defaults",), _table((), document, "defaults")),
        servers={server: _read_folder(servers, server) for server in servers},
        policy=_read_policy(_table((), document, "policy")),
    )


def _read_profile(profiles: dict[str, object], name: str) -> Profile:
    path = ("profiles", name)
    if not _PROFILE_NAME.fullmatch(name):
        raise _SettingError(path, "is not a valid profile name", _PROFILE_NAME_RULE)
    return _read_values(path, _table(("profiles",), profiles, name))


def _read_folder(servers: dict[str, object], server: str) -> str:
    path = ("servers", server)
    if server not in PLATFORMS:
        raise _SettingError(path, "is not known server software", "list them with csrtui guide")
    table = _table(("servers",), servers, server)
    _refuse_unknown(path, table, ("folder",))
    folder = _text(path, table, "folder") if table else ""
    if folder and not folder.startswith(("/", "~")):
        raise _SettingError((*path, "folder"), "is not an absolute path", 'folder = "/etc/nginx/tls"')
    return folder


def _read_policy(table: dict[str, object]) -> Policy:
    path = ("policy",)
    _refuse_unknown(path, table, ("min_rsa_bits", "key_types", "backup_before_submit"))
    bits = table.get("min_rsa_bits", 0)
    if isinstance(bits, bool) or not isinstance(bits, int):
        raise _SettingError((*path, "min_rsa_bits"), "is not a number", "min_rsa_bits = 3072")
    key_types = table.get("key_types", [])
    if not isinstance(key_types, list) or not all(key_type in tuple(KeyType) for key_type in key_types):
        hint = f"a list of {', '.join(KeyType)}"
        raise _SettingError((*path, "key_types"), "is not a list of key types", hint)
    return Policy(bits, tuple(map(KeyType, key_types)), _flag(path, table, "backup_before_submit"))


def _read_values(path: _Path, table: dict[str, object]) -> Profile:
    _refuse_unknown(path, table, tuple(member.name for member in fields(Profile)))
    texts = {key: _text(path, table, key) for key in table}
    return Profile(
        **{field: texts.get(field, "") for field in SubjectInput._fields},
        ca=_choice(path, texts, "ca", CaKind, tuple(CaKind)),
        platform=_choice(path, texts, "platform", str, tuple(PLATFORMS)),
        key=_choice(path, texts, "key", KeyType, tuple(KeyType)),
        purpose=_choice(path, texts, "purpose", Purpose, tuple(Purpose)),
    )


def _read_screens(table: dict[str, object]) -> ScreenSettings:
    path = ("screens",)
    _refuse_unknown(path, table, tuple(member.name for member in fields(ScreenSettings)))
    theme = _text(path, table, "theme") if "theme" in table else None
    return ScreenSettings(theme, _flag(path, table, "mouse"))


def _refuse_unknown(path: _Path, table: dict[str, object], keys: tuple[str, ...]) -> None:
    for key in table:
        if key not in keys:
            raise _SettingError((*path, key), "is not known", f"known here: {', '.join(keys)}")


def _table(path: _Path, parent: dict[str, object], key: str) -> dict[str, object]:
    value = parent.get(key, {})
    if not isinstance(value, dict):
        raise _SettingError((*path, key), "is not a table", f"write [{'.'.join((*path, visible(key)))}]")
    return value


def _text(path: _Path, table: dict[str, object], key: str) -> str:
    value = table[key]
    if not isinstance(value, str):
        raise _SettingError((*path, key), "is not a string", "put it in quotation marks")
    return value


def _flag(path: _Path, table: dict[str, object], key: str) -> bool:
    value = table.get(key, False)
    if not isinstance(value, bool):
        raise _SettingError((*path, key), "is neither true nor false", f"{key} = true")
    return value


def _choice(
    path: _Path, texts: dict[str, str], key: str, kind: Callable[[str], _Choice], choices: tuple[str, ...]
) -> _Choice | None:
    text = texts.get(key, "")
    if not text:
        return None
    if text not in choices:
        raise _SettingError(
            (*path, key), f'is "{visible(text[:_MAX_QUOTED])}"', f"one of {', '.join(choices)}"
        )
    return kind(text)


def _find_line(text: str, path: _Path) -> int | None:
    """Return the number (from 1) of the line where a key first occurs, or None if finding it takes too long.

    tomllib reports no positions. But the text up to the end of a statement is TOML too. A binary search finds the
    shortest such part that contains the key, and the key is on its last line.
    """
    import tomllib
    from bisect import bisect_left

    lines = text.replace("\r\n", "\n").split("\n")
    budget = _MAX_SEARCHED

    def has_key(count: int) -> bool:
        """Return whether the key is in the first `count` lines, extended to the end of the last statement."""
        nonlocal budget
        value: object = None
        while value is None:
            part = "\n".join(lines[:count])
            budget -= len(part)
            if budget < 0:
                return False
            try:
                value = tomllib.loads(part)
            except tomllib.TOMLDecodeError:
                count += 1  # the last line is inside a multi-line string or array
        for key in path:
            if not isinstance(value, dict) or key not in value:
                return False
            value = value[key]
        return True

    number = 1 + bisect_left(range(len(lines)), x=True, key=lambda index: has_key(index + 1))
    return number if budget >= 0 else None
