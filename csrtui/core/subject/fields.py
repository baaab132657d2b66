"""The subject fields of a request and their maximum lengths."""

from typing import NamedTuple

from csrtui.core.base.finding import FieldName
from csrtui.core.subject.attributes import Attribute

UPPER_BOUNDS = {
    FieldName.COUNTRY: 2,
    FieldName.STATE: 128,
    FieldName.LOCALITY: 128,
    FieldName.ORGANIZATION: 64,
    FieldName.ORGANIZATIONAL_UNIT: 64,
    FieldName.COMMON_NAME: 64,
}
"""Maximum length of each field in characters, not octets (RFC 5280 A.1, BR 7.1.4.2)."""


class SubjectFields(NamedTuple):
    """The subject of a request in the form that the CSR contains. Missing fields are None, never empty.

    The attributes have the names and order of the form and JSON, not the order in the certificate. `attributes` are the
    further attributes of the subject, which come after all others.
    """

    common_name: str | None = None
    organization: str | None = None
    organizational_unit: str | None = None
    country: str | None = None
    state: str | None = None
    locality: str | None = None
    attributes: tuple[Attribute, ...] = ()


class SubjectInput(NamedTuple):
    """The subject fields as the user entered them, without the common name. Empty fields are empty strings."""

    organization: str = ""
    organizational_unit: str = ""
    country: str = ""
    state: str = ""
    locality: str = ""

    def text(self, name: FieldName) -> str:
        """Return the text of one field."""
        text: str = getattr(self, name.value)
        return text
