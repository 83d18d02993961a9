"""Running the emulator on loopback."""

from pathlib import Path

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from portal.demo.emulator.application import create_emulator
from portal.demo.emulator.settings import EmulatorSettings

HOST = "127.0.0.1"


class QuietHandler(WSGIRequestHandler):
    """Answers without writing a line per request; the emulator keeps its own log of calls."""

    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002  # the parent's name
        """Say nothing."""


def build_server(port: int, settings: EmulatorSettings) -> BaseWSGIServer:
    """Return a threaded server bound to loopback; port 0 takes a free one."""
    app = create_emulator(settings)
    return make_server(HOST, port, app, threaded=True, request_handler=QuietHandler)


def serve(port: int, database: Path, *, limits: bool = True, token_seconds: int = 1800) -> None:
    """Run until interrupted, printing one line when ready."""
    server = build_server(port, EmulatorSettings(database, limits=limits, token_seconds=token_seconds))
    print(f"Emulated HubSpot ready on http://{HOST}:{server.port}", flush=True)  # noqa: T201  # the ready line
    try:
        server.serve_forever()
    finally:
        server.server_close()
