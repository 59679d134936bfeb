"""Places that are drawn without asking: Slack's Home and forms, how a sign-in can end, and the operator's page."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bot.accounts.render import Renderer
from bot.accounts.rows import Link
from bot.channels.slack.views import AMONG_OTHERS, form_button, modal, with_forms
from bot.channels.slack.writer import Notices
from bot.cli import devchat as desk
from bot.config import Settings
from bot.conversation.forms import Known
from bot.delivery.reminders import Reminder
from bot.documents.printer import Printer
from bot.message import Language, Person, Private
from bot.ops.figures import DAYS, GivenSentence, figures_of
from bot.ops.metrics import LEAST, Counted, TallyKind
from bot.pack import find_pack
from bot.replies.buttons import Kit
from tests.picture import OPERATOR
from tests.shipped import shipped_pack

HERE = Path(__file__).parent
_SINCE = datetime(2026, 5, 11, 9, 30, tzinfo=ZoneInfo("America/Chicago"))
_ACTIVE = Link("l", "m", _SINCE, _SINCE.replace(hour=10), "active")
_APPEAL = Reminder(Person("slack", "", "T1", "U1"), "appeal", "c1", date(2026, 7, 9), (7,))
_NONE: Mapping[str, object] = {
    "link": None,
    "now": _SINCE,
    "directory_only": False,
    "deadlines": 0,
    "watches": 0,
    "next": None,
}
HOMES: Mapping[str, Mapping[str, object]] = {
    "unlinked": {},
    "linked": {"link": _ACTIVE},
    "busy": {
        "link": _ACTIVE,
        "deadlines": 1,
        "watches": 1,
        "next": _APPEAL,
    },
    "ended": {"link": Link("l", "m", _SINCE, None, "expired"), "deadlines": 2, "next": _APPEAL},
    "directory": {"directory_only": True},
}
FORMS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "find": ("find", {}),
    "find-wrong": ("find", {"near": "unread:near"}),
    "find-more": ("find", {}),
    "bill": ("bill", {}),
    "bill-wrong": ("bill", {"amount": "missing:amount"}),
    "network": ("network", {}),
    "compare": ("compare", {}),
}
"""Each form with what is told at its fields."""
_TYPED = {"near": "nowhere at all", "amount": "much"}


def stills(language: Language) -> Iterator[tuple[str, str]]:
    """The name and the HTML of each."""
    pack = shipped_pack()
    offers = pack.offers.for_members()
    notices, labels = Notices(pack.words), Notices(pack.words).labels("home_buttons", language)
    for name, values in HOMES.items():
        told = {"payer": _settings().payer_facts, **_NONE, **values}
        page = Private(intent="home", language=language, blocks=pack.render("channels/home", told, language))
        offered = ("find", *(("bill",) if told["link"] == _ACTIVE else ()), *(("unlink",) if told["link"] else ()))
        blocks = with_forms(notices.pages(page)[0].blocks, [form_button(one, labels[one]) for one in offered])
        yield f"home-{name}", _drawn({"type": "home", "blocks": blocks}, language)
    for name, (form, faults) in FORMS.items():
        known = Known(("Blue Network P", "Blue Network S"), ("Blue Network S",), ("37402",))
        more = AMONG_OTHERS if form == "find" and name != "find-more" else None
        view = modal(offers.forms[form].form, notices, language, known, more=more)
        words = notices.labels(f"form_{form}", language)
        yield f"form-{name}", _drawn(view, language, {key: words[fault] for key, fault in faults.items()})
    renderer = Renderer(find_pack(None) / "templates" / "pages", _settings())
    person, back = Person("slack", "", "T1", "U1"), "slack://open?team=T1"
    for problem in ("sign_in_cancelled", "setup_wrong", "link_expired", "no_page"):
        whose, there = (person, back) if problem.startswith("s") else (None, "")  # who signs in is known
        shown = renderer.page("problem", language, problem=problem, reference="7F3K2", person=whose, back=there)
        yield f"page-{problem}", bytes(shown.body).decode()
    popup = renderer.page("problem", language, problem="sign_in_refused", reference="7F3K2", behind=True)
    yield "page-popup", bytes(popup.body).decode()
    for name in ("installed", "not_installed"):
        yield f"page-{name}", bytes(renderer.page(name, language, command="/bcbst").body).decode()
    yield "page-used", bytes(renderer.page("used", language, person=person, back=back).body).decode()
    yield "counts", counts(language)


def counts(language: Language, rows: Iterable[Counted] = ()) -> str:
    """The operator's page of a month, of one that is made up where no rows are given."""
    folder = find_pack(None) / "templates" / "documents"
    given = [GivenSentence("is the parking garage free for [name] on [date]", "en", "2026-05")]
    titles = {name: rules.title for name, rules in shipped_pack().engine.intents.items()}
    printer = Printer(folder, {"payer": _settings().payer_facts, "titles": titles})
    values = {"figures": figures_of(rows or _counted(), "2026-05"), "sentences": given, "least": LEAST, "days": DAYS}
    return "".join(printer.pieces("counts", "html", values, language))


def _counted() -> Iterator[Counted]:
    asked = {
        ("claim.last_visit_cost", "en"): 85,
        ("claim.last_visit_cost", "es"): 20,
        ("provider.find", "en"): 70,
        ("provider.find", "es"): 35,
        ("coverage.cost_share", "en"): 55,
        ("coverage.id_card", "en"): 45,
        ("formulary.drug_coverage", "en"): 30,
        ("claim.denial", "es"): 10,
        ("followup.more", "en"): 10,
    }
    rows: list[tuple[TallyKind, tuple[str, ...], int]] = [("answered", name, times) for name, times in asked.items()]
    rows += [("unread", ("not_understood", "en"), 20), ("unread", ("choices", "en"), 15), ("unread", ("menu", "es"), 5)]
    rows += [("fault", ("PayerSlow",), 10), ("fault", ("SignInExpired",), 25), ("payer", ("2xx",), 900)]
    rows += [("payer", ("5xx",), 10), ("payer", ("PayerSlow",), 5)]
    rows += [
        ("rated", ("claim.last_visit_cost", "right"), 40),
        ("rated", ("claim.last_visit_cost", "wrong"), 10),
        ("rated", ("claim.last_visit_cost", "amount"), 5),
    ]
    rows += [
        ("rated", ("provider.find", "right"), 20),
        ("rated", ("provider.find", "wrong"), 10),
        ("rated", ("provider.find", "words"), 5),
    ]
    rows += [("day", (f"2026-05-{day:02}",), 5 * (1 + day * 5 % 7)) for day in range(1, 20)]
    rows += [(kind, (bound,), times) for kind in ("seconds", "waited") for bound, times in (("0.5", 200), ("1", 90))]
    return (Counted("2026-05", kind, name, times, enough=True) for kind, name, times in rows)


def _drawn(view: Kit, language: Language, errors: Mapping[str, str] | None = None) -> str:
    jinja, told = _jinja(), errors or {}
    empty = {"es": "Elija una opción"}.get(language, "Choose an option")
    day = {"es": "Seleccione una fecha"}.get(language, "Select a date")
    values = {
        "day": day,
        "view": view,
        "language": language,
        "errors": told,
        "typed": {key: _TYPED[key] for key in told},
    }
    return jinja.get_template("view.html").render(values, empty=empty)


@cache
def _jinja() -> Environment:
    pages = Path(desk.__file__).with_name("pages")
    jinja = Environment(
        loader=FileSystemLoader([HERE, pages]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    styles = {"style": pages / "page.css", "more": HERE / "view.css"}
    jinja.globals |= {"mrkdwn": desk.mrkdwn, **{name: path.read_text("utf-8") for name, path in styles.items()}}
    return jinja


@cache
def _settings() -> Settings:
    operator: dict[str, Any] = {name.lower(): value for name, value in OPERATOR.items()}
    chats: dict[str, Any] = {"slack_client_id": "1.2", "teams_app_id": "0" * 8 + "-0000-4000-8000-" + "0" * 12}
    return Settings(_env_file=None, payer_phone="(423) 555-0100", **operator, **chats)  # type: ignore[call-arg] # nobody's .env
