"""Reviewers over HTTP: a kept connection each, and as little work of their own as possible beside the server's."""

import re
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.cookies import SimpleCookie
from urllib.parse import quote, urlencode

from bench.cpu import cpu_seconds

_FIELD = re.compile(rb'name="([^"]+)"[^>]*value="Refund"')
_CSRF = re.compile(rb'name="csrfmiddlewaretoken" value="([^"]+)"')
LABELS = ("Refund", "Exchange", "Refund")


class Unexpected(Exception):
    """The server answered otherwise than a reviewer may expect."""


class Reviewer:
    """One person with a session and, once he has begun, an item before him."""

    def __init__(self, port: int, *, email: str, person: str, password: str) -> None:
        self.person = person
        self._port = port
        self._connect()
        self._cookies: dict[str, str] = {}
        self._head = b""
        self._answered = 0
        self._answer = self._token = self._field = b""
        self._log_in(email, password)

    def _connect(self) -> None:
        self._socket = socket.create_connection(("127.0.0.1", self._port), timeout=60)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def _log_in(self, email: str, password: str) -> None:
        page = self._get("/login/")
        token = _CSRF.search(page)
        assert token is not None
        fields = {"username": email, "password": password, "csrfmiddlewaretoken": token[1].decode()}
        status, _ = self._send("POST", "/login/", urlencode(fields).encode())
        if status != 302:
            raise Unexpected(f"login: {status}")

    def begin(self, queue: str) -> None:
        """Open the queue's page and take the first item, as the page does."""
        self._connect()  # the old one may have been idle for too long
        status, body = self._send("POST", f"/review/{queue}/claim/", b"")
        self._read(status, body)
        field = _FIELD.search(body)
        assert field is not None
        self._field = field[1]

    def answer(self) -> float:
        """Answer the item in hand and get the next one. Returns seconds."""
        self._answered += 1
        label = LABELS[self._answered % len(LABELS)]
        fields = b"token=%s&duration_ms=5&%s=%s" % (self._token, self._field, label.encode())
        started = time.perf_counter()
        status, body = self._send("POST", self._answer.decode(), fields)
        lasted = time.perf_counter() - started
        self._read(status, body)
        return lasted

    def bare(self, path: str = "/bare/") -> float:
        started = time.perf_counter()
        status, body = self._send("POST", path, f"reviewer={self.person}&label=Refund".encode())
        if status != 200 or body == b"None":
            raise Unexpected(f"{path}: {status} {body[:300]!r}")
        return time.perf_counter() - started

    def _read(self, status: int, body: bytes) -> None:
        end, token = body.find(b'/answer/"'), body.find(b'name="token" value="')
        if status != 200 or end < 0 or token < 0:
            raise Unexpected(f"no item came: {status} {body[:300]!r}")
        self._answer = body[body.rfind(b'"', 0, end) + 1 : end + len(b"/answer/")]
        token += len(b'name="token" value="')
        self._token = body[token : body.find(b'"', token)]

    def _get(self, path: str) -> bytes:
        status, body = self._send("GET", path, b"")
        if status != 200:
            raise Unexpected(f"{path}: {status}")
        return body

    def _send(self, method: str, path: str, body: bytes) -> tuple[int, bytes]:
        form = "Content-Type: application/x-www-form-urlencoded\r\n" if method == "POST" else ""
        first = f"{method} {path} HTTP/1.1\r\n{form}Content-Length: {len(body)}\r\n".encode()
        self._socket.sendall(first + self._headers() + body)
        received = b""
        while (end := received.find(b"\r\n\r\n")) < 0:
            received += self._more()
        head, rest = received[:end].decode(), received[end + 4 :]
        length = int(re.search(r"(?i)\r\ncontent-length: (\d+)", head)[1])  # type: ignore[index]
        while len(rest) < length:
            rest += self._more()
        self._keep_cookies(head)
        return int(head[9:12]), rest

    def _more(self) -> bytes:
        received = self._socket.recv(65536)
        if not received:
            raise Unexpected("the server closed the connection")
        return received

    def _headers(self) -> bytes:
        if not self._head:
            sent = {"Host": "127.0.0.1", "HX-Request": "true", "Accept-Encoding": "gzip"}
            if self._cookies:
                sent["Cookie"] = "; ".join(f"{name}={quote(value)}" for name, value in self._cookies.items())
                sent["X-CSRFToken"] = self._cookies.get("csrftoken", "")
            del sent["Accept-Encoding"]  # no time of this process on unpacking
            if "sessionid" not in self._cookies:
                del sent["HX-Request"]
            self._head = "".join(f"{name}: {value}\r\n" for name, value in sent.items()).encode() + b"\r\n"
        return self._head

    def _keep_cookies(self, head: str) -> None:
        for line in re.findall(r"(?i)\r\nset-cookie: ([^\r]+)", head):
            for name, morsel in SimpleCookie(line).items():
                if self._cookies.get(name) != morsel.value:
                    self._cookies[name] = morsel.value
                    self._head = b""


@dataclass(frozen=True)
class Pace:
    """What all together did while each did one thing after the other."""

    per_s: float
    cpu_ms: float  # of one act: server, database and this process together
    p95_ms: float


def pace(reviewers: list[Reviewer], act: Callable[[Reviewer], float], *, seconds: float) -> Pace:
    """Measured over so many seconds."""
    times: list[list[float]] = [[] for _ in reviewers]
    failed: list[BaseException] = []
    end = time.perf_counter() + seconds

    def work(reviewer: Reviewer, mine: list[float]) -> None:
        try:
            while time.perf_counter() < end:
                mine.append(act(reviewer))
        except BaseException as exc:
            failed.append(exc)

    threads = [threading.Thread(target=work, args=pair) for pair in zip(reviewers, times, strict=True)]
    started, spent = time.perf_counter(), cpu_seconds()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]
    lasted, spent = time.perf_counter() - started, cpu_seconds() - spent
    every = [one for mine in times for one in mine]
    return Pace(len(every) / lasted, spent * 1000 / len(every), p95(every))


def p95(seconds: list[float]) -> float:
    """Milliseconds below which 95 of 100 lie."""
    return sorted(seconds)[int(len(seconds) * 0.95)] * 1000
