"""Read pairs of another machine from the JSON that csrtui printed there."""

from collections.abc import Mapping
from datetime import datetime

from csrtui.core.base.finding import CaKind
from csrtui.core.base.json_members import Members
from csrtui.core.base.validity import Validity
from csrtui.core.pairs.pair import Backup, BackupStatus, KeyFacts, Pair, PairRecord, RequestFacts, Stage
from csrtui.core.pairs.pair_json import read_installation, read_purpose, read_subject


def read_described(document: Mapping[str, object]) -> Pair:
    """Return the pair in a document of `csrtui.core.pairs.pair_json.describe`, without its history.

    The document does not contain the time when a pair was retired. The time of creation is used instead.

    Args:
        document: The document that ``csrtui show --json`` prints; no part of it is trusted.

    Raises:
        MemberError: A member is missing, has another type, or has a value that is not valid.
    """
    members = Members(document)
    key, request = members.object("key"), members.object("request")
    created, stage = members.time("created"), members.choice("stage", Stage)
    return Pair(
        members.text("name"),
        members.text("path"),
        PairRecord(
            created=created,
            subject=read_subject(members.object("subject_fields")),
            subject_text=members.text("subject"),
            names=members.texts("names"),
            ca=members.choice("ca", CaKind),
            platform=members.text("platform"),
            key=KeyFacts(key.text("type"), key.get("encrypted", bool), key.text("spki_sha256")),
            request=RequestFacts(request.text("sha256"), request.optional_text("signature_hash")),
            backups=_read_backups(members.object("backup"), created),
            submitted=members.optional_time("submitted"),
            reused=members.optional_time("reused"),
            validity=_read_validity(members, created),
            installed=members.optional_time("installed"),
            retired=created if stage is Stage.RETIRED else None,
            renews=members.optional_text("renews"),
            renewed_by=members.optional_text("renewed_by"),
            purpose=read_purpose(members),
            server=read_installation(members.optional_object("server")),
        ),
        has_certificate=members.object("files").optional_text("certificate") is not None,
    )


def _read_validity(members: Members, created: datetime) -> Validity | None:
    """Return the validity of the certificate, or None if there is no certificate.

    Early releases of csrtui did not print the start of the validity. The time of creation is used instead.
    """
    expires = members.optional_time("expires")
    return None if expires is None else Validity(members.optional_time("begins") or created, expires)


def _read_backups(members: Members, created: datetime) -> tuple[Backup, ...]:
    status = members.choice("status", BackupStatus)
    if status is BackupStatus.NONE:
        return ()
    return (
        Backup(
            status,
            members.text("path"),
            members.optional_time("created") or created,
            members.optional_time("verified"),
        ),
    )
