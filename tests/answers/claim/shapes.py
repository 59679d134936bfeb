"""Claims of the kinds that several tests need, and what a reply shows beside its words."""

from typing import cast

from bot.message import Actions, Item
from tests.answers.asking import Resource, Said, concept
from tests.answers.made import claim

TYPE = "http://terminology.hl7.org/CodeSystem/claim-type"
NDC = "http://hl7.org/fhir/sid/ndc"
WHO = {"provider": {"display": "Grace Okafor, MD"}}


def fill(key: str, day: str, drug: str | None, parts: dict[str, float], **elements: object) -> Resource:
    """A pharmacy claim of one drug, 30 pieces; without words for the drug only its number is told."""
    what = {"coding": [{"system": NDC, "code": "00093104801"}], **({"text": drug} if drug else {})}
    item = {"sequence": 1, "servicedDate": day, "productOrService": what, "quantity": {"value": 30}}
    base = {"type": concept("pharmacy", TYPE), "item": [item], "provider": {"display": "Blue Heron Pharmacy"}}
    return claim(key, day, parts, **{**base, **elements})


def numbered(number: str, replaces: str | None = None) -> dict[str, object]:
    """A claim's number, and that of the claim that it replaces."""
    typed = {"type": concept("uc"), "value": number}
    related = [{"relationship": concept("prior"), "reference": {"value": replaces}}] if replaces else []
    return {"identifier": [typed], "related": related}


def lines_of(said: Said) -> list[str]:
    """The words without the buttons, line by line."""
    return [line for line in said.text.splitlines() if line.strip() and not line.strip().startswith("[")]


def asks(said: Said, label: str) -> dict[str, str]:
    """The arguments of the first button with that label."""
    found = [
        button.press
        for block in said.blocks
        for button in (
            block.buttons if isinstance(block, Actions) else block.actions if isinstance(block, Item) else ()
        )
        if button.label == label and button.press
    ]
    return cast("dict[str, str]", dict(found[0].arguments))
