"""A request as the user has specified it, and the advice on it."""

from typing import TYPE_CHECKING, NamedTuple, Self

from csrtui.core.advice.advisor import MISSING_COMMON_NAME, Advice, advise
from csrtui.core.advice.rule_arguments import MAX_NAMES_WITH_FIXES
from csrtui.core.base.errors import InputError
from csrtui.core.base.finding import CaKind, FieldName, Fix, Purpose, worst_first
from csrtui.core.certificates import csr
from csrtui.core.config.policy import Policy
from csrtui.core.keys.key_types import KeyType
from csrtui.core.servers.platforms import OTHER, PLATFORMS
from csrtui.core.subject.fields import Attribute, SubjectInput
from csrtui.tasks.session import Session

if TYPE_CHECKING:
    from csrtui.core.bundle.prefill import Prefill


class RequestSpec(NamedTuple):
    """A request as the user has specified it.

    Attributes:
        names: The names as typed, the common name first.
        platform: The id of the server software (`csrtui.core.servers.platforms`).
        key_type: The key type, or None for the default of the server software.
        no_common_name: Whether the common name is left out. All names are then only SANs.
        must_staple: Whether the CSR requests must-staple. Only a renewal keeps it.
    """

    names: tuple[str, ...]
    subject: SubjectInput = SubjectInput()
    ca: CaKind = CaKind.PUBLIC
    platform: str = OTHER
    key_type: KeyType | None = None
    purpose: Purpose = Purpose.SERVER
    no_common_name: bool = False
    attributes: tuple[Attribute, ...] = ()
    must_staple: bool = False

    @classmethod
    def of_prefill(
        cls, prefill: "Prefill", ca: CaKind, key_type: KeyType | None = None, platform: str = OTHER
    ) -> Self:
        """Return the request that repeats the contents of a CSR or certificate."""
        return cls(
            prefill.names,
            prefill.subject,
            ca,
            platform,
            key_type,
            prefill.purpose,
            prefill.no_common_name,
            prefill.attributes,
            prefill.must_staple,
        )

    @property
    def effective_key_type(self) -> KeyType:
        """The type of the key that will be generated."""
        return self.key_type or PLATFORMS[self.platform].key_type


def advise_on(session: Session, spec: RequestSpec, policy: Policy | None = None) -> Advice:
    """Return the advice on a request. Without `policy`, the policy of this machine applies."""
    advice = advise(
        spec.names,
        spec.subject,
        ca=spec.ca,
        key_type=spec.effective_key_type,
        suffixes=session.suffixes,
        purpose=spec.purpose,
        no_common_name=spec.no_common_name,
        attributes=spec.attributes,
        must_staple=spec.must_staple,
    )
    findings = tuple((session.policy if policy is None else policy).findings(spec.effective_key_type))
    if not findings:
        return advice
    return advice._replace(findings=tuple(worst_first([*advice.findings, *findings])))


def require_common_name(advice: Advice) -> Advice:
    """Return the advice, with a blocking finding added if the common name is missing.

    Call this when a request is about to be generated. While a request is being typed, an empty common name is normal.
    """
    field = FieldName.NAMES if advice.no_common_name else FieldName.COMMON_NAME
    if _is_named(advice) or any(finding.field is field for finding in advice.errors):
        return advice
    missing = MISSING_COMMON_NAME
    if advice.no_common_name:
        missing = missing._replace(text="Enter a name, e.g. www.example.com.")
    return advice._replace(findings=(missing, *advice.findings))


def _is_named(advice: Advice) -> bool:
    """Return whether the request has a common name, or other names if it leaves the common name out."""
    return advice.subject.common_name is not None or (advice.no_common_name and bool(advice.covered_names))


def with_fix(spec: RequestSpec, field: FieldName, fix: Fix) -> RequestSpec:
    """Apply the fix of a finding on a field, and return the changed request."""
    if fix.names is not None:
        spec = spec._replace(names=fix.names, no_common_name=spec.no_common_name or fix.no_common_name)
    if fix.ca is not None:
        spec = spec._replace(ca=fix.ca)
    if fix.value is not None and field is FieldName.KEY:
        spec = spec._replace(key_type=KeyType(fix.value))
    elif fix.value is not None:
        spec = spec._replace(subject=spec.subject._replace(**{field.value: fix.value}))
    return spec


def preview(advice: Advice) -> csr.Request | None:
    """Return a preview of the CSR, or None if X.509 cannot represent the names or fields."""
    if not _is_named(advice) or any(finding.blocks and not finding.forceable for finding in advice.findings):
        return None
    return csr.preview(advice.subject, advice.covered_names, advice.purpose, must_staple=advice.must_staple)


_COUNTERPARTS = frozenset({"www-not-covered", "bare-not-covered", "wildcard-bare-not-covered"})


def with_counterparts(session: Session, spec: RequestSpec) -> RequestSpec:
    """Return a request with the missing www or bare counterpart of each name.

    Raises:
        InputError: There are too many names.
    """
    while len(spec.names) <= MAX_NAMES_WITH_FIXES:
        missing = {
            finding.fix.names[-1]: None
            for finding in advise_on(session, spec).findings
            if finding.code in _COUNTERPARTS and finding.fix and finding.fix.names
        }
        if not missing:
            return spec
        spec = spec._replace(names=(*spec.names, *missing))
    raise InputError(
        f"counterparts cannot be added to more than {MAX_NAMES_WITH_FIXES} names",
        "add the www and bare names yourself",
    )
