"""Names from everywhere: the same people, in the same order, in Slack, in Teams and on the console."""

import json

import pytest

from bot.message import Shareable
from bot.pack import template_of
from bot.replies import blocks as slack
from bot.replies import cards as teams
from bot.replies.plain import plain
from tests.answers.asking import PAYER, pack
from tests.answers.directory.asking import answered, person, place, role

WRITTEN = {
    "a": "de la Cruz, Ana",
    "b": "Nguyễn Thị Óanh",
    "c": "O'Neil, Seán",
    "d": "Åsa Öberg",
    "e": "小林 花子",
    "f": "Zoë 🩺 Ray",
    "g": "Ñandú " + "y" * 300,
}
SHOWN = ["Åsa Öberg", "de la Cruz, Ana", "Ñandú y", "Nguyễn Thị Óanh", "O'Neil, Seán", "Zoë 🩺 Ray", "小林 花子"]
MD = {"specialty": [{"coding": [{"code": "207RC0000X"}]}]}
SLOTS: dict[str, object] = {"specialty": ["207RC0000X"], "location": {"zip": "37402"}}


async def pages(page: str) -> tuple[str, str, str]:
    """One page of the same list in each writer's form, as the text that a client gets."""
    people = [person(key, name) for key, name in WRITTEN.items()]
    people.append({"resourceType": "Practitioner", "id": "h", "name": [{"prefix": ["Dr."]}]})
    rows = [role(f"r{one['id']}", one["id"], "main", "S", **MD) for one in people]
    summary, _, _ = await answered("provider.find", *people, place("main", "1 Main St"), *rows, slots=SLOTS, page=page)
    made = pack().render(template_of("provider.find"), {"answer": summary, "payer": PAYER, "private": False}, "en")
    reply = Shareable(intent="provider.find", language="en", blocks=made)
    sent = [json.dumps([one.blocks for one in slack.pages(reply)], ensure_ascii=False)]
    sent.append(json.dumps([one.card for one in teams.pages(reply)], ensure_ascii=False))
    return sent[0], sent[1], plain(made)


@pytest.mark.fault("F45")
async def test_names_sort_and_read_right_in_every_writer() -> None:
    """Accents don't move a name to the end, no script is lost, a long name is cut, and one without a name says so."""
    first, second = await pages("0"), await pages("1")
    for texts in zip(first, second, strict=True):
        whole = " ".join(texts)
        places = [whole.find(name) for name in [*SHOWN, "A provider whose name the directory doesn't give"]]
        assert -1 not in places
        assert places[:7] == sorted(places[:7])
        assert "y" * 81 not in whole
        assert "…" in whole
