"""The subject fields that a CA asks for, and how long each may be."""

from typing import NamedTuple

from csrtui.core.base.finding import FieldName

UPPER_BOUNDS = {
    FieldName.COUNTRY: 2,
    FieldName.STATE: 128,
    FieldName.LOCALITY: 128,
    FieldName.ORGANIZATION: 64,
    FieldName.ORGANIZATIONAL_UNIT: 64,
    FieldName.COMMON_NAME: 64,
}
"""The most characters each field may hold (RFC 5280 A.1; counted in characters as BR 7.1.4.2 does)."""


class SubjectFields(NamedTuple):
    """The subject of a request; a field that is not to be in it is None, never empty.

    The order of the attributes is the order on the form and in JSON, not the one in the certificate.
    """

    common_name: str | None = None
    organization: str | None = None
    organizational_unit: str | None = None
    country: str | None = None
    state: str | None = None
    locality: str | None = None

    def as_dict(self) -> dict[str, str | None]:
        """The fields by their JSON names."""
        return self._asdict()


class TypedSubject(NamedTuple):
    """The subject fields besides the common name, as typed: empty where nothing was typed."""

    organization: str = ""
    organizational_unit: str = ""
    country: str = ""
    state: str = ""
    locality: str = ""

    def text(self, name: FieldName) -> str:
        """The text typed into one field."""
        text: str = getattr(self, name.value)
        return text
