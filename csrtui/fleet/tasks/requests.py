"""One form for many hosts: what it asks for on each is worked out first, with the advice, and made after that.

Nothing of a form is evaluated: csrtui itself replaces the variables in the texts that the user typed, with data of the
inventory (`csrtui.core.names.template`). A text that came from a file, a pair, a profile or a paste is literal. Ansible gets
the results, each marked as literal (`csrtui.fleet.ansible`).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from csrtui.core.advice.advisor import Advice
from csrtui.core.advice.cases import LABELS
from csrtui.core.base.errors import InputError
from csrtui.core.base.escaping import visible
from csrtui.core.base.finding import FieldName, Finding, Level
from csrtui.core.certificates import csr
from csrtui.core.names.template import (
    HostVariables,
    Template,
    check_template,
    expand,
    expand_names,
    has_opening,
    has_variables,
    split_names_in,
)
from csrtui.core.pairs.draft import Draft
from csrtui.core.subject.fields import TypedSubject
from csrtui.fleet.ansible import TrustedTemplate, check_inventory, list_inventory
from csrtui.fleet.inventory import read_inventory
from csrtui.fleet.model import Failure, Reason
from csrtui.fleet.tasks.hosts import HostResult, Reach, ask_each, module_task
from csrtui.fleet.tasks.results import made_result
from csrtui.tasks.draft import asked_by
from csrtui.tasks.new import Blocking, stops
from csrtui.tasks.request_spec import Asked, advise_on, asked_for, with_counterparts
from csrtui.tasks.session import Session

_EVERY_HOST = "all"
_NAMES = TrustedTemplate("{{ csrtui_asked[inventory_hostname]['names'] }}")
_SUBJECT = TrustedTemplate("{{ csrtui_asked[inventory_hostname]['subject'] }}")
_MAX_QUOTED = 60
"""Characters of a literal text that a finding quotes."""


@dataclass(frozen=True, slots=True)
class Planned:
    """What would be made on a host.

    Attributes:
        host: Its name.
        asked: What is asked for there, the inventory's variables filled in.
        advice: The advice on it, or None where it could not be worked out.
        failure: Why not, or None.
    """

    host: str
    asked: Asked
    advice: Advice | None = None
    failure: Failure | None = None


def asked_by_template(draft: Draft) -> Asked:
    """Return what a form asks for: texts with variables are each a `Template`, all others are literal."""
    texts = {name: Template(text) if name in draft.templates else text for name, text in draft.texts.items()}
    asked = asked_by(replace(draft, names=""))
    subject = asked.subject._replace(**{name: texts[name] for name in TypedSubject._fields})
    return asked._replace(names=(texts["common_name"], *split_names_in(texts["names"])), subject=subject)


def advise_ahead(session: Session, asked: Asked) -> Advice:
    """Return the advice before variables are replaced: nothing on the texts that have some, but what is wrong in them."""
    texts = asked.subject._asdict()
    known = {name: text for name, text in texts.items() if not has_variables(text)}
    first, *others = asked.names
    names = ("" if has_variables(first) else first, *(name for name in others if not has_variables(name)))
    advice = advise_on(session, asked._replace(names=names, subject=TypedSubject(**known)))
    findings = advice.findings
    if names != asked.names:  # a fix would put the names that are known in the place of all
        findings = tuple(one._replace(fix=None) if one.fix and one.fix.names else one for one in findings)
    if known != texts:  # a field that looks empty is filled in on the hosts
        findings = tuple(one for one in findings if one.value)
    return advice._replace(findings=(*_template_findings(asked), *findings))


def plan(
    session: Session, reach: Reach, asked: Asked, *, counterparts: bool, hosts: str = _EVERY_HOST
) -> Iterator[Planned]:
    """Work out what is asked for on each host, and give it with the advice; no host is asked anything.

    Args:
        session: Whose lists the advice is based on.
        reach: Which hosts.
        asked: What is asked for. Variables of the inventory are replaced in each text that is a `Template`.
        counterparts: Whether the www or bare twins are covered, too.
        hosts: Which of those, as Ansible takes it: names or groups, separated by commas.

    Raises:
        InputError: A piece of a template is not a variable, Ansible is not there or refuses, or there is no such host.
    """
    for text in (*asked.names, *asked.subject):
        if has_variables(text):
            check_template(text)
    for variables in _hosts(reach, hosts):
        yield _planned(session, variables, asked, counterparts=counterparts)


def with_twins(session: Session, planned: Sequence[Planned]) -> list[Planned]:
    """Return what was planned with, on each host, the www or bare twins covered that visitors would miss.

    Raises:
        InputError: On a host the names are too many for that.
    """
    return [
        one if one.failure is not None else _with_advice(session, one.host, _twinned(session, one.asked))
        for one in planned
    ]


def blocked(planned: Sequence[Planned], blocking: Blocking) -> tuple[Planned, Finding] | None:
    """Return the first host with a finding that stands in the way, and that finding; then none gets a pair."""
    for one in planned:
        for finding in one.advice.findings if one.advice else ():
            if stops(finding, blocking):
                return one, finding
    return None


def make(
    reach: Reach, planned: Sequence[Planned], blocking: Blocking, backup: Mapping[str, object] | None = None
) -> Iterator[HostResult]:
    """Make the pairs that were planned, each on its host, and give what came of each as it comes.

    A host that has such a pair already keeps it: running again does only what is left.

    Args:
        reach: How they are reached.
        planned: What is made, as it was shown.
        blocking: What becomes of errors that X.509 could hold.
        backup: ``recipients`` and ``backup_to`` of the collection's module, or None.

    Raises:
        InputError: Ansible is not there or refuses.
    """
    good = [one for one in planned if one.failure is None]
    previews = {one.host: csr.preview(one.advice.subject, one.advice.covers) for one in good if one.advice}
    asked = {one.host: _by_host(one.asked) for one in good}
    options = (
        {
            "names": _NAMES,
            "subject": _SUBJECT,
            **_rest(good[0].asked),
            "force": blocking is Blocking.OVERRULED,
            **(backup or {}),
        }
        if good
        else {}
    )
    task = module_task(reach, "pair", options)
    for answer in ask_each(reach, dict.fromkeys(asked, ""), task, csrtui_asked=asked):
        yield made_result(answer, previews[answer.host])


def _hosts(reach: Reach, hosts: str) -> list[HostVariables]:
    """Return the hosts that are meant, with their variables; none once the reach is stopped."""
    check_inventory(reach.target)
    patterns = [pattern for pattern in (reach.target.limit, hosts) if pattern not in {None, _EVERY_HOST}]
    found: dict[str, HostVariables] | None = None
    for pattern in patterns or (None,):
        text = list_inventory(reach.target, pattern, reach.stop)
        if reach.stop.is_set():
            return []
        matched = read_inventory(text)
        found = matched if found is None else {host: found[host] for host in matched if host in found}
    if not found:
        raise InputError(
            "no host of the inventory matches", "look at the inventory and at the hosts that you chose"
        )
    return list(found.values())


def _planned(session: Session, variables: HostVariables, asked: Asked, *, counterparts: bool) -> Planned:
    host = variables.host
    try:
        first, *others = (expand_names(name, variables) for name in asked.names)
        names = (*(first or [""]), *(name for some in others for name in some))
        subject = TypedSubject(*(expand(text, variables) for text in asked.subject))
    except InputError as error:
        return Planned(host, asked, failure=Failure(Reason.INPUT, error.what, error.hint or ""))
    here = asked._replace(names=names, subject=subject)
    return _with_advice(session, host, _twinned(session, here) if counterparts else here)


def _template_findings(asked: Asked) -> Iterator[Finding]:
    """Give what is wrong in texts with variables, and which texts look like some and are literal."""
    first, *others = asked.names
    texts = [(FieldName.COMMON_NAME, first), *((FieldName.NAMES, name) for name in others)]
    texts += [(FieldName(field), text) for field, text in asked.subject._asdict().items()]
    for field, text in texts:
        if not has_opening(text):
            continue
        if not isinstance(text, Template):
            yield _literal_text(field, text)
            continue
        try:
            check_template(text)
        except InputError as error:
            yield Finding("template-piece", Level.ERROR, field, text, error.what, forceable=False)


def _literal_text(field: FieldName, text: str) -> Finding:
    quoted = visible(text if len(text) <= _MAX_QUOTED else f"{text[:_MAX_QUOTED]}…")
    label = f"{LABELS[field]} " if field in LABELS else ""
    return Finding(
        "literal-text",
        Level.WARNING,
        field,
        text,
        f'{label}"{quoted}" is literal, because it was not typed here. Type it if it is a variable.',
    )


def _twinned(session: Session, asked: Asked) -> Asked:
    return asked._replace(names=with_counterparts(session, asked))


def _with_advice(session: Session, host: str, asked: Asked) -> Planned:
    advice = asked_for(advise_on(session, asked))
    return Planned(host, asked, advice._replace(findings=(*_template_findings(asked), *advice.findings)))


def _by_host(asked: Asked) -> dict[str, object]:
    """What differs from host to host, as the collection's module calls it."""
    return {
        "names": list(asked.names),
        "subject": {name: text for name, text in asked.subject._asdict().items() if text},
    }


def _rest(asked: Asked) -> dict[str, str]:
    """What is the same for every host, as the collection's module calls it."""
    rest = {"ca": asked.ca.value, "platform": asked.platform}
    return rest | ({"key": asked.key_type.value} if asked.key_type is not None else {})
