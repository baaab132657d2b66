"""Plan requests for many hosts from one form, with advice for each host, and make the pairs.

Ansible does not evaluate text from a form. csrtui itself replaces the variables in text that the user typed with
data from the inventory (`csrtui.core.names.inventory_template`). Text from a file, a pair, a profile or the clipboard is
literal. Ansible receives the results, each marked as literal (`csrtui.fleet.ansible`).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from csrtui.core.advice.advisor import Advice
from csrtui.core.advice.rule_arguments import LABELS
from csrtui.core.base.errors import InputError
from csrtui.core.base.escaping import visible
from csrtui.core.base.finding import FieldName, Finding, Level, Purpose
from csrtui.core.certificates import csr as csrs
from csrtui.core.config.policy import NO_POLICY
from csrtui.core.names.inventory_template import (
    HostVariables,
    Template,
    check_template,
    expand,
    expand_names,
    has_opening,
    has_variables,
    split_names_in,
)
from csrtui.core.subject.fields import SubjectInput
from csrtui.fleet.ansible import TrustedTemplate, check_inventory, list_inventory, read_inventory
from csrtui.fleet.host_answer import Failure, Reason
from csrtui.fleet.tasks.results import HostResult, creation_result
from csrtui.fleet.tasks.run_on_hosts import Reach, module_task, run_on_each
from csrtui.tasks.draft import Draft, request_spec_of
from csrtui.tasks.new import is_blocking
from csrtui.tasks.request_spec import RequestSpec, advise_on, require_common_name, with_counterparts
from csrtui.tasks.session import Session

_ALL_HOSTS = "all"
_NAMES = TrustedTemplate("{{ csrtui_requests[inventory_hostname]['names'] }}")
_SUBJECT = TrustedTemplate("{{ csrtui_requests[inventory_hostname]['subject'] }}")
_MAX_QUOTE = 60
"""The maximum number of characters of a literal text in a finding."""


@dataclass(frozen=True, slots=True)
class PlannedRequest:
    """The request for one host.

    Attributes:
        spec: The request, with the variables of the inventory filled in.
        advice: The advice on the request, or None if a variable could not be filled in.
        failure: The failure if a variable could not be filled in, or None.
    """

    host: str
    spec: RequestSpec
    advice: Advice | None = None
    failure: Failure | None = None


def spec_from_draft(draft: Draft) -> RequestSpec:
    """Return the request in a form. Fields with variables are `Template` values, and all others are literal."""
    texts = {name: Template(text) if name in draft.templates else text for name, text in draft.texts.items()}
    spec = request_spec_of(replace(draft, names=""))
    subject = spec.subject._replace(**{name: texts[name] for name in SubjectInput._fields})
    return spec._replace(names=(texts["common_name"], *split_names_in(texts["names"])), subject=subject)


def advise_on_template(session: Session, spec: RequestSpec) -> Advice:
    """Return the advice on a request before its variables are filled in.

    In a text with variables, only the variables are checked.
    """
    texts = spec.subject._asdict()
    known = {name: text for name, text in texts.items() if not has_variables(text)}
    first, *others = spec.names
    names = ("" if has_variables(first) else first, *(name for name in others if not has_variables(name)))
    advice = advise_on(session, spec._replace(names=names, subject=SubjectInput(**known)), NO_POLICY)
    findings = advice.findings
    if names != spec.names:  # a fix would remove the names with variables
        findings = tuple(
            finding._replace(fix=None) if finding.fix and finding.fix.names else finding
            for finding in findings
        )
    if known != texts:  # a field that seems empty here is filled in for each host
        findings = tuple(finding for finding in findings if finding.value)
    return advice._replace(findings=(*_template_findings(spec), *findings))


def plan(
    session: Session, reach: Reach, spec: RequestSpec, *, counterparts: bool, hosts: str = _ALL_HOSTS
) -> Iterator[PlannedRequest]:
    """Yield the request for each host, with advice; no host is contacted.

    Args:
        spec: The request. In each text that is a `Template`, variables are replaced with data of the inventory.
        hosts: Hosts or groups of the inventory, separated by commas.

    Raises:
        InputError: A part of a template is not a variable, Ansible is not installed or fails, or no host matches.
    """
    for text in (*spec.names, *spec.subject):
        if has_variables(text):
            check_template(text)
    for variables in _read_hosts(reach, hosts):
        yield _plan_host(session, variables, spec, counterparts=counterparts)


def add_counterparts(session: Session, planned: Sequence[PlannedRequest]) -> list[PlannedRequest]:
    """Return the requests, with the www or bare counterparts of their names added.

    Raises:
        InputError: A request would have too many names.
    """
    return [
        request
        if request.failure is not None
        else _with_advice(session, request.host, with_counterparts(session, request.spec))
        for request in planned
    ]


def first_blocking(
    planned: Sequence[PlannedRequest], *, force: bool
) -> tuple[PlannedRequest, Finding] | None:
    """Return the first request with a blocking finding and this finding, or None.

    If a request is blocked, no pair is made on any host.
    """
    for request in planned:
        for finding in request.advice.findings if request.advice else ():
            if is_blocking(finding, force=force):
                return request, finding
    return None


def make_pairs(
    reach: Reach,
    planned: Sequence[PlannedRequest],
    backup: Mapping[str, object] | None = None,
    *,
    force: bool,
) -> Iterator[HostResult]:
    """Make the planned pairs on their hosts, and yield the results.

    A host that already has such a pair keeps it, so that an incomplete run can be repeated.

    Args:
        planned: The requests as the user saw them.
        backup: The options ``recipients`` and ``backup_to`` of the collection's module, or None.

    Raises:
        InputError: Ansible is not installed or fails.
    """
    valid = [request for request in planned if request.failure is None]
    previews = {
        request.host: csrs.preview(
            request.advice.subject, request.advice.covered_names, request.advice.purpose
        )
        for request in valid
        if request.advice
    }
    requests = {request.host: _host_options(request.spec) for request in valid}
    options = (
        {
            "names": _NAMES,
            "subject": _SUBJECT,
            **_common_options(valid[0].spec),
            "force": force,
            **(backup or {}),
        }
        if valid
        else {}
    )
    task = module_task(reach, "pair", options)
    for answer in run_on_each(reach, dict.fromkeys(requests, ""), task, csrtui_requests=requests):
        yield creation_result(answer, previews[answer.host])


def _read_hosts(reach: Reach, hosts: str) -> list[HostVariables]:
    """Return the variables of the hosts that match both the limit and `hosts`, or an empty list after a stop."""
    check_inventory(reach.target)
    patterns = [pattern for pattern in (reach.target.limit, hosts) if pattern not in {None, _ALL_HOSTS}]
    selected: dict[str, HostVariables] | None = None
    for pattern in patterns or (None,):
        text = list_inventory(reach.target, pattern, reach.stop)
        if reach.stop.is_set():
            return []
        matches = read_inventory(text)
        selected = (
            matches if selected is None else {host: selected[host] for host in matches if host in selected}
        )
    if not selected:
        raise InputError("no host of the inventory matches", "check the inventory and the chosen hosts")
    return list(selected.values())


def _plan_host(
    session: Session, variables: HostVariables, spec: RequestSpec, *, counterparts: bool
) -> PlannedRequest:
    host = variables.host
    try:
        first, *others = (expand_names(name, variables) for name in spec.names)
        names = (*(first or [""]), *(name for expanded in others for name in expanded))
        subject = SubjectInput(*(expand(text, variables) for text in spec.subject))
    except InputError as error:
        return PlannedRequest(host, spec, failure=Failure(Reason.INPUT, error.message, error.hint or ""))
    expanded_spec = spec._replace(names=names, subject=subject)
    return _with_advice(
        session, host, with_counterparts(session, expanded_spec) if counterparts else expanded_spec
    )


def _template_findings(spec: RequestSpec) -> Iterator[Finding]:
    """Yield the errors in texts with variables, and a warning for literal texts that look like variables."""
    first, *others = spec.names
    texts = [(FieldName.COMMON_NAME, first), *((FieldName.NAMES, name) for name in others)]
    texts += [(FieldName(field), text) for field, text in spec.subject._asdict().items()]
    for field, text in texts:
        if not has_opening(text):
            continue
        if not isinstance(text, Template):
            yield _literal_text_finding(field, text)
            continue
        try:
            check_template(text)
        except InputError as error:
            yield Finding("template-piece", Level.ERROR, field, text, error.message, forceable=False)


def _literal_text_finding(field: FieldName, text: str) -> Finding:
    quote = visible(text if len(text) <= _MAX_QUOTE else f"{text[:_MAX_QUOTE]}…")
    label = f"{LABELS[field]} " if field in LABELS else ""
    return Finding(
        "literal-text",
        Level.WARNING if field in LABELS else Level.ERROR,  # no name contains a brace
        field,
        text,
        f'{label}"{quote}" is used literally, because it was not typed here. If it is a variable, type it again.',
    )


def _with_advice(session: Session, host: str, spec: RequestSpec) -> PlannedRequest:
    advice = require_common_name(advise_on(session, spec, NO_POLICY))
    return PlannedRequest(host, spec, advice._replace(findings=(*_template_findings(spec), *advice.findings)))


def _host_options(spec: RequestSpec) -> dict[str, object]:
    """Return the options of the collection's module that differ between hosts."""
    return {
        "names": list(spec.names),
        "subject": {name: text for name, text in spec.subject._asdict().items() if text},
    }


def _common_options(spec: RequestSpec) -> dict[str, object]:
    """Return the options of the collection's module that are the same for all hosts."""
    options: dict[str, object] = {"ca": spec.ca.value, "platform": spec.platform}
    # csrtui 0.1 on a host does not know these options, so they are left out unless they are needed.
    if spec.purpose is not Purpose.SERVER:
        options["purpose"] = spec.purpose.value
    if spec.no_common_name:
        options["no_common_name"] = True
    if spec.attributes:
        options["attributes"] = [attribute.text for attribute in spec.attributes]
    return options | ({"key": spec.key_type.value} if spec.key_type is not None else {})
