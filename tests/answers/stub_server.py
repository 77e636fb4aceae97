"""An OpenAI-compatible server on this machine: answers from a hash of the question, fails where told, keeps what it was asked.

In this process: `with StubServer(answer) as server`. As a process of its own, so that its log outlives a killed client:
`python -m evalmap.tests.answers.stub_server LOG [delay]` prints its port; LOG gets one JSON line a request, written before it
answers, and one more for a reply that is an error.
"""

import hashlib
import json
import math
import os
import random
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any


@dataclass(frozen=True)
class Asked:
    """One request as it came in; `number` counts all of them from 0."""

    number: int
    path: str
    body: dict[str, Any]
    headers: dict[str, str]
    time: float

    @property
    def text(self) -> str:
        return self.body["messages"][-1]["content"] if "messages" in self.body else self.body.get("prompt", "")


@dataclass(frozen=True)
class Reply:
    """What the server sends; `hang` waits so many seconds first, `drip` sends one byte each so many seconds."""

    body: Any
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    hang: float = 0.0
    drip: float = 0.0


Answer = Callable[[Asked], Reply]


def p_yes(text: str) -> float:
    """The stub's P(Yes) of a text, 0.05–0.95."""
    return 0.05 + 0.9 * int.from_bytes(hashlib.sha256(text.encode("utf-8", "replace")).digest()[:4]) / 2**32


def answer(asked: Asked) -> Reply:
    """A server that does all it is asked: log-probabilities in the shape of the endpoint."""
    return Reply(legacy_body(asked) if asked.path.endswith("/completions") and "prompt" in asked.body else chat_body(asked))


def _tops(asked: Asked) -> dict[str, float]:
    yes = 0.9 * p_yes(asked.text)
    lead = " " if asked.text.endswith(":") else ""
    return {f"{lead}Yes": math.log(yes), f"{lead}No": math.log(0.9 - yes), "The": math.log(0.06), "I": math.log(0.04)}


def chat_body(asked: Asked) -> dict[str, Any]:
    """A chat completion in OpenAI's shape."""
    tops = _tops(asked)
    best = max(tops, key=lambda token: tops[token])
    content = [
        {"token": best, "logprob": tops[best], "top_logprobs": [{"token": token, "logprob": p} for token, p in tops.items()]}
    ]
    choice = {"index": 0, "finish_reason": "length", "message": {"role": "assistant", "content": best}}
    if asked.body.get("logprobs"):
        choice["logprobs"] = {"content": content}
    return {"object": "chat.completion", "choices": [choice], "usage": _usage(asked)}


def legacy_body(asked: Asked) -> dict[str, Any]:
    """A completion in the legacy shape."""
    tops = _tops(asked)
    best = max(tops, key=lambda token: tops[token])
    choice: dict[str, Any] = {"index": 0, "finish_reason": "length", "text": best, "logprobs": None}
    if asked.body.get("logprobs"):
        choice["logprobs"] = {"tokens": [best], "token_logprobs": [tops[best]], "top_logprobs": [tops]}
    return {"object": "text_completion", "choices": [choice], "usage": _usage(asked)}


def _usage(asked: Asked) -> dict[str, int]:
    return {"prompt_tokens": len(asked.text) // 4, "completion_tokens": 1}


def error(status: int, message: str, *, code: str | None = None, headers: Mapping[str, str] | None = None) -> Reply:
    """An error in OpenAI's shape."""
    return Reply({"error": {"message": message, "type": "error", "param": None, "code": code}}, status, headers or {})


class StubServer:
    """`asked` is what came in, in order; `most` how many were in the server at one time; `answer` may be changed at any time."""

    def __init__(self, answer: Answer = answer, *, log: str | None = None) -> None:
        self.answer = answer
        self.asked: list[Asked] = []
        self.most = 0
        self._now = 0
        self._lock = threading.Lock()
        self._log = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND) if log else None
        self._http = _Quiet(("127.0.0.1", 0), _handler(self))
        self._http.daemon_threads = True
        self._http.block_on_close = False
        self.port = self._http.server_address[1]
        self.ended = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def texts(self) -> list[str]:
        return [asked.text for asked in self.asked]

    def take(self, path: str, body: dict[str, Any], headers: dict[str, str]) -> Asked:
        with self._lock:
            asked = Asked(len(self.asked), path, body, headers, time.monotonic())
            self.asked.append(asked)
            self._now += 1
            self.most = max(self.most, self._now)
        self.note(asked, failed=False)
        return asked

    def note(self, asked: Asked, *, failed: bool) -> None:
        if self._log is not None:
            told = {"text": asked.text, "seed": asked.body.get("seed"), "failed": failed}
            os.write(self._log, json.dumps(told).encode() + b"\n")
            os.fsync(self._log)

    def left(self) -> None:
        with self._lock:
            self._now -= 1

    def serve(self) -> None:
        self._http.serve_forever(poll_interval=0.02)

    def __enter__(self) -> "StubServer":
        threading.Thread(target=self.serve, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.ended.set()
        self._http.shutdown()
        self._http.server_close()


class _Quiet(ThreadingHTTPServer):
    """Prints no trace of a client that was killed while it waited: it may come in the middle of another test's output."""

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


def _handler(server: StubServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            content = self.rfile.read(length)
            if len(content) < length:  # its client was killed before it had sent all
                return
            body = json.loads(content)
            asked = server.take(self.path, body, {key.lower(): value for key, value in self.headers.items()})
            try:
                reply = server.answer(asked)
                if reply.status != 200:
                    server.note(asked, failed=True)
                self._send(reply)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True  # the client is gone: killed, or out of patience
            finally:
                server.left()

        def _send(self, reply: Reply) -> None:
            content = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
            if server.ended.wait(reply.hang):
                return
            self.send_response(reply.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.end_headers()
            if not reply.drip:
                self.wfile.write(content)
                return
            for byte in content:
                self.wfile.write(bytes([byte]))
                if server.ended.wait(reply.drip):
                    return

        def log_message(self, format: str, *args: object) -> None:
            pass

    return Handler


def main() -> None:
    """A process of its own: slow by up to `delay` seconds, and now and then failing as servers do."""
    log, delay = sys.argv[1], float(sys.argv[2]) if len(sys.argv) > 2 else 0.0
    dice = random.Random(7)

    def moody(asked: Asked) -> Reply:
        time.sleep(dice.uniform(0, delay))
        drawn = dice.random()
        if drawn < 0.03:
            return error(429, "too fast", headers={"Retry-After": "0.05"})
        return error(500, "a bad moment") if drawn < 0.05 else answer(asked)

    server = StubServer(moody, log=log)
    print(server.port, flush=True)
    server.serve()


if __name__ == "__main__":
    main()
