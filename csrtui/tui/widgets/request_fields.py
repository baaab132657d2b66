"""The fields of the request form: their labels, groups and fixed values, and the text in the country field."""

from csrtui.core.advice.field_help import CA_HELP, KEY_HELP, PURPOSE_HELP
from csrtui.core.base.escaping import visible
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
_MAX_COUNTRIES = 3
"""The number of countries that are shown for a part of a country's name."""


def is_code(text: str) -> bool:
    """Return whether a country is typed as two letters. The advice handles wrong codes such as UK."""
    return len(text) == 2 and text.isascii()  # noqa: PLR2004 - an alpha-2 code


def describe_country(text: str) -> str:
    """Return the name for a country code, or the countries that match a part of a country's name."""
    if not text:
        return ""
    from csrtui.core.subject import countries

    if is_code(text):
        return visible(countries.name_of(text.upper()) or "")
    matches = countries.search(text)[:_MAX_COUNTRIES] if len(text) > 1 else ()
    return visible(", ".join(f"{code} {match}" for code, match in matches))


def is_part_of_name(text: str) -> bool:
    """Return whether a text is not a code but may become a country's name, so that it is not wrong yet."""
    from csrtui.core.subject import countries

    text = text.strip()
    return bool(text) and not countries.is_code(text) and (len(text) == 1 or bool(countries.search(text)))
