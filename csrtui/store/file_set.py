"""Replace the files that server software reads, and keep the previous set in a hidden folder beside them.

Two files cannot be replaced in one atomic step. So everything that can fail is done first: the new files are
complete and on disk in the hidden folder, and the previous set is there too, before the first file gets its new
content. Then only renames remain. If the process is killed, the previous set is always complete, in its place or in the
hidden folder.
"""

import fcntl
import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Final

from csrtui.core.base.errors import InputError, StoreError
from csrtui.core.base.escaping import visible
from csrtui.store import foreign_files, safe_files
from csrtui.store.disk_errors import DISK_HINTS, reason_of
from csrtui.store.new_files import WORLD_READABLE, OutputFile, flush_names
from csrtui.store.output_folder import FolderIdentity, open_output_folder

PREVIOUS: Final = ".csrtui-previous"
"""The name of the hidden folder, which is in the folder of the files."""
_READ_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC


@dataclass(frozen=True, slots=True)
class ExistingFile:
    """An existing file of server software.

    Attributes:
        data: Its content.
        status: Its owner and mode.
    """

    data: bytes = field(repr=False)
    status: os.stat_result = field(repr=False)

    def equals(self, output: OutputFile) -> bool:
        """Return whether the file equals `output` in content and, unless `output` is world-readable, in permissions."""
        status, permissions = self.status, output.permissions
        return self.data == output.data and (
            permissions is WORLD_READABLE
            or (
                stat.S_IMODE(status.st_mode) == permissions.mode
                and permissions.uid in {-1, status.st_uid}
                and permissions.gid in {-1, status.st_gid}
            )
        )


class FileSet:
    """The files of server software in one folder (`open_file_set`)."""

    def __init__(self, folder: str, dir_fd: int) -> None:
        self._folder = folder
        self._dir_fd = dir_fd

    @property
    def identity(self) -> FolderIdentity:
        """The identity of the folder, for a later check that it is still the same folder."""
        return FolderIdentity.read(self._dir_fd)

    def lock(self) -> None:
        """Lock the folder against other csrtui processes until it is closed.

        Raises:
            StoreError: Another csrtui process is writing there, or the folder cannot be locked.
        """
        try:
            fcntl.flock(self._dir_fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            is_busy = isinstance(error, BlockingIOError)
            reason = "another csrtui is writing there" if is_busy else reason_of(error)
            hint = "try again" if is_busy else "choose another folder"
            raise StoreError(f"cannot lock {visible(self._folder)}: {reason}", hint) from error

    def read(self, name: str) -> ExistingFile | None:
        """Return a file, or None if it does not exist.

        Raises:
            InputError: It cannot be read, or is not a regular file.
        """
        return self._read(self._dir_fd, name, os.path.join(self._folder, name))

    def read_previous(self, name: str) -> ExistingFile | None:
        """Return a file of the previous set, or None if it does not exist. The errors are the same as for `replace`."""
        path = os.path.join(self._folder, PREVIOUS)
        with self._translate("cannot read"):
            if not safe_files.exists(self._dir_fd, PREVIOUS):
                return None
            previous_fd = safe_files.open_folder(PREVIOUS, path, self._dir_fd)
            try:
                return self._read(previous_fd, name, os.path.join(path, name))
            finally:
                safe_files.release(previous_fd)

    def replace(
        self, outputs: Sequence[OutputFile], previous_set: Sequence[str] | None, all_names: Sequence[str]
    ) -> None:
        """Replace files in the given order.

        Args:
            outputs: The new files, each with one name.
            previous_set: The names of the files that become the previous set, or None to leave that set as it is.
            all_names: The names of all files of the set. If there is a `previous_set`, files with the other names are
                removed from the hidden folder.

        Raises:
            StoreError: The disk reports an error. The message says if some files were replaced.
        """
        with self._translate("cannot write to"):
            previous_fd = self._open_previous()
            try:
                staged: list[tuple[str, str]] = []
                for output in outputs:
                    temporary = f"{safe_files.TEMPORARY}{safe_files.random_suffix()}"
                    safe_files.create_file(previous_fd, temporary, output.data, output.permissions)
                    staged.extend((temporary, name) for name in output.names)
                if previous_set is not None:
                    self._link_previous_set(previous_fd, previous_set, all_names)
                flush_names(previous_fd)
            except BaseException:
                with suppress(OSError):
                    safe_files.remove_temporary_files(previous_fd)
                safe_files.release(previous_fd)
                raise
        try:
            self._move(previous_fd, staged)
        finally:
            safe_files.release(previous_fd)

    def put_back(self, names: Sequence[str]) -> None:
        """Move files of the previous set back, in the given order. The errors are the same as for `replace`."""
        with self._translate("cannot write to"):
            previous_fd = self._open_previous()
        try:
            self._move(previous_fd, [(name, name) for name in names])
        finally:
            safe_files.release(previous_fd)

    def _open_previous(self) -> int:
        safe_files.make_folder(PREVIOUS, self._dir_fd)
        previous_fd = safe_files.open_folder(PREVIOUS, os.path.join(self._folder, PREVIOUS), self._dir_fd)
        try:
            safe_files.remove_temporary_files(previous_fd)
        except BaseException:
            safe_files.release(previous_fd)
            raise
        return previous_fd

    def _link_previous_set(
        self, previous_fd: int, previous_set: Sequence[str], all_names: Sequence[str]
    ) -> None:
        """Link the files into the hidden folder, where they replace the present set."""
        linked = []
        for name in previous_set:
            temporary = f"{safe_files.TEMPORARY}{safe_files.random_suffix()}"
            os.link(name, temporary, src_dir_fd=self._dir_fd, dst_dir_fd=previous_fd, follow_symlinks=False)
            linked.append((temporary, name))
        for name in set(all_names) - set(previous_set):
            with suppress(FileNotFoundError):
                os.unlink(name, dir_fd=previous_fd)
        for temporary, name in linked:
            _rename(previous_fd, temporary, previous_fd, name)

    def _move(self, previous_fd: int, moves: Sequence[tuple[str, str]]) -> None:
        moved: list[str] = []
        try:
            for source, name in moves:
                _rename(previous_fd, source, self._dir_fd, name)
                moved.append(name)
            flush_names(self._dir_fd)
            flush_names(previous_fd)
        except OSError as error:
            with suppress(OSError):
                safe_files.remove_temporary_files(previous_fd)
            if not moved:
                raise self._error("cannot write to", error) from error
            paths = ", ".join(visible(os.path.join(self._folder, name)) for name in moved)
            remaining = [name for _, name in moves if name not in moved]
            state = f"but not {', '.join(remaining)}" if remaining else "but the disk did not confirm it"
            raise StoreError(
                f"{paths}: replaced, {state}: {reason_of(error)}",
                "repeat the command, or put the previous set back with --undo, before the server reads the files",
            ) from error

    def _read(self, dir_fd: int, name: str, path: str) -> ExistingFile | None:
        try:
            status = os.stat(name, dir_fd=dir_fd, follow_symlinks=False)
            if not stat.S_ISREG(status.st_mode):
                raise InputError(
                    f"{visible(path)} is not a regular file: csrtui does not replace links or folders",
                    "move it away, or choose another folder",
                )
            descriptor = os.open(name, _READ_FLAGS, dir_fd=dir_fd)
            status = os.fstat(descriptor)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise InputError(f"cannot read {visible(path)}: {reason_of(error)}") from error
        return ExistingFile(
            foreign_files.read_and_close(descriptor, path, foreign_files.MAX_FOREIGN_BYTES, visible(path)),
            status,
        )

    @contextmanager
    def _translate(self, action: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise self._error(action, error) from error

    def _error(self, action: str, error: OSError) -> StoreError:
        hint = DISK_HINTS.get(error.errno or 0, "run csrtui as root or as the owner of the files")
        return StoreError(f"{action} {visible(self._folder)}: {reason_of(error)}", hint)


@contextmanager
def open_file_set(folder: str, identity: FolderIdentity | None = None) -> Iterator[FileSet]:
    """Open a folder and yield its file set. Arguments and errors are the same as for `open_output_folder`."""
    dir_fd = open_output_folder(folder, identity)
    try:
        yield FileSet(folder, dir_fd)
    finally:
        safe_files.release(dir_fd)


def _rename(source_fd: int, source: str, target_fd: int, target: str) -> None:
    """Rename a file over another.

    If both names are links to the same file, rename(2) does nothing. The source is then removed.
    """
    os.rename(source, target, src_dir_fd=source_fd, dst_dir_fd=target_fd)
    with suppress(OSError):
        os.unlink(source, dir_fd=source_fd)
