"""Inventory variables in texts: the grammar, the replacements, and refused expressions."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tables import table

from csrtui.core.base.errors import InputError
from csrtui.core.names.inventory_template import (
    MAX_CHARACTERS,
    MAX_DEPTH,
    MAX_REPLACEMENTS,
    HostVariables,
    Template,
    check_template,
    expand,
    expand_names,
    has_opening,
    has_variables,
    split_names_in,
)

VAULTED = {"__ansible_vault": "$ANSIBLE_VAULT;1.1;AES256\n61"}


def host(**values: Any) -> HostVariables:
    return HostVariables("web1", values, {"inventory_hostname": "web1.a.com", "group_names": ["web"]})


def refused(text: str, **values: Any) -> tuple[str, str]:
    with pytest.raises(InputError) as error:
        expand(Template(text), host(**values))
    return error.value.message, error.value.hint or ""


@table(
    ("text", "result"),
    [
        ("", ""),
        ("www.a.com", "www.a.com"),
        ("{{ site }}", "a.com"),
        ("{{site}}", "a.com"),
        ("{{\tsite }}", "a.com"),
        ("www.{{ site }}:{{ owner.name }}!", "www.a.com:Example Ltd!"),
        ("{{ site }}{{ site }}", "a.coma.com"),
        ("{{ inventory_hostname }}", "web1.a.com"),
        ("{{ number }}", "7"),
        ("{{ nothing }}", ""),
        ("{{ chain }}", "b.a.com"),
        ("{{ marked }}", "{{ site }}"),
        ("{{ owner.marked }}", "{{ site }}"),
        ("{ site } }} %} {", "{ site } }} %} {"),
    ],
)
def test_variables_are_replaced(text: str, result: str) -> None:
    marked = {"__ansible_unsafe": "{{ site }}"}
    values: dict[str, Any] = {
        "site": "a.com",
        "number": 7,
        "nothing": "",
        "owner": {"name": "Example Ltd", "marked": marked},
        "chain": "b.{{ link }}",
        "link": "{{ site }}",
        "marked": marked,
        "inventory_hostname": "{{ site }}",
    }
    assert expand(Template(text), host(**values)) == result
    assert expand(text, host(**values)) == text
    assert expand_names(Template(text), host(**values)) == [result]
    assert expand_names(text, host(**values)) == [text]


@table(
    "piece",
    [
        "{{ lookup('pipe', 'id') }}",
        "{{ site | upper }}",
        "{{ 7*7 }}",
        "{{ ''.__class__ }}",
        "{{ a.b.c }}",
        "{{ a. b }}",
        "{{ a['b'] }}",
        "{{ a b }}",
        "{{- site -}}",
        "{{ 1site }}",
        "{{ s\u0456te }}",
        "{{\nsite }}",
        "{{ site\u00a0}}",
        "{{{ site }}}",
        "{{}}",
        "{{ }}",
        "{% for one in [1] %}",
        "{%x%}",
        "{# site #}",
        "{{ never closed",
        "{% never closed }}",
        "{{ site %}",
    ],
)
def test_everything_else_between_braces_is_refused_by_name(piece: str) -> None:
    from csrtui.core.base.escaping import visible

    quoted = piece[:-1] if piece.startswith("{{{") else piece
    message, hint = refused(f"www.{piece}", site="a.com", a="b")
    assert message.startswith(
        f'"{visible(quoted)}" is not a variable: only {{{{ name }}}} and {{{{ name.member }}}}'
    )
    assert hint
    with pytest.raises(InputError, match="is not a variable"):
        check_template(piece)
    assert has_variables(Template(piece))
    assert has_opening(piece)
    assert not has_variables(piece)


def test_a_long_piece_is_cut_in_the_message() -> None:
    assert "{{ " + "x" * 57 + "…" in refused("{{ " + "x" * 500 + "!}}")[0]


@table(
    ("name", "value", "kind"),
    [
        ("a", {"b": "c"}, "is a dictionary, not a string"),
        ("a", ["b"], "is a list, not a string"),
        ("a", None, "is empty, not a string"),
        ("a", True, "is true or false, not a string"),
        ("a", 1.1, "is a number with a fraction, not a string"),
        ("a", VAULTED, "is refused: it is encrypted with Ansible Vault"),
        ("a.x", VAULTED, "is refused: it is encrypted with Ansible Vault"),
        ("a.x", {"x": VAULTED}, "is refused: it is encrypted with Ansible Vault"),
        ("a.x", {"y": "b"}, "is missing: a has no member x"),
        ("a.x", "b", "is missing: a has no member x"),
        ("a.__ansible_unsafe", {"__ansible_unsafe": "b"}, "is missing: a has no member __ansible_unsafe"),
        ("a", "{{ a }}", "refers to itself: a → a"),
        ("a", "{{ b }}", "is missing on web1"),
        (
            "a",
            "{{ lookup('pipe', 'id') }}",
            "cannot be resolved: \"{{ lookup('pipe', 'id') }}\" is not a variable",
        ),
        ("a", "{{ vault_a }}", "is refused: its name suggests a secret"),
    ],
)
def test_a_value_that_is_not_text_is_refused_by_name(name: str, value: object, kind: str) -> None:
    message, hint = refused(f"{{{{ {name} }}}}", a=value)
    assert message.startswith("variable ")
    assert kind in message
    assert hint


@table(
    "name",
    [
        "ansible_password",
        "ansible_become_password",
        "ansible_become_pass",
        "ansible_ssh_pass",
        "DB_PASS",
        "pass",
        "dbPassword",
        "vault_domain",
        "my_secret",
        "secrets.value",
        "site.token",
        "key_passphrase",
        "aws_credentials",
        "tls_private_key",
        "ansible_ssh_private_key_file",
        "api_key",
    ],
)
def test_a_variable_with_a_name_like_a_secret_is_refused(name: str) -> None:
    variable, _, member = name.partition(".")
    value = {member: "canary"} if member else "canary"
    message, hint = refused(f"{{{{ {name} }}}}", **{variable: value})
    assert message == f"variable {name} is refused: its name suggests a secret"
    assert hint == "use a variable that does not contain a secret"
    assert expand(Template("{{ bypass }}"), host(bypass="a")) == "a"


def test_cycles_are_named_and_depth_and_size_are_bounded() -> None:
    assert "c refers to itself: " not in refused("{{ a }}", a="{{ b }}", b="{{ c }}", c="{{ a }}")[0]
    assert "a refers to itself: a → b → c → a" in refused("{{ a }}", a="{{ b }}", b="{{ c }}", c="{{ a }}")[0]
    chain = {f"v{at}": f"{{{{ v{at + 1} }}}}" for at in range(MAX_DEPTH)}
    assert expand(Template("{{ v1 }}"), host(**chain, **{f"v{MAX_DEPTH}": "end"})) == "end"
    assert f"more than {MAX_DEPTH} levels" in refused("{{ v0 }}", **chain, **{f"v{MAX_DEPTH}": "end"})[0]
    wide = {f"w{at}": f"{{{{ w{at + 1} }}}}" * 8 for at in range(5)} | {"w5": "x"}
    assert f"more than {MAX_REPLACEMENTS:,} variables" in refused("{{ w0 }}", **wide)[0]
    long = {"long": "x" * (MAX_CHARACTERS // 4)}
    assert len(expand(Template("{{ long }}" * 4), host(**long))) == MAX_CHARACTERS
    assert f"more than {MAX_CHARACTERS:,} characters" in refused("{{ long }}" * 4 + "x", **long)[0]


def test_each_element_of_a_list_is_a_name() -> None:
    aliases = ["a.com", "{{ site }}", {"__ansible_unsafe": "{{ site }}"}]
    hosts = host(aliases=aliases, site="b.com", all={"names": ["x", "y"]}, none=[])
    assert expand_names(Template(" {{ aliases }} "), hosts) == ["a.com", "b.com", "{{ site }}"]
    assert expand_names(Template("{{ all.names }}"), hosts) == ["x", "y"]
    assert expand_names(Template("{{ none }}"), hosts) == []
    assert expand_names(Template("{{ group_names }}"), hosts) == ["web"]
    for text in ("www.{{ aliases }}", "{{ aliases }}{{ site }}"):
        with pytest.raises(InputError, match="variable aliases is a list") as error:
            expand_names(Template(text), hosts)
        assert error.value.hint == "a list can only be a whole name: {{ aliases }}"
    for element in (7, None, ["a"], {"a": "b"}, VAULTED):
        with pytest.raises(InputError, match="variable aliases has an element that is"):
            expand_names(Template("{{ aliases }}"), host(aliases=["a.com", element]))
    with pytest.raises(InputError, match="refers to itself: aliases → b → aliases"):
        expand_names(Template("{{ aliases }}"), host(aliases=["{{ b }}"], b="{{ aliases }}"))


def test_blanks_between_braces_separate_no_names() -> None:
    text = "{{ site }}.a.com, b.com {# x y #}{% z %}c;{{ d e"
    assert split_names_in(Template(text)) == ["{{ site }}.a.com", "b.com", "{# x y #}{% z %}c", "{{ d e"]
    assert all(isinstance(name, Template) for name in split_names_in(Template(text)))
    literal = split_names_in("{{ site }}, b.com")
    assert not any(isinstance(name, Template) for name in literal)


def test_a_template_that_was_cut_or_joined_is_literal() -> None:
    text = Template("{{ site }} ")
    for one in (text.strip(), text + "x", f"{text}", text.lower(), text[:4]):
        assert not has_variables(one)


PIECES = st.sampled_from(
    ["{{", "}}", "{%", "%}", "{#", "#}", "{", "}", " ", ".", "a", "b", "a_b", "'", "(", "|", "7*7"]
)


@given(st.lists(PIECES | st.text(max_size=5)).map("".join))
def test_any_text_is_replaced_by_the_grammar_or_refused(text: str) -> None:
    values = {"a": "<A>", "b": {"a": "<B>"}}
    variable = r"\{\{[ \t]*(a|b\.a)[ \t]*\}\}"
    expected = re.sub(variable, lambda match: "<A>" if match[1] == "a" else "<B>", text)
    try:
        result = expand(Template(text), host(**values))
    except InputError as error:
        assert has_opening(text), error  # noqa: PT017 - both ways are right, each where it belongs
    else:
        assert result == expected
        assert not has_opening(result)
    assert expand(text, host(**values)) == text
