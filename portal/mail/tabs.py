"""The ways between the pages about mails; a page of another room gets its tab by a line here too."""

from typing import Final

from portal.core.texts import Text, _l
from portal.policy.rights import Right

# By endpoint: what the tab says, and the right it takes to go there.
TABS: Final[dict[str, tuple[Text, Right]]] = {
    "mail.log": (_l("Mail log"), Right.VIEW),
    "inbox.trays": (_l("Inbox"), Right.READ_INBOX),
    "mail_templates.overview": (_l("Templates"), Right.VIEW),
    "agency_look.edit": (_l("Look"), Right.VIEW),
    "mail_addresses.stopped": (_l("Stopped addresses"), Right.VIEW),
    "mail_sending.show": (_l("Sending"), Right.VIEW),
    "reminders.schedule": (_l("Reminders"), Right.VIEW),
}
