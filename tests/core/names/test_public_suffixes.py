"""The public suffix list passes its own tests, and agrees with the package that contains it."""

import re
from functools import cache
from importlib.resources import files

from data_files import PUBLIC_SUFFIX_CHECKS
from hypothesis import given
from hypothesis import strategies as st
from publicsuffixlist import PublicSuffixList

from csrtui.core.names.public_suffixes import Section, SuffixList

TEXT = (files("publicsuffixlist") / "public_suffix_list.dat").read_text(encoding="utf-8")
RULES = [line for line in TEXT.splitlines() if line and not line.startswith("//")]
SUFFIXES = SuffixList.parse(TEXT)


@cache
def judge(section: Section) -> PublicSuffixList:
    return PublicSuffixList(only_icann=section is Section.ICANN)


def test_the_lists_own_tests_pass() -> None:
    checks = re.findall(
        r"^checkPublicSuffix\('([^']*)', (?:'([^']*)'|null)\);",
        PUBLIC_SUFFIX_CHECKS.read_text(encoding="utf-8"),
        re.MULTILINE,
    )
    assert len(checks) > 70
    for name, registrable in checks:
        assert SUFFIXES.registrable_domain(name) == (registrable or None), name


RULE_NAMES = st.sampled_from(RULES).map(lambda rule: rule.removeprefix("!").removeprefix("*."))
PREFIXES = st.sampled_from(["", "a.", "a.b.", "www.", "city.", "www.ck.", "A.b.C."])


@given(
    PREFIXES,
    st.one_of(RULE_NAMES, st.sampled_from(["local", "intranet", "com", "ck", "kobe.jp"])),
    st.sampled_from(Section),
)
def test_the_results_are_those_of_the_package(prefix: str, rule: str, section: Section) -> None:
    name = prefix + rule
    assert SUFFIXES.public_suffix(name, section) == judge(section).publicsuffix(name)
    assert SUFFIXES.registrable_domain(name, section) == judge(section).privatesuffix(name)


@given(PREFIXES, RULE_NAMES)
def test_a_labels_and_u_labels_have_the_same_result(prefix: str, rule: str) -> None:
    name = (prefix + rule).lower()
    encoded = name.encode("idna").decode("ascii")
    cut = SUFFIXES.public_suffix(encoded)
    assert cut is not None
    assert cut.count(".") == (SUFFIXES.public_suffix(name) or "").count(".")


def test_sections_and_unlisted_names_differ() -> None:
    assert not SUFFIXES.is_public_suffix("github.io")
    assert SUFFIXES.is_public_suffix("CO.uk")
    assert not SUFFIXES.is_public_suffix("local")
    assert SUFFIXES.has_public_tld("a.CK")
    assert not SUFFIXES.has_public_tld("a.github")
    assert not SUFFIXES.has_public_tld("a.")
    assert not SUFFIXES.has_public_tld("a.sch.uk\ncom")  # lines of the list
    assert SUFFIXES.public_suffix("a..com") is None
    assert SUFFIXES.registrable_domain("") is None


def test_the_list_contains_its_date() -> None:
    assert re.fullmatch(r"\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d_UTC", SUFFIXES.version)
    assert SuffixList.parse("").version == ""
