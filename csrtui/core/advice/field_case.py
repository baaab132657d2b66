"""What the rules about subject fields are asked about: one field among all of them."""

import unicodedata
from typing import NamedTuple

from csrtui.core.advice.placeholders import is_placeholder
from csrtui.core.base.finding import FieldName, Fix
from csrtui.core.names.whitespace import is_blank
from csrtui.core.subject.fields import TypedSubject

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
