"""What became of every question of a siege, judged by what stands in Slack, and when it was finished."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.doubles.slack import SlackDouble

_SHOWN = 5  # wrong answers
_ENDED = "sign-in has ended"  # the made-up payer's lasts an hour
APOLOGIES = ("I was interrupted while answering", "My answer may not have arrived", "Reference ")


@dataclass(frozen=True, slots=True)
class Question:
    """Who asked, and the time of Slack's that is its thread. A linked member's is answered with an amount."""

    user: str
    thread: str
    is_members: bool = False


@dataclass
class Toll:
    """What a siege came to. `busy` are the kills that met work under way.

    `wrong` are members' answers without an amount, as a stranger would get them, except where the sign-in has `ended`;
    `disordered` are answers of a conversation that were finished before an earlier one; `repeated` are apologies that
    were made twice; `strange` are the first wrong answers.
    """

    asked: int = 0
    kills: int = 0
    busy: int = 0
    answered: int = 0
    members: int = 0
    lost: int = 0
    doubled: int = 0
    left_neutral: int = 0
    wrong: int = 0
    disordered: int = 0
    apologies: int = 0
    repeated: int = 0
    ended: int = 0
    trail: tuple[str, ...] = ()
    strange: list[str] = field(default_factory=list)

    @property
    def faults(self) -> tuple[str, ...]:
        """What must not be, by name; empty when all is well. A siege that met no work proves nothing."""
        found = [
            name
            for name in ("lost", "doubled", "left_neutral", "wrong", "disordered", "repeated", "trail")
            if getattr(self, name)
        ]
        found += ["no member was answered"] * (not self.members)
        found += ["too few kills met work"] * (self.busy * 2 < self.kills)
        found += ["more than one in ten was apologised to"] * (self.apologies * 10 > self.asked)
        return tuple(found)

    def __str__(self) -> str:
        return (
            f"{self.asked} messages, {self.members} answered to members, {self.kills} kills ({self.busy} with work in "
            f"flight): {self.lost} lost, {self.doubled} doubled, {self.left_neutral} empty promises, "
            f"{self.wrong} wrong, {self.ended} after the end of a sign-in, "
            f"{self.disordered} out of order, {self.apologies} apologies ({self.repeated} repeated), "
            f"audit trail {'; '.join(self.trail) or 'whole'}{''.join(f'; {one!r}' for one in self.strange)}"
        )


def count(slack: SlackDouble, questions: Sequence[Question]) -> Toll:
    """The toll of these questions, without kills and trail."""
    threads: defaultdict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for said in slack.messages.values():
        threads[str(said.get("thread_ts"))].append(said)
    toll, finished = Toll(asked=len(questions)), _finished(slack)
    last: dict[str, float] = {}
    for question in questions:
        _judge(toll, question, threads[question.thread])
        if question.thread in finished:
            toll.disordered += finished[question.thread] < last.get(question.user, 0.0)
            last[question.user] = max(last.get(question.user, 0.0), finished[question.thread])
    return toll


def _judge(toll: Toll, question: Question, said: Sequence[Mapping[str, Any]]) -> None:
    sorry = [one for one in said if any(word in str(one.get("text")) for word in APOLOGIES)]
    answers = [one for one in said if is_done(one) and one not in sorry]
    toll.answered += bool(sorry or answers)
    toll.lost += not (sorry or answers)
    toll.doubled += len(answers) > 1
    toll.left_neutral += any(is_done(one) is False for one in said) and bool(sorry or answers)
    toll.apologies += bool(sorry)
    toll.repeated += len(sorry) > 1
    if question.is_members and answers:
        toll.members += 1
        texts = [str(one.get("text")) for one in answers]
        toll.ended += any(_ENDED in text for text in texts)
        wrong = [text for text in texts if "$" not in text and _ENDED not in text]
        toll.wrong += bool(wrong)
        toll.strange += wrong[: _SHOWN - len(toll.strange)]


def is_done(said: Mapping[str, Any]) -> bool | None:
    """Whether a message is the end of its answer; None for one without a mark."""
    payload = (said.get("metadata") or {}).get("event_payload")
    return bool(payload.get("done")) if payload else None


def _finished(slack: SlackDouble) -> dict[str, float]:
    """When each thread's answer was whole, as Slack took it."""
    found: dict[str, float] = {}
    for call in slack.calls:
        if call.method in {"chat.postMessage", "chat.update"} and is_done(call.arguments):
            place = call.arguments["channel"], str(call.arguments.get("ts"))
            thread = call.arguments.get("thread_ts") or slack.messages.get(place, {}).get("thread_ts")
            found.setdefault(str(thread), call.at)
    return found
