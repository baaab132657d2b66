"""Texts with variables of an inventory: ``{{ variable }}`` and ``{{ variable.member }}``, and nothing else.

Text becomes code where a general template engine reads it, so csrtui has none: it replaces variables itself, by the
grammar below, with data of the inventory. Who may write a variable is told by the type: in a `Template`, which the
user typed, variables are replaced. Any other `str` is literal, whatever it looks like: it came from a file, a pair, a
profile or a paste, and so from another person. Cutting, joining or any other operation on a `Template` gives a `str`;
what loses its type on the way is literal, never code.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, NoReturn

from csrtui.core.base.errors import InputError
from csrtui.core.base.escaping import visible
from csrtui.core.names.name import split_names

MAX_DEPTH = 8
"""Values that are templates again are resolved so many levels deep."""
MAX_REPLACED = 1000
"""Variables that are replaced for one text, those in values included."""
MAX_CHARACTERS = 64 * 1024
"""Characters of a text after its variables are replaced."""
_MAX_QUOTED = 60
"""Characters of a piece that a message quotes."""
_PRIVATE = 0xF0000
"""From here on are characters without a meaning, which nobody types (Unicode's plane 15)."""
_IDENTIFIER = "[A-Za-z_][A-Za-z0-9_]*"
_OPENING = re.compile(r"\{[{%#]")
_CLOSING = {"{{": "}}", "{%": "%}", "{#": "#}"}
_VARIABLE = re.compile(rf"\{{\{{[ \t]*({_IDENTIFIER})(?:\.({_IDENTIFIER}))?[ \t]*\}}\}}")
_SECRET_WORDS = frozenset({"pass", "pwd", "pw", "pin", "apikey"})
_SECRET_PARTS = (
    "password",
    "passwd",
    "passphrase",
    "secret",
    "vault",
    "token",
    "credential",
    "private_key",
    "api_key",
)
"""A variable holds a secret if one of these parts is in its name, or one of the words above between its underscores."""
_NOT_SECRET = "use a variable that does not hold a secret"  # noqa: S105 - a hint


class Template(str):
    """A text that the user typed, in which variables are replaced; any other `str` is literal."""

    __slots__ = ()


class Variable(NamedTuple):
    """A variable, or a member of one.

    Attributes:
        name: The variable.
        member: The member of the dictionary that it holds, or None.
    """

    name: str
    member: str | None

    def __str__(self) -> str:
        """``variable`` or ``variable.member``."""
        return self.name if self.member is None else f"{self.name}.{self.member}"


@dataclass(frozen=True, slots=True)
class HostVariables:
    """What an inventory holds for a host.

    Attributes:
        host: The host's name in the inventory.
        values: The variables as ``ansible-inventory --list`` prints them: values that are templates are not resolved.
        facts: What the inventory itself knows of the host, such as ``inventory_hostname``; never templates.
    """

    host: str
    values: Mapping[str, object]
    facts: Mapping[str, object]


def has_opening(text: str) -> bool:
    """Return whether a text has one of ``{{``, ``{%`` and ``{#``."""
    return _OPENING.search(text) is not None


def has_variables(text: str) -> bool:
    """Return whether a text differs from host to host."""
    return isinstance(text, Template) and has_opening(text)


def split_names_in(text: str) -> list[str]:
    """Return the names in a text, each a `Template` if the text is one; blanks between braces separate nothing."""
    if not isinstance(text, Template):
        return split_names(text)
    masked, pieces = "", dict[int, str]()
    for opening, piece in _pieces(text):
        if opening is not None:
            pieces[_PRIVATE + len(pieces)] = piece
        masked += piece if opening is None else chr(_PRIVATE + len(pieces) - 1)
    return [Template(name.translate(pieces)) for name in split_names(masked)]


def check_template(text: str) -> None:
    """Demand that a text follows the grammar.

    Raises:
        InputError: A piece of it does not; the error quotes the piece.
    """
    for _ in _parse(text):
        pass


def expand(text: str, variables: HostVariables) -> str:
    """Return a text with its variables replaced; a literal text unchanged.

    Raises:
        InputError: A piece is not a variable, or the host lacks the variable, or its value is not a text.
    """
    return _Expansion(variables).text(text, ()) if isinstance(text, Template) else text


def expand_names(text: str, variables: HostVariables) -> list[str]:
    """Return the names that a text stands for: one, or those of the list that its only variable holds.

    Raises:
        InputError: As for `expand`; or an element of the list is not a text.
    """
    return _Expansion(variables).names(text) if isinstance(text, Template) else [text]


def _pieces(text: str) -> Iterator[tuple[str | None, str]]:
    """Give the pieces of a text: each with what opens it, or None for what stands between those."""
    at = 0
    while opening := _OPENING.search(text, at):
        if opening.start() > at:
            yield None, text[at : opening.start()]
        closing = text.find(_CLOSING[opening[0]], opening.end())
        at = len(text) if closing < 0 else closing + 2
        yield opening[0], text[opening.start() : at]
    if at < len(text):
        yield None, text[at:]


def _parse(text: str) -> Iterator[str | Variable]:
    for opening, piece in _pieces(text):
        if opening is None:
            yield piece
        elif match := _VARIABLE.fullmatch(piece):
            yield Variable(match[1], match[2])
        else:
            raise InputError(
                f'"{_quoted(piece)}" is not a variable: only {{{{ name }}}} and {{{{ name.member }}}} are replaced',
                "write the text itself, or give the hosts a variable that holds it in the inventory",
            )


class _Expansion:
    """Replaces the variables of one text for one host, within bounds."""

    def __init__(self, variables: HostVariables) -> None:
        self._variables = variables
        self._left = MAX_REPLACED

    def text(self, text: str, path: tuple[str, ...]) -> str:
        parts = [part if isinstance(part, str) else self._replaced(part, path) for part in _parse(text)]
        if sum(map(len, parts)) > MAX_CHARACTERS:
            raise InputError(
                f"the text has more than {MAX_CHARACTERS:,} characters after its variables are replaced"
            )
        return "".join(parts)

    def names(self, text: str) -> list[str]:
        parts = list(_parse(text.strip()))
        if len(parts) == 1 and isinstance(parts[0], Variable):
            variable = parts[0]
            value = self._value(variable)
            if isinstance(value, Sequence) and not isinstance(value, str):
                return [self._element(variable, one) for one in value]
        return [self.text(text, ())]

    def _element(self, variable: Variable, value: object) -> str:
        if not isinstance(value, str) and _unsafe(value) is None:
            _refuse(
                variable,
                f"has an element that is {_kind(value)}, not a text",
                "quote each name in the inventory",
            )
        return self._resolved(variable, value, (str(variable),))

    def _replaced(self, variable: Variable, path: tuple[str, ...]) -> str:
        shown = str(variable)
        if shown in path:
            _refuse(variable, f"refers to itself: {' → '.join((*path, shown))}", "give it a value of its own")
        if len(path) >= MAX_DEPTH:
            _refuse(
                variable,
                f"refers to other variables more than {MAX_DEPTH} levels deep",
                "give it a value of its own",
            )
        self._left -= 1
        if self._left < 0:
            raise InputError(f"more than {MAX_REPLACED:,} variables would be replaced in one text")
        return self._resolved(variable, self._value(variable), (*path, shown))

    def _value(self, variable: Variable) -> object:
        name, member = variable
        for part in (name, member or ""):
            if _is_secret(part):
                _refuse(variable, "is refused: its name says that it holds a secret", _NOT_SECRET)
        known = self._variables.facts if name in self._variables.facts else self._variables.values
        if name not in known:
            _refuse(
                variable,
                f"is missing on {visible(self._variables.host)}",
                f"give the host {name} in the inventory",
            )
        value = known[name]
        if member is None or _is_vaulted(value):
            return value
        if not isinstance(value, Mapping) or member not in value or _unsafe(value) is not None:
            _refuse(
                variable,
                f"is missing: {name} has no member {member}",
                f"give {name} that member in the inventory",
            )
        return value[member]

    def _resolved(self, variable: Variable, value: object, path: tuple[str, ...]) -> str:
        """Return a value as a text; a text that is a template again is resolved by the same grammar."""
        if (literal := _unsafe(value)) is not None:
            return literal
        if _is_vaulted(value):
            _refuse(variable, "is refused: it is encrypted with Ansible Vault", _NOT_SECRET)
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        if not isinstance(value, str):
            _refuse(variable, f"is {_kind(value)}, not a text", _remedy(variable, value))
        if variable.name in self._variables.facts or not has_opening(value):
            return value
        try:
            check_template(value)
        except InputError as error:
            _refuse(
                variable,
                f"cannot be resolved: {error.what}",
                f"give {variable.name} a plain value in the inventory",
            )
        return self.text(value, path)


def _refuse(variable: Variable, what: str, hint: str) -> NoReturn:
    raise InputError(f"variable {variable} {what}", hint)


def _is_secret(name: str) -> bool:
    plain = name.casefold()
    return any(part in plain for part in _SECRET_PARTS) or not _SECRET_WORDS.isdisjoint(plain.split("_"))


def _is_vaulted(value: object) -> bool:
    return isinstance(value, Mapping) and "__ansible_vault" in value


def _unsafe(value: object) -> str | None:
    """Return the text that the inventory itself marks as literal (``!unsafe``), or None."""
    text = value.get("__ansible_unsafe") if isinstance(value, Mapping) else None
    return text if isinstance(text, str) else None


def _kind(value: object) -> str:
    match value:
        case None:
            return "empty"
        case bool():
            return "true or false"
        case Mapping():
            return "a dictionary"
        case list():
            return "a list"
    return "a number with a fraction"


def _remedy(variable: Variable, value: object) -> str:
    if isinstance(value, Mapping):
        return f"name one of its members, as in {{{{ {variable.name}.member }}}}"
    if isinstance(value, list):
        return f"a list can only be a whole name: {{{{ {variable} }}}}"
    return "put the value in quotes in the inventory"


def _quoted(piece: str) -> str:
    return visible(piece if len(piece) <= _MAX_QUOTED else f"{piece[:_MAX_QUOTED]}…")
