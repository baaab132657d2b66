"""Rules of style sheets, parsed once for all apps of a process: parsing takes a third of the time of a short session."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textual.css.stylesheet import Stylesheet

if TYPE_CHECKING:
    from textual.css.model import RuleSet

_parse_rules = Stylesheet._parse_rules
_parsed: list[tuple[dict[str, str], dict[tuple[object, ...], list[RuleSet]]]] = []
"""The rules of each style sheet, for the variables of each theme."""


def parse_once(sheet: Stylesheet, *arguments: Any, **options: Any) -> list[RuleSet]:
    """Return the rules of a style sheet. It replaces `Stylesheet._parse_rules`."""
    variables = sheet._variables
    rules = next((rules for theme, rules in _parsed if theme == variables), None)
    if rules is None:
        rules = {}
        _parsed.append((dict(variables), rules))
    key = (*arguments, *options.items())
    if key not in rules:
        rules[key] = _parse_rules(sheet, *arguments, **options)
    return rules[key]
