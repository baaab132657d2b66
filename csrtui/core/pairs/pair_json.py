"""Pairs as JSON: pair.json in the store, and the document that ``--json`` prints."""

import json
from datetime import datetime

from csrtui.core.base.errors import StoreError
from csrtui.core.base.finding import CaKind
from csrtui.core.base.json_members import MemberError, Members
from csrtui.core.base.times import Validity, utc_text
from csrtui.core.pairs.pair import (
    SCHEMA,
    Backup,
    BackupStatus,
    Event,
    KeyFacts,
    Pair,
    PairRecord,
    RequestFacts,
)
from csrtui.core.subject.fields import SubjectFields

Json = dict[str, object]

_KNOWN = frozenset(
    {
        "schema",
        "created",
        "subject",
        "subject_fields",
        "names",
        "ca",
        "platform",
        "key",
        "request",
        "backups",
        "submitted",
        "reused",
        "validity",
        "installed",
        "retired",
        "renews",
        "renewed_by",
        "history",
    }
)


def dump_record(record: PairRecord) -> bytes:
    """Return pair.json for a record: ASCII, a member a line, ending with a line feed."""
    document: Json = {
        "schema": SCHEMA,
        "created": utc_text(record.created),
        "subject": record.subject_text,
        "subject_fields": record.subject.as_dict(),
        "names": list(record.names),
        "ca": record.ca.value,
        "platform": record.platform,
        "key": _key(record),
        "request": _request(record),
        "backups": [_backup(backup) for backup in record.backups],
        "submitted": _optional_time(record.submitted),
        "reused": _optional_time(record.reused),
        "validity": _validity(record.validity) if record.validity else None,
        "installed": _optional_time(record.installed),
        "retired": _optional_time(record.retired),
        "renews": record.renews,
        "renewed_by": record.renewed_by,
        "history": [
            {"time": utc_text(event.time), "what": event.what, "user": event.user} for event in record.history
        ],
        **record.unknown,
    }
    # With an indent json would encode in Python instead of C, ten times slower.
    members = json.dumps(document, separators=(",\n ", ": "))[1:-1]
    return f"{{\n {members}\n}}\n".encode("ascii")


def load_record(data: bytes) -> PairRecord:
    """Return the record that pair.json holds.

    Raises:
        StoreError: It is not JSON, not of a schema this version knows, or a member is missing or of the
            wrong kind.
    """
    document = _parse(data)
    if document.get("schema") != SCHEMA:
        raise StoreError(
            "pair.json is of a schema this version does not know", "a newer csrtui wrote it: use that one"
        )
    try:
        return _record(Members(document))
    except MemberError as error:  # any other's message may quote what nobody means to tell
        raise StoreError(f"pair.json is damaged: {error}", "csrtui doctor says what mends it") from error


def describe(pair: Pair, now: datetime) -> Json:
    """Return the JSON document of a pair that commands print, its members in the contract's order, later ones last."""
    record = pair.record
    validity = record.validity
    backup = record.backup
    return {
        "schema": SCHEMA,
        "name": pair.name,
        "path": pair.path,
        "created": utc_text(record.created),
        "subject": record.subject_text,
        "subject_fields": record.subject.as_dict(),
        "names": list(record.names),
        "ca": record.ca.value,
        "platform": record.platform,
        "key": _key(record),
        "request": _request(record),
        "backup": {
            "status": record.backup_status.value,
            "path": backup.path if backup else None,
            "created": utc_text(backup.created) if backup else None,
            "verified": _optional_time(backup.verified) if backup else None,
        },
        "stage": record.stage.value,
        "submitted": _optional_time(record.submitted),
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
        "installed": _optional_time(record.installed),
        "reused": _optional_time(record.reused),
        "begins": utc_text(validity.not_before) if validity else None,
    }


def _parse(data: bytes) -> Json:
    try:
        document = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise StoreError("pair.json is not JSON", "csrtui doctor says what mends it") from error
    if not isinstance(document, dict):
        raise StoreError("pair.json is not a JSON object", "csrtui doctor says what mends it")
    return document


def _record(members: Members) -> PairRecord:
    key, request = members.object("key"), members.object("request")
    validity = members.optional_object("validity")
    return PairRecord(
        created=members.time("created"),
        subject=read_subject(members.object("subject_fields")),
        subject_text=members.text("subject"),
        names=members.texts("names"),
        ca=members.choice("ca", CaKind),
        platform=members.text("platform"),
        key=KeyFacts(key.text("type"), key.get("encrypted", bool), key.text("spki_sha256")),
        request=RequestFacts(request.text("sha256"), request.optional_text("signature_hash")),
        backups=tuple(map(_read_backup, members.objects("backups"))),
        submitted=members.optional_time("submitted"),
        reused=members.optional_time("reused"),
        validity=Validity(validity.time("not_before"), validity.time("not_after")) if validity else None,
        installed=members.optional_time("installed"),
        retired=members.optional_time("retired"),
        renews=members.optional_text("renews"),
        renewed_by=members.optional_text("renewed_by"),
        history=tuple(
            Event(event.time("time"), event.text("what"), event.text("user"))
            for event in members.objects("history")
        ),
        unknown=members.beside(_KNOWN),
    )


def read_subject(fields: Members) -> SubjectFields:
    """Return the subject whose fields are members, as `SubjectFields.as_dict` gives them."""
    return SubjectFields(
        common_name=fields.optional_text("common_name"),
        organization=fields.optional_text("organization"),
        organizational_unit=fields.optional_text("organizational_unit"),
        country=fields.optional_text("country"),
        state=fields.optional_text("state"),
        locality=fields.optional_text("locality"),
    )


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


def _key(record: PairRecord) -> Json:
    key = record.key
    return {"type": key.type, "encrypted": key.encrypted, "spki_sha256": key.spki_sha256}


def _request(record: PairRecord) -> Json:
    return {"sha256": record.request.sha256, "signature_hash": record.request.signature_hash}


def _backup(backup: Backup) -> Json:
    return {
        "status": backup.status.value,
        "path": backup.path,
        "created": utc_text(backup.created),
        "verified": _optional_time(backup.verified),
        "sha256": backup.sha256,
        "since": _optional_time(backup.since),
        "signed": backup.signed,
    }


def _validity(validity: Validity) -> Json:
    return {"not_before": utc_text(validity.not_before), "not_after": utc_text(validity.not_after)}


def _optional_time(time: datetime | None) -> str | None:
    return None if time is None else utc_text(time)
