"""The inputs of advice rules: one field, or one name, together with the rest of the request."""

import unicodedata
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from csrtui.core.advice.placeholders import is_placeholder
from csrtui.core.base.finding import CaKind, FieldName, Fix
from csrtui.core.names.name import Flaw, FlawKind, Name, NameKind, read_name
from csrtui.core.names.public_suffixes import Section, SuffixList
from csrtui.core.names.whitespace import is_blank
from csrtui.core.subject.fields import UPPER_BOUNDS, TypedSubject

LABELS = {
    FieldName.ORGANIZATION: "Organization",
    FieldName.ORGANIZATIONAL_UNIT: "Organizational unit",
    FieldName.COUNTRY: "Country",
    FieldName.STATE: "State",
    FieldName.LOCALITY: "Locality",
}
"""The fields typed besides the common name, in the form's order, and what sentences call them."""


def is_control(character: str) -> bool:
    """Whether a character is a control, a line break, or half of a surrogate pair, which UTF-8 cannot hold."""
    return unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"}


def clean(text: str) -> str:
    """A field's text as it will be written: without blanks at its ends; controls stay, to be named."""
    start, end = 0, len(text)
    while start < end and is_blank(text[start]) and not is_control(text[start]):
        start += 1
    while start < end and is_blank(text[end - 1], text[end - 2 : end - 1]) and not is_control(text[end - 1]):
        end -= 1
    return text[start:end]


class FieldCase(NamedTuple):
    """One field of a subject.

    Attributes:
        typed: All fields as typed.
        field: The field asked about.
        text: Its text, trimmed.
    """

    typed: TypedSubject
    field: FieldName
    text: str

    @property
    def label(self) -> str:
        """What a sentence calls the field."""
        return LABELS[self.field]

    def has(self, *fields: FieldName) -> bool:
        """Return whether one of these fields contains a real value, which a placeholder is not."""
        texts = ((field, clean(self.typed.text(field))) for field in fields)
        return any(text and not is_placeholder(field, text, self.typed.country) for field, text in texts)

    def writing(self, value: str, *, label: str, safe: bool = True) -> Fix:
        """The fix that writes another text into the field."""
        return Fix(label, value=value, safe=safe)


MAX_MENDED = 1000
"""Names beyond which no fix is offered: each holds all of them, so that their size is the square of the number."""


class Listing(NamedTuple):
    """All names of a request.

    Attributes:
        typed: The names as typed, the common name first; it may be empty.
        names: The same, read.
        first: For each written name, the place where it stands first.
        suffixes: The public suffix list.
    """

    typed: tuple[str, ...]
    names: tuple[Name, ...]
    first: Mapping[str, int]
    suffixes: SuffixList

    @classmethod
    def read(cls, typed: Sequence[str], suffixes: SuffixList) -> "Listing":
        """Read the names as typed."""
        names = tuple(read_name(one) for one in typed)
        first: dict[str, int] = {}
        for place, name in enumerate(names):
            if name.text is not None:
                first.setdefault(name.text, place)
        return cls(tuple(typed), names, first, suffixes)

    def covers(self, text: str) -> bool:
        """Whether the certificate will be good for a host: by its own name or by a wildcard."""
        return text in self.first or self.wildcard_over(text) is not None

    def wildcard_over(self, text: str) -> str | None:
        """The wildcard in the list that covers a host; one label deep, never an address (RFC 9525 6.3)."""
        wildcard = f"*.{text.partition('.')[2]}"
        return wildcard if wildcard in self.first and wildcard != text else None


class NameCase(NamedTuple):
    """One name of a listing, the one at `place`."""

    listing: Listing
    place: int

    @property
    def name(self) -> Name:
        """The name, read."""
        return self.listing.names[self.place]

    @property
    def text(self) -> str:
        """The name as it will be written; only asked of names that can be."""
        return self.name.text or ""

    @property
    def is_dns(self) -> bool:
        """Whether it is a DNS name."""
        return self.name.kind is NameKind.DNS

    @property
    def host(self) -> str:
        """The written name, of a wildcard the part behind ``*.``."""
        return self.name.parent if self.name.is_wildcard else self.text

    def has_twin(self, domain: str) -> bool:
        """Return whether `domain` and its www host belong to one owner, who may want both.

        That is the first mention of a domain that is registered with a registry (the ICANN section of the public
        suffix list). Under the suffixes of firms, such as ``github.io``, people get hosts without a www host.
        """
        if not self.is_dns or self.listing.first[self.text] != self.place:
            return False
        odd = "_" in self.text or self.text.endswith((".onion", ".arpa"))
        suffixes = self.listing.suffixes
        registered = all(suffixes.registrable(domain, section) == domain for section in Section)
        return registered and not odd and suffixes.known_tld(domain)

    def flaw(self, kind: FlawKind) -> Flaw | None:
        """The name's flaw of one kind, if it has it."""
        return next((flaw for flaw in self.name.flaws if flaw.kind is kind), None)

    def spelled(self, text: str) -> str:
        """A name made from this one's written form, in the spelling that was typed: U-labels or A-labels."""
        if self.name.typed.isascii():
            return text
        spelling = dict(zip(self.text.split("."), self.name.shown.split("."), strict=True))
        return ".".join(spelling.get(label, label) for label in text.split("."))

    def replacing(self, new: str, label: str) -> Fix | None:
        """The fix that writes another name here; None among too many."""
        return self.instead((new,), label, safe=True)

    def dropping(self, label: str) -> Fix | None:
        """The fix that drops this name; None among too many."""
        return self.instead((), label, safe=False)

    def yielding_to(self, new: str, label: str) -> Fix | None:
        """The fix that drops every mention of this common name and puts another name of the list first.

        None where that one is too long for a common name (RFC 5280 A.1, ub-common-name), or among too many.
        """
        listing = self.listing
        if len(listing.typed) > MAX_MENDED or len(new) > UPPER_BOUNDS[FieldName.COMMON_NAME]:
            return None
        place = listing.first[new]
        rest = (
            typed
            for at, (typed, name) in enumerate(zip(listing.typed, listing.names, strict=True))
            if at != place and name.text != self.text
        )
        return Fix(label, names=(listing.typed[place], *rest))

    def once(self, label: str) -> Fix | None:
        """The fix that keeps the first mention of this name and no other; None among too many."""
        typed, first = self.listing.typed, self.listing.first[self.text]
        if len(typed) > MAX_MENDED:
            return None
        kept = (name.text != self.text or place == first for place, name in enumerate(self.listing.names))
        return Fix(
            label, names=tuple(text for text, keep in zip(typed, kept, strict=True) if keep), safe=True
        )

    def adding(self, new: str) -> Fix | None:
        """The fix that adds a name, which nobody asked for yet: not safe; None among too many."""
        typed = self.listing.typed
        return Fix(f"also cover {new}", names=(*typed, new)) if len(typed) <= MAX_MENDED else None

    def instead(self, new: tuple[str, ...], label: str, *, safe: bool) -> Fix | None:
        """The fix that writes others in the place of this name; None among too many."""
        typed = self.listing.typed
        if len(typed) > MAX_MENDED:
            return None
        return Fix(label, names=(*typed[: self.place], *new, *typed[self.place + 1 :]), safe=safe)

    @staticmethod
    def asking_private() -> Fix:
        """Return the fix that switches to a private CA."""
        return Fix("use a private CA instead", ca=CaKind.PRIVATE)
