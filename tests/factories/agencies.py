"""Agencies and members."""

import factory

from portal.agencies.models import Agency, Member, Position
from portal.core.db import db

# argon2id of "correct horse battery staple", made once with cheap parameters.
HASH = "$argon2id$v=19$m=8,t=1,p=1$dX9frneUHyyDXG/Sthes8Q$azeBj9tY/n98vtDTHHkYvzvCHnXMqpZzh1wOnFi4grc"


class Stored(factory.alchemy.SQLAlchemyModelFactory):
    """Every factory adds to the session and flushes."""

    class Meta:
        abstract = True
        sqlalchemy_session_factory = lambda: db.session  # noqa: E731 - factory_boy asks for a callable
        sqlalchemy_session_persistence = "flush"


class AgencyFactory(Stored):
    class Meta:
        model = Agency

    name = factory.Sequence(lambda n: f"Agency {n}")


class MemberFactory(Stored):
    class Meta:
        model = Member

    name = factory.Sequence(lambda n: f"Member {n}")
    email = factory.Sequence(lambda n: f"member{n}@agency.example")
    position = Position.CONSULTANT
    password_hash = HASH
