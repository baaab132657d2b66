"""Additional subject attributes, as text."""

from __future__ import annotations

import pytest
from tables import table

from csrtui.core.base.errors import InputError
from csrtui.core.subject.fields import Attribute, attributes_text, read_attributes

UNIT, NUMBER = Attribute("OU", "Research, Bonn"), Attribute("UID", "4711")


@table("text", ["OU=Research, Bonn; UID=4711", " ou=Research, Bonn;;uid=4711;"])
def test_attributes_are_separated_by_semicolons(text: str) -> None:
    assert read_attributes(text) == (UNIT, NUMBER)
    assert attributes_text(read_attributes(text)) == "OU=Research, Bonn; UID=4711"


def test_an_attribute_that_the_text_cannot_hold_is_left_out() -> None:
    unfit = [Attribute("OU", "a; UID=b"), Attribute("OU", "a ")]
    assert attributes_text([UNIT, *unfit, NUMBER]) == attributes_text([UNIT, NUMBER])


@table("text", ["Research", "OU=Research; number=4711"])
def test_other_text_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="is not TYPE=VALUE with a known type"):
        read_attributes(text)
