"""The emulator as a Flask application."""

from pathlib import Path
from urllib.parse import urlsplit

from flask import Blueprint, Flask, jsonify, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from portal.demo.emulator import gate
from portal.demo.emulator.account_api import account_api
from portal.demo.emulator.control_api import control_api
from portal.demo.emulator.crm_api import crm_api
from portal.demo.emulator.database import prepare
from portal.demo.emulator.oauth_api import oauth_api
from portal.demo.emulator.problems import Problem
from portal.demo.emulator.screens import answer_problem, screens
from portal.demo.emulator.settings import EmulatorSettings, refuse_production
from portal.demo.emulator.teams_api import teams_api
from portal.demo.emulator.users_api import users_api

ROOT = Path(__file__).resolve().parents[3]
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
LARGEST_BODY = 1_000_000


def create_emulator(settings: EmulatorSettings) -> Flask:
    """Build the emulator over its own database file; raise ``NotInProduction`` where real accounts live."""
    refuse_production()
    prepare(settings.database)
    app = Flask(__name__, template_folder=str(ROOT / "templates"), static_folder=str(ROOT / "static"))
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY
    app.json.sort_keys = False  # type: ignore[attr-defined]  # Flask's own provider has it
    app.extensions["emulator"] = gate.Emulation(settings)
    app.before_request(refuse_foreigners)
    app.register_error_handler(HTTPException, answer_error)
    app.register_error_handler(Problem, answer_problem)
    app.teardown_appcontext(gate.close_db)
    app.register_blueprint(_hubspot())
    app.register_blueprint(control_api)
    app.register_blueprint(screens)
    app.add_url_rule("/healthz", "healthz", lambda: jsonify(status="ok"))
    return app


def refuse_foreigners() -> None:
    """Refuse other hosts' names, and changes asked for by other sites' pages."""
    if urlsplit(request.host_url).hostname not in LOOPBACK:
        raise Problem(403, "FORBIDDEN", "The emulated HubSpot answers on loopback addresses only.")
    origin = request.headers.get("Origin")
    if request.method not in {"GET", "HEAD"} and origin not in {None, request.host_url.rstrip("/")}:
        raise Problem(403, "FORBIDDEN", "Changes are accepted from the emulator's own pages only.")


def answer_error(error: HTTPException) -> ResponseReturnValue:
    """Answer an HTTP error in HubSpot's shape."""
    if isinstance(error, RequestRedirect):
        return error
    return answer_problem(Problem(error.code or 500, "HTTP_ERROR", error.description or error.name))


def _hubspot() -> Blueprint:
    hubspot = Blueprint("hubspot", __name__)
    hubspot.before_request(gate.arrive)
    hubspot.after_request(gate.leave)
    for part in (users_api, teams_api, account_api, crm_api, oauth_api):
        hubspot.register_blueprint(part)
    return hubspot
