"""Templates: text with inventory variables, written ``{{ variable }}`` or ``{{ variable.member }}``.

A general template engine would execute text as code. So csrtui replaces the variables itself, using only this grammar
and data from the inventory. Variables are replaced only in a `Template`, which the user entered. Any other `str` is
literal, because it came from a file, a pair, a profile or a paste, and another person may have written it. Slicing,
joining or any other operation on a `Template` returns a `str`, so text that loses its type becomes literal, never code.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, NoReturn

from csrtui.core.base.errors import InputError
from csrtui.core.base.escaping import visible
from csrtui.core.names.pasted_text import split_names

MAX_DEPTH = 8
"""Maximum nesting depth of variables whose values are templates."""
MAX_REPLACEMENTS = 1000
"""Maximum number of variables that are replaced in one text, including those in values of other variables."""
MAX_CHARACTERS = 64 * 1024
"""Maximum length of a text in characters after its variables are replaced."""
_MAX_QUOTED = 60
"""Maximum number of characters that a message quotes from a text."""
_PRIVATE_USE = 0xF0000
"""First character of Unicode plane 15, which is for private use. Nobody types such characters."""
_IDENTIFIER = "[A-Za-z_][A-Za-z0-9_]*"
_OPENING = re.compile(r"\{[{%#]")
_CLOSING = {"{{": "}}", "{%": "%}", "{#": "#}"}
_VARIABLE = re.compile(rf"\{{\{{[ \t]*({_IDENTIFIER})(?:\.({_IDENTIFIER}))?[ \t]*\}}\}}")
_SECRET_WORDS = frozenset({"pass", "pwd", "pw", "pin", "apikey"})
_SECRET_PARTS = (
    "password", "passwd", "passphrase", "secret", "vault", "token", "credential", "private_key", "api_key",
)  # fmt: skip
"""A variable counts as secret if its name contains one of these parts, or one of the words above between
underscores."""
_NOT_SECRET = "use a variable that does not contain a secret"  # noqa: S105 - a hint


class Template(str):
    """Text that the user entered, whose variables are replaced. A plain `str` is literal."""

    __slots__ = ()


class Variable(NamedTuple):
    """A variable, or a member of a variable that is a dictionary."""

    name: str
    member: str | None

    def __str__(self) -> str:
        """Return ``variable`` or ``variable.member``."""
        return self.name if self.member is None else f"{self.name}.{self.member}"


@dataclass(frozen=True, slots=True)
class HostVariables:
    """The inventory's data of one host.

    Attributes:
        host: The name of the host in the inventory.
        values: The variables as ``ansible-inventory --list`` prints them. Values that are templates are not expanded.
        facts: Data that the inventory itself provides, such as ``inventory_hostname``. It is never a template.
    """

    host: str
    values: Mapping[str, object]
    facts: Mapping[str, object]


def has_opening(text: str) -> bool:
    """Return whether a text contains ``{{``, ``{%`` or ``{#``."""
    return _OPENING.search(text) is not None


def has_variables(text: str) -> bool:
    """Return whether a text is a template with variables, so that its expansion can differ between hosts."""
    return isinstance(text, Template) and has_opening(text)


def split_names_in(text: str) -> list[str]:
    """Return the names in a text, like `split_names`. In a template, variables stay whole; the names are templates."""
    if not isinstance(text, Template):
        return split_names(text)
    masked, expressions = "", dict[int, str]()
    for opening, piece in _pieces(text):
        if opening is None:
            masked += piece
        else:
            code = _PRIVATE_USE + len(expressions)
            expressions[code] = piece
            masked += chr(code)
    return [Template(name.translate(expressions)) for name in split_names(masked)]


def check_template(text: str) -> None:
    """Check that a text follows the grammar.

    Raises:
        InputError: A piece of the text does not follow the grammar. The message quotes the piece.
    """
    for _ in _parse(text):
        pass


def expand(text: str, variables: HostVariables) -> str:
    """Return a template with its variables replaced. Return a literal text unchanged.

    Raises:
        InputError: A piece is not a variable, the host does not have the variable, the value is not a string, or a
            limit is exceeded.
    """
    return _Expander(variables).expand(text, ()) if isinstance(text, Template) else text


def expand_names(text: str, variables: HostVariables) -> list[str]:
    """Return the names in an expanded template: one for each element if it is a single list variable, otherwise one.

    Raises:
        InputError: As for `expand`, or an element of the list is not a string.
    """
    return _Expander(variables).expand_names(text) if isinstance(text, Template) else [text]


def _pieces(text: str) -> Iterator[tuple[str | None, str]]:
    """Yield the pieces of a text, each after its opening braces, or after None if the piece is literal."""
    start = 0
    while opening := _OPENING.search(text, start):
        if opening.start() > start:
            yield None, text[start : opening.start()]
        closing = text.find(_CLOSING[opening[0]], opening.end())
        start = len(text) if closing < 0 else closing + 2
        yield opening[0], text[opening.start() : start]
    if start < len(text):
        yield None, text[start:]


def _parse(text: str) -> Iterator[str | Variable]:
    """Yield the literal parts and the variables of a text. Raise `InputError` for any other expression."""
    for opening, piece in _pieces(text):
        if opening is None:
            yield piece
        elif match := _VARIABLE.fullmatch(piece):
            yield Variable(match[1], match[2])
        else:
            quotation = visible(piece if len(piece) <= _MAX_QUOTED else f"{piece[:_MAX_QUOTED]}…")
            raise InputError(
                f'"{quotation}" is not a variable: only {{{{ name }}}} and {{{{ name.member }}}} are replaced',
                "write the text itself, or define a variable for it in the inventory",
            )


class _Expander:
    """The expansion of one text for one host: its variables, and the number of replacements so far."""

    def __init__(self, variables: HostVariables) -> None:
        self._variables = variables
        self._replacements = 0

    def expand(self, text: str, path: tuple[str, ...]) -> str:
        """Return the text with its variables replaced. `path` contains the variables whose values contain this text."""
        parts = [part if isinstance(part, str) else self._replace(part, path) for part in _parse(text)]
        if sum(map(len, parts)) > MAX_CHARACTERS:
            raise InputError(
                f"the text has more than {MAX_CHARACTERS:,} characters after its variables are replaced"
            )
        return "".join(parts)

    def expand_names(self, text: str) -> list[str]:
        parts = list(_parse(text.strip()))
        if len(parts) == 1 and isinstance(variable := parts[0], Variable):
            value = self._value(variable)
            if isinstance(value, Sequence) and not isinstance(value, str):
                return [self._expand_element(variable, element) for element in value]
        return [self.expand(text, ())]

    def _expand_element(self, variable: Variable, element: object) -> str:
        if not isinstance(element, str) and _unsafe_text(element) is None:
            message = f"has an element that is {_kind(element)}, not a string"
            _refuse(variable, message, "quote each name in the inventory")
        return self._to_text(variable, element, (str(variable),))

    def _replace(self, variable: Variable, path: tuple[str, ...]) -> str:
        path = (*path, str(variable))
        if path[-1] in path[:-1]:
            _refuse(variable, f"refers to itself: {' → '.join(path)}", "give it a value of its own")
        if len(path) > MAX_DEPTH:
            message = f"refers to other variables more than {MAX_DEPTH} levels deep"
            _refuse(variable, message, "give it a value of its own")
        self._replacements += 1
        if self._replacements > MAX_REPLACEMENTS:
            raise InputError(f"more than {MAX_REPLACEMENTS:,} variables would be replaced in one text")
        return self._to_text(variable, self._value(variable), path)

    def _value(self, variable: Variable) -> object:
        name, member = variable
        if _is_secret(name) or _is_secret(member or ""):
            _refuse(variable, "is refused: its name suggests a secret", _NOT_SECRET)
        facts = self._variables.facts
        values = facts if name in facts else self._variables.values
        if name not in values:
            message = f"is missing on {visible(self._variables.host)}"
            _refuse(variable, message, f"define {name} for this host in the inventory")
        value = values[name]
        if member is None or _is_vaulted(value):
            return value
        if not isinstance(value, Mapping) or member not in value or _unsafe_text(value) is not None:
            message = f"is missing: {name} has no member {member}"
            _refuse(variable, message, f"add that member to {name} in the inventory")
        return value[member]

    def _to_text(self, variable: Variable, value: object, path: tuple[str, ...]) -> str:
        """Return a value as text. Expand a value that is itself a template."""
        if (literal := _unsafe_text(value)) is not None:
            return literal
        if _is_vaulted(value):
            _refuse(variable, "is refused: it is encrypted with Ansible Vault", _NOT_SECRET)
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        if not isinstance(value, str):
            _refuse(variable, f"is {_kind(value)}, not a string", _hint(variable, value))
        if variable.name in self._variables.facts or not has_opening(value):
            return value
        try:
            check_template(value)
        except InputError as error:
            hint = f"give {variable.name} a plain value in the inventory"
            _refuse(variable, f"cannot be resolved: {error.message}", hint)
        return self.expand(value, path)


def _refuse(variable: Variable, message: str, hint: str) -> NoReturn:
    raise InputError(f"variable {variable} {message}", hint)


def _is_secret(name: str) -> bool:
    folded = name.casefold()
    return any(part in folded for part in _SECRET_PARTS) or not _SECRET_WORDS.isdisjoint(folded.split("_"))


def _is_vaulted(value: object) -> bool:
    return isinstance(value, Mapping) and "__ansible_vault" in value


def _unsafe_text(value: object) -> str | None:
    """Return the text of a value that the inventory marks as literal (``!unsafe``), or None for any other value."""
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


def _hint(variable: Variable, value: object) -> str:
    if isinstance(value, Mapping):
        return f"use one of its members, as in {{{{ {variable.name}.member }}}}"
    if isinstance(value, list):
        return f"a list can only be a whole name: {{{{ {variable} }}}}"
    return "put the value in quotes in the inventory"
