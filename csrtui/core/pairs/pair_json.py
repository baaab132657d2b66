"""Convert pairs to and from JSON: pair.json in the store, and the JSON document that ``--json`` prints."""

import json
from datetime import datetime
from enum import StrEnum

from csrtui.core.base.errors import InputError, StoreError
from csrtui.core.base.finding import CaKind, Purpose
from csrtui.core.base.json_members import MemberError, Members
from csrtui.core.base.validity import Validity, utc_text
from csrtui.core.pairs.facts import Defect, Installation, KeyFacts, RequestFacts
from csrtui.core.pairs.history import HistoryEntry
from csrtui.core.pairs.pair import SCHEMA, Backup, BackupStatus, Pair, PairRecord
from csrtui.core.subject.fields import Attribute, SubjectFields, read_attribute

Json = dict[str, object]

_HINT = "csrtui doctor shows how to fix it"
_EARLY_EXPORT = "installed files written: "
"""The beginning of an export event in release 0.1.0. Paths follow, then the server software in parentheses."""

_MEMBERS = frozenset(
    {*PairRecord._fields, "schema", "subject_fields"} - {"subject_text", "unknown", "renewal"}
)
"""The members of pair.json that this version knows."""

_STORED_MEMBERS = (
    "backups", "purpose", "submitted", "reused", "validity", "previous", "installed", "retired", "compromised",
    "revoked", "defect", "renews", "renewed_by", "server",
)  # fmt: skip
"""The members of pair.json between the common ones and the history, in order."""


class UnknownSchemaError(StoreError):
    """The schema of a pair.json is not supported by this version."""


def dump_record(record: PairRecord) -> bytes:
    """Return the contents of pair.json for a record: ASCII, one member per line, with a final line feed."""
    document: Json = {
        "schema": SCHEMA,
        **_common_members(record),
        **{name: _plain(getattr(record, name)) for name in _STORED_MEMBERS},
        "history": [
            {"time": utc_text(event.time), "what": event.text, "user": event.user} for event in record.history
        ],
        **record.unknown,
    }
    # `indent` is not used, because json would then encode in Python instead of C, ten times slower.
    members = json.dumps(document, separators=(",\n ", ": "))[1:-1]
    return f"{{\n {members}\n}}\n".encode("ascii")


def load_record(data: bytes) -> PairRecord:
    """Return the record in the contents of pair.json.

    Raises:
        UnknownSchemaError: The record has an unknown schema.
        StoreError: The data is not JSON, or a member is missing or has the wrong type.
    """
    document = _parse(data)
    if document.get("schema") != SCHEMA:
        raise UnknownSchemaError(
            "pair.json has a schema that this version does not support", "use the newer csrtui that wrote it"
        )
    try:
        return _record(Members(document))
    except MemberError as error:  # other errors could quote confidential data
        raise StoreError(f"pair.json is damaged: {error}", _HINT) from error


def pair_document(pair: Pair, now: datetime) -> Json:
    """Return the JSON document that commands print for a pair. Members of newer releases come last."""
    record = pair.record
    validity = record.validity
    backup = record.backup
    return {
        "schema": SCHEMA,
        "name": pair.name,
        "path": pair.path,
        **_common_members(record),
        "backup": {
            "status": record.backup_status.value,
            "path": backup.path if backup else None,
            "created": utc_text(backup.created) if backup else None,
            "verified": _plain(backup.verified) if backup else None,
        },
        "stage": record.stage.value,
        "submitted": _plain(record.submitted),
        "expires": utc_text(validity.not_after) if validity else None,
        "days_left": validity.days_left(now) if validity else None,
        "next": record.next_step(now).value,
        "renews": record.renews,
        "renewed_by": record.renewed_by,
        "files": {
            "key": f"{pair.path}/key.pem",
            "request": f"{pair.path}/request.pem",
            "certificate": f"{pair.path}/certificate.pem" if pair.has_certificate else None,
        },
        "installed": _plain(record.installed),
        "reused": _plain(record.reused),
        "begins": utc_text(validity.not_before) if validity else None,
        "purpose": record.purpose.value,
        "server": _plain(record.server),
        "compromised": _plain(record.compromised),
        "previous": _plain(record.previous),
        "revoked": _plain(record.revoked),
        "defect": _plain(record.defect),
    }


def _parse(data: bytes) -> Json:
    try:
        document = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise StoreError("pair.json is not JSON", _HINT) from error
    if not isinstance(document, dict):
        raise StoreError("pair.json is not a JSON object", _HINT)
    return document


def _record(members: Members) -> PairRecord:
    record = read_common_members(members)
    history = tuple(
        HistoryEntry(event.time("time"), event.text("what"), event.text("user"))
        for event in members.objects("history")
    )
    return record._replace(
        backups=tuple(map(_read_backup, members.objects("backups"))),
        validity=_read_validity(members.optional_object("validity")),
        retired=members.optional_time("retired"),
        server=record.server or _early_installation(history),
        history=history,
        unknown=members.unknown(_MEMBERS),
    )


def read_common_members(members: Members) -> PairRecord:
    """Return a record with the members that pair.json and the printed document share. Other members have defaults."""
    key, request = members.object("key"), members.object("request")
    # Early releases of csrtui recorded no purpose and made only pairs for servers.
    has_purpose = members.optional_text("purpose") is not None
    return PairRecord(
        created=members.time("created"),
        subject=_read_subject(members.object("subject_fields")),
        subject_text=members.text("subject"),
        names=members.texts("names"),
        ca=members.choice("ca", CaKind),
        platform=members.text("platform"),
        key=KeyFacts(key.text("type"), key.get("encrypted", bool), key.text("spki_sha256")),
        request=RequestFacts(request.text("sha256"), request.optional_text("signature_hash")),
        submitted=members.optional_time("submitted"),
        reused=members.optional_time("reused"),
        installed=members.optional_time("installed"),
        renews=members.optional_text("renews"),
        renewed_by=members.optional_text("renewed_by"),
        server=_read_installation(members.optional_object("server")),
        purpose=members.choice("purpose", Purpose) if has_purpose else Purpose.SERVER,
        compromised=members.optional_time("compromised"),
        previous=_read_validity(members.optional_object("previous")),
        revoked=members.optional_time("revoked"),
        defect=_read_defect(members.optional_object("defect")),
    )


def _read_subject(fields: Members) -> SubjectFields:
    """Return the subject with these fields. A field without a value is None."""
    texts = {name: fields.optional_text(name) for name in SubjectFields._fields if name != "attributes"}
    return SubjectFields(**texts, attributes=_read_attributes(fields))


def _read_attributes(fields: Members) -> tuple[Attribute, ...]:
    if fields.get_or_none("attributes") is None:
        return ()
    try:
        return tuple(map(read_attribute, fields.texts("attributes")))
    except InputError as error:
        raise MemberError("subject_fields.attributes has an unknown type") from error


def _subject_fields(subject: SubjectFields) -> Json:
    """Return the six fields, and the additional attributes if there are any."""
    members: Json = subject._asdict()
    attributes = [attribute.text for attribute in subject.attributes]
    del members["attributes"]
    return members | ({"attributes": attributes} if attributes else {})


def _read_defect(members: Members | None) -> Defect | None:
    return None if members is None else Defect(members.text("text"), members.get("is_total", bool))


def _read_installation(members: Members | None) -> Installation | None:
    """Return an installation, or None if its members are missing."""
    if members is None:
        return None
    return Installation(members.text("platform"), members.text("folder"), members.time("installed"))


def _read_validity(members: Members | None) -> Validity | None:
    return None if members is None else Validity(members.time("not_before"), members.time("not_after"))


def _early_installation(history: tuple[HistoryEntry, ...]) -> Installation | None:
    """Return the installation that release 0.1.0 recorded only in the history, or None if the entry is ambiguous."""
    for event in reversed(history):
        if event.text.startswith(_EARLY_EXPORT):
            paths, _, platform = event.text.removeprefix(_EARLY_EXPORT).rpartition(" (")
            folders = {path.rpartition("/")[0] for path in paths.split(", ")}
            folder = folders.pop()
            if not folders and folder.startswith("/") and "\\" not in folder:
                return Installation(platform.removesuffix(")"), folder, event.time)
            return None
    return None


def _read_backup(members: Members) -> Backup:
    return Backup(
        members.choice("status", BackupStatus),
        members.text("path"),
        members.time("created"),
        members.optional_time("verified"),
        members.text("sha256"),
        members.optional_time("since"),
        members.flag("signed"),
    )


def _common_members(record: PairRecord) -> Json:
    """Return the members that pair.json and the printed document share, in the order in which both have them."""
    return {
        "created": utc_text(record.created),
        "subject": record.subject_text,
        "subject_fields": _subject_fields(record.subject),
        "names": list(record.names),
        "ca": record.ca.value,
        "platform": record.platform,
        "key": record.key._asdict(),
        "request": record.request._asdict(),
    }


def _plain(value: object) -> object:
    """Return a time, an enumeration value or a tuple as JSON, and any other value unchanged. Named tuples become objects."""
    match value:
        case datetime():
            return utc_text(value)
        case StrEnum():
            return value.value
        case Validity() | Backup() | Installation() | Defect():
            return {name: _plain(member) for name, member in value._asdict().items()}
        case tuple():
            return [_plain(member) for member in value]
    return value
