"""One form for many hosts: what it asks for on each is worked out first, with the advice, and made after that."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from csrtui.core import request
from csrtui.core.advice import Advice
from csrtui.core.draft import Draft
from csrtui.core.finding import Finding
from csrtui.core.fleet import Failure, Reason
from csrtui.core.host_answer import Answer, failure_of
from csrtui.core.host_limits import cut
from csrtui.core.names import split_names
from csrtui.core.subject import TypedSubject
from csrtui.store.ansible import Literal
from csrtui.tasks.asking import Asked, advise_on, asked_for, with_counterparts
from csrtui.tasks.create import Blocking, stops
from csrtui.tasks.drafting import asked_by
from csrtui.tasks.fleet import HostResult, Reach, answers, ask_each, module_task
from csrtui.tasks.fleet_results import made_result
from csrtui.tasks.session import Session

_TEMPLATE = re.compile(r"\{\{.*?\}\}|\{%.*?%\}")
_PRIVATE = 0xF0000
"""From here on are characters that mean nothing, and so none that is typed (Unicode's plane 15)."""


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


def is_template(text: str) -> bool:
    """Whether a text has variables of the inventory, and so is another one on each host."""
    return "{{" in text or "{%" in text


def asked_by_template(draft: Draft) -> Asked:
    """Return what a form asks for whose texts may have variables; blanks within those separate no names."""
    found: list[str] = []

    def masked(match: "re.Match[str]") -> str:
        found.append(match[0])
        return chr(_PRIVATE + len(found) - 1)

    names = split_names(_TEMPLATE.sub(masked, draft.names))
    back = {_PRIVATE + at: text for at, text in enumerate(found)}
    asked = asked_by(replace(draft, names=""))
    return asked._replace(names=(draft.common_name, *(name.translate(back) for name in names)))


def advise_ahead(session: Session, asked: Asked) -> Advice:
    """Return what is to be said before the variables are filled in: nothing of the texts that have some."""
    texts = asked.subject._asdict()
    known = {name: text for name, text in texts.items() if not is_template(text)}
    first, *others = asked.names
    names = ("" if is_template(first) else first, *(name for name in others if not is_template(name)))
    advice = advise_on(session, asked._replace(names=names, subject=TypedSubject(**known)))
    findings = advice.findings
    if names != asked.names:  # a fix would put the names that are known in the place of all
        findings = tuple(one._replace(fix=None) if one.fix and one.fix.names else one for one in findings)
    if known != texts:  # a field that looks empty is filled in on the hosts
        findings = tuple(one for one in findings if one.value)
    return advice._replace(findings=findings)


def plan(
    session: Session, reach: Reach, asked: Asked, *, counterparts: bool, hosts: str = "all"
) -> Iterator[Planned]:
    """Work out what is asked for on each host, and give it with the advice; no host is asked anything.

    Args:
        session: Whose lists the advice is based on.
        reach: Which hosts.
        asked: What is asked for; texts may have variables of the inventory, as in ``{{ inventory_hostname }}``.
        counterparts: Whether the www or bare twins are covered, too.
        hosts: Which of those, as Ansible takes it: names or groups, separated by commas.

    Raises:
        InputError: Ansible is not there or refuses, or there is no such host.
    """
    told = {"names": list(asked.names), "subject": asked.subject._asdict()}
    task = {"name": "names", "ansible.builtin.debug": {"msg": told}}
    for said in answers(reach, task, {}, (hosts,)):
        if isinstance(said, Answer):
            yield _planned(session, said, asked, counterparts=counterparts)


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
    previews = {
        one.host: request.preview(one.advice.subject, one.advice.covers) for one in good if one.advice
    }
    asked = {one.host: _literal(one.asked) for one in good}
    options = (
        {
            "names": "{{ csrtui_asked[inventory_hostname]['names'] }}",
            "subject": "{{ csrtui_asked[inventory_hostname]['subject'] }}",
            **{name: Literal(text) for name, text in _rest(good[0].asked).items()},
            "force": blocking is Blocking.OVERRULED,
            **(backup or {}),
        }
        if good
        else {}
    )
    task = module_task(reach, "pair", options)
    for answer in ask_each(reach, dict.fromkeys(asked, ""), task, csrtui_asked=asked):
        yield made_result(answer, previews[answer.host])


def _planned(session: Session, answer: Answer, asked: Asked, *, counterparts: bool) -> Planned:
    told = answer.result.get("msg")
    if answer.ended != "ok" or not isinstance(told, dict):
        failure = replace(
            failure_of(answer),
            text=cut(answer.text("msg").rpartition("'msg': ")[2]),  # a text of Ansible here, not of the host
            remedy="give the host that variable in the inventory",
        )
        return Planned(answer.host, asked, failure=failure)
    names, subject = told.get("names"), told.get("subject")
    if not isinstance(names, list) or not isinstance(subject, dict):
        failure = Failure(Reason.INPUT, "the names are no texts there", "look at the variables in them")
        return Planned(answer.host, asked, failure=failure)
    # A variable may be a list of names: each then counts as one.
    flat = [str(name) for one in names for name in (one if isinstance(one, list) else [one])]
    fields = {name: str(text or "") for name, text in subject.items()}
    here = asked._replace(names=tuple(flat), subject=TypedSubject(**fields))
    return _with_advice(session, answer.host, _twinned(session, here) if counterparts else here)


def _twinned(session: Session, asked: Asked) -> Asked:
    return asked._replace(names=with_counterparts(session, asked))


def _with_advice(session: Session, host: str, asked: Asked) -> Planned:
    return Planned(host, asked, asked_for(advise_on(session, asked)))


def _literal(asked: Asked) -> dict[str, object]:
    subject = {name: Literal(text) for name, text in asked.subject._asdict().items() if text}
    return {"names": [Literal(name) for name in asked.names], "subject": subject}


def _rest(asked: Asked) -> dict[str, str]:
    """What is the same for every host, as the collection's module calls it."""
    rest = {"ca": asked.ca.value, "platform": asked.platform}
    return rest | ({"key": asked.key_type.value} if asked.key_type is not None else {})
