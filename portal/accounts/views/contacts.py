"""The contacts of an account."""

from flask import Blueprint, url_for
from flask.typing import ResponseReturnValue

from portal.accounts import actions, queries
from portal.accounts.forms import ContactForm
from portal.accounts.models import Account, Contact
from portal.audit.queries import find_author
from portal.core.texts import _
from portal.policy.guards import current_member, requires
from portal.policy.rights import Right
from portal.web.forms import UNPROCESSABLE
from portal.web.fragments import moved, render_page, toast

blueprint = Blueprint("contacts", __name__, url_prefix="/accounts/<slug:account>/contacts")


@blueprint.get("")
@requires(Right.VIEW)
def of_account(account: Account) -> ResponseReturnValue:
    """List who answers for the account."""
    return render_page(
        "accounts/contacts.html",
        account=account,
        contacts=queries.contacts(account),
        ended=queries.ended_contacts(account),
    )


@blueprint.get("/new")
@requires(Right.EDIT_ACCOUNTS)
def new(account: Account) -> ResponseReturnValue:
    """Ask who it is."""
    actions.refuse_if_archived(account)
    return _form(account, ContactForm(account=account, language=account.language))


@blueprint.post("/new")
@requires(Right.EDIT_ACCOUNTS)
def add(account: Account) -> ResponseReturnValue:
    """Add a contact."""
    form = ContactForm(account=account)
    if not form.validate():
        return _form(account, form, status=UNPROCESSABLE)
    contact = actions.add_contact(account, form.facts(), by=current_member())
    toast(_("%(name)s was added.", name=contact.name))
    return moved(url_for(".of_account", account=account))


@blueprint.get("/<int:contact_id>")
@requires(Right.EDIT_ACCOUNTS)
def edit(account: Account, contact_id: int) -> ResponseReturnValue:
    """Show what can be changed about a contact."""
    contact = queries.get_contact(account, contact_id)
    return _form(account, _saved(contact).begin(), contact)


@blueprint.post("/<int:contact_id>")
@requires(Right.EDIT_ACCOUNTS)
def change(account: Account, contact_id: int) -> ResponseReturnValue:
    """Change a contact."""
    contact = queries.get_contact(account, contact_id)
    form = ContactForm(account=account, contact=contact)
    is_latest = form.may_replace(_saved(contact), by=find_author(contact))
    if not form.validate() or not is_latest:
        return _form(account, form, contact, status=form.status)
    actions.change_contact(contact, form.facts(), by=current_member())
    toast(_("%(name)s was saved.", name=contact.name))
    return moved(url_for(".of_account", account=account))


@blueprint.post("/<int:contact_id>/end")
@requires(Right.EDIT_ACCOUNTS)
def end(account: Account, contact_id: int) -> ResponseReturnValue:
    """Ask this contact nothing more."""
    contact = queries.get_contact(account, contact_id)
    actions.end_contact(contact, by=current_member())
    toast(_("%(name)s is no longer a contact. What they answered stays.", name=contact.name))
    return moved(url_for(".of_account", account=account))


def _saved(contact: Contact) -> ContactForm:
    return ContactForm(account=contact.account, contact=contact, formdata=None, obj=contact)


def _form(
    account: Account, form: ContactForm, contact: Contact | None = None, *, status: int = 200
) -> ResponseReturnValue:
    """Show the form: in full, or only itself where it was filled in wrongly."""
    return render_page(
        "accounts/contact.html",
        fragment="form",
        status=status,
        account=account,
        form=form,
        contact=contact,
    )
