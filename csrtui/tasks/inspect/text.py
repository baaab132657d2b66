"""Lay out an inspection as sections of labelled lines, for the command line and for the screens."""

import textwrap
from collections.abc import Callable, Iterator
from typing import NamedTuple

from csrtui.core.base.errors import InputError
from csrtui.core.base.escaping import names_file, plural, visible
from csrtui.tasks.inspect.csr_and_key_item import Fact, InspectedItem, ItemKind
from csrtui.tasks.inspect.inspection import Inspection, InspectProblem

_LABEL_COLUMNS = 13
_MIN_TEXT_COLUMNS = 20


class TextSection(NamedTuple):
    """A titled group of lines.

    Attributes:
        facts: The lines, each with a label and a text.
        drawing: Lines that must not be wrapped, shown before the others.
    """

    title: str
    facts: tuple[Fact, ...] = ()
    drawing: tuple[str, ...] = ()

    def lines(self, width: int | None) -> Iterator[str]:
        """Yield the lines below the title, at most `width` columns wide. None means that no line is wrapped."""
        for row in self.drawing:
            yield f" {row}"
        for label, text in self.facts:
            start = f" {label:<{_LABEL_COLUMNS}}"
            if width is None:
                yield f"{start}{text}".rstrip()
                continue
            columns = max(width - len(start), _MIN_TEXT_COLUMNS)
            for number, line in enumerate(textwrap.wrap(text, columns) or [""]):
                yield f"{start if number == 0 else ' ' * len(start)}{line}".rstrip()


def sections(inspection: Inspection, reword: Callable[[str], str] = str) -> Iterator[TextSection]:
    """Yield a section for each item, then for the chain, the items that belong together, and the unreadable parts.

    Args:
        reword: A function that changes messages of csrtui, but not the contents of the files.
    """
    for item in inspection.items:
        yield TextSection(f"{visible(item.file)} · {item.title}", tuple(_item_facts(item, reword)))
    if inspection.tree:
        yield TextSection("Chain", drawing=tuple(_tree_lines(inspection)))
    groups = tuple(_group_facts(inspection))
    if groups:
        yield TextSection("Belongs together", groups)
    if inspection.problems:
        problems = tuple(("", reword(problem_error(problem).sentence)) for problem in inspection.problems)
        yield TextSection("Not readable", problems)


def problem_error(problem: InspectProblem) -> InputError:
    """Return a problem as an error. The message names the file, but only once."""
    file = visible(problem.file)
    text = problem.text if names_file(problem.text, file) else f"{file}: {problem.text}"
    return InputError(text, problem.hint)


def _item_facts(item: InspectedItem, reword: Callable[[str], str]) -> Iterator[Fact]:
    yield from item.facts
    if item.pair is not None:
        for number, text in enumerate(map(reword, item.comparison or ("",))):
            yield ("Pair" if number == 0 else "", f"{item.pair}: {text}" if number == 0 else text)
    for finding in item.findings:
        yield (finding.level.value.capitalize(), reword(finding.text))


def _tree_lines(inspection: Inspection) -> Iterator[str]:
    names = [f"{row.branch}{row.name}" for row in inspection.tree]
    width = min(max(map(len, names)), 46)
    for row, name in zip(inspection.tree, names, strict=True):
        short = name if len(name) <= width else f"{name[: width - 1]}…"
        yield f"{'!' if row.is_problem else ' '} {short:<{width}}  {row.status}".rstrip()


def _group_facts(inspection: Inspection) -> Iterator[Fact]:
    """Yield the items of each key, and the keys, CSRs and server certificates that have no partner."""
    grouped = {index for group in inspection.groups for index in group}
    for group in inspection.groups:
        members = [inspection.items[index] for index in group]
        if len({(item.file, item.kind) for item in members}) == 1:
            yield ("Same key", f"{plural(len(members), 'item')} in {visible(members[0].file)}")
        else:
            yield ("Same key", " + ".join(_short(item) for item in members))
    alone = [
        item
        for index, item in enumerate(inspection.items)
        if index not in grouped and not (item.certificate is not None and item.certificate.is_ca)
    ]
    if len(alone) + len(inspection.groups) > 1:
        for item in alone:
            yield ("Unmatched", f"{_short(item)}: no other item has its key")


def _short(item: InspectedItem) -> str:
    noun = {ItemKind.REQUEST: "CSR"}.get(item.kind, item.kind.value)
    return f"{visible(item.file)} ({noun})"
