"""The public suffix list, which contains the names under which anyone can register a domain.

The text of the list comes from the package `publicsuffixlist`, which is rebuilt daily from https://publicsuffix.org/.
That package parses every rule, which takes 45 ms. A look-up only needs the rules of one top-level domain, so this module
reads those from the text, which takes about 1 ms.
"""

from enum import Enum, auto
from functools import lru_cache

from csrtui.core.names.host_name import to_unicode

_PRIVATE_SECTION = "// ===BEGIN PRIVATE DOMAINS==="
_VERSION = "// VERSION:"
_MAX_TLDS = 256
"""The number of top-level domains whose rules are kept."""


class Section(Enum):
    """The part of the list to use for a look-up."""

    ICANN = auto()
    """Only suffixes of registries. Public CAs issue no wildcard certificates directly under them (BR 3.2.2.6)."""
    ALL = auto()
    """Suffixes of registries and of companies, such as ``github.io``."""


class SuffixList:
    """The rules of the public suffix list.

    The methods accept names in any case, with U-labels or A-labels and without a trailing dot. They return parts of the
    name in lower case. A name with an empty label is invalid.

    Args:
        icann: The text of the ICANN section, with its comments.
        private: The text of the private section.
        version: The date and time of the list, such as ``2026-10-22_08-36-41_UTC``, or "" if the list has none.
    """

    def __init__(self, icann: str, private: str, version: str) -> None:
        self._icann = icann
        self._private = private
        self.version = version
        self._rules = lru_cache(_MAX_TLDS)(self._find_rules)

    @classmethod
    def parse(cls, text: str) -> "SuffixList":
        """Return the list for a text in the format of ``public_suffix_list.dat``."""
        icann, _, private = text.partition(_PRIVATE_SECTION)
        version = text.partition(_VERSION)[2].split("\n", 1)[0].strip()
        return cls(icann, private, version)

    def has_public_tld(self, name: str) -> bool:
        """Return whether the last label of the name is a public top-level domain.

        A top-level domain is public if the ICANN section has a rule for it or below it: ``za`` has no rule, but
        ``co.za`` and others have.
        """
        tld = to_unicode(name.lower().rpartition(".")[2])
        return bool(tld) and bool(self._rules(tld, Section.ICANN))

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

    def _find_rules(self, tld: str, section: Section) -> set[str]:
        """Return the rules for a top-level domain and for the names below it."""
        if section is Section.ALL:
            return self._rules(tld, Section.ICANN) | _rules_in(self._private, tld)
        return _rules_in(self._icann, tld)

    def _suffix_length(self, labels: list[str], section: Section) -> int:
        """Return the number of labels of the public suffix.

        The longest candidate is tried first, so the most specific rule applies. The rule ``*.kobe.jp`` also makes
        ``kobe.jp`` a suffix, as the list's linter requires.
        """
        rules = self._rules(labels[-1], section)
        for start in range(len(labels)):
            candidate = ".".join(labels[start:])
            length = len(labels) - start
            if f"!{candidate}" in rules:
                return length - 1
            if f"*.{candidate}" in rules:
                return length + 1 if start else length
            if candidate in rules:
                return length
        return 1


def _rules_in(text: str, tld: str) -> set[str]:
    """Return the lines of a text that are a top-level domain or end with it after a dot, but not the comments."""
    if "\n" in tld:
        return set()
    *before, _ = f"\n{text}\n".replace(f"\n{tld}\n", f"\n.{tld}\n").split(f".{tld}\n")
    starts = [part.rpartition("\n")[2] for part in before]
    return {f"{start}.{tld}" if start else tld for start in starts if not start.startswith("//")}
