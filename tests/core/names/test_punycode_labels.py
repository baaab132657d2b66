"""``xn--`` labels that are valid Punycode and not valid IDNA 2008, such as those of emoji."""

import idna
import pytest
from hypothesis import given
from hypothesis import strategies as st

from csrtui.core.names import international
from csrtui.core.names.international import Label


@pytest.mark.parametrize("label", ["xn--ls8h", "xn--i-7iq", "xn--1ug6825pwla", "xn--0ca24w", "xn--a-ecp"])
def test_punycode_that_idna_does_not_permit_is_written_as_typed(label: str) -> None:
    assert international.is_only_punycode(label)
    for typed in (label, label.upper()):
        assert international.read_label(typed) == Label(label, label)
    assert international.to_unicode(label) == label


@pytest.mark.parametrize(
    ("label", "why"),
    [
        ("xn--bcher-kva", "it is an A-label"),
        ("bücher", "it is a U-label"),
        ("plain", "it is ASCII"),
        ("xn--plain-", "it encodes ASCII only"),
        ("xn--", "it encodes nothing"),
        ("xn--99999999999", "it does not decode"),
        ("xn--zzzz", "it does not decode"),
        ("xn--e-xbb", "it is not in normalization form C"),
        ("xn--a", "it encodes a control"),
        ("xn--ab-g1t", "it encodes a zero width space"),
        ("xn--" + "a" * 60, "it is too long"),
    ],
)
def test_other_labels_are_not_only_punycode(label: str, why: str) -> None:
    assert not international.is_only_punycode(label), why


@given(st.text(st.characters(codec=None), min_size=1, max_size=12))
def test_a_label_is_only_punycode_exactly_once(text: str) -> None:
    label = "xn--" + text.encode("punycode").decode("ascii")
    read = international.read_label(label)
    if international.is_only_punycode(label.lower()):
        assert read == Label(label.lower(), label.lower())
        with pytest.raises(ValueError):  # noqa: PT011 - IDNAError, or what its Unicode tables raise
            idna.ulabel(label)
