"""Fill the request form from a pair of the store, a CSR, a certificate or a profile."""

from dataclasses import dataclass, replace
from typing import Any

from csrtui.core.base.escaping import excerpt
from csrtui.core.base.finding import CaKind, Purpose
from csrtui.core.bundle.prefill import Prefill, read_prefill
from csrtui.core.config.settings import Profile
from csrtui.core.keys.key_types import KeyType
from csrtui.core.servers.platforms import PLATFORMS
from csrtui.core.subject.fields import attributes_text, fits_text
from csrtui.store.foreign_files import read_foreign
from csrtui.tasks.draft import Draft
from csrtui.tasks.list import read_pair
from csrtui.tasks.session import Session


@dataclass(frozen=True, slots=True)
class PrefilledForm:
    """A form that is filled in from a pair, CSR or certificate.

    Attributes:
        draft: The form, which has not been checked yet.
        omissions: A sentence for each value that was not copied. Untrusted text in it is escaped.
    """

    draft: Draft
    omissions: tuple[str, ...]


def start_from_pair(session: Session, name: str, *, keep_must_staple: bool = False) -> PrefilledForm:
    """Return a form with the names, subject, CA, server software and key type of a pair.

    Args:
        keep_must_staple: Whether to request must-staple if the pair's CSR does, as a renewal should.

    Raises:
        InputError: The pair does not exist.
        StoreError: The pair is damaged, or its permissions are not safe.
    """
    pair, csr = read_pair(session, name)
    record = pair.record
    prefill = read_prefill(csr.der, record.ca, keep_must_staple=keep_must_staple)
    form = _form(prefill)
    draft = replace(
        form.draft, ca=record.ca.value, purpose=prefill.purpose.value, must_staple=prefill.must_staple
    )
    if record.platform in PLATFORMS:
        draft = replace(draft, platform=record.platform, key=PLATFORMS[record.platform].key_type.value)
    if record.key.type in tuple(KeyType):
        draft = replace(draft, key=record.key.type)
    return replace(form, draft=draft)


def start_from_bytes(data: bytes) -> PrefilledForm:
    """Return a form with the names and subject of a CSR or certificate.

    Args:
        data: DER, or PEM with any other text around it. Pasted text must be in UTF-8.

    Raises:
        InputError: The data contains a private key, or neither a CSR nor a certificate that can be read.
    """
    return _form(read_prefill(data))


def start_from_file(path: str) -> PrefilledForm:
    """Return a form with the names and subject of the CSR or certificate in a file.

    Raises:
        InputError: The file cannot be read, or its data is refused (`start_from_bytes`).
    """
    return start_from_bytes(read_foreign(path))


def _form(prefill: Prefill) -> PrefilledForm:
    has_common_name = prefill.names and not prefill.no_common_name
    common_name, names = (prefill.names[0], prefill.names[1:]) if has_common_name else ("", prefill.names)
    draft = Draft(
        common_name=common_name,
        names=" ".join(names),
        **prefill.subject._asdict(),
        attributes=attributes_text(prefill.attributes),
        no_common_name=prefill.no_common_name,
    )
    omitted = (
        f"{excerpt(attribute.text)} in the subject is not copied"
        for attribute in prefill.attributes
        if not fits_text(attribute)
    )
    return PrefilledForm(draft, (*prefill.omissions, *prefill.unissued, *omitted))


def profile_of(draft: Draft) -> Profile:
    """Return a profile with the fields of a form that other requests can share: all except the names."""
    return Profile(
        **draft.subject._asdict(),
        ca=CaKind(draft.ca),
        platform=draft.platform,
        key=KeyType(draft.key),
        purpose=Purpose(draft.purpose),
    )


def with_profile_applied(draft: Draft, profile: Profile) -> Draft:
    """Return a form with the values of a profile filled in as literal text. The other fields stay unchanged.

    If the profile sets the server software but no key type, the default key type of the software is selected.
    """
    values: dict[str, Any] = dict(profile.settings)
    filled = replace(draft, **values, templates=draft.templates.difference(values))
    if profile.platform and not profile.key:
        return replace(filled, key=PLATFORMS[profile.platform].key_type.value)
    return filled
