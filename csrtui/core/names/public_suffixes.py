"""The public suffix list, which contains the names under which anyone can register a domain.

The text of the list comes from the package `publicsuffixlist`, which is rebuilt daily from https://publicsuffix.org/.
That package parses every rule, which takes 45 ms. A look-up only needs to know whether a rule exists, so this module
puts the unchanged lines of the list into two sets, which takes about 2 ms.
"""

from enum import Enum, auto
from functools import lru_cache
from typing import NamedTuple

from csrtui.core.names.host_name import to_unicode

_PRIVATE_SECTION = "// ===BEGIN PRIVATE DOMAINS==="
_VERSION = "// VERSION:"


class Section(Enum):
    """The part of the list to use for a look-up."""

    ICANN = auto()
    """Only suffixes of registries. Public CAs issue no wildcard certificates directly under them (BR 3.2.2.6)."""
    ALL = auto()
    """Suffixes of registries and of companies, such as ``github.io``."""


class SuffixList(NamedTuple):
    """The rules of the public suffix list.

    The methods accept names in any case, with U-labels or A-labels and without a trailing dot. They return parts of the
    name in lower case. A name with an empty label is invalid.

    Attributes:
        icann: The lines of the ICANN section. They include comments, which never match a name.
        private: The lines of the private section.
        version: The date and time of the list, such as ``2026-10-22_08-36-41_UTC``, or "" if the list has none.
    """

    icann: frozenset[str]
    private: frozenset[str]
    version: str

    @classmethod
    def parse(cls, text: str) -> "SuffixList":
        """Return the list for a text in the format of ``public_suffix_list.dat``."""
        icann, _, private = text.partition(_PRIVATE_SECTION)
        version = text.partition(_VERSION)[2].split("\n", 1)[0].strip()
        return cls(frozenset(icann.split("\n")), frozenset(private.split("\n")), version)

    def has_public_tld(self, name: str) -> bool:
        """Return whether the last label of the name is a public top-level domain.

        A top-level domain is public if the ICANN section has a rule for it or below it: ``za`` has no rule, but
        ``co.za`` and others have.
        """
        tld = to_unicode(name.lower().rpartition(".")[2])
        has_rule = self._has_rule(tld, Section.ICANN) or self._has_rule(f"*.{tld}", Section.ICANN)
        return bool(tld) and (has_rule or tld in _top_level_domains(self.icann))

    def public_suffix(self, name: str, section: Section = Section.ALL) -> str | None:
        """Return the name's public suffix (without a rule, its top-level domain), or None if the name is invalid."""
        labels = name.lower().split(".")
        if "" in labels:
            return None
        return ".".join(labels[-self._suffix_length([*map(to_unicode, labels)], section) :])

    def registrable_domain(self, name: str, section: Section = Section.ALL) -> str | None:
        """Return the public suffix and the label before it, or None if the name is invalid or is a public suffix."""
        suffix = self.public_suffix(name, section)
        if suffix is None or len(suffix) == len(name):
            return None
        label = name.lower()[: -len(suffix) - 1].rpartition(".")[2]
        return f"{label}.{suffix}"

    def is_public_suffix(self, name: str) -> bool:
        """Return whether the name is the suffix of a registry and its top-level domain is public."""
        return self.has_public_tld(name) and self.public_suffix(name, Section.ICANN) == name.lower()

    def _has_rule(self, rule: str, section: Section) -> bool:
        return rule in self.icann or (section is Section.ALL and rule in self.private)

    def _suffix_length(self, labels: list[str], section: Section) -> int:
        """Return the number of labels of the public suffix.

        The longest candidate is tried first, so the most specific rule applies. The rule ``*.kobe.jp`` also makes
        ``kobe.jp`` a suffix, as the list's linter requires.
        """
        for start in range(len(labels)):
            candidate = ".".join(labels[start:])
            length = len(labels) - start
            if self._has_rule(f"!{candidate}", section):
                return length - 1
            if self._has_rule(f"*.{candidate}", section):
                return length + 1 if start else length
            if self._has_rule(candidate, section):
                return length
        return 1


@lru_cache(maxsize=1)
def _top_level_domains(lines: frozenset[str]) -> frozenset[str]:
    """Return the last label of each rule in a section. This takes 2 ms, so it is done only when needed."""
    return frozenset(line.rpartition(".")[2] for line in lines if not line.startswith("//"))
