"""Classes of widgets, with an update of only the styles that depend on the class.

It can be deleted once `set_class` of Textual does the same. Until then, switching panes with it would match all rules
with all widgets of the screen again, which takes a third of the time of the key.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.css.model import SelectorType

if TYPE_CHECKING:
    from textual.css.stylesheet import Stylesheet
    from textual.widget import Widget


def set_class(widget: Widget, add: bool, name: str) -> None:  # noqa: FBT001 - as in Textual
    """Add a class to the widget or remove it, and update the styles of each widget with a rule that mentions it."""
    if widget.has_class(name) == add:
        return
    widget.set_class(add, name, update=False)
    sheet = widget.app.stylesheet
    subjects = _subjects(sheet, name)
    changed = []
    for one in widget.walk_children(with_self=True):
        names = one._selector_names  # noqa: SLF001 - Textual's query is slower
        if not subjects.isdisjoint(names):
            changed.append(one)
    sheet.update_nodes(changed, animate=True)


def _subjects(sheet: Stylesheet, name: str) -> set[str]:
    """Return the last selectors of the rules that mention a class, which are those of the widgets with new styles."""
    return {
        subject
        for rule in sheet.rules
        if any(
            selector.type is SelectorType.CLASS and selector.name == name
            for selectors in rule.selector_set
            for selector in selectors.selectors
        )
        for subject in rule.selector_names
    }
