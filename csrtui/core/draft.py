"""The request form half filled in, as it survives a dropped connection. It never holds a secret."""

import json
from dataclasses import asdict, dataclass, fields, replace

from csrtui.core.finding import CaKind
from csrtui.core.keys import DEFAULT_KEY_TYPE, KeyType
from csrtui.core.pairname import is_pair_name
from csrtui.core.platforms import OTHER, PLATFORMS


@dataclass(frozen=True, slots=True)
class Draft:
    """The form's fields as typed.

    Attributes:
        names: The field of the other names, not sorted out.
        ca: The kind of CA, one of `CaKind`.
        platform: An id of `csrtui.core.platforms`.
        key: The key type, one of `KeyType`.
        renews: The name of the pair that the new one takes the place of; empty for none.
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
        return replace(self, common_name="", names="", renews="")


def dump_draft(draft: Draft) -> bytes:
    """Return a draft as JSON in ASCII."""
    return json.dumps(asdict(draft)).encode("ascii")


def load_draft(data: bytes) -> Draft:
    """Return the draft in `data`; whatever cannot be understood is as if it had not been typed."""
    try:
        members = json.loads(data)
    except (ValueError, RecursionError):
        return Draft()
    if not isinstance(members, dict):
        return Draft()
    known = {field.name for field in fields(Draft)}
    draft = Draft(**{name: text for name, text in members.items() if name in known and isinstance(text, str)})
    return replace(
        draft,
        ca=draft.ca if draft.ca in tuple(CaKind) else CaKind.PUBLIC.value,
        platform=draft.platform if draft.platform in PLATFORMS else OTHER,
        key=draft.key if draft.key in tuple(KeyType) else DEFAULT_KEY_TYPE.value,
        renews=draft.renews if is_pair_name(draft.renews) else "",
    )
