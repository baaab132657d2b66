"""What a request asks for, as a user typed it, and the advice on it."""

from typing import NamedTuple

from csrtui.core.advice.advisor import Advice, advise, common_name_missing
from csrtui.core.advice.cases import MAX_MENDED
from csrtui.core.base.errors import InputError
from csrtui.core.base.finding import CaKind, FieldName
from csrtui.core.certificates import csr
from csrtui.core.keys.key_types import KeyType
from csrtui.core.servers.platforms import OTHER, PLATFORMS
from csrtui.core.subject.fields import TypedSubject
from csrtui.tasks.session import Session


class Asked(NamedTuple):
    """What a request asks for.

    Attributes:
        names: As typed, the common name first.
        subject: The other subject fields, as typed.
        ca: The kind of CA it goes to.
        platform: The server software, an id of `csrtui.core.servers.platforms`.
        key_type: The key type, or None for the one that suits the platform.
    """

    names: tuple[str, ...]
    subject: TypedSubject = TypedSubject()
    ca: CaKind = CaKind.PUBLIC
    platform: str = OTHER
    key_type: KeyType | None = None

    @property
    def effective_key_type(self) -> KeyType:
        """The key type that will be made."""
        return self.key_type or PLATFORMS[self.platform].key_type


def advise_on(session: Session, asked: Asked) -> Advice:
    """Return the advice on everything asked for."""
    return advise(
        asked.names,
        asked.subject,
        ca=asked.ca,
        key_type=asked.effective_key_type,
        suffixes=session.suffixes,
    )


def asked_for(advice: Advice) -> Advice:
    """Return the advice on a request that is to be made now: an empty common name blocks it.

    While a request is still being typed, that it has no common name yet is nothing to tell.
    """
    said = any(finding.field is FieldName.COMMON_NAME for finding in advice.blocking)
    if said or advice.subject.common_name is not None:
        return advice
    return advice._replace(findings=(common_name_missing(), *advice.findings))


def preview(advice: Advice) -> csr.Request | None:
    """Return what the CSR will say, or None while the names or fields are such that no CSR can hold them."""
    if advice.subject.common_name is None or any(
        finding.blocks and not finding.forceable for finding in advice.findings
    ):
        return None
    return csr.preview(advice.subject, advice.covers)


_COUNTERPARTS = frozenset({"www-not-covered", "bare-not-covered", "wildcard-bare-not-covered"})


def with_counterparts(session: Session, asked: Asked) -> tuple[str, ...]:
    """Return the names asked for, and for each the www or bare twin that visitors would miss.

    Raises:
        InputError: They are too many for that.
    """
    names = asked.names
    while True:
        if len(names) > MAX_MENDED:
            raise InputError(
                f"there are more than {MAX_MENDED} names: name their www and bare twins yourself"
            )
        more = {
            finding.fix.names[-1]: None
            for finding in advise_on(session, asked._replace(names=names)).findings
            if finding.code in _COUNTERPARTS and finding.fix and finding.fix.names
        }
        if not more:
            return names
        names = (*names, *more)
