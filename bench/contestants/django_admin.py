"""Django's admin over the portal's tables, as it comes: lists with the portal's columns, search and filters.

Runs in a virtual environment of its own; ``python -m bench.contestants.django_admin`` makes its own tables
and a superuser. Change forms write the admin's own log, as the portal writes its trail.
"""

import os
from urllib.parse import parse_qs, urlsplit

import django
from django.conf import settings

URL = os.environ["PORTAL_DATABASE_URL"]


def _database() -> dict[str, object]:
    if URL.startswith("sqlite"):
        name = URL.removeprefix("sqlite:///")
        # Writers wait for each other, as the portal's do; as it comes, the second one fails at once.
        patient = {"timeout": 20, "transaction_mode": "IMMEDIATE"}
        engine = "django.db.backends.sqlite3"
        return {"ENGINE": engine, "NAME": name, "CONN_MAX_AGE": None, "OPTIONS": patient}
    parts = urlsplit(URL)
    host = parse_qs(parts.query)["host"][0]
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path.lstrip("/"),
        "USER": parts.username,
        "HOST": host,
        "CONN_MAX_AGE": None,
    }


APPS = ["admin", "auth", "contenttypes", "sessions", "messages"]
settings.configure(
    SECRET_KEY=os.environ["PORTAL_SECRET_KEY"],
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    DATABASES={"default": _database()},
    INSTALLED_APPS=[f"django.contrib.{app}" for app in APPS],
    MIDDLEWARE=[
        "django.middleware.security.SecurityMiddleware",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
        "django.middleware.clickjacking.XFrameOptionsMiddleware",
    ],
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "APP_DIRS": True,
            "OPTIONS": {
                "context_processors": [
                    "django.template.context_processors.request",
                    "django.contrib.auth.context_processors.auth",
                    "django.contrib.messages.context_processors.messages",
                ]
            },
        }
    ],
    STATIC_URL="/static/",
    USE_TZ=True,
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
)
django.setup()

from django.contrib import admin  # noqa: E402 - Django wants its settings first
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.db import models  # noqa: E402
from django.urls import path  # noqa: E402


class Table(models.Model):
    """A table of the portal's, which Django leaves as it is."""

    class Meta:
        """No table of its own."""

        abstract = True
        managed = False
        app_label = "auth"


class Member(Table):
    """Who looks after an account."""

    name = models.CharField(max_length=120)

    class Meta(Table.Meta):
        """Where it is."""

        db_table = "members"

    def __str__(self) -> str:
        return self.name


class Account(Table):
    """One client's CRM."""

    slug = models.CharField(max_length=60)
    name = models.CharField(max_length=120)
    sort_name = models.CharField(max_length=120)
    colour = models.CharField(max_length=20)
    crm = models.CharField(max_length=30)
    health = models.CharField(
        max_length=30, choices=[(one, one) for one in ("healthy", "not_connected", "stale", "broken")]
    )
    users_count = models.IntegerField()
    seats_used = models.IntegerField()
    seats_free = models.IntegerField(null=True)
    waiting_for_client = models.IntegerField()
    waiting_for_us = models.IntegerField()
    last_read_at = models.DateTimeField(null=True)
    consultant = models.ForeignKey(Member, models.DO_NOTHING, null=True)

    class Meta(Table.Meta):
        """Where it is."""

        db_table = "accounts"

    def __str__(self) -> str:
        return self.name


class Tag(Table):
    """A word on an account."""

    account = models.ForeignKey(Account, models.DO_NOTHING, related_name="tags")
    name = models.CharField(max_length=40)

    class Meta(Table.Meta):
        """Where it is."""

        db_table = "account_tags"


class Contact(Table):
    """Who answers."""

    account = models.ForeignKey(Account, models.DO_NOTHING)
    name = models.CharField(max_length=120)
    email = models.CharField(max_length=254)
    language = models.CharField(max_length=5)
    may_approve = models.BooleanField()

    class Meta(Table.Meta):
        """Where it is."""

        db_table = "contacts"


class CrmUser(Table):
    """Who has a login in a CRM."""

    account = models.ForeignKey(Account, models.DO_NOTHING)
    email = models.CharField(max_length=254)
    first_name = models.CharField(max_length=120)
    last_name = models.CharField(max_length=120)
    sort_name = models.CharField(max_length=254)
    seats = models.TextField()
    permission_set_id = models.CharField(max_length=60, null=True)
    primary_team_id = models.CharField(max_length=60, null=True)
    super_admin = models.BooleanField()
    active = models.BooleanField()
    last_sign_in_at = models.DateTimeField(null=True)

    class Meta(Table.Meta):
        """Where it is."""

        db_table = "users"


class ModelAdmin(admin.ModelAdmin):
    """Fifty rows a page, as the portal has them."""

    list_per_page = 50


@admin.register(Account)
class AccountAdmin(ModelAdmin):
    """The account list."""

    list_display = (
        "name", "tag_names", "crm", "health", "users_count", "seats_used", "seats_free", "waiting_for_us",
        "waiting_for_client", "consultant", "last_read_at",
    )  # fmt: skip
    list_select_related = ("consultant",)
    list_filter = ("crm", "health")
    search_fields = ("sort_name",)
    ordering = ("sort_name", "id")

    def get_queryset(self, request: object) -> object:
        """Read the tags with the accounts."""
        return super().get_queryset(request).prefetch_related("tags")

    def tag_names(self, account: Account) -> str:
        """The account's tags."""
        return " ".join(tag.name for tag in account.tags.all())


@admin.register(CrmUser)
class CrmUserAdmin(ModelAdmin):
    """The users, of one account or of all."""

    list_display = (
        "first_name", "last_name", "email", "account", "seats", "permission_set_id", "primary_team_id",
        "last_sign_in_at", "active", "super_admin",
    )  # fmt: skip
    list_select_related = ("account",)
    list_filter = ("active",)
    search_fields = ("sort_name", "email")
    ordering = ("sort_name", "id")

    def lookup_allowed(self, lookup: str, value: str, request: object = None) -> bool:  # noqa: ARG002
        """Let an address name the account."""
        return True


@admin.register(Contact)
class ContactAdmin(ModelAdmin):
    """The form that changes one row."""

    fields = ("name", "email", "language", "may_approve")


urlpatterns = [path("admin/", admin.site.urls)]
app = get_wsgi_application()

if __name__ == "__main__":
    from django.contrib.auth.models import User
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    if not User.objects.filter(username="bench").exists():
        User.objects.create_superuser("bench", "bench@agency.example", "bench-password")
