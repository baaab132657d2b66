"""The state of a half-filled request form, saved so that it survives a dropped connection. It contains no secret."""

import json
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from csrtui.core.base.errors import InputError
from csrtui.core.base.finding import CaKind, Purpose
from csrtui.core.keys.key_types import DEFAULT_KEY_TYPE, KeyType
from csrtui.core.pairs.pair_name import is_pair_name
from csrtui.core.servers.platforms import OTHER, PLATFORMS
from csrtui.core.subject.fields import read_attributes

TEXT_FIELDS = ("common_name", "names", "organization", "organizational_unit", "country", "state", "locality")
"""The names of the text fields."""


@dataclass(frozen=True, slots=True)
class Draft:
    """The fields of the request form as typed.

    Attributes:
        names: The text of the field for the other names.
        ca: The kind of CA, a value of `CaKind`.
        platform: The server software, an id of `csrtui.core.servers.platforms`.
        key: The key type, a value of `KeyType`.
        purpose: The purpose, a value of `Purpose`.
        no_common_name: Whether the common name is left out. A typed common name wins.
        attributes: The further attributes of the subject, as `read_attributes` reads them.
        renews: The name of the pair that the new pair replaces, or "".
        must_staple: Whether the CSR requests must-staple, as that of the pair to replace does.
        templates: The names of the text fields in which the user typed every brace. Inventory variables are replaced
            only in these fields. All other fields are literal, because a brace in them came from a file, a pair, a
            profile or a paste. In a draft from an older version, all fields are literal.
    """

    common_name: str = ""
    names: str = ""
    organization: str = ""
    organizational_unit: str = ""
    country: str = ""
    state: str = ""
    locality: str = ""
    ca: str = CaKind.PUBLIC.value
    platform: str = OTHER
    key: str = DEFAULT_KEY_TYPE.value
    purpose: str = Purpose.SERVER.value
    no_common_name: bool = False
    attributes: str = ""
    renews: str = ""
    must_staple: bool = False
    templates: frozenset[str] = frozenset()

    @property
    def texts(self) -> dict[str, str]:
        """The text fields by their names."""
        return {name: getattr(self, name) for name in TEXT_FIELDS}

    @property
    def has_names(self) -> bool:
        """Whether the user typed a common name or other names."""
        return bool(self.common_name.strip() or self.names.strip())

    @property
    def title(self) -> str:
        """The common name, or the other names if the common name is empty."""
        return self.common_name.strip() or self.names.strip()

    def next_draft(self) -> "Draft":
        """Return a draft for the next request. It keeps the organization and the selected values, but not the names."""
        templates = self.templates.difference({"common_name", "names"})
        return replace(
            self,
            common_name="",
            names="",
            attributes="",
            renews="",
            no_common_name=False,
            must_staple=False,
            templates=templates,
        )


def dump_draft(draft: Draft) -> bytes:
    """Return a draft as JSON in ASCII."""
    return json.dumps(asdict(draft) | {"templates": sorted(draft.templates)}).encode("ascii")


def load_draft(data: bytes) -> Draft:
    """Return the draft in `data`. A missing or invalid member gets its default value."""
    try:
        members = json.loads(data)
    except (ValueError, RecursionError):
        return Draft()
    if not isinstance(members, dict):
        return Draft()
    known = {field.name for field in fields(Draft)}
    templates = members.get("templates")
    texts: dict[str, Any] = {
        name: text for name, text in members.items() if name in known and isinstance(text, str)
    }
    draft = Draft(**texts)
    return replace(
        draft,
        ca=draft.ca if draft.ca in tuple(CaKind) else CaKind.PUBLIC.value,
        platform=draft.platform if draft.platform in PLATFORMS else OTHER,
        key=draft.key if draft.key in tuple(KeyType) else DEFAULT_KEY_TYPE.value,
        purpose=draft.purpose if draft.purpose in tuple(Purpose) else Purpose.SERVER.value,
        no_common_name=members.get("no_common_name") is True,
        must_staple=members.get("must_staple") is True,
        attributes=_valid_attributes(draft.attributes),
        renews=draft.renews if is_pair_name(draft.renews) else "",
        templates=frozenset(TEXT_FIELDS).intersection(
            [name for name in templates if isinstance(name, str)] if isinstance(templates, list) else []
        ),
    )


def _valid_attributes(text: str) -> str:
    """Return the text of attributes, or "" if another version of csrtui wrote types that this one does not know."""
    try:
        read_attributes(text)
    except InputError:
        return ""
    return text
