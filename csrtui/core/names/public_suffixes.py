"""The public suffix list: under which names anybody may register, and so what a *registrable domain* is.

The list's text comes from the package `publicsuffixlist`, which is remade from https://publicsuffix.org/
every day. That package parses each rule and needs 45 ms; a look-up needs only to know whether a rule
exists, so here the lines of the file are kept as they are, in two sets, which takes about 4 ms.
"""

from enum import Enum, auto
from functools import lru_cache
from typing import NamedTuple

from csrtui.core.names import international

_PRIVATE_SECTION = "// ===BEGIN PRIVATE DOMAINS==="
_VERSION = "// VERSION:"


class Section(Enum):
    """Which part of the list counts."""

    ICANN = auto()
    """What registries run: what a public CA refuses to certify as a whole (BR 3.2.2.6)."""
    ALL = auto()
    """Also what firms let others register under, such as ``github.io``."""


class SuffixList(NamedTuple):
    """The rules of the list, and questions about names.

    Names are given without a trailing dot, in any case, as U-labels or A-labels; answers are cut from the
    name as it was given, in lower case. A name with an empty label has no suffix.

    Attributes:
        icann: The lines of the ICANN section, comments among them (no name looks like one).
        private: The lines of the private section.
        version: The list's date and time, such as ``2026-10-22_08-36-41_UTC``; empty when it does not say.
    """

    icann: frozenset[str]
    private: frozenset[str]
    version: str

    @classmethod
    def parse(cls, text: str) -> "SuffixList":
        """Build from the text of ``public_suffix_list.dat``; a text without rules gives a list that knows none."""
        icann, _, private = text.partition(_PRIVATE_SECTION)
        after = text.partition(_VERSION)[2]
        version = after.split("\n", 1)[0].strip()
        return cls(frozenset(icann.splitlines()), frozenset(private.splitlines()), version)

    def known_tld(self, name: str) -> bool:
        """Return whether the name's last label is a public top-level domain.

        That is each one under which a rule of the ICANN section lies: ``za`` has no rule of its own, only
        ``co.za`` and others.
        """
        tld = international.to_unicode(name.lower().rpartition(".")[2])
        own_rule = self._has_rule(tld, Section.ICANN) or self._has_rule(f"*.{tld}", Section.ICANN)
        return bool(tld) and (own_rule or tld in _top_level_domains(self.icann))

    def public_suffix(self, name: str, section: Section = Section.ALL) -> str | None:
        """The part of the name under which anybody may register; an unlisted TLD counts as one."""
        labels = name.lower().split(".")
        if "" in labels:
            return None
        return ".".join(labels[-self._count([*map(international.to_unicode, labels)], section) :])

    def registrable(self, name: str, section: Section = Section.ALL) -> str | None:
        """The public suffix and one label more; None where the name is no longer than its suffix."""
        suffix = self.public_suffix(name, section)
        if suffix is None or len(suffix) == len(name):
            return None
        owned = name.lower()[: -len(suffix) - 1].rpartition(".")[2]
        return f"{owned}.{suffix}"

    def is_public_suffix(self, name: str, section: Section = Section.ALL) -> bool:
        """Whether the name is itself a public suffix of a TLD that the list knows."""
        return self.known_tld(name) and self.public_suffix(name, section) == name.lower()

    def _has_rule(self, rule: str, section: Section) -> bool:
        return rule in self.icann or (section is Section.ALL and rule in self.private)

    def _count(self, labels: list[str], section: Section) -> int:
        """How many labels at the end make the public suffix.

        From the longest candidate to the shortest, so the first rule that fits prevails. ``*.kobe.jp``
        makes ``kobe.jp`` a suffix too, as the list's own linter demands.
        """
        for start in range(len(labels)):
            candidate = ".".join(labels[start:])
            depth = len(labels) - start
            if self._has_rule(f"!{candidate}", section):
                return depth - 1
            if self._has_rule(f"*.{candidate}", section):
                return depth + 1 if start else depth
            if self._has_rule(candidate, section):
                return depth
        return 1


@lru_cache(maxsize=1)
def _top_level_domains(lines: frozenset[str]) -> frozenset[str]:
    """Return the last label of every rule among the lines of a section; it takes 2 ms, so only on demand."""
    return frozenset(line.rpartition(".")[2] for line in lines if not line.startswith("//"))
