"""What keeps strangers out, piece by piece: where it stands, what is left without it, which tests notice."""

from dataclasses import dataclass

READING = ("tests/agencies/test_scope_reading.py",)
WRITING = ("tests/agencies/test_scope_writing.py",)
ANSWER_PAGE = ("tests/access_requests/test_answer_page.py",)
SESSIONS = ("tests/sign_in/test_sessions.py",)
MEMBER_LINKS = ("tests/sign_in/test_reset.py", "tests/team/test_invitations.py")
THROTTLE = ("tests/sign_in/test_throttle.py",)
TRAIL = ("tests/audit/test_trail.py",)
ORIGINS = ("tests/web/test_origins.py",)
OLD_LINKS = ("tests/mail/test_old_links.py",)
CONFIRMING = ("tests/sign_in/test_confirming.py",)
BODIES = ("tests/web/test_bodies.py",)
LIMITS = "portal/agencies/limits.py"
ANSWER_SESSION = "portal/access_requests/answer_session.py"


def strangers(*names: str) -> tuple[str, ...]:
    """Return the tests that try some addresses as everybody whom they do not belong to."""
    test = "tests/strangers/test_strangers.py::test_nobody_gets_at_what_is_not_theirs"
    return tuple(f"{test}[page-{name}]" for name in names)


class Stale(Exception):
    """The code is not what the list of guards says."""


@dataclass(frozen=True)
class Guard:
    """A guard: in ``file``, ``old`` becomes ``new``, and one of ``tests`` must fail."""

    what: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]

    def without(self, text: str) -> str:
        """Return the text of its file without the guard, or raise ``Stale`` if it stands there not once."""
        if text.count(self.old) != 1:
            raise Stale(
                f"bench/guards.py: {self.file} has not this any more, or more than once: {self.old!r}"
            )
        return text.replace(self.old, self.new)


GUARDS = (
    # The scope
    Guard(
        "reads reach only rows of the agency",
        LIMITS,
        'where = f"{quote(owner)} = {self.process(_agency)}"',
        'where = "1 = 1"',
        READING,
    ),
    Guard(
        "reads of limited members reach only their accounts",
        LIMITS,
        'if scope.current().kind == "limited" and account and table.name != ACCOUNT_ACCESS:',
        "if account == 0:",
        READING,
    ),
    Guard(
        "updates reach only rows in scope",
        LIMITS,
        "super().visit_update(_limit_write(update_stmt)",
        "super().visit_update(update_stmt",
        WRITING,
    ),
    Guard(
        "deletes reach only rows in scope",
        LIMITS,
        "limited = _limit_write(delete_stmt)",
        "limited = delete_stmt",
        WRITING,
    ),
    Guard(
        "writes of limited members reach only their accounts",
        LIMITS,
        "    if account and table.name != ACCOUNT_ACCESS:\n        given = select",
        "    if account == 0:\n        given = select",
        WRITING,
    ),
    Guard(
        "inserts are of the agency",
        LIMITS,
        "        if owner != allowed:",
        "        if owner == 0:",
        WRITING,
    ),
    Guard(
        "an owner that the database works out is refused",
        LIMITS,
        "        if not isinstance(owner, int):",
        "        if owner == 0:",
        WRITING,
    ),
    Guard(
        "inserts from a select are refused",
        LIMITS,
        "    if statement.select is not None:",
        "    if statement.select == 0:",
        WRITING,
    ),
    Guard(
        "inserts may not become updates of any row",
        LIMITS,
        "    if _may_update_other_rows(statement):",
        "    if statement is None:",
        WRITING,
    ),
    Guard(
        "rows never move to another agency",
        LIMITS,
        '    if any("agency_id" in row for row in [*rows, *_values(statement)] if row):',
        "    if statement is None:",
        WRITING,
    ),
    Guard(
        "raw SQL is refused by the compiler",
        LIMITS,
        'nobody can see what it reads."""\n        if scope.current().kind != "every":',
        'nobody can see what it reads."""\n        if textclause is None:',
        READING,
    ),
    Guard(
        "raw SQL that poses as a column is refused",
        LIMITS,
        '        if column.is_literal and "(" in column.name and scope.current().kind != "every":',
        "        if column is None:",
        READING,
    ),
    Guard(
        "raw SQL for the driver is refused",
        LIMITS,
        '    if not is_limited and scope.current().kind != "every":',
        "    if is_limited is None:",
        READING,
    ),
    Guard(
        "compiled statements are kept apart by kind of scope",
        LIMITS,
        "        self._compiled[scope.current().kind, key] = value",
        '        for kind in ("every", "agency", "limited"):\n            self._compiled[kind, key] = value',
        READING,
    ),
    Guard(
        "what another scope loaded is forgotten",
        "portal/agencies/scope.py",
        "        _forget_foreign_objects(scope)\n",
        "        pass\n",
        READING,
    ),
    Guard(
        "what a limited member does not see is not handed out either",
        "portal/agencies/scope.py",
        "elif scope.member_id is not None and",
        "elif scope.member_id == 0 and",
        READING,
    ),
    Guard(
        "without a scope there is no statement",
        "portal/agencies/scope.py",
        "    if scope is None:\n        raise NoAgency(",
        '    if scope is None:\n        return Scope(None, reason="")\n        raise NoAgency(',
        READING,
    ),
    Guard(
        "links between owned tables carry the agency",
        "portal/agencies/ownership.py",
        '["agency_id", column],\n                    [f"{table}.agency_id", f"{table}.id"],',
        '[column],\n                    [f"{table}.id"],',
        (
            "tests/agencies/test_scope_writing.py::test_the_database_itself_refuses_a_link_to_another_agencys_row",
        ),
    ),
    # The guard in front of views
    Guard(
        "views are guarded at all",
        "portal/app.py",
        "    app.before_request(check_right)\n",
        "",
        strangers("contacts.edit"),
    ),
    Guard(
        "a view's right is asked for",
        "portal/policy/guards.py",
        "    if guard != MEMBERS and not may(current_user, Right(str(guard))):",
        "    if guard is None:",
        strangers("contacts.add"),
    ),
    Guard(
        "a view without a right stops the start",
        "portal/app.py",
        "    refuse_unguarded_views(app)\n",
        "",
        ("tests/architecture/test_views.py",),
    ),
    Guard(
        "ending a member takes the right for it",
        "portal/team/views.py",
        '@blueprint.post("/<int:member_id>/end")\n@requires(Right.MANAGE_MEMBERS)',
        '@blueprint.post("/<int:member_id>/end")\n@requires(Right.VIEW)',
        ("tests/team/test_views.py::test_only_owners_manage_members",),
    ),
    Guard(
        "reading the trail takes the right for it",
        "portal/audit/views.py",
        '@blueprint.get("/entries.csv")\n@requires(Right.VIEW_AUDIT)',
        '@blueprint.get("/entries.csv")\n@requires(Right.VIEW)',
        ("tests/audit/test_views.py::test_only_owners_and_partner_admins_read_the_trail",),
    ),
    Guard(
        "connecting a CRM takes the right for it",
        "portal/crm/views.py",
        '@blueprint.post("/save")\n@requires(Right.CONNECT_CRM)',
        '@blueprint.post("/save")\n@requires(Right.VIEW)',
        ("tests/crm/test_views.py::test_a_consultant_sees_the_connection_and_cannot_change_it",),
    ),
    Guard(
        "every form carries a token",
        "portal/app.py",
        "    CSRFProtect(app)\n",
        '    app.config["WTF_CSRF_CHECK_DEFAULT"] = False\n    CSRFProtect(app)\n',
        strangers("contacts.end"),
    ),
    # What belongs to one account, one request, one member
    Guard(
        "a contact is one of the account in the address",
        "portal/accounts/queries.py",
        'Contact.account_id == bindparam("account"), Contact.id == bindparam("contact")',
        'Contact.id == bindparam("contact")',
        strangers("contacts.edit"),
    ),
    Guard(
        "a user is one of the account in the address",
        "portal/users/queries.py",
        "select(User).where(User.account_id == account.id, User.id == user_id)",
        "select(User).where(User.id == user_id)",
        strangers("users.show"),
    ),
    Guard(
        "a request is one of the account in the address",
        "portal/access_requests/queries.py",
        "        AccessRequest.account_id == account.id, AccessRequest.number == number\n",
        "        AccessRequest.number == number\n",
        strangers("access_requests.show"),
    ),
    Guard(
        "a person is one of the request in the address",
        "portal/access_requests/proposal_views.py",
        "    person = next((each for each in access_request.people if each.id == person_id), None)",
        "    from portal.core.db import db\n    person = db.session.get(RequestPerson, person_id)",
        strangers("proposals.signed_in"),
    ),
    Guard(
        "a step is one of the request in the address",
        "portal/access_requests/proposal_views.py",
        "if step.run_id not in {person.run_id for person in queries.get_request(account, number).people}:",
        "if step is None:",
        strangers("proposals.done"),
    ),
    Guard(
        "a test of a token is one of the account in the address",
        "portal/crm/queries.py",
        "        ConnectionTest.account_id == account_id,\n        ConnectionTest.key == key,",
        "        ConnectionTest.key == key,",
        strangers("crm.save"),
    ),
    Guard(
        "an import belongs to the member who uploaded it",
        "portal/accounts/queries.py",
        "        AccountImport.id == import_id, AccountImport.member_id == member.id\n",
        "        AccountImport.id == import_id\n",
        strangers("account_imports.preview"),
    ),
    Guard(
        "a session is ended by the member whose it is",
        "portal/sign_in/queries.py",
        "        MemberSession.id == session_id, MemberSession.member_id == member.id\n",
        "        MemberSession.id == session_id\n",
        strangers("profile.end_session"),
    ),
    Guard(
        "what was typed is kept for the member of that session",
        "portal/sign_in/keeping.py",
        "    if earlier.member_id == member.id:\n",
        "    if earlier.member_id:\n",
        ("tests/sign_in/test_keeping.py::test_somebody_else_who_signs_in_there_leaves_none_of_it",),
    ),
    Guard(
        "what was typed is shown in the browser it was typed in",
        "portal/sign_in/keeping.py",
        "            KeptForm.session_id == (session.id if session else 0),\n",
        "",
        ("tests/sign_in/test_keeping.py::test_another_browser_of_the_same_member_sees_none_of_it",),
    ),
    Guard(
        "passwords are not kept with what was typed",
        "portal/sign_in/keeping.py",
        "        if name not in _NOT_TYPED and not is_secret(name):\n",
        "        if name not in _NOT_TYPED:\n",
        ("tests/sign_in/test_keeping.py::test_passwords_are_not_kept_and_words_are_sealed",),
    ),
    Guard(
        "what was typed is shown for an hour",
        "portal/sign_in/keeping.py",
        "            KeptForm.kept_at > clock.now() - KEPT_FOR,\n",
        "",
        ("tests/sign_in/test_keeping.py::test_after_an_hour_it_is_neither_shown_nor_there",),
    ),
    Guard(
        "limited members do not see mails that stand at no account",
        "portal/inbox/queries.py",
        "    return InboundMail.account_id.is_not(None) if is_limited else true()",
        "    return true()",
        ("tests/inbox/test_views.py::test_a_member_of_some_accounts_sees_only_what_stands_at_them",),
    ),
    # Links without a login
    Guard(
        "an answer link needs its secret",
        "portal/access_requests/links.py",
        "    return link if hmac.compare_digest(link.secret_hash, fingerprint(secret)) else None",
        "    return link",
        strangers("answers.open_link"),
    ),
    Guard(
        "an answer link expires",
        "portal/access_requests/links.py",
        "link.revoked_at is None and clock.now() < link.expires_at",
        "link.revoked_at is None",
        ANSWER_PAGE,
    ),
    Guard(
        "an answer link is revoked",
        "portal/access_requests/links.py",
        "link.revoked_at is None and clock.now() < link.expires_at",
        "clock.now() < link.expires_at",
        ANSWER_PAGE,
    ),
    Guard(
        "a pass is good for its own link",
        ANSWER_SESSION,
        "return Pass(for_selector, language) if for_selector == selector else None",
        "return Pass(for_selector, language)",
        strangers("answers.confirm"),
    ),
    Guard(
        "a pass ends after half an hour",
        ANSWER_SESSION,
        "loads(text, max_age=MINUTES * 60)\n    except (BadData, ValueError):",
        "loads(text)\n    except (BadData, ValueError):",
        ANSWER_PAGE,
    ),
    Guard(
        "an answer is posted with a pass",
        ANSWER_SESSION,
        "    except (BadData, ValueError):\n        raise StaleForm from None\n",
        '    except (BadData, ValueError):\n        return Pass(selector, "en")\n',
        ANSWER_PAGE,
    ),
    Guard(
        "a late form is good for its own link",
        ANSWER_SESSION,
        "return Pass(for_selector, language, is_late=True) if for_selector == selector else None",
        "return Pass(for_selector, language, is_late=True)",
        ANSWER_PAGE,
    ),
    Guard(
        "the pass of an address is good for no form",
        ANSWER_SESSION,
        'IN_ADDRESSES = "address"',
        'IN_ADDRESSES = "answer"',
        ANSWER_PAGE,
    ),
    Guard(
        "a member's own session has no part in an answer page",
        ANSWER_SESSION,
        "    forget_member()\n    with scope",
        "    with scope",
        ANSWER_PAGE,
    ),
    Guard(
        "tries at a link are limited",
        "portal/access_requests/answer_views.py",
        "limiter.limit(LINK_LIMIT, key_func=_selector)(blueprint)\n",
        "",
        ANSWER_PAGE,
    ),
    Guard(
        "of several answers at once, one counts",
        "portal/access_requests/answers.py",
        " or turn != queries.count_answers(access_request):\n"
        "        return _stands(link, people, visitor, remark)\n",
        ":\n        return _stands(link, people, visitor, remark)\n",
        ("tests/access_requests/test_answer_races.py",),
    ),
    Guard(
        "a link for members is good for one purpose",
        "portal/sign_in/links.py",
        "        MemberLink.purpose == purpose,\n        MemberLink.ended_at.is_(None),\n        Mem",
        "        MemberLink.ended_at.is_(None),\n        Mem",
        strangers("sign_in.reset"),
    ),
    Guard(
        "a link for members ends",
        "portal/sign_in/links.py",
        "        MemberLink.ended_at.is_(None),\n        MemberLink.expires_at > clock.now(),",
        "        MemberLink.expires_at > clock.now(),",
        MEMBER_LINKS,
    ),
    Guard(
        "a link for members expires",
        "portal/sign_in/links.py",
        "        MemberLink.expires_at > clock.now(),\n",
        "",
        MEMBER_LINKS,
    ),
    Guard(
        "a link for members is spent once",
        "portal/sign_in/links.py",
        "    if not spent:\n        raise LinkIsOver\n",
        "",
        MEMBER_LINKS,
    ),
    # Signing in
    Guard(
        "an ended session is out",
        "portal/sign_in/sessions.py",
        "row.ended_at is not None or row.seen_at",
        "row.seen_at",
        SESSIONS,
    ),
    Guard(
        "a session nobody uses ends",
        "portal/sign_in/sessions.py",
        " or row.seen_at <= seen_since",
        "",
        SESSIONS,
    ),
    Guard(
        "a session ends after a week",
        "portal/sign_in/sessions.py",
        " or row.started_at <= started_since",
        "",
        SESSIONS,
    ),
    Guard(
        "a member who ended is out",
        "portal/agencies/models.py",
        "return self.ended_at is None and self.password_hash is not None",
        "return self.password_hash is not None",
        SESSIONS,
    ),
    Guard(
        "the cookie from before signing in is worthless after it",
        "portal/sign_in/sessions.py",
        "    _end_the_one_before()\n    token",
        "    token",
        SESSIONS,
    ),
    Guard(
        "signing in empties the cookie",
        "portal/sign_in/sessions.py",
        "    session.clear()\n    login_user",
        "    login_user",
        SESSIONS,
    ),
    Guard(
        "tries at passwords are counted",
        "portal/sign_in/actions.py",
        "    is_last = throttle.count_try(tried)\n",
        "    is_last = False\n",
        THROTTLE,
    ),
    Guard(
        "strangers' wrong passwords do not stop a member elsewhere",
        "portal/sign_in/throttle.py",
        'Subject("address-and-network", f"{email} {network}")',
        'Subject("address-and-network", email)',
        THROTTLE,
    ),
    Guard(
        "many networks together do not guess for ever",
        "portal/sign_in/throttle.py",
        'return pair, Subject("network", network), Subject("address", email)',
        'return pair, Subject("network", network)',
        THROTTLE,
    ),
    Guard(
        "a browser that signed in before gets in",
        "portal/sign_in/throttle.py",
        "    if known_browser is not None:\n",
        "    if known_browser == 0:\n",
        THROTTLE,
    ),
    Guard(
        "a browser is known for one member and one password",
        "portal/sign_in/known_browsers.py",
        "if (known_id, mark) == (member_id, _mark(password_hash)) else None",
        "if known_id and mark else None",
        THROTTLE,
    ),
    Guard(
        "asking often for one address sends few emails",
        "portal/sign_in/actions.py",
        "    except throttle.TooManyTries:\n        return\n",
        "    except throttle.TooManyTries:\n        pass\n",
        MEMBER_LINKS,
    ),
    Guard(
        "known and unknown addresses are the same work",
        "portal/sign_in/actions.py",
        "    enqueue_for_nobody(SEND_RESET, *whose, network)",
        "    if knows:\n        enqueue_for_nobody(SEND_RESET, *whose, network)",
        MEMBER_LINKS,
    ),
    Guard(
        "no limit of automatic emails shuts the way back in",
        "portal/sign_in/mails.py",
        "        automatic=False,  # the throttle",
        "        automatic=True,  # the throttle",
        MEMBER_LINKS,
    ),
    Guard(
        "a member is told when the password changed by link",
        "portal/sign_in/actions.py",
        '"member.password_reset", member)\n    mails.tell_password_changed(member)\n',
        '"member.password_reset", member)\n',
        MEMBER_LINKS,
    ),
    Guard(
        "a member is told when the password changed in the profile",
        "portal/sign_in/actions.py",
        '"member.password_changed", member)\n    mails.tell_password_changed(member)\n',
        '"member.password_changed", member)\n',
        ("tests/sign_in/test_profile.py",),
    ),
    Guard(
        "what does lasting harm asks for the password again",
        "portal/sign_in/sessions.py",
        "    return clock.now() - at < CONFIRMED_FOR",
        "    return clock.now() >= at",
        CONFIRMING,
    ),
    Guard(
        "connecting a CRM asks for the password again",
        "portal/crm/views.py",
        "@requires(Right.CONNECT_CRM)\n@asks_password()\n",
        "@requires(Right.CONNECT_CRM)\n",
        CONFIRMING,
    ),
    Guard(
        "changing the sender asks for the password again",
        "portal/mail/sending_views.py",
        "@requires(Right.MANAGE_AGENCY)\n@asks_password()\n",
        "@requires(Right.MANAGE_AGENCY)\n",
        CONFIRMING,
    ),
    Guard(
        "making an owner asks for the password again",
        "portal/team/views.py",
        'return request.form.get("position") == Position.OWNER',
        "return False",
        CONFIRMING,
    ),
    Guard(
        "the password asked for again is looked at",
        "portal/sign_in/confirm_views.py",
        "        if actions.is_own_password(current_member(), form.current_password.data):",
        "        if form.current_password.data:",
        CONFIRMING,
    ),
    Guard(
        "signing in leads nowhere else",
        "portal/sign_in/forms.py",
        "if self.next.data and is_local(self.next.data) else otherwise",
        "or otherwise",
        ("tests/sign_in/test_views.py::test_nobody_is_sent_out_of_the_portal",),
    ),
    # Secrets and words of clients
    Guard(
        "secrets of links stand in no server's log",
        "portal/web/logs.py",
        "            logger.addFilter(WithoutSecrets())\n",
        "            pass\n",
        ("tests/web/test_logs.py",),
    ),
    Guard(
        "what is stored stands in no log",
        "portal/app.py",
        '{"hide_parameters": True}',
        "{}",
        ("tests/web/test_logs.py",),
    ),
    Guard(
        "seeing a mail gives nobody its link",
        "portal/mail/views.py",
        "text = without_secrets(read.text)",
        "text = read.text",
        ("tests/mail/test_views.py::test_no_page_shows_the_secret_of_a_link",),
    ),
    Guard(
        "the frame of a mail hides its link, too",
        "portal/mail/views.py",
        "for_a_frame(without_secrets(read.html))",
        "for_a_frame(read.html)",
        ("tests/mail/test_views.py::test_no_page_shows_the_secret_of_a_link",),
    ),
    Guard(
        "dead links are cut from stored emails",
        "portal/mail/jobs.py",
        "    old_links.cut_dead_links()\n",
        "",
        OLD_LINKS,
    ),
    Guard(
        "an email without its links is not sent again",
        "portal/mail/actions.py",
        "    old_links.refuse_without_links(mail)\n",
        "",
        OLD_LINKS,
    ),
    Guard(
        "an email without its links goes to no other address",
        "portal/mail/readdressing.py",
        "    old_links.refuse_without_links(mail)\n",
        "",
        OLD_LINKS,
    ),
    Guard(
        "a sealed token opens for its own row only",
        "portal/crm/connections.py",
        'return f"agency:{holder.agency_id}:{kind}:{holder.id}"',
        'return f"{kind[:10]}"',
        ("tests/crm/test_connections.py",),
    ),
    Guard(
        "errors of a CRM hold no token",
        "portal/crm/redaction.py",
        "    known = text.replace(secret, CUT) if secret else text",
        "    known = text",
        ("tests/crm/test_redaction.py",),
    ),
    Guard(
        "cells of an export are no formulas",
        "portal/audit/views.py",
        """    return f"'{cell}" if cell.startswith(_FORMULAS) else cell""",
        "    return cell",
        ("tests/audit/test_views.py::test_no_cell_is_a_formula",),
    ),
    # Answers to browsers
    Guard(
        "nothing inline runs",
        "portal/web/headers.py",
        """"script-src": "'self'",""",
        """"script-src": "'self' 'unsafe-inline'",""",
        ("tests/web/test_headers.py",),
    ),
    Guard(
        "a mail is shown in a sandbox",
        "portal/web/headers.py",
        "    g.policy = MAIL_POLICY\n",
        "",
        ("tests/mail/test_views.py::test_no_page_shows_the_secret_of_a_link",),
    ),
    Guard(
        "TLS of subdomains is left alone",
        "portal/web/headers.py",
        'if with_subdomains else ""',
        'if with_subdomains is not None else ""',
        ORIGINS,
    ),
    Guard(
        "a member's pages are kept by no browser",
        "portal/web/headers.py",
        "or (reader is not None and reader.is_authenticated)",
        "",
        ("tests/sign_in/test_views.py::test_back_shows_nothing_after_signing_out",),
    ),
    Guard(
        "signing out clears what the browser kept",
        "portal/sign_in/views.py",
        "    forget_pages()\n",
        "",
        ("tests/sign_in/test_views.py::test_back_shows_nothing_after_signing_out",),
    ),
    # What strangers send
    Guard(
        "names given without a login hold no link",
        "portal/web/forms.py",
        "    if _LINK_OR_LINE_END.search(given):",
        "    if given is None:",
        ANSWER_PAGE,
    ),
    Guard(
        "the name of somebody who joins holds no link",
        "portal/team/forms.py",
        '_l("Your name"), validators=[DataRequired(), Length(max=120), only_a_name]',
        '_l("Your name"), validators=[DataRequired(), Length(max=120)]',
        ("tests/team/test_invitations.py",),
    ),
    Guard(
        "other hosts are refused",
        "portal/web/origins.py",
        "        raise OtherHost\n",
        "        pass\n",
        ORIGINS,
    ),
    Guard(
        "forms of other websites are refused",
        "portal/web/origins.py",
        "        return site in _FROM_OUR_PAGES\n",
        "        return True\n",
        ORIGINS,
    ),
    Guard(
        "forms of other websites are refused in older browsers",
        "portal/web/origins.py",
        "    return urlsplit(origin).netloc in own",
        "    return bool(own)",
        ORIGINS,
    ),
    Guard(
        "refusals are logged",
        "portal/web/__init__.py",
        "    refusals.register(app)\n",
        "",
        ORIGINS,
    ),
    Guard(
        "failed sign-ins are logged",
        "portal/sign_in/views.py",
        '    refusals.note("sign-in")\n',
        "",
        ("tests/sign_in/test_views.py",),
    ),
    Guard(
        "a form is small",
        "portal/web/bodies.py",
        "getattr(view, _MARK, SMALL)",
        "getattr(view, _MARK, A_FILE)",
        BODIES,
    ),
    Guard(
        "a form has a limited number of fields",
        "portal/web/bodies.py",
        "_fields() > MOST_FIELDS",
        "_fields() < 0",
        BODIES,
    ),
    Guard(
        "the queue runs nothing that lies in it",
        "portal/jobs/queue.py",
        '"serializer": JsonSerializer()',
        '"serializer": None',
        ("tests/jobs/test_queue.py::test_what_lies_in_the_queue_and_is_no_json_is_never_run",),
    ),
    Guard(
        "data files are closed to other users",
        "portal/core/private_files.py",
        "        path.chmod(mode)",
        "        path.stat()",
        ("tests/core/test_private_files.py",),
    ),
    Guard(
        "a mailbox is opened only behind a certificate that counts",
        "portal/inbox/imap.py",
        ", ssl_context=certificates.checking(settings.mail_ca_file)",
        "",
        ("tests/mail/test_certificates.py",),
    ),
    Guard(
        "an answer page passes its address on to nobody",
        "portal/access_requests/answer_session.py",
        "        def with_link(selector: str) -> ResponseReturnValue:\n            keep_private()\n",
        "        def with_link(selector: str) -> ResponseReturnValue:\n",
        ANSWER_PAGE,
    ),
    # The trail
    Guard(
        "a wiped trail is not called intact",
        "portal/audit/proof.py",
        "if (checked, previous) != (head.sequence, head.hash) or not _is_sealed(head, keys):",
        "if head != _Head() and not _is_sealed(head, keys):",
        TRAIL,
    ),
    Guard(
        "a trail begins when its agency is founded",
        "portal/audit/proof.py",
        'checked > 0 or entry["action"] == FOUNDING',
        "checked >= 0",
        TRAIL,
    ),
    Guard(
        "a trail that is gone is looked for",
        "portal/audit/jobs.py",
        "select(Agency.id).outerjoin(",
        "select(Agency.id).join(",
        TRAIL,
    ),
    Guard(
        "an audit key that was replaced signs nothing new",
        "portal/audit/proof.py",
        "            return keys[at:]\n",
        "            return keys\n",
        TRAIL,
    ),
    # Programs
    Guard(
        "a signature fits one reading only",
        "portal/inbox/signatures.py",
        "    if not all(_RECIPIENT.fullmatch(recipient) for recipient in handover.recipients):",
        "    if handover.recipients is None:",
        ("tests/inbox/test_webhook.py::test_a_signature_cannot_be_shifted",),
    ),
    Guard(
        "a mail that is handed over is signed",
        "portal/inbox/webhook_views.py",
        'if not signatures.is_genuine(handover, raw, request.headers.get("X-Portal-Signature", ""), key):',
        "if handover is None:",
        strangers("inbound.take"),
    ),
    Guard(
        "what a provider tells is signed",
        "portal/mail/event_views.py",
        "    if not events.is_genuine(timestamp, signature, body, key):",
        "    if key is None:",
        strangers("mail_events.take"),
    ),
)
