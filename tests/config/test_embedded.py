"""The embedded services really start, keep data, survive kills and end with whoever started them."""

import os
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from dataclasses import replace

import psutil
import psycopg
import pytest
import redis

from config.embedded import EmbeddedError, Home, checkout_home, embedded_postgres, embedded_redis, temporary_home
from config.embedded import postgres as postgres_module
from config.embedded.children import is_alive, spawn
from config.embedded.home import CHECKOUT
from config.embedded.postgres import installations

FOUND = list(installations())


@pytest.fixture
def home():
    with temporary_home() as made:
        yield made


def server_pid(home):
    return int((home.postgres / "postmaster.pid").read_text().splitlines()[0])


def wait_until(condition, *, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def launch(home, body):
    """A process of its own that runs `body` inside both services and says when it is ready."""
    program = f"""
        import pathlib, time
        from config.embedded import Home, embedded_postgres, embedded_redis
        home = Home(pathlib.Path({str(home.root)!r}))
        with home.lock(), embedded_postgres(home) as url, embedded_redis(home):
            print("ready", flush=True)
            {body}
    """
    command = [sys.executable, "-c", textwrap.dedent(program)]
    child = subprocess.Popen(command, cwd=CHECKOUT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert child.stdout.readline() == "ready\n", child.communicate()
    return child


def end(child):
    child.kill()
    child.communicate()


def test_wheel_brings_a_postgres_of_its_own():
    assert "wheel" in {found.origin for found in FOUND}


def test_installations_prefer_the_named_folder(monkeypatch):
    wheel = next(found for found in FOUND if found.origin == "wheel")
    monkeypatch.setenv("PG_BIN", str(wheel.folder))

    assert [(found.origin, found.folder) for found in installations()] == [("PG_BIN", wheel.folder)]


def test_installations_explain_a_named_folder_without_postgres(monkeypatch, tmp_path):
    monkeypatch.setenv("PG_BIN", str(tmp_path))

    with pytest.raises(EmbeddedError, match=r"PG_BIN=.* holds no initdb"):
        list(installations())


@pytest.mark.parametrize("binaries", FOUND, ids=lambda found: f"{found.origin}-{found.major}")
def test_postgres_keeps_rows_across_a_restart(home, binaries):
    with embedded_postgres(home, binaries=binaries) as url, psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT lower('ÉÄ') AS word")
        assert connection.info.server_version // 10000 == binaries.major

    with embedded_postgres(home, binaries=binaries) as url, psycopg.connect(url) as connection:
        # The locale knows letters beyond ASCII, whoever built the server.
        assert connection.execute("SELECT word FROM kept").fetchone() == ("éä",)


def test_postgres_runs_again_on_data_of_an_older_major_version(home):
    oldest = min(FOUND, key=lambda found: found.major)
    with embedded_postgres(home, binaries=oldest):
        pass

    with embedded_postgres(home) as url, psycopg.connect(url) as connection:
        assert connection.info.server_version // 10000 == oldest.major


def test_postgres_says_which_version_is_missing(home, monkeypatch):
    with embedded_postgres(home):
        pass
    monkeypatch.setattr(postgres_module, "installations", lambda: iter([replace(FOUND[0], major=99)]))

    with pytest.raises(EmbeddedError, match="kept data were written by Postgres"), embedded_postgres(home):
        pass


def test_postgres_listens_on_no_port_and_only_its_owner_reaches_the_socket(home):
    with embedded_postgres(home):
        sockets = psutil.Process(server_pid(home)).net_connections(kind="inet")

        assert sockets == []
        assert home.run.stat().st_mode & 0o077 == 0


def test_postgres_finishes_an_interrupted_initdb(home):
    home.prepare()
    (home.postgres / "PG_VERSION").write_text(str(FOUND[0].major))  # what an initdb killed early leaves
    (home.postgres / "base").mkdir()

    with embedded_postgres(home) as url:
        psycopg.connect(url).close()


def test_postgres_recovers_from_a_killed_server(home):
    with embedded_postgres(home) as url:
        with psycopg.connect(url) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 1 AS n")
        os.kill(server_pid(home), signal.SIGKILL)

    with embedded_postgres(home) as url, psycopg.connect(url) as connection:
        assert connection.execute("SELECT n FROM kept").fetchone() == (1,)


def test_postgres_ignores_a_pid_file_whose_number_belongs_to_a_stranger(home):
    with embedded_postgres(home):
        pid_file = (home.postgres / "postmaster.pid").read_text()
    stranger = subprocess.Popen(["sleep", "60"], user=None if home.user is None else home.user.pw_uid)
    try:
        lines = pid_file.splitlines()
        (home.postgres / "postmaster.pid").write_text("\n".join([str(stranger.pid), *lines[1:]]))

        with embedded_postgres(home) as url:
            psycopg.connect(url).close()
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_home_has_a_short_socket_folder_even_when_it_lies_deep(tmp_path):
    deep = Home(tmp_path / ("d" * 90))

    assert len(str(deep.run / ".s.PGSQL.5432")) < 104


def test_checkout_home_is_this_checkouts_own(monkeypatch):
    here = checkout_home()
    monkeypatch.setattr("config.embedded.home.CHECKOUT", CHECKOUT / "another")

    assert checkout_home().root != here.root


def test_lock_refuses_a_second_launcher_in_one_sentence(home):
    child = launch(home, "time.sleep(60)")
    try:
        with pytest.raises(EmbeddedError, match=f"already running .*process {child.pid}"), home.lock():
            pass
    finally:
        end(child)


def test_services_end_with_a_killed_launcher_and_start_again_on_the_same_data(home):
    child = launch(home, "time.sleep(60)")
    postgres = server_pid(home)
    (broker,) = [p.pid for p in psutil.process_iter(["cmdline"]) if f"{home.run}/redis.sock" in str(p.info["cmdline"])]
    end(child)

    wait_until(lambda: not is_alive(postgres) and not is_alive(broker))
    with home.lock(), embedded_postgres(home) as url, embedded_redis(home):
        psycopg.connect(url).close()


def test_redis_keeps_messages_across_a_restart(home):
    with embedded_redis(home) as url:
        redis.Redis(unix_socket_path=url.removeprefix("redis+socket://")).rpush("queue", "message")

    with embedded_redis(home) as url:
        client = redis.Redis(unix_socket_path=url.removeprefix("redis+socket://"))
        assert client.lrange("queue", 0, -1) == [b"message"]
        client.close()


def test_programs_below_a_closed_folder_are_copied_to_where_the_services_user_reaches_them(home, monkeypatch, tmp_path):
    """As in a checkout below /root: the whole package moves, with the libraries that lie beside it."""
    wheel = next(found for found in FOUND if found.origin == "wheel")
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    for tree in wheel.trees:
        shutil.copytree(tree, closed / tree.relative_to(wheel.root), symlinks=True)
    monkeypatch.setattr("config.embedded.home.CHECKOUT", closed)
    monkeypatch.setenv("PG_BIN", str(closed / wheel.folder.relative_to(wheel.root)))
    try:
        with embedded_postgres(home) as url, psycopg.connect(url) as connection:
            assert connection.info.server_version // 10000 == wheel.major
    finally:
        checkout_home().remove()


def test_services_never_run_as_root(home):
    with embedded_postgres(home):
        uid = psutil.Process(server_pid(home)).uids().real

    # Started by root they run as somebody without rights, else as whoever starts them.
    assert uid != 0
    assert uid == (os.geteuid() or home.user.pw_uid)


def test_spawned_child_dies_with_its_parent_by_the_watchdog_too():
    """Where the kernel has no death signal a watchdog does it; it works on every system, so it is tested on every."""
    program = """
        import sys, time
        from config.embedded.children import spawn
        sys.platform = "elsewhere"
        print(spawn(["sleep", "60"]).pid, flush=True)
        time.sleep(60)
    """
    command = [sys.executable, "-c", textwrap.dedent(program)]
    parent = subprocess.Popen(command, cwd=CHECKOUT, stdout=subprocess.PIPE, text=True)
    child = int(parent.stdout.readline())
    assert is_alive(child)
    end(parent)

    wait_until(lambda: not is_alive(child))


def test_spawned_child_has_a_session_of_its_own():
    child = spawn(["sleep", "60"])
    try:
        assert os.getsid(child.pid) == child.pid
    finally:
        child.kill()
        child.wait()
