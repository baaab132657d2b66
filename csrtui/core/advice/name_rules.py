"""Rules about a single valid name: its spelling, its kind, and whether a CA can issue for it."""

from csrtui.core.advice.rule import FOR_PERSON, PERSON_FIX, PRIVATE_CA_FIX, Hit, Rule
from csrtui.core.advice.rule_arguments import NameCase
from csrtui.core.base.escaping import enumeration, excerpt
from csrtui.core.base.finding import FieldName, Fix, Level, Purpose
from csrtui.core.names import special_use
from csrtui.core.names.host_name import PREFIX, mixed_scripts
from csrtui.core.names.name import NameKind, spiffe_problem
from csrtui.core.names.special_use import matching_suffix
from csrtui.core.subject.fields import UPPER_BOUNDS


def _hit(case: NameCase, fix: Fix | None = None, **words: object) -> Hit:
    return Hit({"name": excerpt(case.name.display), "text": excerpt(case.text), **words}, fix)


def _common_name_length(case: NameCase) -> Hit | None:
    bound = UPPER_BOUNDS[FieldName.COMMON_NAME]
    count = len(case.name.common_name or "")
    if case.position or count <= bound:
        return None
    fix = _put_first_fix(case, NameKind.DNS) or _put_first_fix(case, NameKind.IP) or case.no_common_name_fix()
    return _hit(case, fix, count=count, bound=bound)


def _put_first_fix(case: NameCase, kind: NameKind) -> Fix | None:
    """Return the fix that makes the first suitable name of this kind the common name, or None if there is none."""
    inputs = case.names.inputs
    for index, name in enumerate(case.names.names):
        fits = name.text is not None and len(name.text) <= UPPER_BOUNDS[FieldName.COMMON_NAME]
        if fits and name.kind is kind:
            others = inputs[:index] + inputs[index + 1 :]
            return Fix(f"put {excerpt(name.display)} first", names=(inputs[index], *others))
    return None


def _underscore(case: NameCase) -> Hit | None:
    return _hit(case) if case.is_dns and "_" in case.text else None


def _reserved_label(case: NameCase) -> Hit | None:
    for label in case.text.split(".") if case.is_dns else ():
        if label[2:4] == "--" and not label.startswith(PREFIX):
            return _hit(case, label=excerpt(label))
    return None


def _upper_case(case: NameCase) -> Hit | None:
    has_capital = any("A" <= letter <= "Z" for letter in case.name.input)
    return _hit(case, input=excerpt(case.name.input)) if case.is_dns and has_capital else None


def _international(case: NameCase) -> Hit | None:
    # a user principal name keeps its Unicode letters
    is_unchanged = case.name.input.isascii() or not case.text.isascii()
    return None if is_unchanged else _hit(case, input=excerpt(case.name.input))


def _only_punycode(case: NameCase) -> Hit | None:
    """Check for a label that has no U-label and is therefore displayed in Punycode."""
    label = next((label for label in case.name.display.split(".") if label.startswith(PREFIX)), None)
    return None if label is None else _hit(case, label=excerpt(label))


def _mixed_script(case: NameCase) -> Hit | None:
    for label in case.name.display.split("."):
        if scripts := mixed_scripts(label):
            return _hit(case, scripts=enumeration([script.capitalize() for script in scripts[:3]]))
    return None


def _single_label(case: NameCase) -> Hit | None:
    return _hit(case, PRIVATE_CA_FIX) if case.is_dns and "." not in case.text else None


def _internal_name(case: NameCase) -> Hit | None:
    if not case.is_dns or "." not in case.text:
        return None
    suffix = matching_suffix(case.text, special_use.INTERNAL)
    if case.names.suffixes.has_public_tld(case.text) and suffix != "home.arpa":
        return None
    tld = suffix or case.name.display.rpartition(".")[2]
    purpose = special_use.INTERNAL.get(tld, "not a public top-level domain")
    return _hit(case, PRIVATE_CA_FIX, tld=excerpt(tld), purpose=purpose)


def _reserved_domain(case: NameCase) -> Hit | None:
    suffix = matching_suffix(case.text, special_use.RESERVED) if case.is_dns else None
    return _hit(case, purpose=special_use.RESERVED[suffix]) if suffix and "." in suffix else None


def _reserved_tld(case: NameCase) -> Hit | None:
    suffix = matching_suffix(case.text, special_use.RESERVED) if case.is_dns else None
    is_host = "." not in case.text and suffix != "localhost"  # "test" is a host without a domain
    if suffix is None or "." in suffix or is_host:
        return None
    return _hit(case, PRIVATE_CA_FIX, purpose=special_use.RESERVED[suffix])


def _public_suffix(case: NameCase) -> Hit | None:
    is_host = case.is_dns and not case.name.is_wildcard
    return _hit(case) if is_host and case.names.suffixes.is_public_suffix(case.text) else None


def _wildcard_public_suffix(case: NameCase) -> Hit | None:
    if case.name.is_wildcard and case.names.suffixes.is_public_suffix(case.host):
        return _hit(case, suffix=excerpt(case.display_host))
    return None


def _ip_as_common_name(case: NameCase) -> Hit | None:
    if not case.is_ip or case.position:
        return None
    fix = _put_first_fix(case, NameKind.DNS)
    remedy = "put a host name first" if fix else "leave the common name out"
    return _hit(case, fix or case.no_common_name_fix(), remedy=remedy)


def _ip_as_other_name(case: NameCase) -> Hit | None:
    return _hit(case) if case.is_ip and case.position else None


def _ip_address(case: NameCase) -> Hit | None:
    return _hit(case) if case.is_ip else None


def _private_address(case: NameCase) -> Hit | None:
    is_private = case.is_ip and special_use.is_private_address(case.text)
    return _hit(case, PRIVATE_CA_FIX) if is_private else None


def _reverse_zone(case: NameCase) -> Hit | None:
    zone = matching_suffix(case.text, special_use.REVERSE_ZONES) if case.is_dns else None
    return _hit(case, zone=zone) if zone else None


def _onion(case: NameCase) -> Hit | None:
    return (
        _hit(case)
        if case.is_dns and case.text.endswith(".onion") and not special_use.is_onion_v3(case.text)
        else None
    )


_OTHER_KINDS = {
    NameKind.EMAIL: "an e-mail address",
    NameKind.URI: "a URI",
    NameKind.UPN: "a user principal name",
}


def _other_kind(case: NameCase) -> Hit | None:
    if case.name.is_host:
        return None
    domain = case.text.rpartition("@")[2]
    is_email = case.name.kind is NameKind.EMAIL
    is_for_person = is_email and case.names.purpose is Purpose.SERVER
    fix = PERSON_FIX if is_for_person else PRIVATE_CA_FIX
    if is_email and not case.name.input.lower().startswith("email:"):
        fix = case.replace_fix(f"write {excerpt(domain)}", domain) or fix
    return _hit(case, fix, kind=_OTHER_KINDS[case.name.kind], remark=FOR_PERSON if is_for_person else "")


def _spiffe_invalid(case: NameCase) -> Hit | None:
    problem = spiffe_problem(case.name.spiffe_id) if case.name.spiffe_id else None
    return _hit(case, problem=problem) if problem else None


def _spiffe_not_alone(case: NameCase) -> Hit | None:
    is_alone = case.names.uri_count == 1
    return _hit(case) if case.name.spiffe_id and not is_alone and case.is_first else None


_PUBLIC_SUFFIX = "{name} is a public suffix; "
_ERROR, _WARNING, _NOTE = Level.ERROR, Level.WARNING, Level.NOTE

NAME_RULES: tuple[Rule[NameCase], ...] = (
    Rule(
        "common-name-length", _ERROR, _ERROR,
        "{name} has {count} characters, too long for a common name ({bound}): enter it as one of the other names.",
        _common_name_length, "RFC 5280 A.1 (ub-common-name), BR 7.1.4.2", forceable=False,
    ),
    Rule(
        "not-a-hostname", _ERROR, None,
        "{name} is {kind}: public CAs certify only host names and addresses for servers.{remark}",
        _other_kind, "BR 7.1.2.7.12", forceable=False,
    ),
    Rule(
        "spiffe-invalid", _ERROR, _ERROR,
        "{name} is not a valid SPIFFE ID: {problem}.", _spiffe_invalid, "SPIFFE-ID 2, X509-SVID 4",
    ),
    Rule(
        "spiffe-invalid", _ERROR, _ERROR,
        "{name} is not the only URI: a certificate with a SPIFFE ID may contain no other.",
        _spiffe_not_alone, "X509-SVID 2",
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
        "{input} will be written in lower case: {text}.", _upper_case, "RFC 4343, BR 7.1.4.3",
    ),
    Rule(
        "international", _NOTE, _NOTE,
        "{input} will be written {text}.", _international, "RFC 5890, BR 7.1.4.3",
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
        private_text="{name} is reserved {purpose}: check that it is the host you mean.",
    ),
    Rule(
        "reserved-name", _ERROR, _NOTE,
        "{name} is reserved {purpose}: no public CA can issue for it.",
        _reserved_tld, "RFC 2606, RFC 6761, BR 1.6.1 (Internal Name)",
        private_text="{name} is reserved {purpose}: it is not in public DNS.",
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
        "Let's Encrypt and others reject an IP address such as {name} in the common name: {remedy}.",
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
"""Rules for each valid name."""
