"""Remedies: what fixes a finding, as a shell command or as an instruction to a person."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from csrtui.core.base import shell
from csrtui.core.base.shell import Syntax


class RemedyKind(StrEnum):
    """What a reader can do with the text of a remedy."""

    COMMAND = "command"
    """Run it in a shell as it is."""
    TEMPLATE = "template"
    """Run it in a shell with its words in capitals (DIR, CERTIFICATE, CHAIN, IDENTITY) replaced."""
    INSTRUCTION = "instruction"
    """Read it: a person has to decide or to do something first."""


_STORE: Final = "\0"
"""Where the option ``--store`` belongs. No quoted word contains a NUL."""


@dataclass(frozen=True, slots=True)
class Remedy:
    """What fixes a finding.

    Attributes:
        kind: What a reader can do with it.
        text: One line, which contains only printable characters once the store is known (`for_store`).
    """

    kind: RemedyKind
    text: str

    def for_store(self, path: str) -> "Remedy":
        """Return the remedy with ``--store`` in each command of csrtui that acts on the examined store.

        Args:
            path: The path of the store; empty for the store that csrtui uses by default.
        """
        option = f" --store {shell.quote(path)}" if path else ""
        return replace(self, text=self.text.replace(f" {_STORE}", option))

    @property
    def pasteable(self) -> str:
        """The text for a shell: an instruction is a comment, so that pasting it runs nothing."""
        return pasteable(self.kind, self.text)


def pasteable(kind: str, text: str) -> str:
    """Return the text of a remedy for a shell, an instruction as a comment.

    Args:
        kind: A `RemedyKind`, or what another version of csrtui wrote.
        text: One line.
    """
    return text if kind in {RemedyKind.COMMAND, RemedyKind.TEMPLATE} else f"# {text}"


def csrtui(action: str, *arguments: str) -> tuple[str, ...]:
    """Return the words of a csrtui command that acts on the examined store."""
    return ("csrtui", action, Syntax(_STORE), *arguments)


def command(*words: str) -> Remedy:
    """Return a shell command of these words, each quoted unless it is `Syntax`."""
    return _in_shell(RemedyKind.COMMAND, words)


def template(*words: str) -> Remedy:
    """Return a shell command in which a person has to replace the words in capitals."""
    return _in_shell(RemedyKind.TEMPLATE, words)


def instruction(text: str) -> Remedy:
    """Return an instruction to a person: whole sentences, in which text from outside is visible."""
    return Remedy(RemedyKind.INSTRUCTION, text)


def _in_shell(kind: RemedyKind, words: tuple[str, ...]) -> Remedy:
    if any(word.endswith("\n") for word in words):  # $(…) would drop it and name another file
        return instruction("Rename it first: a path that ends with a line break does not fit into a command.")
    return Remedy(kind, shell.command(*words))
