"""What people type about a text."""

from collections.abc import Sequence
from typing import Any, Final

from wtforms import SelectField, StringField, TextAreaField

from portal.access_requests.models import AccessRequest
from portal.core.texts import _, _l
from portal.mail.template_models import TemplateVersion
from portal.mail.templating import Problem
from portal.mail_templates.places import Place
from portal.mail_templates.previews import problems_of
from portal.web.editing import EditForm
from portal.web.forms import BREAKS, without_control_characters

SAMPLE: Final = ""


class TextForm(EditForm):
    """One text; ``base`` is the number of the version it was begun from, 0 where there was none."""

    subject = StringField(_l("Subject"))
    body = TextAreaField(_l("Text"))
    about = SelectField(_l("Show it with the data of"))

    def __init__(self, place: Place, requests: Sequence[AccessRequest], **given: Any) -> None:
        super().__init__(**given)
        self.place = place
        self.subject.flags.required = self.body.flags.required = True  # ``problems`` says so at its place
        self.requests = {str(request.id): request for request in requests}
        self.about.choices = [*map(_request_choice, requests), (SAMPLE, _("Made-up sample data"))]
        if self.about.data not in self.requests and self.about.data != SAMPLE:
            self.about.data = next(iter(self.requests), SAMPLE)
        self.problems: Sequence[Problem] = ()
        self.overtaken_by: TemplateVersion | None = None

    def show(self, subject: str, body: str, base: int) -> None:
        """Fill in a text that was not typed into this form."""
        if self.is_restored:
            return
        self.subject.data, self.body.data = subject, body
        self.begin_from(str(base))

    def chosen_request(self) -> AccessRequest | None:
        """Return the request to show the text with, or None for sample data."""
        return self.requests.get(self.about.data)

    def as_typed(self) -> tuple[str, str]:
        """Return subject and text with every blank, so that lines and columns are those on screen."""
        typed = (field.raw_data[0] if field.raw_data else "" for field in (self.subject, self.body))
        subject, body = (without_control_characters(text, BREAKS) for text in typed)
        self.subject.data, self.body.data = subject.strip(), body
        return subject.strip(), body

    def may_be_saved(self, newest: TemplateVersion | None) -> bool:
        """Tell whether the text is sound and nobody was quicker; else the form says what to do."""
        is_valid = self.validate()
        self.problems = problems_of(self.place, self.subject.data or "", self.body.data or "")
        if not self.check_base(str(newest.number if newest else 0)):
            self.overtaken_by = newest
        return bool(is_valid) and not self.problems and self.overtaken_by is None


def _request_choice(request: AccessRequest) -> tuple[str, str]:
    return str(request.id), f"{request.title} · {request.account.name} #{request.number}"
