"""The portal's web process by the quick time, with one more address: a click that causes a mail.

``granian --interface asginl bench.quick_web:asgi``. ``POST /bench/post/<number>`` stands for whatever page
causes a mail; the transaction, the commit and the nudge are the portal's own.
"""

from bench.quick_time import QuickTime
from portal.agencies import scope
from portal.app import create_app
from portal.inbox import signatures
from portal.mail import outbox
from portal.mail.kinds import MailKind, sample_values
from portal.policy.guards import open_to_anyone
from portal.web.buffering import BufferedApp

quick = QuickTime.from_environment()
quick.live_by_it()
signatures.FRESH *= quick.speed  # a handover takes as long as it takes; see bench/quick_time.py
app = create_app()


@app.post("/bench/post/<int:number>")
@open_to_anyone("the bench clicks here, and nobody else can")
def post(number: int) -> str:
    """Cause one mail, however often it is clicked."""
    scope.enter(1)
    outbox.post(
        MailKind.ACCESS_REQUEST,
        key=f"bench:{number}",
        recipient_name="Claire Dubois",
        recipient=f"claire{number}@maple.example",
        language="en",
        values=sample_values(MailKind.ACCESS_REQUEST),
        automatic=False,
    )
    return "posted"


app.extensions["csrf"].exempt(post)
asgi = BufferedApp(app)
