"""Change the server software of a pair. The key and the CSR do not change."""

from csrtui.core.pairs.pair import PairRecord
from csrtui.core.servers.platforms import Platform
from csrtui.tasks.session import Session, change_record


def change_server_software(session: Session, name: str, platform: Platform) -> PairRecord:
    """Record that the pair `name` is for another server software, and return its record.

    Raises:
        InputError: The pair does not exist.
        StoreError: The record cannot be read or written, or another process holds the lock.
    """
    return change_record(
        session, name, lambda record: record.with_platform(platform.id, session.clock(), session.user)
    )
