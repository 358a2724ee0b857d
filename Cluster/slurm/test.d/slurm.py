"""A Slurm of three nodes on this machine, with a munge of its own, that leaves nothing behind."""

import getpass
import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

PACKAGES = ["slurmctld", "slurmd", "slurm-client", "munge"]
PROGRAMS = ["slurmctld", "slurmd", "munged", "sbatch", "squeue", "scontrol", "scancel"]
NODES = ("n1", "n2", "n3")
USABLE = {"idle", "mixed", "allocated"}
# Debian has daemons where only root's PATH leads.
PATH = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
# For a daemon to begin or to end, and for nodes to be idle.
PATIENCE_SECONDS = 30.0


class Unavailable(Exception):
    """Slurm cannot be had here; the message says why, and what to do."""


class Slurm:
    """Its files lie in `folder`, which must be empty."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.configuration = folder / "slurm.conf"
        self.environment = os.environ | {"SLURM_CONF": str(self.configuration), "PATH": PATH}
        # Processes that would not end after all jobs and daemons had.
        self.left: list[int] = []

    def __enter__(self) -> "Slurm":
        missing = [name for name in PROGRAMS if not shutil.which(name, path=PATH)]
        if missing:
            raise Unavailable(
                f"there is no {', '.join(missing)}; on Debian, Cluster/slurm/test --setup installs them"
            )
        try:
            self._start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *error) -> None:
        self.stop()

    # ---- Jobs ----

    def job(self, job: str) -> dict[str, str]:
        """What Slurm says of a job: JobState, Restarts, ExitCode, …"""
        words = self.run("scontrol", "show", "--oneliner", "job", job).split()
        return dict(word.split("=", 1) for word in words if "=" in word)

    def restarts(self, job: str) -> int:
        """How often it was begun again."""
        return int(self.job(job)["Restarts"])

    def nodes(self, job: str) -> list[str]:
        return self.run("scontrol", "show", "hostnames", self.job(job)["NodeList"]).split()

    def state(self, node: str) -> str:
        return self.run("sinfo", "--noheader", f"--nodes={node}", "--format=%T").split()[0]

    def run(self, *command: str) -> str:
        """Returns what it says; raises CalledProcessError."""
        return subprocess.run(
            command, check=True, env=self.environment, cwd=self.folder, text=True,
            stdout=subprocess.PIPE,
        ).stdout

    # ---- Daemons ----

    def start_node(self, node: str) -> None:
        self.run("slurmd", "-N", node, "-f", str(self.configuration))

    def kill_daemon(self, node: str) -> None:
        """kill -9: what it has started lives on."""
        os.kill(int((self.folder / f"{node}.pid").read_text()), signal.SIGKILL)

    def kill_node(self, node: str) -> None:
        """kill -9, of slurmd and of whatever the node's jobs do."""
        self.kill_daemon(node)
        for process in self.processes(f"SLURMD_NODENAME={node}"):
            os.kill(process, signal.SIGKILL)

    def stop(self) -> None:
        """Ends jobs and daemons, and waits for them."""
        if self._daemon("slurmctld.pid"):
            subprocess.run(["scancel", "--me"], env=self.environment, check=False)
            self._wait("the end of jobs", lambda: not self.run("squeue", "--noheader"), mild=True)
        for name in (*(f"{node}.pid" for node in NODES), "slurmctld.pid", "munged.pid"):
            process = self._daemon(name)
            if process:
                os.kill(process, signal.SIGTERM)
                self._wait(f"the end of {name}", lambda: not self._daemon(name), mild=True)
        self._wait("the end of processes", lambda: not self.processes(), mild=True)
        self.left = self.processes()
        for process in self.left:
            os.kill(process, signal.SIGKILL)

    def processes(self, *marks: str) -> list[int]:
        """Those that this Slurm or its jobs started and that are still there.

        Where variables are given, as NAME=VALUE, those that have them.
        """
        wanted = {mark.encode() for mark in (f"SLURM_CONF={self.configuration}", *marks)}
        found = []
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit() or int(entry.name) == os.getpid():
                continue
            try:
                if wanted <= set((entry / "environ").read_bytes().split(b"\0")):
                    found.append(int(entry.name))
            except OSError:
                pass  # It has ended, or is somebody else's.
        return found

    def _start(self) -> None:
        key = self.folder / "munge.key"
        key.write_bytes(secrets.token_bytes(128))
        key.chmod(0o400)
        (self.folder / "state").mkdir()
        for node in NODES:
            (self.folder / node).mkdir()
        self.configuration.write_text(self._configuration_text())
        place = {
            "key-file": key, "socket": self.folder / "munge.socket",
            "pid-file": self.folder / "munged.pid", "log-file": self.folder / "munged.log",
            "seed-file": self.folder / "munged.seed",
        }
        self.run("munged", *(f"--{name}={path}" for name, path in place.items()))
        self.run("slurmctld", "-f", str(self.configuration))
        for node in NODES:
            self.start_node(node)
        self._wait("three idle nodes", self.has_all_nodes)

    def has_all_nodes(self) -> bool:
        """Whether each is idle or at work."""
        try:
            states = self.run("sinfo", "--noheader", "--Node", "--partition=low", "--format=%T")
            return len(states.split()) == len(NODES) and set(states.split()) <= USABLE
        except subprocess.CalledProcessError:
            return False  # It does not answer yet.

    def _configuration_text(self) -> str:
        text = (Path(__file__).parent / "slurm.conf.in").read_text()
        ports = free_ports(4)
        values = {
            "FOLDER": str(self.folder), "HOST": socket.gethostname().split(".")[0],
            "USER": getpass.getuser(), "PORT": ports[0],
            "PORT1": ports[1], "PORT2": ports[2], "PORT3": ports[3],
        }
        for name, value in values.items():
            text = text.replace(f"@{name}@", str(value))
        return text

    def _daemon(self, name: str) -> int | None:
        """The process of a file with its number, while there is one."""
        try:
            process = int((self.folder / name).read_text())
            os.kill(process, 0)
            return process
        except (OSError, ValueError):
            return None

    def _wait(self, what: str, holds, mild: bool = False) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not holds():
            if time.monotonic() > deadline:
                if mild:
                    return
                raise Unavailable(f"waited {PATIENCE_SECONDS:.0f} s for {what}; {self.words()}")
            time.sleep(0.2)

    def words(self) -> str:
        """The last errors of the daemons' logs."""
        lines = []
        for log in sorted(self.folder.glob("*.log")):
            text = log.read_text(errors="replace").splitlines()
            lines += [f"{log.name}: {line}" for line in text if "error" in line][-3:]
        return "; ".join(lines) or "their logs say nothing"


def free_ports(count: int) -> list[int]:
    """Those that nobody has at the moment."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()
