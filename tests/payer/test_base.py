import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.payer.http import Base, is_safe, origin_of
from tests.payer.wire import BASE

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
