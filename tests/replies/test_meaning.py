"""Sentences as clients write them, and what may be filled in: never Administrator or no access by mistake."""

from datetime import date

import pytest

from portal.job_roles.catalogue import ShippedJobRole
from portal.replies.choices import Choice, choice_for, new_people
from portal.replies.facts import AskedPerson, JobRoleWords, Question, Reading, Sent, Verdict
from portal.replies.people import find_people

JOB_ROLES = tuple(JobRoleWords(key, ()) for key in ShippedJobRole)
ANA = AskedPerson("Ana Silva", "ana@maple.example")
BEN = AskedPerson("Benedict Frost", "ben@maple.example")
A_TUESDAY = date(2026, 12, 1)


def read(text: str, *asked: AskedPerson, language: str = "") -> Reading:
    sent = Sent("What should they do?", language=language)
    found = find_people(text, Question(sent, JOB_ROLES, asked or (ANA,)), A_TUESDAY)
    return Reading(
        Verdict.ANSWER,
        people=found.people,
        job_roles=found.job_roles,
        nobody=found.nobody,
        also_remove=found.also_remove,
        first_day=found.first_day,
    )


def value(choice: Choice) -> str | None:
    return "no_access" if choice.is_refused else choice.job_role


@pytest.mark.parametrize(
    ("text", "job_role"),
    [
        # English
        ("She works in administration.", None),
        ("Everything is fine, thanks.", None),
        ("Our admin Peter can tell you.", None),
        ("Not admin please, just viewing.", "reports_only"),
        ("Ana needs admin rights.", "administrator"),
        ("Full rights for Ana please, she will be creating users and changing the set-up.", "administrator"),
        ("Ana is our office administrator.", None),
        ("She should be able to do everything.", None),
        ("Ana does sales. Please remove Tom Wilson, he has left.", "sales_rep"),
        ("Tom has left the company.", None),
        ("Ana does not need access.", "no_access"),
        ("Ana has left her old team and now works in customer service.", "service_agent"),
        ("Nothing else, thank you.", None),
        ("Ana asked for admin rights. What do you think?", None),
        ("Without access she can't work, so please hurry.", None),
        ("She knows nothing about HubSpot yet.", None),
        ("We have nothing against HubSpot access for Ana.", None),
        ("She needs nothing special.", None),
        ("Please remove her from the newsletter.", None),
        ("I said sales but that is wrong: customer service.", "service_agent"),
        ("No problem, she does sales.", "sales_rep"),
        ("Ana takes over from Sue. She has left the company.", None),
        ("I've forwarded this to our marketing manager, she will let you know.", None),
        ("She only looks at the sales figures.", "reports_only"),
        # German
        ("Sie arbeitet in der Verwaltung.", None),
        ("Bitte Administratorrechte für Ana.", "administrator"),
        ("Ana bekommt alle Rechte und verwaltet Benutzer.", "administrator"),
        ("Sie darf alles, was die anderen auch dürfen.", None),
        ("Ana braucht keinen Zugang.", "no_access"),
        ("Ana bitte ohne Zugang.", "no_access"),
        ("Sie braucht nichts.", None),
        ("Sie verkauft nichts mehr.", None),
        ("Adminrechte hat bei uns nur der Chef.", None),
        ("Ana hat noch kein Konto, bitte anlegen.", None),
        ("Ana weiß nichts von HubSpot, bitte anrufen.", None),
        ("Ana hat mit HubSpot nichts zu tun.", "no_access"),
        ("Ana hat ihre alte Firma verlassen.", None),
        ("Ana arbeitet im Vertriebsinnendienst.", "sales_rep"),
        ("Ana ist unsere Marketingassistentin.", "marketer"),
        ("Ana ist Vertriebsleiterin.", "sales_manager"),
        ("Ana hat die Firma nicht verlassen.", None),
        ("Bitte wenden Sie sich an unseren Vertriebsleiter.", None),
        ("Nicht Marketing, sondern Kundenservice.", "service_agent"),
        # French
        ("Elle est dans l'administration.", None),
        ("surtout pas administratrice, juste consulter", "reports_only"),
        ("Droits d'administrateur pour Ana, merci.", "administrator"),
        ("Elle ne vend rien, elle répond aux tickets.", "service_agent"),
        ("Ana n'a pas besoin d'accès.", "no_access"),
        ("Rien à signaler de mon côté.", None),
        ("Les droits d'administrateur restent chez Paul.", None),
        ("Ana est partie en vacances.", None),
        ("Elle ne connaît rien à HubSpot, elle débute.", None),
        ("Elle a quitté la comptabilité.", None),
        ("Ana est commerciale. Merci de supprimer Paul Petit, il est parti.", "sales_rep"),
        ("Lecture seule, elle ne touche à rien.", "reports_only"),
        ("C'est la directrice commerciale qui décidera.", None),
        ("Ana s'occupe des campagnes.", "marketer"),
        # Dutch
        ("Zij werkt op de administratie.", None),
        ("Ana is onze verkoopmedewerker.", "sales_rep"),
        ("Rol: verkoop", "sales_rep"),
        ("Beheerdersrechten graag voor Ana.", "administrator"),
        ("Geen beheerder, alleen lezen.", "reports_only"),
        ("Ana krijgt geen toegang.", "no_access"),
        ("Ze heeft verder niets nodig.", None),
        ("De beheerdersrechten blijven bij Piet.", None),
        ("Ana heeft geen account, graag aanmaken.", None),
        ("Ze weet niets van HubSpot.", None),
        ("Alles prima zo!", None),
        ("Ik ben afwezig, u kan terecht bij onze verkoopafdeling.", None),
        ("Ana zit bij de klantenservice.", "service_agent"),
        # Spanish
        ("Trabaja en administración.", None),
        ("Permisos de administrador para Ana.", "administrator"),
        ("De administradora nada, solo consulta.", "reports_only"),
        ("Que pueda ver los informes de ventas, sin editar.", "reports_only"),
        ("Ana no necesita acceso.", "no_access"),
        ("No vende nada todavía.", None),
        ("Los permisos de administrador los tiene Luis.", None),
        ("Sin acceso no puede trabajar.", None),
        ("Ella no sabe nada de HubSpot.", None),
        ("Esto que lo decida el director comercial.", None),
        ("Ana lleva las campañas.", "marketer"),
        ("Ana es comercial. Luis Vega ya no trabaja aquí, elimínalo.", "sales_rep"),
    ],
)
def test_what_is_filled_in_is_what_was_meant(text: str, job_role: str | None) -> None:
    reading = read(text)
    assert (value(choice_for(reading, 0)), list(new_people(reading))) == (job_role, [])


@pytest.mark.parametrize(
    ("text", "job_roles"),
    [
        ("Ana: sales. Ben: nothing.", ("sales_rep", "no_access")),
        ("Pour Ana, le marketing. Pour Ben, rien du tout.", ("marketer", "no_access")),
        ("Ana: Kundenservice, Ben: keinen Zugang", ("service_agent", "no_access")),
        ("Ana verkoopt, Ben krijgt geen toegang.", ("sales_rep", "no_access")),
        ("Ana comercial, Ben solo lectura", ("sales_rep", "reports_only")),
    ],
)
def test_each_person_gets_what_is_said_of_them(text: str, job_roles: tuple[str, str]) -> None:
    reading = read(text, ANA, BEN)
    assert tuple(value(choice_for(reading, place)) for place in (0, 1)) == job_roles


@pytest.mark.parametrize(
    "text",
    [
        "She has full access to reports.",
        "Ana needs admin rights.",
        "Our sales director approved this, so go ahead.",
        "Viel Erfolg mit der Kampagne! Ana kommt am Montag.",
        "Our customers keep asking for tickets to the show. Ana can wait.",
        "I said sales but that is wrong: customer service.",
        "Ana ist im Vertrieb, ihr Chef ist Herr Becker.",
        "Ana fait du commercial, elle remplace Paul Petit.",
        "Ana doet verkoop, later misschien marketing.",
        "Ana es comercial. Luis Vega ya no trabaja aquí, elimínalo.",
    ],
)
def test_what_is_said_with_a_complication_is_marked(text: str) -> None:
    choice = choice_for(read(text), 0)
    assert not choice.is_clear


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Ana does sales. Please remove Tom Wilson, he has left.", ("Tom Wilson",)),
        ("Ana takes over from Tom Wilson. Can you delete Tom's login?", ("Tom Wilson",)),
        ("Könnten Sie den Zugang von Herrn Jan Becker löschen?", ("Jan Becker",)),
        ("Merci de supprimer Paul Petit, il est parti.", ("Paul Petit",)),
        ("Kunnen jullie Mark van Dam verwijderen?", ("Mark van Dam",)),
        ("Luis Vega ya no trabaja aquí, elimínalo.", ("Luis Vega",)),
        ("Please don't remove Tom Wilson, he stays.", ()),
        ("Since Tom Wilson retired, Ana sells.", ()),
    ],
)
def test_somebody_whom_the_crm_should_lose_is_noted(text: str, names: tuple[str, ...]) -> None:
    reading = read(text)
    assert reading.also_remove == names
    assert not choice_for(reading, 0).is_refused


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Ana: marketing. I forgot to mention Lou Tran, she is in sales.", ["Lou Tran"]),
        ("Ana: Marketing. Ebenfalls neu ist Karl Dreyer, Vertrieb.", ["Karl Dreyer"]),
        ("Ana : marketing. J'ai oublié Eva Picard, commerciale.", ["Eva Picard"]),
        ("Ana: marketing. Ik was Els Goos vergeten, klantenservice.", ["Els Goos"]),
        ("Ana: marketing. Y apuntad a Eva Roca, comercial.", ["Eva Roca"]),
        ("Ana: marketing. Sam Lee sits next to her.", []),
        ("Ana: Marketing. Herr Jan Becker ist ihr Chef.", []),
    ],
)
def test_somebody_left_out_is_found_and_marked(text: str, names: list[str]) -> None:
    reading = read(text)
    assert value(choice_for(reading, 0)) == "marketer"
    assert [person.name for person in new_people(reading)] == names
    assert all(person.needs_a_look for person in new_people(reading))


@pytest.mark.parametrize(
    ("text", "language", "day"),
    [
        ("Ana does sales and starts on Monday.", "en", date(2026, 12, 7)),
        ("Ana does sales, her first day is Monday, the 4th of January.", "en", date(2027, 1, 4)),
        ("Ana can't start on 14 December.", "en", None),
        ("Ana starts on 10/12.", "en", None),
        ("Ana starts on 25/1.", "en", date(2027, 1, 25)),
        ("Ana fängt am 4. Januar an.", "de", date(2027, 1, 4)),
        ("Ana beginnt am 10.12.", "de", date(2026, 12, 10)),
        ("Ana est commerciale, dès lundi.", "fr", date(2026, 12, 7)),
        ("Ana commence le 10/12.", "fr", date(2026, 12, 10)),
        ("Date d'arrivée : 18/01/2027", "fr", date(2027, 1, 18)),
        ("Ana werkt hier vanaf 7 december.", "nl", date(2026, 12, 7)),
        ("Ana begint op 10/12.", "nl", date(2026, 12, 10)),
        ("Ana empieza el 18 de enero.", "es", date(2027, 1, 18)),
        ("Ana no entra el 4 de enero sino el 18 de enero.", "es", date(2027, 1, 18)),
        ("Ana se incorpora el 10/12.", "es", date(2026, 12, 10)),
        ("Ana is away until 14 December.", "en", None),
    ],
)
def test_the_first_day_is_read_as_each_language_writes_it(text: str, language: str, day: date | None) -> None:
    assert choice_for(read(text, language=language), 0).first_day == day


def test_a_first_day_that_reads_two_ways_is_empty_and_marked() -> None:
    choice = choice_for(read("Ana does sales and starts on 10/12.", language="en"), 0)
    assert (choice.job_role, choice.first_day, choice.is_clear) == ("sales_rep", None, False)
