"""Rules about each name that can be written: what it is and who may have it."""

from csrtui.core.advice.cases import NameCase
from csrtui.core.advice.rule import Hit, Rule
from csrtui.core.base.escaping import quoted
from csrtui.core.base.finding import FieldName, Fix, Level
from csrtui.core.names import special_use
from csrtui.core.names.international import PREFIX, mixed_scripts
from csrtui.core.names.name import NameKind
from csrtui.core.names.public_suffixes import Section
from csrtui.core.subject.fields import UPPER_BOUNDS


def _named(case: NameCase, fix: Fix | None = None, **words: object) -> Hit:
    return Hit({"name": quoted(case.name.shown), "text": quoted(case.text), **words}, fix)


def _common_name_length(case: NameCase) -> Hit | None:
    bound = UPPER_BOUNDS[FieldName.COMMON_NAME]
    if case.place or len(case.text) <= bound:
        return None
    fix = _other_first(case, NameKind.DNS) or _other_first(case, NameKind.IP)
    return _named(case, fix, count=len(case.text), bound=bound)


def _other_first(case: NameCase, kind: NameKind) -> Fix | None:
    """Return the fix that makes the first name of a kind the common name; None where there is none that fits."""
    listing = case.listing
    for place, name in enumerate(listing.names):
        fits = name.text is not None and len(name.text) <= UPPER_BOUNDS[FieldName.COMMON_NAME]
        if fits and name.kind is kind:
            rest = (typed for at, typed in enumerate(listing.typed) if at != place)
            return Fix(f"put {quoted(name.shown)} first", names=(listing.typed[place], *rest))
    return None


def _underscore(case: NameCase) -> Hit | None:
    return _named(case) if case.is_dns and "_" in case.text else None


def _reserved_label(case: NameCase) -> Hit | None:
    for label in case.text.split("."):
        if label[2:4] == "--" and not label.startswith(PREFIX):
            return _named(case, label=quoted(label))
    return None


def _upper_case(case: NameCase) -> Hit | None:
    upper = case.is_dns and any("A" <= letter <= "Z" for letter in case.name.typed)
    return _named(case, typed=quoted(case.name.typed)) if upper else None


def _international(case: NameCase) -> Hit | None:
    return None if case.name.typed.isascii() else _named(case, typed=quoted(case.name.typed))


def _only_punycode(case: NameCase) -> Hit | None:
    """Find a label that is shown as it is written, since it has no U-label."""
    label = next((label for label in case.name.shown.split(".") if label.startswith(PREFIX)), None)
    return None if label is None else _named(case, label=quoted(label))


def _mixed_script(case: NameCase) -> Hit | None:
    for label in case.name.shown.split("."):
        if scripts := mixed_scripts(label):
            return _named(case, scripts=" and ".join(script.capitalize() for script in scripts[:3]))
    return None


def _single_label(case: NameCase) -> Hit | None:
    return _named(case, case.asking_private()) if case.is_dns and "." not in case.text else None


def _internal_name(case: NameCase) -> Hit | None:
    if not case.is_dns or "." not in case.text:
        return None
    ending = special_use.internal_ending(case.text)
    if case.listing.suffixes.known_tld(case.text) and ending != "home.arpa":
        return None
    tld = ending or case.name.shown.rpartition(".")[2]
    purpose = special_use.INTERNAL.get(tld, "not a public top-level domain")
    return _named(case, case.asking_private(), tld=quoted(tld), purpose=purpose)


def _reserved_domain(case: NameCase) -> Hit | None:
    ending = special_use.reserved_ending(case.text) if case.is_dns else None
    if ending is None or "." not in ending:
        return None
    return _named(case, purpose=special_use.RESERVED[ending])


def _reserved_tld(case: NameCase) -> Hit | None:
    ending = special_use.reserved_ending(case.text) if case.is_dns else None
    alone = (
        "." not in case.text and ending != "localhost"
    )  # test is a host without a domain, localhost the machine
    if ending is None or "." in ending or alone:
        return None
    return _named(case, case.asking_private(), purpose=special_use.RESERVED[ending])


def _public_suffix(case: NameCase) -> Hit | None:
    plain = case.is_dns and not case.name.is_wildcard
    return (
        _named(case) if plain and case.listing.suffixes.is_public_suffix(case.text, Section.ICANN) else None
    )


def _wildcard_public_suffix(case: NameCase) -> Hit | None:
    if case.name.is_wildcard and case.listing.suffixes.is_public_suffix(case.host, Section.ICANN):
        return _named(case, suffix=quoted(case.name.shown.removeprefix("*.")))
    return None


def _ip_as_common_name(case: NameCase) -> Hit | None:
    if case.is_dns or case.place:
        return None
    return _named(case, _other_first(case, NameKind.DNS))


def _ip_as_other_name(case: NameCase) -> Hit | None:
    return _named(case) if not case.is_dns and case.place else None


def _ip_address(case: NameCase) -> Hit | None:
    return None if case.is_dns else _named(case)


def _private_address(case: NameCase) -> Hit | None:
    if case.is_dns or not special_use.is_private_address(case.text):
        return None
    return _named(case, case.asking_private())


def _reverse_zone(case: NameCase) -> Hit | None:
    zone = special_use.reverse_zone(case.text) if case.is_dns else None
    return _named(case, zone=zone) if zone else None


def _onion(case: NameCase) -> Hit | None:
    bad = special_use.is_onion(case.text) and not special_use.is_onion_v3(case.text)
    return _named(case) if bad else None


_PUBLIC_SUFFIX = "{name} is a public suffix; "
_ERROR, _WARNING, _NOTE = Level.ERROR, Level.WARNING, Level.NOTE

NAME_RULES: tuple[Rule[NameCase], ...] = (
    Rule(
        "common-name-length", _ERROR, _ERROR,
        "{name} has {count} characters, too long for a common name ({bound}): enter it as one of the other names.",
        _common_name_length, "RFC 5280 A.1 (ub-common-name), BR 7.1.4.2", forceable=False,
    ),
    Rule(
        "underscore", _ERROR, _WARNING,
        "{name} contains an underscore: public CAs have not been allowed to issue for it since 2019.",
        _underscore, "BR 7.1.2.7.12 (LDH labels), ballot SC12",
        private_text="{name} contains an underscore: some programs reject it as a host name.",
    ),
    Rule(
        "reserved-label", _ERROR, _ERROR,
        "{label} in {name} has -- at positions 3 and 4: reserved for internationalized names (xn--).",
        _reserved_label, "RFC 5890 2.3.1, BR 7.1.2.7.12 since 2021-10-01 (ballot SC48)",
    ),
    Rule(
        "upper-case", _NOTE, _NOTE,
        "{typed} will be written in lower case: {text}.", _upper_case, "RFC 4343, BR 7.1.4.3",
    ),
    Rule(
        "international", _NOTE, _NOTE,
        "{typed} will be written {text}.", _international, "RFC 5890, BR 7.1.4.3",
    ),
    Rule(
        "international-invalid", _NOTE, _NOTE,
        "{label} is Punycode for characters that IDNA 2008 excludes, such as emoji: some CAs and programs reject it.",
        _only_punycode, "RFC 5890 2.3.2.1, BR 1.6.1 (P-Label)",
    ),
    Rule(
        "mixed-script", _WARNING, _WARNING,
        "{name} mixes letters of {scripts} that look alike: check that {text} is the name you mean.",
        _mixed_script, "UTS 39 5.2",
    ),
    Rule(
        "reserved-name", _WARNING, _NOTE,
        "{name} is reserved {purpose}: you cannot prove to a CA that it is yours.",
        _reserved_domain, "RFC 2606, RFC 6761",
        private_text="{name} is reserved {purpose}: no public CA will issue for it.",
    ),
    Rule(
        "reserved-name", _ERROR, _NOTE,
        "{name} is reserved {purpose}: no public CA can issue for it.",
        _reserved_tld, "RFC 2606, RFC 6761, BR 1.6.1 (Internal Name)",
    ),
    Rule(
        "single-label", _ERROR, _NOTE,
        "{name} has no domain; public CAs cannot issue for it (since 2015-11-01).",
        _single_label, "BR 7.1.2.7.12, 1.6.1 (Internal Name)",
        private_text="{name} has no domain; it works only inside your network.",
    ),
    Rule(
        "internal-name", _ERROR, _NOTE,
        "{name} is an internal name: .{tld} is {purpose}, so no public CA can issue for it.",
        _internal_name, "BR 7.1.2.7.12, 1.6.1 (Internal Name)",
        private_text="{name} is an internal name: .{tld} is {purpose}, so it works only inside your network.",
    ),
    Rule(
        "public-suffix", _ERROR, _WARNING,
        _PUBLIC_SUFFIX + "nobody can own it, so no public CA will issue for it.",
        _public_suffix, "BR 1.6.1 (Base Domain Name), publicsuffix.org",
        private_text=_PUBLIC_SUFFIX + "nobody can own it, so it is probably not the host you mean.",
    ),
    Rule(
        "ip-address", _WARNING, None,
        "Let's Encrypt and others refuse an IP address in the common name: enter a host name first, then {name}.",
        _ip_as_common_name, "RFC 5280 4.2.1.6, BR 3.2.2.5, RFC 8555 6.7 (badCSR)",
    ),
    Rule(
        "ip-address", _WARNING, None,
        "{name} is an address: it will be an IP SAN, not a DNS name; many CAs do not offer those.",
        _ip_as_other_name, "RFC 5280 4.2.1.6, BR 3.2.2.5",
    ),
    Rule(
        "ip-address", None, _NOTE,
        "{name} is an address: it will be an IP SAN, not a DNS name.", _ip_address, "RFC 5280 4.2.1.6",
    ),
    Rule(
        "private-address", _ERROR, _NOTE,
        "{name} is a private or reserved address: no public CA can issue for it.",
        _private_address, "BR 7.1.2.7.12, 1.6.1 (Reserved IP Address)",
        private_text="{name} is a private or reserved address: the certificate works only inside your network.",
    ),
    Rule(
        "reverse-zone", _ERROR, _WARNING,
        "{name} is a reverse-DNS name, under {zone}; public CAs cannot issue for it (since 2026-03-15).",
        _reverse_zone, "BR 4.2.2 and 7.1.2.7.12 since 2026-03-15",
        private_text="{name} is a reverse-DNS name, under {zone}.",
    ),
    Rule(
        "wildcard-public-suffix", _ERROR, _WARNING,
        "{name} would cover every domain under the public suffix {suffix}: no public CA can issue it.",
        _wildcard_public_suffix, "BR 3.2.2.6",
        private_text="{name} would cover every domain under the public suffix {suffix}: browsers ignore it.",
    ),
    Rule(
        "onion", _ERROR, _ERROR,
        "{name} is not a version 3 onion address (56 characters with a checksum).",
        _onion, "BR appendix B, Tor rend-spec-v3",
    ),
)  # fmt: skip
"""Asked about each name that can be written."""
