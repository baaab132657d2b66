"""The public suffix list: its own checks, and the package that it comes from as a judge."""

import re
from functools import cache
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from publicsuffixlist import PublicSuffixList

from csrtui.core.advice import advise
from csrtui.core.finding import CaKind
from csrtui.core.keys import KeyType
from csrtui.core.subject import TypedSubject
from csrtui.core.suffixes import Section, SuffixList

CHECKS = Path(__file__).parents[1] / "data/test_psl.txt"
TEXT = (files("publicsuffixlist") / "public_suffix_list.dat").read_text(encoding="utf-8")
RULES = [line for line in TEXT.splitlines() if line and not line.startswith("//")]
ICANN_RULES = [
    line
    for line in TEXT.partition("// ===BEGIN PRIVATE DOMAINS===")[0].splitlines()
    if line and not line.startswith("//")
]
SUFFIXES = SuffixList.parse(TEXT)


@cache
def judge(section: Section) -> PublicSuffixList:
    return PublicSuffixList(only_icann=section is Section.ICANN)


def test_the_lists_own_checks() -> None:
    checks = re.findall(
        r"^checkPublicSuffix\('([^']*)', (?:'([^']*)'|null)\);",
        CHECKS.read_text(encoding="utf-8"),
        re.MULTILINE,
    )
    assert len(checks) > 70
    for name, registrable in checks:
        assert SUFFIXES.registrable(name) == (registrable or None), name


RULE_NAMES = st.sampled_from(RULES).map(lambda rule: rule.removeprefix("!").removeprefix("*."))
PREFIXES = st.sampled_from(["", "a.", "a.b.", "www.", "city.", "www.ck.", "A.b.C."])


@given(
    PREFIXES,
    st.one_of(RULE_NAMES, st.sampled_from(["local", "intranet", "com", "ck", "kobe.jp"])),
    st.sampled_from(Section),
)
def test_the_same_answers_as_the_package(prefix: str, rule: str, section: Section) -> None:
    name = prefix + rule
    assert SUFFIXES.public_suffix(name, section) == judge(section).publicsuffix(name)
    assert SUFFIXES.registrable(name, section) == judge(section).privatesuffix(name)


@given(PREFIXES, RULE_NAMES)
def test_a_labels_get_the_same_answer(prefix: str, rule: str) -> None:
    name = (prefix + rule).lower()
    encoded = name.encode("idna").decode("ascii")
    cut = SUFFIXES.public_suffix(encoded)
    assert cut is not None
    assert cut.count(".") == (SUFFIXES.public_suffix(name) or "").count(".")


def suffix_of(rule: str) -> str:
    """A public suffix that a rule makes; that of the wildcard rule, for its exceptions."""
    if rule.startswith("!"):
        return f"anything.{rule.partition('.')[2]}"
    return rule.replace("*.", "anything.")


@pytest.mark.parametrize("ca", CaKind)
def test_no_rule_of_a_registry_is_internal(ca: CaKind) -> None:
    """Every ICANN rule of the installed list, ``co.za`` among them, under a top-level domain without a rule of its own."""
    assert len(ICANN_RULES) > 6000
    internal, not_registrable = [], []
    for rule in ICANN_RULES:
        suffix = suffix_of(rule)
        tld, domain = suffix.rpartition(".")[2], f"mydomain.{suffix}"
        names = (f"mydomain.{tld}", domain, f"www.{domain}", f"a.b.{domain}", f"*.{domain}")
        codes = codes_of(names, ca)
        if "internal-name" in codes and not domain.endswith(".home.arpa"):
            internal.append(rule)
        if codes_of((domain,), ca) & {"public-suffix", "wildcard-public-suffix", "single-label"}:
            not_registrable.append(rule)
        assert SUFFIXES.known_tld(tld)
        assert SUFFIXES.registrable(domain, Section.ICANN) == domain, rule
    assert internal == []
    assert not_registrable == []


def codes_of(names: tuple[str, ...], ca: CaKind) -> set[str]:
    advice = advise(names, TypedSubject(), ca=ca, key_type=KeyType.EC_P256, suffixes=SUFFIXES)
    return {finding.code for finding in advice.findings}


def test_every_suffix_of_a_registry_is_one_here() -> None:
    for rule in ICANN_RULES:
        suffix, wildcard = suffix_of(rule), f"*.{suffix_of(rule)}"
        special = suffix.endswith(".arpa") or suffix == "onion"
        assert special or "public-suffix" in codes_of((suffix,), CaKind.PUBLIC), rule
        assert special or "wildcard-public-suffix" in codes_of((wildcard,), CaKind.PUBLIC), rule


def test_the_exceptions_of_wildcard_rules_are_registered_domains() -> None:
    exceptions = [rule[1:] for rule in ICANN_RULES if rule.startswith("!")]
    assert len(exceptions) > 5
    for domain in exceptions:
        assert SUFFIXES.registrable(domain) == domain
        assert codes_of((domain,), CaKind.PUBLIC) <= {"www-not-covered", "bare-not-covered"}


@pytest.mark.parametrize("tld", ["za", "Za", "xn--fiqs8s", "中国", "ck", "com"])
def test_a_top_level_domain_is_public_by_any_rule_under_it(tld: str) -> None:
    assert SUFFIXES.known_tld(f"mydomain.{tld}")
    assert SUFFIXES.known_tld(tld)
    assert SUFFIXES.is_public_suffix(tld, Section.ICANN)


@pytest.mark.parametrize("tld", ["", "internal", "github", "//", "*", "xn--zzzz", "// com"])
def test_a_comment_or_a_private_rule_makes_no_top_level_domain(tld: str) -> None:
    assert not SUFFIXES.known_tld(f"mydomain.{tld}")
    assert not SUFFIXES.known_tld(tld)


def test_the_twin_is_advised_under_every_registry_and_under_no_firm() -> None:
    firms = RULES[len(ICANN_RULES) :]
    assert len(firms) > 2000
    for rule in ICANN_RULES:
        domain = f"mydomain.{suffix_of(rule)}"
        special = domain.endswith((".arpa", ".onion"))
        assert special or "www-not-covered" in codes_of((domain,), CaKind.PUBLIC), rule
        assert special or "bare-not-covered" in codes_of((f"www.{domain}",), CaKind.PUBLIC), rule
    for rule in firms:
        domain = f"myhost.{suffix_of(rule)}"
        for names in ((domain,), (f"www.{domain}",), (domain.partition(".")[2],)):
            assert not codes_of(names, CaKind.PUBLIC) & {"www-not-covered", "bare-not-covered"}, rule


def test_sections_and_unlisted_names_differ() -> None:
    assert SUFFIXES.is_public_suffix("github.io")
    assert not SUFFIXES.is_public_suffix("github.io", Section.ICANN)
    assert SUFFIXES.is_public_suffix("CO.uk", Section.ICANN)
    assert not SUFFIXES.is_public_suffix("local")
    assert SUFFIXES.known_tld("a.CK")
    assert not SUFFIXES.known_tld("a.github")
    assert SUFFIXES.public_suffix("a..com") is None
    assert SUFFIXES.registrable("") is None


def test_the_list_says_how_old_it_is() -> None:
    assert re.fullmatch(r"\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d_UTC", SUFFIXES.version)
    assert SuffixList.parse("").version == ""
