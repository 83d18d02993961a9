"""The demo: sample agency, emulated CRMs and mailbox, from which nothing can leave."""

from flask import Flask


def register(app: Flask) -> None:
    """Open the room; called in demo mode only.

    What it needs is imported here, so that the emulator and the mailbox start without the portal.
    """
    from portal.demo import visitors
    from portal.demo.mailbox import views as mailbox
    from portal.demo.prepare import prepare_demo
    from portal.policy.rights import POSITIONS

    app.register_blueprint(mailbox.blueprint)
    app.register_blueprint(visitors.blueprint)
    app.cli.add_command(prepare_demo)
    app.jinja_env.globals.update(
        demo_members=visitors.demo_members,
        demo_filling=visitors.demo_filling,
        demo_crm_address=visitors.demo_crm_address,
        positions=POSITIONS,
    )
