"""Every rule of the installed public suffix list: public names, registrable domains, and www counterparts."""

from importlib.resources import files

from tables import table

from csrtui.core.advice.advisor import advise
from csrtui.core.base.finding import CaKind
from csrtui.core.keys.key_types import KeyType
from csrtui.core.names.public_suffixes import Section, SuffixList
from csrtui.core.subject.fields import SubjectInput

TEXT = (files("publicsuffixlist") / "public_suffix_list.dat").read_text(encoding="utf-8")
SUFFIXES = SuffixList.parse(TEXT)


def rules_of(section: str) -> list[str]:
    return [line for line in section.splitlines() if line and not line.startswith("//")]


_ICANN, _, _PRIVATE = TEXT.partition("// ===BEGIN PRIVATE DOMAINS===")
ICANN_RULES, PRIVATE_RULES = rules_of(_ICANN), rules_of(_PRIVATE)
ADVISED_RULES = [rule for at, rule in enumerate(ICANN_RULES) if at % 31 == 0 or rule[0] in "!*"]
"""Every unusual rule, and a sample of the others, which differ only in their letters."""


def suffix_of(rule: str) -> str:
    """Return the public suffix of a rule. An exception has the suffix of the wildcard rule."""
    if rule.startswith("!"):
        return f"anything.{rule.partition('.')[2]}"
    return rule.replace("*.", "anything.")


@table("ca", CaKind)
def test_no_rule_of_a_registry_is_internal(ca: CaKind) -> None:
    """Every ICANN rule of the installed list, including ``co.za``, whose top-level domain has no rule of its own."""
    assert len(ICANN_RULES) > 6000
    internal, not_registrable, advised = [], [], set(ADVISED_RULES)
    for rule in ICANN_RULES:
        suffix = suffix_of(rule)
        tld, domain = suffix.rpartition(".")[2], f"mydomain.{suffix}"
        assert SUFFIXES.has_public_tld(tld)
        assert SUFFIXES.registrable_domain(domain, Section.ICANN) == domain, rule
        if rule not in advised:
            continue
        names = (f"mydomain.{tld}", domain, f"www.{domain}", f"a.b.{domain}", f"*.{domain}")
        codes = codes_of(names, ca)
        if "internal-name" in codes and not domain.endswith(".home.arpa"):
            internal.append(rule)
        if codes_of((domain,), ca) & {"public-suffix", "wildcard-public-suffix", "single-label"}:
            not_registrable.append(rule)
    assert internal == []
    assert not_registrable == []


def codes_of(names: tuple[str, ...], ca: CaKind) -> set[str]:
    advice = advise(names, SubjectInput(), ca=ca, key_type=KeyType.EC_P256, suffixes=SUFFIXES)
    return {finding.code for finding in advice.findings}


def test_every_suffix_of_a_registry_is_recognized() -> None:
    for rule in ADVISED_RULES:
        suffix, wildcard = suffix_of(rule), f"*.{suffix_of(rule)}"
        special = suffix.endswith(".arpa") or suffix == "onion"
        assert special or "public-suffix" in codes_of((suffix,), CaKind.PUBLIC), rule
        assert special or "wildcard-public-suffix" in codes_of((wildcard,), CaKind.PUBLIC), rule


def test_the_exceptions_of_wildcard_rules_are_registered_domains() -> None:
    exceptions = [rule[1:] for rule in ICANN_RULES if rule.startswith("!")]
    assert len(exceptions) > 5
    for domain in exceptions:
        assert SUFFIXES.registrable_domain(domain) == domain
        assert codes_of((domain,), CaKind.PUBLIC) <= {"www-not-covered", "bare-not-covered"}


@table("tld", ["za", "Za", "xn--fiqs8s", "中国", "ck", "com"])
def test_a_top_level_domain_is_public_by_any_rule_under_it(tld: str) -> None:
    assert SUFFIXES.has_public_tld(f"mydomain.{tld}")
    assert SUFFIXES.has_public_tld(tld)
    assert SUFFIXES.is_public_suffix(tld)


@table("tld", ["", "internal", "github", "//", "*", "xn--zzzz", "// com"])
def test_a_comment_or_a_private_rule_makes_no_top_level_domain(tld: str) -> None:
    assert not SUFFIXES.has_public_tld(f"mydomain.{tld}")
    assert not SUFFIXES.has_public_tld(tld)


def test_the_counterpart_is_suggested_under_registries_and_not_under_companies() -> None:
    assert len(PRIVATE_RULES) > 2000
    for rule in ADVISED_RULES:
        domain = f"mydomain.{suffix_of(rule)}"
        special = domain.endswith((".arpa", ".onion"))
        assert special or "www-not-covered" in codes_of((domain,), CaKind.PUBLIC), rule
        assert special or "bare-not-covered" in codes_of((f"www.{domain}",), CaKind.PUBLIC), rule
    for rule in PRIVATE_RULES[::13]:
        domain = f"myhost.{suffix_of(rule)}"
        for names in ((domain,), (f"www.{domain}",), (domain.partition(".")[2],)):
            assert not codes_of(names, CaKind.PUBLIC) & {"www-not-covered", "bare-not-covered"}, rule


def test_a_comment_that_ends_like_a_name_is_not_a_rule() -> None:
    suffixes = SuffixList.parse(
        "// see https://registry.mycompany\nco.za\n// ===BEGIN PRIVATE DOMAINS===\na.firm\n"
    )
    assert [suffixes.has_public_tld(f"a.{tld}") for tld in ("za", "mycompany", "firm")] == [
        True,
        False,
        False,
    ]
