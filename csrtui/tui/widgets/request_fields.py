"""The fields of the request form: their labels, groups and fixed values."""

from csrtui.core.advice.field_help import CA_HELP, KEY_HELP, PURPOSE_HELP
from csrtui.core.base.finding import CaKind, FieldName, Purpose
from csrtui.core.keys.key_types import KeyType
from csrtui.core.servers.platforms import PLATFORMS
from csrtui.tui.widgets.choice_field import ChoiceValue
from csrtui.tui.widgets.field_groups import FieldLabel

TEXT_FIELDS = {
    FieldName.COMMON_NAME: FieldLabel("Common name", is_required=True),
    FieldName.NAMES: FieldLabel("Other names"),
    FieldName.ORGANIZATION: FieldLabel("Organization"),
    FieldName.ORGANIZATIONAL_UNIT: FieldLabel("Unit"),
    FieldName.COUNTRY: FieldLabel("Country"),
    FieldName.STATE: FieldLabel("State"),
    FieldName.LOCALITY: FieldLabel("Locality"),
}
"""The text fields and their labels, in the order of the form."""


def _summary(help_text: str) -> str:
    """Return the first sentence of the help for a value, without the value."""
    return help_text.partition(": ")[2].split(". ")[0].removesuffix(".")


CHOICES = {
    FieldName.PLATFORM: (
        "Server",
        [ChoiceValue(platform.id, platform.label) for platform in PLATFORMS.values()],
    ),
    FieldName.KEY: ("Key", [ChoiceValue(key.value, key.label, _summary(KEY_HELP[key])) for key in KeyType]),
    FieldName.CA: ("CA", [ChoiceValue(kind.value, kind.value, _summary(CA_HELP[kind])) for kind in CaKind]),
    FieldName.PURPOSE: (
        "Purpose",
        [
            ChoiceValue(purpose.value, text, _summary(PURPOSE_HELP[purpose]))
            for purpose, text in zip(Purpose, ("server", "client", "both", "e-mail", "code"), strict=True)
        ],
    ),
}
FIELD_LABELS = {name.value: label.text for name, label in TEXT_FIELDS.items()} | {
    name.value: label for name, (label, _) in CHOICES.items()
}
"""The labels of all fields, by the names of the fields."""
TEXT_LABELS = {name.value: label for name, label in TEXT_FIELDS.items()}
"""The labels that the form draws before its text fields, by the names of the fields."""
GROUP_TITLES = {
    FieldName.COMMON_NAME.value: ("Names", "all that domain-validated certificates need"),
    FieldName.ORGANIZATION.value: ("Organization", "only for OV, EV and private CAs"),
    "choices": ("Made for", ""),
}
