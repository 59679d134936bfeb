from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.payer.search import Search, any_of, escape, token


@pytest.mark.threat("T48")
@given(st.text(max_size=200))
def test_a_persons_words_stay_one_value(words: str) -> None:
    """Whatever is typed becomes one escaped value: no further parameter, no OR, no system (T48)."""
    words = words.encode("utf-8", "replace").decode()
    encoded = Search("Practitioner").where(name=words or "x").encoded()
    ((name, value),) = parse_qsl(encoded, keep_blank_values=True)
    assert name == "name"
    unescaped = value.replace(r"\\", "\x00")
    for special in ",$|":
        assert special not in unescaped.replace(f"\\{special}", "")


@pytest.mark.threat("T48")
def test_an_injection_is_just_a_strange_zip() -> None:
    """`37402&patient=x` cannot change the query (T48)."""
    search = Search("Location").where(("address-postalcode", "37402&patient=x"))
    assert search.encoded() == "address-postalcode=37402%26patient%3Dx"


def test_values_are_composed_and_never_escaped_twice() -> None:
    """Tokens and alternatives keep their separators; a value that is escaped stays as it is."""
    value = any_of([token("http://nucc.org/x", "207RC0000X"), "a,b"])
    assert value == r"http://nucc.org/x|207RC0000X,a\,b"
    assert Search("PractitionerRole", (("specialty", value),)).params == (("specialty", value),)
    assert escape(escape("a$b")) == r"a\$b"


def test_parameters_are_added_in_order_and_absent_ones_left_out() -> None:
    """Names that Python can spell are keywords; None and empty values add nothing."""
    search = Search("ExplanationOfBenefit").where(("_sort", "-service-date"), service_date="ge2024-01-01", type=None)
    assert search.params == (("_sort", "-service-date"), ("service-date", "ge2024-01-01"))
    assert search.has("_sort")
    assert search.without("_sort").params == (("service-date", "ge2024-01-01"),)


@pytest.mark.parametrize("name", ["a b", "a&b", "a=b", "", "1a", "a/b", "a\n"])
def test_a_name_is_never_somebodys_words(name: str) -> None:
    """What is no parameter name is refused."""
    with pytest.raises(ValueError, match="parameter"):
        Search("Patient", ((name, "x"),))


@pytest.mark.parametrize("kind", ["patient", "Patient/1", "../Patient", "", "Patient?x"])
def test_a_type_is_never_a_path(kind: str) -> None:
    """What is no resource type is refused."""
    with pytest.raises(ValueError, match="type"):
        Search(kind)
