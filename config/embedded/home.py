"""Where the embedded services keep their files, and as whom they run.

Postgres refuses to run as root. Started by root, both services run as an unprivileged user, below a folder which that
user can reach: a checkout or a virtual environment under a 0700 folder is not one.
"""

import contextlib
import fcntl
import hashlib
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from config.embedded.errors import EmbeddedError

CHECKOUT = Path(__file__).resolve().parents[2]
# A Unix socket's path may have 107 bytes on Linux and 103 on macOS; the file name takes up to 20 of them.
_LONGEST_SOCKET_FOLDER = 80


@dataclass(frozen=True)
class Home:
    """The folder of one pair of services. Naming one does no I/O."""

    root: Path

    @cached_property
    def user(self) -> pwd.struct_passwd | None:
        """Who runs the services; None means whoever runs us."""
        return _unprivileged_user(self.postgres) if os.geteuid() == 0 else None

    @property
    def postgres(self) -> Path:
        """Postgres' data folder."""
        return self.root / "postgres"

    @property
    def redis(self) -> Path:
        """Redis' data folder."""
        return self.root / "redis"

    @property
    def run(self) -> Path:
        """The sockets' folder: open to its owner (and root) only, which is the services' whole access control."""
        folder = self.root / "run"
        if len(str(folder).encode()) <= _LONGEST_SOCKET_FOLDER:
            return folder
        return Path("/tmp") / f"touchstone-{os.getuid()}-{_digest(self.root)}"  # noqa: S108

    @property
    def database_url(self) -> str:
        """Known before the server runs, so that settings can name it without looking."""
        return f"postgres://touchstone@/touchstone?host={self.run}"

    @property
    def broker_url(self) -> str:
        """In Celery's spelling."""
        return f"redis+socket://{self.run}/redis.sock"

    def prepare(self) -> None:
        """Create the folders, private to the services' user."""
        self.root.mkdir(parents=True, exist_ok=True)
        for folder in (self.postgres, self.redis, self.run):
            folder.mkdir(mode=0o700, exist_ok=True)
            if self.user is not None and folder.stat().st_uid == 0:
                os.chown(folder, self.user.pw_uid, self.user.pw_gid)
            if folder.stat().st_uid != (os.getuid() if self.user is None else self.user.pw_uid):
                raise EmbeddedError(f"The folder {folder} belongs to another user; remove it or run as that user.")

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """Only one launcher at a time may own this folder. The kernel frees the lock however the launcher ends.

        Raises:
            EmbeddedError: another launcher of the same checkout is running.
        """
        self.root.mkdir(parents=True, exist_ok=True)
        with (self.root / "lock").open("a+") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                handle.seek(0)
                holder = handle.read().strip() or "unknown"
                raise EmbeddedError(
                    f"Touchstone is already running from this checkout (process {holder}); stop that one first."
                ) from None
            handle.truncate(0)
            handle.write(str(os.getpid()))
            handle.flush()
            yield

    def remove(self) -> None:
        """Delete everything, sockets included."""
        for folder in (self.run, self.root):
            shutil.rmtree(folder, ignore_errors=True)


def checkout_home() -> Home:
    """The kept data of this checkout. Every checkout has its own, so two clones run side by side."""
    if os.geteuid() != 0:
        return Home(CHECKOUT / ".data")
    return Home(Path("/var/lib") / f"touchstone-{_digest(CHECKOUT)}")


@contextlib.contextmanager
def temporary_home() -> Iterator[Home]:
    """A home that is deleted afterwards: for tests."""
    # Not tempfile's default: TMPDIR may be deep (a socket's path is short) or closed to the unprivileged user.
    root = Path(tempfile.mkdtemp(prefix="touchstone-", dir="/tmp"))
    root.chmod(0o755 if os.geteuid() == 0 else 0o700)
    home = Home(root)
    try:
        yield home
    finally:
        home.remove()


def reachable(program: Path, *, root: Path, trees: Sequence[Path], home: Home) -> Path:
    """`program`, or its copy in a place which the services' user can reach.

    Args:
        trees: the folders below `root` that must move along, each keeping its place relative to the others.
    Raises:
        EmbeddedError: that user cannot run the copy either.
    """
    if home.user is None or _runs(program, home.user):
        return program
    # The time of its making tells a package from the newer one that took its place.
    key = _digest(root / str(program.stat().st_mtime_ns))
    copied = checkout_home().root / "programs" / key
    if not copied.exists():
        _copy(trees, root=root, target=copied)
    moved = copied / program.relative_to(root)
    if not _runs(moved, home.user):
        raise EmbeddedError(f"The user {home.user.pw_name} cannot run {moved}, and Postgres refuses to run as root.")
    return moved


def _copy(trees: Sequence[Path], *, root: Path, target: Path) -> None:
    """Copied beside and renamed: a copy that was interrupted is never taken for a whole one."""
    target.parent.mkdir(parents=True, exist_ok=True)
    half = Path(tempfile.mkdtemp(dir=target.parent))
    half.chmod(0o755)
    for tree in trees:
        shutil.copytree(tree, half / tree.relative_to(root), symlinks=True, dirs_exist_ok=True)
    try:
        half.rename(target)
    except OSError:  # another start was faster
        shutil.rmtree(half)


def _runs(program: Path, user: pwd.struct_passwd) -> bool:
    command = [str(program), "--version"]
    try:
        done = subprocess.run(
            command, user=user.pw_uid, group=user.pw_gid, extra_groups=[], cwd="/", capture_output=True, check=False
        )
    except PermissionError:
        return False
    return done.returncode == 0


def _unprivileged_user(existing: Path) -> pwd.struct_passwd:
    """Who owns the data already, else the system's Postgres user, else nobody."""
    if existing.exists() and existing.stat().st_uid != 0:
        return pwd.getpwuid(existing.stat().st_uid)
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise EmbeddedError("Postgres refuses to run as root and there is no user postgres or nobody; run as another user.")


def _digest(path: Path) -> str:
    return hashlib.sha256(str(path).encode()).hexdigest()[:12]
