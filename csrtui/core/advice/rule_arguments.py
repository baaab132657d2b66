"""The arguments of advice rules: a subject field or a name, together with the rest of the request."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import NamedTuple

from csrtui.core.advice.placeholders import is_placeholder
from csrtui.core.base.finding import FieldName, Fix, Purpose
from csrtui.core.names.host_name import Flaw, FlawKind
from csrtui.core.names.name import Name, NameKind, read_common_name, read_name
from csrtui.core.names.pasted_text import trim
from csrtui.core.names.public_suffixes import Section, SuffixList
from csrtui.core.subject.fields import UPPER_BOUNDS, SubjectInput

LABELS = {
    FieldName.ORGANIZATION: "Organization",
    FieldName.ORGANIZATIONAL_UNIT: "Organizational unit",
    FieldName.COUNTRY: "Country",
    FieldName.STATE: "State",
    FieldName.LOCALITY: "Locality",
}
"""The labels of the subject fields other than the common name, in the order of the form."""
MAX_NAMES_WITH_FIXES = 1000
"""Maximum number of names in a list with fixes. Each fix contains all names, so the total size grows quadratically."""
LEAVE_OUT = Fix("leave it out", value="")
"""The fix that clears a subject field."""


def trim_field(text: str) -> str:
    """Return the trimmed text of a field. Keep control characters, so that they are reported as an error."""
    return trim(text, keep_controls=True)


class FieldCase(NamedTuple):
    """A subject field.

    Attributes:
        subject: All fields as entered.
        field: The name of the field.
        input: The text of the field as entered.
        text: The trimmed text of the field.
    """

    subject: SubjectInput
    field: FieldName
    input: str
    text: str

    @property
    def label(self) -> str:
        """The label of the field."""
        return LABELS.get(self.field, "Common name")

    def has_value(self, *fields: FieldName) -> bool:
        """Return whether at least one of these fields contains text that is not a placeholder."""
        texts = ((field, trim_field(self.subject.text(field))) for field in fields)
        return any(text and not is_placeholder(field, text, self.subject.country) for field, text in texts)


class NameList(NamedTuple):
    """All names of a request.

    Attributes:
        inputs: The names as entered. The first one is the common name and can be empty.
        names: The parsed form of each input.
        first_index: The index of the first occurrence of each name, by the text of the name in the CSR.
        suffixes: The public suffix list.
        purpose: The purpose of the certificate.
        uri_count: The number of different URIs.
    """

    inputs: tuple[str, ...]
    names: tuple[Name, ...]
    first_index: Mapping[str, int]
    suffixes: SuffixList
    purpose: Purpose = Purpose.SERVER
    uri_count: int = 0

    @classmethod
    def read(
        cls, inputs: Sequence[str], suffixes: SuffixList, purpose: Purpose = Purpose.SERVER
    ) -> "NameList":
        """Parse the names as entered and return them as a list."""
        first = (read_common_name(inputs[0], purpose),) if inputs else ()
        names = (*first, *map(read_name, inputs[1:]))
        first_index: dict[str, int] = {}
        for index, name in enumerate(names):
            if name.text is not None:
                first_index.setdefault(name.text, index)
        uri_count = sum(names[index].kind is NameKind.URI for index in first_index.values())
        return cls(tuple(inputs), names, first_index, suffixes, purpose, uri_count)

    def covers(self, host: str) -> bool:
        """Return whether the list covers a host, by the same name or by a wildcard."""
        return host in self.first_index or self.wildcard_over(host) is not None

    def wildcard_over(self, host: str) -> str | None:
        """Return the wildcard in the list that covers a host, or None. It matches only one label (RFC 9525 6.3)."""
        wildcard = f"*.{host.partition('.')[2]}"
        return wildcard if wildcard in self.first_index and wildcard != host else None

    def fix(self, label: str, names: Iterable[str], *, safe: bool = False) -> Fix | None:
        """Return the fix that changes the list to `names`, or None if the list is too long for fixes."""
        return Fix(label, names=tuple(names), safe=safe) if len(self.inputs) <= MAX_NAMES_WITH_FIXES else None


class NameCase(NamedTuple):
    """A name in the list of a request. The common name has position 0."""

    names: NameList
    position: int

    @property
    def name(self) -> Name:
        """The name."""
        return self.names.names[self.position]

    @property
    def text(self) -> str:
        """The name in the form that the CSR contains, or "" if it is invalid."""
        return self.name.text or ""

    @property
    def is_dns(self) -> bool:
        """Whether the name is a DNS name."""
        return self.name.kind is NameKind.DNS

    @property
    def is_ip(self) -> bool:
        """Whether the name is an address."""
        return self.name.kind is NameKind.IP

    @property
    def is_first(self) -> bool:
        """Whether this is the first occurrence of the name in the list. The name must be valid."""
        return self.names.first_index[self.text] == self.position

    @property
    def host(self) -> str:
        """The name in the form that the CSR contains, without the ``*.`` of a wildcard."""
        return self.name.parent if self.name.is_wildcard else self.text

    @property
    def display_host(self) -> str:
        """The display form of the name, without the ``*.`` of a wildcard."""
        return self.name.display.removeprefix("*.")

    def has_counterpart(self, domain: str) -> bool:
        """Return whether a certificate for this name should cover both `domain` and its www host.

        It should if `domain` is directly below a registry's suffix. Domains below a company's suffix, such as
        ``github.io``, have no www host. Only the first occurrence of a name in the list counts.
        """
        is_special = "_" in self.text or self.text.endswith((".onion", ".arpa"))
        if not self.is_dns or not self.is_first or is_special or not self.names.purpose.is_for_servers:
            return False
        suffixes = self.names.suffixes
        is_registered = all(suffixes.registrable_domain(domain, section) == domain for section in Section)
        return is_registered and suffixes.has_public_tld(domain)

    def no_common_name_fix(self) -> Fix | None:
        """Return the fix that leaves out the common name, or None if the list is too long for fixes."""
        fix = self.names.fix("leave the common name out", chain(("",), self.names.inputs))
        return fix and fix._replace(no_common_name=True)

    def flaw(self, kind: FlawKind) -> Flaw | None:
        """Return the flaw of this kind, or None."""
        return next((flaw for flaw in self.name.flaws if flaw.kind is kind), None)

    def with_u_labels(self, text: str) -> str:
        """Return `text` unchanged, or with this name's labels as U-labels if the name was entered in Unicode."""
        if self.name.input.isascii():
            return text
        u_labels = dict(zip(self.text.split("."), self.name.display.split("."), strict=True))
        return ".".join(u_labels.get(label, label) for label in text.split("."))

    def replace_fix(self, label: str, *names: str, safe: bool = False) -> Fix | None:
        """Return the fix that replaces this name with others, or None if the list is too long for fixes."""
        inputs = enumerate(self.names.inputs)
        changed = (new for index, old in inputs for new in (names if index == self.position else (old,)))
        return self.names.fix(label, changed, safe=safe)

    def replace_common_name_fix(self, new: str, label: str) -> Fix | None:
        """Return the fix that removes every occurrence of this common name and makes `new` the common name instead.

        Return None if `new` is too long for a common name (RFC 5280 A.1, ub-common-name), or the list is too long for
        fixes.
        """
        if len(new) > UPPER_BOUNDS[FieldName.COMMON_NAME]:
            return None
        inputs, names, first = self.names.inputs, self.names.names, self.names.first_index[new]
        others = (
            text for index, text in enumerate(inputs) if index != first and names[index].text != self.text
        )
        return self.names.fix(label, chain((inputs[first],), others))

    def deduplicate_fix(self, label: str) -> Fix | None:
        """Return the fix that keeps only the first occurrence of this name, or None if the list is too long."""
        inputs, names, first = self.names.inputs, self.names.names, self.names.first_index[self.text]
        unique = (
            text for index, text in enumerate(inputs) if index == first or names[index].text != self.text
        )
        return self.names.fix(label, unique, safe=True)

    def add_fix(self, new: str) -> Fix | None:
        """Return the fix that adds a name, or None if the list is too long for fixes. It is not a safe fix."""
        return self.names.fix(f"also cover {new}", chain(self.names.inputs, (new,)))
