"""One template a question, its words in catalogues: what `say` says, and what is wrong with a catalogue."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace

import jinja2
import pytest

from bot.errors import PackError
from bot.message import Line, Span
from bot.pack import load_pack
from bot.replies.catalogues import Catalogue, messages, read_catalogues
from bot.replies.filters import MESSAGES
from bot.replies.lint import lint
from bot.replies.plain import plain
from bot.replies.render import Words
from bot.replies.update import printed, update
from tests.pseudo import stretched
from tests.shipped import shipped_pack, thinned, words_kept


def _words(tmp_path: Path, source: str, *spanish: str) -> Words:
    """A folder with a template, and these entries of a Spanish catalogue that has those of the filters."""
    (tmp_path / "claim").mkdir(exist_ok=True)
    (tmp_path / "claim/a.md.j2").write_text(source, encoding="utf-8")
    if spanish:
        filters = printed("es", MESSAGES, read_catalogues(shipped_pack().templates)["es"])
        (tmp_path / "es.po").write_text("\n".join([filters, *spanish]) + "\n", encoding="utf-8")
    return Words(tmp_path)


def _said(words: Words, language: str = "es", **values: object) -> str:
    return plain(words.render("claim/a", values, language=language))


def _entry(one: str, text: str) -> str:
    return f'msgid "{one}"\nmsgstr "{text}"'


def _own_faults(words: Words) -> list[str]:
    return [fault.removeprefix("es.po: ") for fault in words.faults()]


OWED = '{{ say("**{who}** owes {amount}.", who=who, amount=amount|money) }}'


@pytest.mark.threat("T45", "T46")
def test_a_value_is_escaped_and_the_message_is_not(tmp_path: Path) -> None:
    """Bold of the catalogue is bold; the same signs in a value are shown as they are."""
    words = _words(tmp_path, OWED, _entry("**{who}** owes {amount}.", "**{who}** debe {amount}."))
    blocks = words.render("claim/a", {"who": "**A** & [x](help)", "amount": 5}, language="es")
    assert blocks == (Line((Span("**A** & [x](help)", bold=True), Span(" debe $5.00."))),)
    assert _said(words, "en", who="Ana", amount=1204) == "Ana owes $1,204.00."


def test_texts_one_after_another_are_one_message(tmp_path: Path) -> None:
    """A long message has a line a sentence in its template; the catalogue has it whole."""
    words = _words(
        tmp_path, """{{ say("It's one. "\n  'It is "two".') }}""", _entry(r"It's one. It is \"two\".", "Uno.")
    )
    assert (_said(words), _said(words, "en")) == ("Uno.", 'It\'s one. It is "two".')
    assert words.faults() == []


@pytest.mark.parametrize(
    ("number", "english", "spanish"), [(1, "1 claim", "1 caso"), (1204, "1,204 claims", "1,204 casos")]
)
def test_a_count_takes_the_plural_of_its_language(tmp_path: Path, number: int, english: str, spanish: str) -> None:
    """The catalogue's rule picks the form."""
    entry = _entry("{n} (claim|claims)", "{n} (caso|casos)")
    words = _words(tmp_path, '{{ say("{n} (claim|claims)", n=found) }}', entry)
    assert (_said(words, "en", found=number), _said(words, found=number)) == (english, spanish)


def test_a_context_keeps_two_translations_of_one_text_apart(tmp_path: Path) -> None:
    """English has one word where Spanish has two genders."""
    entries = [f'msgctxt "{gender}"\n{_entry("open", text)}' for gender, text in (("f", "abierta"), ("m", "abierto"))]
    words = _words(tmp_path, '{{ say("open", context="f") }} {{ say("open", context="m") }}', *entries)
    assert (_said(words), _said(words, "en")) == ("abierta abierto", "open open")


def test_a_part_speaks_the_language_of_who_imports_it(tmp_path: Path) -> None:
    """A macro's messages are those of the catalogue, whoever imports it."""
    (tmp_path / "_part.md.j2").write_text('{% macro name() %}{{ say("about {n} (mile|miles)", n=2) }}{% endmacro %}')
    words = _words(tmp_path, '{% from "_part.md.j2" import name %}{{ name() }}', _entry("unused", "x"))
    assert _said(words) == "a 2 millas"


def test_singular_and_plural_stand_in_one_text(tmp_path: Path) -> None:
    """`(a|b)` in a text is its singular and its plural, also in a list of arguments."""
    template = '{{ say("{n} (claim is|claims are) left out, for {who}.", n=found, who=who) }}'
    entry = _entry("{n} (claim is|claims are) left out, for {who}.", "{n} (falta|faltan), para {who}.")
    words = _words(tmp_path, template, entry)
    assert _own_faults(words) == []
    assert [_said(words, "en", found=n, who="Ann") for n in (1, 2)] == [
        "1 claim is left out, for Ann.",
        "2 claims are left out, for Ann.",
    ]
    assert [_said(words, "es", found=n, who="Ann") for n in (1, 2)] == ["1 falta, para Ann.", "2 faltan, para Ann."]


def test_a_table_says_the_text_of_its_key(tmp_path: Path) -> None:
    """Only that text is made, and only its values are needed; a key that is not there says what is said else."""
    source = '{{ {"a": say("one"), "b": say("is {what}", what=what)}.get(kind or "", say("other")) }}'
    words = _words(tmp_path, source, _entry("one", "uno"), _entry("is {what}", "es {what}"), _entry("other", "otro"))
    assert [_said(words, kind=kind, what="**x**") for kind in ("a", "b", "c", None)] == [
        "uno",
        "es **x**",
        "otro",
        "otro",
    ]
    assert _said(words, "en", kind="a") == "one"


def test_a_choice_says_one_text_and_nothing_without_an_else(tmp_path: Path) -> None:
    """Also within a macro, and where a text is handed on."""
    source = (
        '{% macro chosen(which) %}{{ say("one") if which == 1 else say("two") if which == 2 }}{% endmacro %}'
        '{% for n in (1, 2, 3) %}<{{ chosen(n) }}>{{ say("last")|begun if loop.last }}{% endfor %}'
    )
    words = _words(
        tmp_path, source, *(_entry(one, two) for one, two in [("one", "uno"), ("two", "dos"), ("last", "fin")])
    )
    assert [_said(words), _said(words, "en")] == ["<uno><dos><>Fin", "<one><two><>Last"]


def test_a_part_in_brackets_stays_only_with_its_value(tmp_path: Path) -> None:
    """One that names no value, as in a letter to fill in, stays as it is written."""
    template = '{{ say("{n} (day|days) left[, until {end}] [your name]", n=n, end=end if end) }}'
    entry = _entry("{n} (day|days) left[, until {end}] [your name]", "[Hasta {end}, ]{n} (día|días) [su nombre]")
    words = _words(tmp_path, template, entry)
    assert _own_faults(words) == lint(tmp_path) == []
    assert [_said(words, "en", n=2, end=end) for end in ("May", "")] == [
        "2 days left, until May [your name]",
        "2 days left [your name]",
    ]
    assert [_said(words, "es", n=1, end=end) for end in ("mayo", None)] == [
        "Hasta mayo, 1 día [su nombre]",
        "1 día [su nombre]",
    ]


def test_what_everybody_may_be_told_needs_no_value(tmp_path: Path) -> None:
    """The payer's name and its line for members are known to every message, dates and amounts say themselves."""
    template = '{{ say("{payer} paid {amount} on {day}. Call {phone}.", amount=a, day=day) }}'
    words = _words(tmp_path, template)
    payer = {"short_name": "Blue & Co", "number": ""}
    told = _said(words, "en", payer=payer, a=SimpleNamespace(value=Decimal(3), currency="USD"), day=date(2026, 5, 1))
    assert told == "Blue & Co paid $3.00 on May 1, 2026. Call the number on your member ID card."
    assert lint(tmp_path) == []


def test_a_name_that_the_call_does_not_give_is_the_variable_of_that_name(tmp_path: Path) -> None:
    """What a template has a name for is handed over by that name, in a macro and in a count too."""
    source = (
        '{% macro left(n) %}{{ say("{n} (day is|days are) left") }}{% endmacro %}'
        '{% set who = name %}{{ say("{who} has {what}.", what=left(days)) }}'
    )
    assert _said(_words(tmp_path, source), "en", name="Ann", days=2) == "Ann has 2 days are left."
    assert lint(tmp_path) == []


def test_a_macro_of_the_folder_is_known_by_its_name(tmp_path: Path) -> None:
    """One whose name two files have is imported where it is meant."""
    for file, text in (("_a", "of a"), ("_b", "of b")):
        both = f'{{% macro both() %}}{{{{ say("{text}") }}}}{{% endmacro %}}'
        own = f'{{% macro only{file}() %}}{{{{ say("only {text}") }}}}{{% endmacro %}}'
        (tmp_path / f"{file}.md.j2").write_text(both + own, encoding="utf-8")
    words = _words(tmp_path, '{% from "_b.md.j2" import both %}{{ only_a() }}, {{ both() }}')
    assert _said(words, "en") == "only of a, of b"


@pytest.mark.parametrize(
    "call", ['say("Owed: {amount}", amount=amount)', 'say("Owed: {amount}")', 'say("{n} (a|b)", n="2")']
)
def test_what_a_message_cannot_show_stops_the_template(tmp_path: Path, call: str) -> None:
    """A value that needs a filter or is missing, or a count of no number, is never shown as something else."""
    with pytest.raises((TypeError, KeyError, jinja2.TemplateError)):
        _said(_words(tmp_path, f"{{{{ {call} }}}}"), "en", amount=None)


@pytest.mark.parametrize(
    ("entries", "fault"),
    [
        ([_entry("other", "otro")], "no template says it"),
        ([_entry("**{who}** owes {amount}.", "")], "not translated"),
        ([_entry("**{who}** owes {amount}.", "{who} debe {sum}.")], "the value {amount} is in one language alone"),
        (["#, fuzzy\n" + _entry("**{who}** owes {amount}.", "{who} debe {amount}.")], "marked fuzzy"),
        (
            [_entry("**{who}** owes {amount}.", "{who} (debe|deben) {amount}.")],
            "(a|b) has 2 forms in this language, and stands where the English has it",
        ),
    ],
)
def test_a_faulty_catalogue_is_told_by_message(tmp_path: Path, entries: list[str], fault: str) -> None:
    """Each kind of fault names the message."""
    assert any(one.endswith(fault) for one in _own_faults(_words(tmp_path, OWED, *entries)))


def test_a_form_too_few_is_told(tmp_path: Path) -> None:
    """A language has as many plural forms as its catalogue says, and a text says all of them or none."""
    words = _words(tmp_path, '{{ say("{n} (a|b)", n=1) }}', _entry("{n} (a|b)", "{n} (c|d|e)"))
    fault = "(a|b) has 2 forms in this language, and stands where the English has it"
    assert _own_faults(words) == [f"'{{n}} (a|b)': {fault}"]
    words = _words(tmp_path, '{{ say("{n} (a|b)", n=1) }}', _entry("{n} (a|b)", "{n} c"))
    assert _own_faults(words) == []
    assert _said(words) == "1 c"


def test_gettexts_own_plural_is_refused(tmp_path: Path) -> None:
    """The forms of a number stand in one text."""
    with pytest.raises(ValueError, match=r"es\.po: '\{n\} a': the forms of a number stand in one text"):
        _words(tmp_path, OWED, 'msgid "{n} a"\nmsgid_plural "{n} b"\nmsgstr[0] "{n} c"\nmsgstr[1] "{n} d"')


def test_a_text_with_a_plural_and_without_are_two(tmp_path: Path) -> None:
    """A text that counts is another one than the same words without a number."""
    source = '{{ say("{n} left", n="1") }} {{ say("{n} (left|left)", n=2) }}'
    words = _words(tmp_path, source, _entry("{n} left", "{n} queda"), _entry("{n} (left|left)", "{n} (queda|quedan)"))
    assert (_said(words, "en"), _said(words)) == ("1 left 2 left", "1 queda 2 quedan")


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        ('{{ say("Your claims") }} and more', "line 1: words outside say(...)"),
        ('{{ say("a") }}\n{{ "yes" if x else y }}', "line 2: 'yes' is outside say(...)"),
        ('{{ say("a") }}{% set kinds = {"x": "My places"} %}', "line 1: 'My places' is outside say(...)"),
        ('{{ say("a") }}{% set kinds = {"x": "dental"} %}', "line 1: 'dental' is outside say(...)"),
        ('{{ say("a") }}{{ names|join(" or ") }}', "line 1: ' or ' is outside say(...)"),
        ("{{ say(text) }}{{ say('a') }}", "line 1: say(...) starts with literals: text, context="),
        ('{{ say("{who} owes") }}', "line 1: the value {who} is not given"),
        ('{{ say("owes", who=who) }}', "line 1: the value 'who' is in no text"),
        ('{{ say("{n} (a|b|c)", n=1) }}', "line 1: '{n} (a|b|c)': a number has two forms: (day|days)"),
        ('{{ say("a", "b", n=1) }}', "line 1: say(...) starts with literals: text, context="),
        ('{{ say("| a | b |") }}', "line 1: '| a | b |': structure and outer spaces stand in the template"),
        ('{{ say(" a") }}', "line 1: ' a': structure and outer spaces stand in the template"),
        ('{{ say("{Who} owes") }}', "line 1: '{Who} owes': braces hold the name of a value, a-z and _"),
        ('| amount:usd | {{ say("Dollars") }} |\n| date | {{ say("Day") }} |', ""),
        ('| Amount | {{ say("Dollars") }} |', "line 1: words outside say(...)"),
        ('{{ say("a. "\n "b", context="c"\n  "d") }}\nwords', "line 4: words outside say(...)"),
        (
            '[{{ say("a") }}](b?{{\n {"c": x}|query }}{% if y\n %}&d={{ y|arg }}{% endif %})\nword',
            "line 4: words outside say(...)",
        ),
        ('\n[{{ say("a") }}](b?{{\n c }})', "line 2: a value in a button's target needs |arg or |url"),
        ('# {{ say("a") }}\n1. {{ say("b", context="c") }} · {{ x }}\n[{{ say("d") }}](claim.list?a={{ x|arg }})', ""),
    ],
)
def test_a_template_that_says_messages_is_looked_at(tmp_path: Path, source: str, fault: str) -> None:
    """Nothing is outside its messages, and each call can be read without running it."""
    _words(tmp_path, source)
    assert lint(tmp_path) == ([f"claim/a.md.j2: {fault}"] if fault else [])


@pytest.mark.parametrize(
    ("name", "source", "fault"),
    [
        ("page.html", '<p class="x">{{ say("a") }}</p>\n<p>b</p>', "line 2: words outside say(...)"),
        ("page.html", '<input placeholder="A name" value="html">', "line 1: words outside say(...)"),
        ("page.html", '{{ "yes" if x else say("no") }}', "line 1: 'yes' is outside say(...)"),
        ("page.html", '<p{% if x > 1 %} class="y"{% endif %}>{{ say("a **b**") }}</p>', ""),
        ("list.csv", '{{ say("a") }},{{ x }},b', "line 1: words outside say(...)"),
        ("list.csv", "{% if %}", "Expected an expression, got 'end of statement block'"),
    ],
)
def test_pages_and_documents_are_looked_at_too(tmp_path: Path, name: str, source: str, fault: str) -> None:
    """Tags are the page's own; text and what is read out of a tag are messages."""
    _words(tmp_path, '{{ say("a") }}')
    (tmp_path / "claim" / name).write_text(source, encoding="utf-8")
    assert lint(tmp_path) == ([f"claim/{name}: {fault}"] if fault else [])


@pytest.mark.parametrize("damaged", ['msgid "a\nmsgstr', 'msgid "a"\nmsgstr "b"\nmsgstr "c"\nnot a line'])
def test_a_damaged_catalogue_stops_the_start_by_its_name(
    tmp_path: Path, damaged: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No answer is worded by half a file."""
    words_kept(monkeypatch)
    thinned(tmp_path)
    (tmp_path / "templates/es.po").write_text(damaged, encoding="utf-8")
    with pytest.raises(PackError, match=r"templates/es\.po: "):
        load_pack(tmp_path)


def test_an_update_keeps_what_is_translated(tmp_path: Path) -> None:
    """New messages come empty, those that are said no more go, and a second update changes nothing."""
    words = _words(
        tmp_path, OWED + '{{ say("new") }}', _entry("old", "viejo"), _entry("**{who}** owes {amount}.", "debe")
    )
    assert words.faults()
    assert update(tmp_path) == ["es.po"]
    translated = read_catalogues(tmp_path)["es"].translated
    assert {message.text: text for message, text in translated.items() if message not in MESSAGES} == {
        "**{who}** owes {amount}.": "debe",
        "new": "",
    }
    assert update(tmp_path) == []


def test_a_language_may_begin_with_a_few_words(tmp_path: Path) -> None:
    """What it lacks is said in English and is no fault; an update keeps what is there and adds nothing empty."""
    _words(tmp_path, OWED + '{{ say("new") }}')
    head = 'msgid ""\nmsgstr ""\n"Language: vi\\n"\n"Plural-Forms: nplurals=1; plural=0;\\n"\n"X-State: begun\\n"\n'
    (tmp_path / "vi.po").write_text(f'{head}\nmsgid "new"\nmsgstr "mới"\n', encoding="utf-8")
    words = Words(tmp_path)
    assert [fault for fault in words.faults() if fault.startswith("vi")] == []
    update(tmp_path)
    assert [message.text for message in read_catalogues(tmp_path)["vi"].translated] == ["new"]
    said = _said(words, "vi", who="Sam", amount=5)
    assert "mới" in said
    assert "owes" in said, "English where the language has no words yet"


def test_a_third_language_takes_words_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The steps of docs/translating.md: make the files, translate each message; dates and lists come from CLDR."""
    words_kept(monkeypatch)
    thinned(tmp_path)
    templates = tmp_path / "templates"
    assert update(templates, ["pt"]) == ["pt.po"]
    with pytest.raises(PackError, match=r"templates/pt\.po: '{hour} am': not translated"):
        load_pack(tmp_path)
    _translate(templates)
    pack = load_pack(tmp_path)
    assert pack.words.languages == ("en", "es", "pt", "vi")
    link = {"state": "active", "member": "Dana", "since": "2026-05-01"}
    values = {
        "link": link,
        "off": False,
        "others": ["slack", "teams"],
        "people": [],
        "payer": {"short_name": "BlueCross"},
    }
    said = plain(pack.words.render("account/status", values, language="pt")).splitlines()
    assert said[0] == stretched("**{member}** has been connected to this chat since {since}.").format(
        member="Dana", since="1 de maio de 2026"
    ).replace("**", "")
    assert said[2].endswith("2 ⟦otherxx⟧ ⟦chatsxx⟧ (⟦Slackxx⟧, ⟦Teamsxx⟧).")


def _translate(templates: Path) -> None:
    """What a translator does, here with marked words: every text of the new language is filled in."""
    said = messages(templates)
    texts = [(message, stretched(message.text)) for message in said]
    (templates / "pt.po").write_text(printed("pt", said, Catalogue(texts)), encoding="utf-8")
