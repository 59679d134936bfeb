"""Searches as they are sent, the base that links must stay in, and several that go as one list of values."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import PayerError
from bot.payer.budget import Budget
from bot.payer.client import DirectoryClient
from bot.payer.http import Base, Http, is_safe, origin_of
from bot.payer.pooled import PooledDirectory
from bot.payer.search import Search, any_of, escape, token
from bot.records.details import is_npi
from tests.days import no_pause
from tests.payer.wire import BASE


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


HERE = f"{BASE}/ExplanationOfBenefit?patient=p1"


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        (f"{BASE}/ExplanationOfBenefit?page=2", f"{BASE}/ExplanationOfBenefit?page=2"),
        (f"{BASE}?_getpages=abc&_getpagesoffset=10", f"{BASE}?_getpages=abc&_getpagesoffset=10"),
        ("https://payer.example:443/fhir/r4/X?p=2", f"{BASE}/X?p=2"),
        ("HTTPS://PAYER.EXAMPLE/fhir/r4/X?p=2", f"{BASE}/X?p=2"),
        ("/fhir/r4/ExplanationOfBenefit?page=2", f"{BASE}/ExplanationOfBenefit?page=2"),
        ("//payer.example/fhir/r4/X", f"{BASE}/X"),
        ("?page=2", f"{BASE}/ExplanationOfBenefit?page=2"),
        ("ExplanationOfBenefit?page=2", f"{BASE}/ExplanationOfBenefit?page=2"),
        (f"{BASE}/X?a=%2F..%2F", f"{BASE}/X?a=%2F..%2F"),
    ],
)
def test_links_under_the_base_are_followed(link: str, expected: str) -> None:
    """Absolute, host-relative, relative and query-only links of the same server are its own (fhir-notes 10)."""
    assert Base(BASE).own(link, HERE) == expected


@pytest.mark.fault("F27")
@pytest.mark.threat("T40")
@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example/fhir/r4/X",
        "https://payer.example:8443/fhir/r4/X",
        "http://payer.example/fhir/r4/X",
        "http://payer.example:443/fhir/r4/X",
        "//evil.example/fhir/r4/X",
        "file:///etc/passwd",
        "https://payer.example@evil.example/fhir/r4/X",
        "https://user:word@payer.example/fhir/r4/X",
        "https://payer.example.evil.example/fhir/r4/X",
        "https://payer.example/other/X",
        "https://payer.example/fhir/r4x/X",
        "https://payer.example/fhir/r4/../../admin",
        "https://payer.example/fhir/r4/%2e%2e/%2E%2e/admin",
        "https://payer.example/fhir/r4/..;/..;/admin",
        "/fhir/r4/..;x=1/..;x=1/admin",
        "https://payer.example/fhir/r4/%252e%252e/%252e%252e/admin",
        "https://payer.example/fhir/r4/..%00/..%09/admin",
        "https://payer.example/fhir/r4/Patient%252f..%252fadmin",
        "/fhir/r4/..%2f..%2fadmin",
        "https:\\\\evil.example/fhir/r4/X",
        "https://payer.example\\@evil.example/fhir/r4/X",
        "https://payer.example/fhir/r4/X\r\nHost: evil",
        "https://[::1/fhir/r4",
        "javascript:alert(1)",
    ],
)
def test_links_to_anywhere_else_are_not(link: str) -> None:
    """Other hosts, ports and schemes, user names before the host, and climbing paths are refused (F27, T40)."""
    assert Base(BASE).own(link, HERE) is None


@given(st.text(max_size=80) | st.builds(lambda a, b: f"https://{a}@{b}", st.text(max_size=20), st.text(max_size=20)))
def test_whatever_is_followed_is_ours(link: str) -> None:
    """No text at all leads to another origin or out of the base path."""
    found = Base(BASE).own(link, HERE)
    if found is not None:
        assert httpx.URL(found).host == "payer.example"
        assert origin_of(found) == "https://payer.example:443"
        assert httpx.URL(found).path.startswith("/fhir/r4")


def test_plain_http_is_for_loopback_only() -> None:
    """Discovered addresses must be https; a rehearsal on loopback may be http."""
    assert is_safe("https://sso.example/x")
    assert is_safe("http://127.0.0.1:9000/x")
    assert not is_safe("http://sso.example/x")
    assert not is_safe("https://a:b@sso.example/x")
    assert not is_safe("not a url")


BASE = "https://payer.example/fhir/r4"
NPI = "http://hl7.org/fhir/sid/us-npi"
PEOPLE = {"1100000003": "Okafor", "1100000011": "Kim", "1237550755": "Parker"}


@dataclass
class _Server:
    """Finds people by name and number. Without `lists` a comma is a letter; `refused` is how it answers to one."""

    lists: bool = True
    refused: int | None = None
    ignores: bool = False
    asked: list[str] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """One search of Practitioner."""
        ((_, value),) = ((name, value) for name, value in request.url.params.multi_items() if name != "_count")
        self.asked.append(value)
        if self.refused and "," in value:
            return _json({"resourceType": "OperationOutcome"}, self.refused)
        wanted = [one.rpartition("|")[2] for one in (value.split(",") if self.lists else [value])]
        rows = [_person(npi, name) for npi, name in PEOPLE.items() if self.ignores or {npi, name} & {*wanted}]
        return _json({"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": row} for row in rows]}, 200)


def _json(body: Mapping[str, object], status: int) -> httpx.Response:
    stream = httpx.ByteStream(json.dumps(body).encode())
    return httpx.Response(status, headers={"content-type": "application/fhir+json"}, stream=stream)


def _person(npi: str, name: str) -> Mapping[str, object]:
    return {
        "resourceType": "Practitioner",
        "id": f"p-{npi}",
        "identifier": [{"system": NPI, "value": npi}],
        "name": [{"family": name}],
    }


async def _found(server: _Server, *values: str) -> list[Sequence[str] | None]:
    """The ids that each of several gets who ask at once; None for one that gets an error. Parker is known."""
    async with Http(transport=httpx.MockTransport(server), pause=no_pause) as http:
        known = [Search("Practitioner", (("name", "Parker"),))]
        pool = PooledDirectory(DirectoryClient(http, BASE), Budget(60), known)

        async def one(value: str) -> Sequence[str] | None:
            by = ("identifier", token(NPI, value)) if is_npi(value) else ("name", escape(value))
            try:
                pages = [page async for page in pool.search(Search("Practitioner", (by,)), Budget(60))]
            except PayerError:
                return None
            return [entry.id for page in pages for entry in page.matches]

        return list(await asyncio.gather(*map(one, values)))


@pytest.mark.parametrize("values", [("Okafor", "Kim", "Nobody", "Kim"), ("1100000003", "1100000011", "1245319599")])
async def test_many_names_are_one_search_and_each_gets_its_own_rows(values: tuple[str, ...]) -> None:
    """Also who finds nobody, once the server has shown that it takes lists."""
    server = _Server()
    assert (await _found(server, *values))[:3] == [["p-1100000003"], ["p-1100000011"], []]
    assert len(server.asked) == 1


@pytest.mark.parametrize("server", [_Server(lists=False), _Server(refused=400), _Server(refused=500)])
async def test_a_server_that_takes_no_lists_is_asked_one_by_one(server: _Server) -> None:
    """A comma that is read as a letter, refused, or too much for it never makes a name one that nobody has."""
    assert await _found(server, "Okafor", "Kim", "Nobody") == [["p-1100000003"], ["p-1100000011"], []]
    assert {"Okafor", "Kim", "Nobody"} <= {*server.asked}


@pytest.mark.parametrize(("lists", "calls"), [(True, 2), (False, 5)])
async def test_nobody_of_many_is_found_by_a_known_name(lists: bool, calls: int) -> None:
    """A list that finds nothing shows nothing; one that ends with a name that is there shows whether it was read."""
    server = _Server(lists=lists)
    assert await _found(server, "Nobody", "Nemo", "Nadie") == [[], [], []]
    assert len(server.asked) == calls


async def test_rows_that_nobody_asked_for_go_to_everybody() -> None:
    """Whoever asked for a number sees that the server does not search by it."""
    found = await _found(_Server(ignores=True), "1100000003", "1245319599")
    assert found == [[f"p-{npi}" for npi in PEOPLE]] * 2


async def test_one_alone_is_asked_as_it_is() -> None:
    """There is nothing to put together."""
    server = _Server()
    assert await _found(server, "Kim") == [["p-1100000011"]]
    assert server.asked == ["Kim"]
