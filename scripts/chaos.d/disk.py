"""A small disk that can be filled: a tmpfs that only this process and its children see."""

import ctypes
import os
import subprocess
from pathlib import Path

CLONE_NEWNS = 0x0002_0000  # From <sched.h>.
CLONE_NEWUSER = 0x1000_0000


def leave_shared_mounts() -> None:
    """Gives this process mounts of its own, which vanish with its last child, however they end.

    Without root it becomes root of a user namespace, where that is allowed. To be called before any
    thread is there. Raises OSError when the system does not allow it.
    """
    system = ctypes.CDLL(None, use_errno=True)
    user, group = os.geteuid(), os.getegid()
    if system.unshare(CLONE_NEWNS) != 0:
        if system.unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"0 {user} 1")
        Path("/proc/self/gid_map").write_text(f"0 {group} 1")
    _run("mount", "--make-rprivate", "/")


class SmallDisk:
    """A mounted tmpfs."""

    def __init__(self, folder: Path, mebibytes: int) -> None:
        """Raises OSError when it cannot be mounted."""
        self.folder = folder
        folder.mkdir()
        options = f"size={mebibytes}m,mode=700"
        _run("mount", "-t", "tmpfs", "-o", options, "terrane-chaos", str(folder))
        self._ballast = folder / "ballast"

    def fill(self) -> None:
        """Leaves no byte free, at this moment. Raises OSError when the small disk is gone."""
        if not self.folder.is_mount():
            # What lies below is everybody's disk.
            raise OSError(f"{self.folder} is not mounted any more")
        block_bytes = 1 << 20
        with self._ballast.open("ab", buffering=0) as file:
            while block_bytes > 0:
                try:
                    file.write(bytes(block_bytes))
                except OSError:
                    block_bytes //= 2

    def clear(self) -> None:
        self._ballast.unlink(missing_ok=True)

    def unmount(self) -> None:
        _run("umount", str(self.folder))
        self.folder.rmdir()


def _run(*command: str) -> None:
    outcome = subprocess.run(command, capture_output=True, text=True)
    if outcome.returncode != 0:
        raise OSError(f"{' '.join(command)}: {outcome.stderr.strip()}")
