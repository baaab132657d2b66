"""Reading names: pastes are split, addresses become canonical, and nothing is repaired silently."""

import ipaddress

from hypothesis import given
from hypothesis import strategies as st
from tables import table

from csrtui.core.names.host_name import FlawKind, read_address
from csrtui.core.names.name import NameKind, read_name
from csrtui.core.names.pasted_text import split_names


@table(
    ("paste", "names"),
    [
        ("", []),
        ("a.com", ["a.com"]),
        ("a.com,b.com; c.com\td.com\r\ne.com\u00a0f.com，g.com", ["a.com", "b.com", "c.com", "d.com", "e.com", "f.com", "g.com"]),
        ("DNS:a.com, DNS: b.com, IP Address:10.0.0.1, IP:::1", ["a.com", "b.com", "10.0.0.1", "::1"]),
        ("DNS Name=a.com\nDNS Name=b.com", ["a.com", "b.com"]),
        ("CN=a.com", ["a.com"]),
        ("    server_name a.com *.b.com;\n", ["a.com", "*.b.com"]),
        ("ServerName a.com\n  ServerAlias b.com c.com", ["a.com", "b.com", "c.com"]),
        ("\"a.com\" 'b.com' <c.com> (d.com, e.com) “f.com” [g.com]", ["a.com", "b.com", "c.com", "d.com", "e.com", "f.com", "g.com"]),
        ("[::1] [::1]:443", ["::1", "[::1]:443"]),
        ("- a.com\n* b.com\n• c.com", ["a.com", "b.com", "c.com"]),
        ("* .a.com", ["*", ".a.com"]),
        ("https://a.com/x joe@b.com not!a!name a..b", ["https://a.com/x", "joe@b.com", "not!a!name", "a..b"]),
        ("my.dns:443 server_name", ["my.dns:443", "server_name"]),
        ('"" ()', []),
    ],
)  # fmt: skip
def test_a_paste_is_split_into_names(paste: str, names: list[str]) -> None:
    assert split_names(paste) == names


LABELS = st.from_regex(r"[a-zA-Z0-9]([a-zA-Z0-9-]{0,10}[a-zA-Z0-9])?", fullmatch=True)
HOSTS = st.lists(LABELS, min_size=2, max_size=4).map(".".join)


@given(st.lists(HOSTS), st.sampled_from([" ", ",", ", ", ";\n", "\t", "\r\n", " , ", "\u00a0"]))
def test_no_name_of_a_paste_is_lost(hosts: list[str], separator: str) -> None:
    assert split_names(separator.join(hosts)) == hosts


@given(st.text())
def test_any_paste_is_split_into_words_without_blanks(paste: str) -> None:
    assert all(name and not name.isspace() for name in split_names(paste))


@given(st.text(st.characters(codec=None)))
def test_reading_never_raises_an_error_and_gives_the_reason(typed: str) -> None:
    name = read_name(typed)
    assert name.input == typed
    if name.text is None:
        assert name.flaws or not typed.strip() or not any(c.isprintable() and c != " " for c in typed)
    else:
        assert not name.flaws
        assert name.text.isascii()
        assert read_name(name.text).text == name.text
        assert read_name(name.display).text == name.text


@table(
    ("typed", "text", "shown"),
    [
        ("Mail.MyDomain.com", "mail.mydomain.com", "mail.mydomain.com"),
        ("bücher.de", "xn--bcher-kva.de", "bücher.de"),
        ("XN--BCHER-KVA.de", "xn--bcher-kva.de", "bücher.de"),
        ("*.BÜCHER.de", "*.xn--bcher-kva.de", "*.bücher.de"),
        ("faß.de", "xn--fa-hia.de", "faß.de"),
        ("日本\u3002jp", "xn--wgv71a.jp", "日本.jp"),
        ("_sip.a.com", "_sip.a.com", "_sip.a.com"),
    ],
)
def test_names_are_written_in_lower_case_a_labels(typed: str, text: str, shown: str) -> None:
    name = read_name(typed)
    assert (name.kind, name.text, name.display) == (NameKind.DNS, text, shown)


@table(
    ("typed", "text"),
    [
        ("10.0.0.1", "10.0.0.1"),
        ("255.255.255.255", "255.255.255.255"),
        ("::1", "::1"),
        ("[::1]", "::1"),
        ("2001:DB8:0:0:0:0:0:1", "2001:db8::1"),
        ("::FFFF:0a00:0001", "::ffff:10.0.0.1"),
    ],
)
def test_addresses_are_written_in_canonical_form(typed: str, text: str) -> None:
    name = read_name(typed)
    assert (name.kind, name.text) == (NameKind.IP, text)


@table(
    "typed",
    ["1.2.3", "1.2.3.4.", "01.2.3.4", "256.1.1.1", "1.2.3.4.5", ":::", "fe80::1%eth0", "[::1", "١.٢.٣.٤", ""],
)
def test_text_similar_to_an_address_is_not_an_address(typed: str) -> None:
    assert read_address(typed) is None


@given(st.ip_addresses())
def test_every_canonical_address_stays_the_same(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    text = read_address(str(address))
    assert text is not None
    assert ipaddress.ip_address(text) == address
    assert read_address(address.exploded) == text


def test_blanks_alone_are_an_empty_name() -> None:
    name = read_name(" \u200b ")
    assert (name.text, name.flaws, name.is_wildcard, name.parent) == (None, (), False, "")


def test_flaws_name_the_position_as_typed() -> None:
    (flaw,) = read_name("a.b!c.com").flaws
    assert (flaw.kind, flaw.part, flaw.position) == (FlawKind.BAD_CHARACTER, "!", 4)


def test_independent_flaws_are_all_reported() -> None:
    kinds = [flaw.kind for flaw in read_name(" -a..b!.com.").flaws]
    assert sorted(kinds) == ["bad-character", "empty-label", "hyphen-edge", "space", "trailing-dot"]


def test_an_invisible_character_can_be_removed_if_the_rest_is_a_name() -> None:
    assert read_name("a\u200bb.com").flaws[0].correction == "ab.com"
    assert read_name("a\u200b!.com").flaws[0].correction is None
