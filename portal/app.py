"""Builds the application: settings, database, rooms, guards."""

from importlib import import_module
from pathlib import Path

from flask import Flask, Response, request
from flask_login import current_user
from flask_mail import Mail
from flask_migrate import Migrate
from flask_wtf import CSRFProtect
from jinja2 import StrictUndefined
from sqlalchemy.exc import DBAPIError
from werkzeug.middleware.proxy_fix import ProxyFix

from portal import web
from portal.accounts.addresses import SlugConverter
from portal.agencies import scope
from portal.agencies.limits import limit_engine
from portal.config import Mode, Settings, SmtpSecurity, load_settings
from portal.core import private_files
from portal.core.crypto import Vault
from portal.core.db import begin_reading, db, may_write, prepare_engine
from portal.core.errors import MaybeSaved
from portal.core.texts import _
from portal.jobs.queue import JobQueue
from portal.policy.guards import check_right, open_to_anyone, refuse_unguarded_views
from portal.policy.rights import Right, may
from portal.web import bodies, origins
from portal.web.limits import limiter
from portal.web.templates import SpeakingEnvironment

ROOT = Path(__file__).parent.parent
# In the order in which they open: what a room builds on comes before it.
ROOMS = (
    "sign_in",
    "audit",
    "accounts",
    "crm",
    "users",
    "job_roles",
    "mail",
    "inbox",
    "reminders",
    "provisioning",
    "access_requests",
    "mail_templates",
    "team",
    "dashboard",
    "cli",
)
ERROR = 400
RENEW_CONNECTIONS = 3600  # seconds; SQLite reads its statistics when it opens


def create_app(settings: Settings | None = None) -> Flask:
    """Return the portal, ready to serve; raise ``SettingsError`` or ``UnguardedView`` if it is not."""
    settings = settings or load_settings()
    app = Flask("portal", root_path=str(ROOT), template_folder="templates", static_folder=None)
    app.static_folder = str(ROOT / "static")
    app.extensions["settings"] = settings
    app.extensions["vault"] = Vault([key.get_secret_value() for key in settings.encryption_keys])
    app.config.update(_configuration(settings))
    app.jinja_environment = SpeakingEnvironment  # type: ignore[assignment]  # typed as the class it is
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True}
    app.jinja_env.undefined = StrictUndefined
    app.wsgi_app = ProxyFix(  # type: ignore[method-assign]  # as Flask's own manual does it
        app.wsgi_app, x_for=settings.trusted_proxies, x_proto=settings.trusted_proxies
    )
    _connect_database(app, settings)
    app.extensions["jobs"] = JobQueue(app, settings.jobs_url)
    Mail(app)
    origins.register(app)
    bodies.register(app)  # before the token is looked for, which reads the whole form
    CSRFProtect(app)
    limiter.init_app(app)
    _frame_requests(app)
    web.register(app)
    for styling in ("web.static_file", "web.colour_sheet"):
        open_to_anyone("pages need their style")(app.view_functions[styling])
    app.url_map.converters["slug"] = SlugConverter
    _open_rooms(app, settings)
    refuse_unguarded_views(app)
    return app


def _configuration(settings: Settings) -> dict[str, object]:
    prefix = "__Host-" if settings.uses_tls else ""
    return {
        "SECRET_KEY": settings.secret_key.get_secret_value(),
        "SERVER_NAME": None,
        "MAX_FORM_PARTS": bodies.MOST_FIELDS,
        "SESSION_COOKIE_NAME": f"{prefix}session",
        "SESSION_COOKIE_SECURE": settings.uses_tls,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_REFRESH_EACH_REQUEST": False,
        "WTF_CSRF_TIME_LIMIT": None,  # a token lives as long as its session
        "WTF_CSRF_SSL_STRICT": False,  # tokens guard us; answer pages send no referrer
        "SQLALCHEMY_DATABASE_URI": settings.database_url,
        "SQLALCHEMY_ENGINE_OPTIONS": _engine_options(settings),
        "TRANSLATIONS": ROOT / "portal" / "translations",
        "BABEL_DEFAULT_LOCALE": "en",
        "RATELIMIT_STORAGE_URI": settings.limits_url,
        "MAIL_SERVER": settings.smtp_host,
        "MAIL_PORT": settings.smtp_port,
        "MAIL_USE_TLS": settings.smtp_security is SmtpSecurity.STARTTLS,
        "MAIL_USE_SSL": settings.smtp_security is SmtpSecurity.TLS,
        "MAIL_USERNAME": settings.smtp_username or None,
        "MAIL_PASSWORD": settings.smtp_password.get_secret_value() or None,
    }


def _engine_options(settings: Settings) -> dict[str, object]:
    silent = {"hide_parameters": True}  # what is stored stands in no log, also where storing it failed
    if settings.database_url.startswith("sqlite"):
        return {"pool_recycle": RENEW_CONNECTIONS, **silent}
    # A statement prepared before an index existed would keep its slow plan.
    return {"connect_args": {"prepare_threshold": None}, **silent}


def _connect_database(app: Flask, settings: Settings) -> None:
    if settings.database_url.startswith("sqlite") or settings.jobs_url.startswith("sqlite"):
        private_files.make_folder(settings.data_dir)
    for url in (settings.database_url, settings.jobs_url):
        private_files.make_database_file(url)
    db.init_app(app)
    Migrate(app, db, directory=str(ROOT / "migrations"))
    with app.app_context():
        prepare_engine(db.engine)
        limit_engine(db.engine)


def _frame_requests(app: Flask) -> None:
    """Begin every request with no agency, end it by the one commit, and guard what is between."""

    @app.before_request
    def begin() -> None:
        scope.leave()
        if request.method in origins.SAFE_METHODS:
            begin_reading()
        else:
            may_write()

    app.before_request(check_right)

    @app.after_request
    def commit(response: Response) -> Response:
        if response.status_code < ERROR:
            _save()
        else:
            db.session.rollback()
        return response

    @app.teardown_request
    def end(_error: BaseException | None) -> None:
        scope.leave()


def _save() -> None:
    """Make the changes safe; raises ``MaybeSaved`` where the database was lost before it said so."""
    db.session.flush()
    try:
        db.session.commit()
    except DBAPIError as error:
        if error.connection_invalidated:
            raise MaybeSaved from error
        raise


def _theme() -> str:
    return str(current_user.theme) if current_user.is_authenticated else "auto"


def _navigation() -> list[tuple[str, str, str]]:
    """Return the main ways through the portal that this member may go: endpoint, name, icon."""
    places = (
        ("dashboard.home", _("Home"), "home", Right.VIEW),
        ("accounts.index", _("Accounts"), "buildings", Right.VIEW),
        ("access_requests.everywhere", _("Access requests"), "mail-question", Right.VIEW),
        ("users.everywhere", _("Users"), "users", Right.VIEW),
        ("mail.log", _("Mails"), "mail", Right.VIEW),
    )
    return [place[:3] for place in places if may(current_user, place[3])]


def _own_menu() -> list[tuple[str, str, str]]:
    """Return what stands under the member's name: endpoint, name, icon."""
    places = (
        ("profile.profile", _("Your profile"), "user", Right.VIEW),
        ("job_roles.of_agency", _("Job roles"), "id-badge", Right.VIEW),
        ("team.members", _("Team"), "users-group", Right.MANAGE_MEMBERS),
        ("audit.trail", _("Audit trail"), "history", Right.VIEW_AUDIT),
        ("team.rights", _("Who may do what"), "shield-check", Right.VIEW),
    )
    return [place[:3] for place in places if may(current_user, place[3])]


def _open_rooms(app: Flask, settings: Settings) -> None:
    for name in ROOMS:
        import_module(f"portal.{name}").register(app)
    app.jinja_env.globals.update(
        theme=_theme, navigation=_navigation, own_menu=_own_menu, may=may, Right=Right
    )
    if settings.mode is Mode.DEMO:
        from portal import demo

        demo.register(app)
