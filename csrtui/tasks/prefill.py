"""Starting a request from something that exists: a pair of the store, a CSR or a certificate."""

from dataclasses import dataclass, replace

from csrtui.core.bundle.prefill import Existing, read_existing
from csrtui.core.keys.key_types import KeyType
from csrtui.core.pairs.draft import Draft
from csrtui.core.servers.platforms import PLATFORMS
from csrtui.store.files import read_foreign
from csrtui.tasks.list import read_pair
from csrtui.tasks.session import Session


@dataclass(frozen=True, slots=True)
class Start:
    """A form filled in from something that exists.

    Attributes:
        draft: The form; nothing of it has been judged yet.
        left_out: What was not carried over, a sentence each; text from outside in it is visible.
    """

    draft: Draft
    left_out: tuple[str, ...]


def start_from_pair(session: Session, name: str) -> Start:
    """Return the form for a request like that of a pair: names, subject, CA, server software, key type.

    Raises:
        InputError: There is no such pair.
        StoreError: It is damaged or not safe.
    """
    pair, asked = read_pair(session, name)
    record = pair.record
    start = _start(read_existing(asked.der, record.ca))
    draft = replace(start.draft, ca=record.ca.value)
    if record.platform in PLATFORMS:
        draft = replace(draft, platform=record.platform, key=PLATFORMS[record.platform].key_type.value)
    if record.key.type in tuple(KeyType):
        draft = replace(draft, key=record.key.type)
    return replace(start, draft=draft)


def start_from_bytes(data: bytes) -> Start:
    """Return the form for a request with the names and subject of a CSR or certificate.

    Args:
        data: PEM with anything around it, or DER; pasted text as UTF-8.

    Raises:
        InputError: There is a private key in it, or nothing that can be read; the error says which.
    """
    return _start(read_existing(data))


def start_from_file(path: str) -> Start:
    """Return the form for a request with the names and subject of the CSR or certificate in a file.

    Raises:
        InputError: The file cannot be read; or as for `start_from_bytes`.
    """
    return start_from_bytes(read_foreign(path))


def _start(existing: Existing) -> Start:
    common_name, names = (existing.names[0], existing.names[1:]) if existing.names else ("", ())
    subject = existing.subject
    draft = Draft(
        common_name=common_name,
        names=" ".join(names),
        organization=subject.organization,
        organizational_unit=subject.organizational_unit,
        country=subject.country,
        state=subject.state,
        locality=subject.locality,
    )
    return Start(draft, existing.left_out)
