"""A mail server over real sockets: it takes messages, refuses them, or keeps silent before its yes, as told.

with MailServer() as server:
    EMAIL_URL=server.url
"""

from __future__ import annotations

import email
import email.policy
import socketserver
import threading
from email.message import EmailMessage
from types import TracebackType
from typing import Any, Self


class MailServer:
    """`taken` are the messages that it said yes to; `refusing` says no to every sender; `silent` never answers."""

    def __init__(self) -> None:
        self.taken: list[EmailMessage] = []
        self.refusing = False
        self.silent = False
        self.reached = threading.Event()
        mail_server = self

        class Talk(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                mail_server.talk(self)

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address = True
            daemon_threads = True

        self._server = Server(("127.0.0.1", 0), Talk)

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    def talk(self, wire: socketserver.StreamRequestHandler) -> None:
        """One session, RFC 5321 as far as `smtplib` needs it."""

        def say(line: str) -> None:
            wire.wfile.write(f"{line}\r\n".encode())

        say("220 test")
        while line := wire.rfile.readline():
            word = line[:4].upper()
            if word == b"QUIT":
                say("221 bye")
                return
            if word == b"MAIL" and self.refusing:
                say("451 try later")
            elif word == b"DATA":
                say("354 go on")
                self._take(wire)
                if self.silent:
                    # Until the other side goes away.
                    wire.rfile.read()
                    return
                say("250 taken")
            else:
                say("250 ok")

    def _take(self, wire: socketserver.StreamRequestHandler) -> None:
        lines = []
        while (line := wire.rfile.readline()) not in {b".\r\n", b""}:
            lines.append(line.removeprefix(b"."))
        self.reached.set()
        if not self.silent:
            self.taken.append(email.message_from_bytes(b"".join(lines), policy=email.policy.default))

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()


def part(message: EmailMessage, kind: str) -> Any:
    """The text of a message's part of this kind."""
    found = message.get_body((kind,))
    assert found
    return found.get_content()
