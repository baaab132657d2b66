"""Rules about each name that can be written: what it is and who may have it."""

from csrtui.core import special_names
from csrtui.core.advice.name_case import NameCase
from csrtui.core.advice.rule import Hit, Rule
from csrtui.core.advice.wording import quoted
from csrtui.core.finding import FieldName, Fix, Level
from csrtui.core.international import PREFIX
from csrtui.core.scripts import mixed_scripts
from csrtui.core.subject import UPPER_BOUNDS
from csrtui.core.suffixes import Section


def _named(case: NameCase, fix: Fix | None = None, **words: object) -> Hit:
    return Hit({"name": quoted(case.name.shown), "text": quoted(case.text), **words}, fix)


def _common_name_length(case: NameCase) -> Hit | None:
    bound = UPPER_BOUNDS[FieldName.COMMON_NAME]
    if case.place or len(case.text) <= bound:
        return None
    return _named(case, _shorter_first(case, bound), count=len(case.text), bound=bound)


def _shorter_first(case: NameCase, bound: int) -> Fix | None:
    listing = case.listing
    for place, name in enumerate(listing.names):
        if name.text is not None and len(name.text) <= bound:
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
    ending = special_names.internal_ending(case.text)
    if case.listing.suffixes.known_tld(case.text) and ending != "home.arpa":
        return None
    tld = ending or case.name.shown.rpartition(".")[2]
    purpose = special_names.INTERNAL.get(tld) or special_names.RESERVED.get(tld, "in no public list")
    return _named(case, case.asking_private(), tld=quoted(tld), purpose=purpose)


def _reserved_name(case: NameCase) -> Hit | None:
    ending = special_names.reserved_ending(case.text) if case.is_dns else None
    if ending is None or ("." not in case.text and ending != "localhost"):
        return None
    return _named(case, purpose=special_names.RESERVED[ending])


def _public_suffix(case: NameCase) -> Hit | None:
    plain = case.is_dns and not case.name.is_wildcard
    return (
        _named(case) if plain and case.listing.suffixes.is_public_suffix(case.text, Section.ICANN) else None
    )


def _wildcard_public_suffix(case: NameCase) -> Hit | None:
    if case.name.is_wildcard and case.listing.suffixes.is_public_suffix(case.host, Section.ICANN):
        return _named(case, suffix=quoted(case.name.shown.removeprefix("*.")))
    return None


def _ip_address(case: NameCase) -> Hit | None:
    return None if case.is_dns else _named(case)


def _private_address(case: NameCase) -> Hit | None:
    if case.is_dns or not special_names.is_private_address(case.text):
        return None
    return _named(case, case.asking_private())


def _reverse_zone(case: NameCase) -> Hit | None:
    zone = special_names.reverse_zone(case.text) if case.is_dns else None
    return _named(case, zone=zone) if zone else None


def _onion(case: NameCase) -> Hit | None:
    bad = special_names.is_onion(case.text) and not special_names.is_onion_v3(case.text)
    return _named(case) if bad else None


_PUBLIC_SUFFIX = "{name} is a public suffix, under which anybody registers names: "
_ERROR, _WARNING, _NOTE = Level.ERROR, Level.WARNING, Level.NOTE

NAME_RULES: tuple[Rule[NameCase], ...] = (
    Rule(
        "common-name-length", _ERROR, _ERROR,
        "{name} has {count} characters and the common name holds {bound}: it can be one of the other names.",
        _common_name_length, "RFC 5280 A.1 (ub-common-name), BR 7.1.4.2", forceable=False,
    ),
    Rule(
        "underscore", _ERROR, _WARNING,
        "{name} has an underscore: public CAs may not issue for it since 2019.",
        _underscore, "BR 7.1.2.7.12 (LDH labels), ballot SC12",
        private_text="{name} has an underscore: it is no host name to some programs, and they refuse it.",
    ),
    Rule(
        "reserved-label", _ERROR, _ERROR,
        "{label} in {name} has -- in places 3 and 4: this is reserved for international names (xn--).",
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
        "mixed-script", _WARNING, _WARNING,
        "{name} mixes letters of {scripts} that look alike: {text} may not be the name that is meant.",
        _mixed_script, "UTS 39 5.2",
    ),
    Rule(
        "reserved-name", _WARNING, _NOTE,
        "{name} is reserved {purpose}: nobody can prove control of it to a CA.",
        _reserved_name, "RFC 2606, RFC 6761",
        private_text="{name} is reserved {purpose}: no public CA issues for it.",
    ),
    Rule(
        "single-label", _ERROR, _NOTE,
        "{name} is a name without a domain: no public CA may issue for it since 2015-11-01.",
        _single_label, "BR 7.1.2.7.12, 1.6.1 (Internal Name)",
        private_text="{name} is a name without a domain: it works only inside the organization's network.",
    ),
    Rule(
        "internal-name", _ERROR, _NOTE,
        "{name} is an internal name, .{tld} is {purpose}: no public CA may issue for it.",
        _internal_name, "BR 7.1.2.7.12, 1.6.1 (Internal Name)",
        private_text="{name} is an internal name, .{tld} is {purpose}: it works only inside.",
    ),
    Rule(
        "public-suffix", _ERROR, _WARNING,
        _PUBLIC_SUFFIX + "nobody can own it, and no public CA issues for it.",
        _public_suffix, "BR 1.6.1 (Base Domain Name), publicsuffix.org",
        private_text=_PUBLIC_SUFFIX + "nobody can own it; it is hardly the host that is meant.",
    ),
    Rule(
        "ip-address", _WARNING, _NOTE,
        "{name} is an address: it goes in as an IP SAN, not as a DNS name, and many CAs do not sell that.",
        _ip_address, "RFC 5280 4.2.1.6, BR 3.2.2.5",
        private_text="{name} is an address: it goes in as an IP SAN, not as a DNS name.",
    ),
    Rule(
        "private-address", _ERROR, _NOTE,
        "{name} is a private or reserved address: no public CA may issue for it.",
        _private_address, "BR 7.1.2.7.12, 1.6.1 (Reserved IP Address)",
        private_text="{name} is a private or reserved address: the certificate serves this network only.",
    ),
    Rule(
        "reverse-zone", _ERROR, _WARNING,
        "{name} is a reverse-lookup name, under {zone}: no public CA may issue for it since 2026-03-15.",
        _reverse_zone, "BR 4.2.2 and 7.1.2.7.12 since 2026-03-15",
        private_text="{name} is a reverse-lookup name, under {zone}: nobody visits a host by it.",
    ),
    Rule(
        "wildcard-public-suffix", _ERROR, _WARNING,
        "{name} would cover every domain under the public suffix {suffix}: no public CA may issue it.",
        _wildcard_public_suffix, "BR 3.2.2.6",
        private_text="{name} would cover every domain under the public suffix {suffix}: browsers ignore it.",
    ),
    Rule(
        "onion", _ERROR, _ERROR,
        "{name} is no version 3 onion address (56 characters with a checksum): there is no such service.",
        _onion, "BR appendix B, Tor rend-spec-v3",
    ),
)  # fmt: skip
"""Asked about each name that can be written."""
