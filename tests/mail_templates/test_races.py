"""Two who save at the same moment, through real transactions."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from flask import Flask
from sqlalchemy import select

from portal.agencies import scope
from portal.agencies.models import Agency, Member
from portal.agencies.queries import get_member
from portal.core.db import db, may_write
from portal.mail.kinds import MailKind
from portal.mail.template_models import TemplateVersion
from portal.mail_templates import actions
from portal.mail_templates.places import Place

AT_ONCE = 8


def test_of_texts_saved_at_the_same_moment_each_gets_a_number_and_one_is_in_force(
    app: Flask, agency: Agency, owner: Member
) -> None:
    agency_id, owner_id, start = agency.id, owner.id, Barrier(AT_ONCE)
    db.session.commit()
    db.session.remove()

    def save(number: int) -> None:
        with app.app_context(), scope.agency(agency_id):
            may_write()
            start.wait(timeout=60)
            place = Place(MailKind.REVIEW, "en")
            actions.save_text(place, f"Subject {number}", "((review_link))", get_member(owner_id))
            db.session.commit()
            db.session.remove()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(save, range(AT_ONCE)))

    with scope.agency(agency_id):
        found = db.session.scalars(select(TemplateVersion).order_by(TemplateVersion.number)).all()
    assert [version.number for version in found] == list(range(1, AT_ONCE + 1))
    assert [version.is_in_force for version in found] == [False] * (AT_ONCE - 1) + [True]
