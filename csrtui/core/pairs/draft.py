"""The request form half filled in, as it survives a dropped connection. It never holds a secret."""

import json
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from csrtui.core.base.finding import CaKind
from csrtui.core.keys.key_types import DEFAULT_KEY_TYPE, KeyType
from csrtui.core.pairs.pair_name import is_pair_name
from csrtui.core.servers.platforms import OTHER, PLATFORMS

TEXTS = ("common_name", "names", "organization", "organizational_unit", "country", "state", "locality")
"""The names of the text fields."""


@dataclass(frozen=True, slots=True)
class Draft:
    """The form's fields as typed.

    Attributes:
        names: The field of the other names, not sorted out.
        ca: The kind of CA, one of `CaKind`.
        platform: An id of `csrtui.core.servers.platforms`.
        key: The key type, one of `KeyType`.
        renews: The name of the pair that the new one takes the place of; empty for none.
        templates: The names of those text fields in which the user typed every brace, so that variables of an inventory
            are replaced in them. Any other field is literal: all of it, or a part with a brace, came from a file, a pair,
            a profile or a paste. A draft of an older csrtui does not know, so all of its fields are literal.
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
    renews: str = ""
    templates: frozenset[str] = frozenset()

    @property
    def texts(self) -> dict[str, str]:
        """The text fields by their names."""
        return {name: getattr(self, name) for name in TEXTS}

    @property
    def has_names(self) -> bool:
        """Whether something was typed that only this request needs."""
        return bool(self.common_name.strip() or self.names.strip())

    @property
    def title(self) -> str:
        """The common name, or else what was typed as other names."""
        return self.common_name.strip() or self.names.strip()

    def carried_over(self) -> "Draft":
        """What the next request starts from: the organization and the choices, without the names."""
        templates = self.templates.difference({"common_name", "names"})
        return replace(self, common_name="", names="", renews="", templates=templates)


def dump_draft(draft: Draft) -> bytes:
    """Return a draft as JSON in ASCII."""
    return json.dumps(asdict(draft) | {"templates": sorted(draft.templates)}).encode("ascii")


def load_draft(data: bytes) -> Draft:
    """Return the draft in `data`; whatever cannot be understood is as if it had not been typed."""
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
        renews=draft.renews if is_pair_name(draft.renews) else "",
        templates=frozenset(TEXTS).intersection(
            [name for name in templates if isinstance(name, str)] if isinstance(templates, list) else []
        ),
    )
