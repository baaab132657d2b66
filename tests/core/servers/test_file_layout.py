"""Paths as configurations hold them, and lines with what their placeholders stand for."""

from __future__ import annotations

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csrtui.core.base.errors import InputError
from csrtui.core.servers.file_layout import FileBlock, Quoting, fill, quote
from csrtui.core.servers.table import SERVERS


@pytest.mark.parametrize("quoting", Quoting)
def test_a_plain_path_stands_as_it_is(quoting: Quoting) -> None:
    assert quote("/etc/ssl/a_b-c.com+1.crt", quoting) == "/etc/ssl/a_b-c.com+1.crt"


@pytest.mark.parametrize(
    ("quoting", "text", "written"),
    [
        (Quoting.DOUBLE, "/a b/c", '"/a b/c"'),
        (Quoting.DOUBLE, "/jörg/c", '"/jörg/c"'),
        (Quoting.DOUBLE, "/a;b", '"/a;b"'),
        (Quoting.SINGLE, "/a $b/c", "'/a $b/c'"),
        (Quoting.SINGLE, "*.a.com", "'*.a.com'"),
        (Quoting.LINE, "/a b/c", "/a b/c"),
        (Quoting.XML, "/a 'b'/c", "/a 'b'/c"),
        (Quoting.NONE, "/jörg/c", "/jörg/c"),
    ],
)
def test_another_path_is_quoted(quoting: Quoting, text: str, written: str) -> None:
    assert quote(text, quoting) == written


@pytest.mark.parametrize(
    ("quoting", "text"),
    [
        (Quoting.NONE, "/a b"),
        (Quoting.NONE, "/a;b"),
        (Quoting.DOUBLE, '/a"b'),
        (Quoting.DOUBLE, "/a$b"),
        (Quoting.DOUBLE, "/a\\b"),
        (Quoting.SINGLE, "/a'b"),
        (Quoting.LINE, "/a$b"),
        (Quoting.LIST, "/a:b"),
        (Quoting.XML, "/a&b"),
        (Quoting.XML, '/a"b'),
        *((quoting, f"/a{character}b") for quoting in Quoting for character in "\n\x1b\x00\u202e\xa0"),
    ],
)
def test_what_cannot_be_held_is_refused_and_said_visibly(quoting: Quoting, text: str) -> None:
    with pytest.raises(InputError, match="cannot be named") as caught:
        quote(text, quoting)
    assert caught.value.what.isprintable()


def test_exim_would_take_a_colon_for_the_end_of_a_path() -> None:
    (block,) = SERVERS["exim"].blocks
    with pytest.raises(InputError, match="':' is in it"):
        fill(block, {"certificate": "/a:b/c.crt", "key": "/a:b/c.key"})


@given(st.text(max_size=20))
def test_a_shell_reads_a_single_quoted_text_as_it_was(text: str) -> None:
    try:
        written = quote(text, Quoting.SINGLE)
    except InputError:
        return
    assert shlex.split(written) == [text]


def test_placeholders_are_filled_and_optional_parts_go_where_something_is_not_there() -> None:
    block = FileBlock("here", ("a @x@[[ b @y@]] c", "[[only @y@]]", "plain"))
    assert fill(block, {"x": "1"}).lines == ("a 1 c", "plain")
    assert fill(block, {"x": "1", "y": "2"}).lines == ("a 1 b 2 c", "only 2", "plain")


def test_a_placeholder_that_stands_for_nothing_is_a_fault_of_the_table() -> None:
    with pytest.raises(KeyError):
        fill(FileBlock("here", ("@x@",)), {})


def test_a_value_that_looks_like_a_placeholder_is_left_as_it_is() -> None:
    assert fill(FileBlock("here", ("@x@",), Quoting.LINE), {"x": "/@y@", "y": "2"}).lines == ("/@y@",)
