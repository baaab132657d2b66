"""Paths in the syntax of configurations, and snippets with filled placeholders."""

from __future__ import annotations

import shlex
import tomllib
from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tables import table

from csrtui.core.base.errors import InputError
from csrtui.core.servers import server
from csrtui.core.servers.server import Quoting, Snippet, fill, quote
from csrtui.store.package_data import servers

SERVERS = servers()


@table("quoting", Quoting)
def test_a_plain_path_is_unchanged(quoting: Quoting) -> None:
    assert quote("/etc/ssl/a_b-c.com+1.crt", quoting) == "/etc/ssl/a_b-c.com+1.crt"


@table(
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
def test_a_path_with_special_characters_is_quoted(quoting: Quoting, text: str, written: str) -> None:
    assert quote(text, quoting) == written


@table(
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
def test_a_path_that_cannot_be_represented_is_refused_and_shown_visibly(quoting: Quoting, text: str) -> None:
    with pytest.raises(InputError, match="cannot represent") as caught:
        quote(text, quoting)
    assert caught.value.message.isprintable()


def test_a_colon_is_refused_for_exim() -> None:
    snippet = SERVERS["exim"].snippets[0]
    with pytest.raises(InputError, match="contains ':', which"):
        fill(snippet, {"certificate": "/a:b/c.crt", "key": "/a:b/c.key"})


@given(st.text(max_size=20))
def test_a_shell_reads_a_single_quoted_text_unchanged(text: str) -> None:
    try:
        written = quote(text, Quoting.SINGLE)
    except InputError:
        return
    assert shlex.split(written) == [text]


def test_placeholders_are_filled_and_optional_parts_without_values_left_out() -> None:
    snippet = Snippet("here", ("a @x@[[ b @y@]] c", "[[only @y@]]", "plain"))
    assert fill(snippet, {"x": "1"}).lines == ("a 1 c", "plain")
    assert fill(snippet, {"x": "1", "y": "2"}).lines == ("a 1 b 2 c", "only 2", "plain")


def test_a_required_placeholder_without_a_value_is_an_error() -> None:
    with pytest.raises(KeyError):
        fill(Snippet("here", ("@x@",)), {})


def test_a_value_that_looks_like_a_placeholder_is_unchanged() -> None:
    assert fill(Snippet("here", ("@x@",), Quoting.LINE), {"x": "/@y@", "y": "2"}).lines == ("/@y@",)


def test_every_key_of_the_table_is_known_and_every_sentence_is_used() -> None:
    path = Path(server.__file__).with_name("servers.toml")
    tables = tomllib.loads(path.read_text(encoding="utf-8"))
    sentences = tables.pop("texts")
    known = {field.name for field in fields(server.Server)}
    assert {key for table in tables.values() for key in table} <= known
    snippets = [snippet for table in tables.values() for snippet in table.get("snippets", ())]
    assert {key for snippet in snippets for key in snippet} == {"place", "lines", "quoting"}
    assert not [name for name in sentences if f"{{{name}}}" not in str(tables)]
