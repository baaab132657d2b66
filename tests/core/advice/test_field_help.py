"""Every field, CA and key type has a help text that fits the two lines of the form."""

from tables import table

from csrtui.core.advice.field_help import CA_HELP, FIELD_HELP, KEY_HELP, PURPOSE_HELP
from csrtui.core.base.finding import CaKind, FieldName, Purpose
from csrtui.core.keys.key_types import KeyType

CHOSEN = {FieldName.CA, FieldName.KEY, FieldName.PURPOSE, FieldName.ATTRIBUTES}
TWO_LINES = 2 * 78


@table("field", [field for field in FieldName if field not in CHOSEN])
def test_the_help_of_a_field_fits(field: FieldName) -> None:
    text = FIELD_HELP[field]
    assert text.isprintable()
    assert text.endswith(".")
    assert len(text) <= TWO_LINES


def test_each_choice_has_help() -> None:
    assert set(CA_HELP) == set(CaKind)
    assert set(KEY_HELP) == set(KeyType)
    assert set(PURPOSE_HELP) == set(Purpose)
    texts = (*CA_HELP.values(), *KEY_HELP.values(), *PURPOSE_HELP.values())
    assert all(0 < len(text) <= TWO_LINES for text in texts)


@table("key_type", list(KeyType))
def test_the_help_of_a_key_says_if_no_public_ca_accepts_it(key_type: KeyType) -> None:
    assert KEY_HELP[key_type].startswith(key_type.label)
    assert key_type.public_ca or "private CA" in KEY_HELP[key_type]
