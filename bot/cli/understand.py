"""`bcbst-bot understand`: shows how messages are understood, without network or account."""

import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any, TextIO

from msgspec.structs import asdict

from bot.compiled import find_pack
from bot.config import load_day
from bot.errors import ConfigError
from bot.language.context import Context
from bot.language.engine import Engine
from bot.language.explaining import ReadingTrace
from bot.language.reading import Reading, Slot
from bot.language.weights import INTENTS, WEIGHTS, load_weights

_LIKELIEST, _STRONGEST, _OF_INTENT = 3, 8, 20


def lines(file: TextIO, *, as_json: bool, dialogue: bool, explain: bool, evidence: str | None) -> Iterator[str]:
    """Yield how the messages in a file are understood, as in `readings`, or with `evidence` as in `evidence_of`."""
    if evidence:
        return evidence_of(evidence)
    if file.isatty():
        sys.stderr.write("Type a message a line; Ctrl-D ends.\n")
    return readings(file, as_json=as_json, dialogue=dialogue, explain=explain)


def readings(
    said: Iterable[str], *, as_json: bool, dialogue: bool, explain: bool, pack: str | None = None
) -> Iterator[str]:
    """Yield for each message a line with its intent and score, or with `as_json` a JSON object.

    With `explain`, yield a block of text on how the message was understood. With `dialogue`, each message is understood
    in the context of the previous ones; an empty line begins a new conversation.

    Raises:
        PackError: the pack's rules are invalid.
        ConfigError: BOT_TODAY or BOT_TIMEZONE is invalid.
    """
    engine = Engine.load(find_pack(pack) / "intents")
    now = load_day().now
    context: Context | None = None
    for line in said:
        text = line.rstrip("\r\n")
        if dialogue and not text.strip():
            context = None
            continue
        before, today = context, now().date()
        reading = engine.understand(text, today=today, context=before)
        resolved = None
        if dialogue:
            intent, slots, context = engine.after(before, reading)
            resolved = (intent, slots)
        if explain:
            yield explained(engine.explain(text, today=today, context=before))
        elif as_json:
            yield json.dumps(_data(reading, resolved), ensure_ascii=False, default=str)
        else:
            yield f"{reading.intent}\t{reading.score:.2f}\t{text}"


def evidence_of(intent: str, *, pack: str | None = None) -> Iterator[str]:
    """Yield the features with the largest weights for an intent, then those against it.

    Raises:
        ConfigError: there is no such intent.
    """
    weights = load_weights(find_pack(pack) / "intents" / WEIGHTS, with_texts=True)[INTENTS]
    if intent not in weights.labels:
        near = get_close_matches(intent, weights.labels, 1)
        raise ConfigError(f"--evidence: no intent {intent!r}" + (f" (did you mean {near[0]}?)" if near else ""))
    for one in weights.strongest(intent, _OF_INTENT):
        yield f"{one.weight:+.2f}\t{one.kind}\t{one.text!r}"


def _data(reading: Reading, resolved: tuple[str | None, Mapping[str, Slot]] | None) -> dict[str, Any]:
    data: dict[str, Any] = {
        "text": reading.text,
        "intent": reading.intent,
        "slots": _slots(reading.slots),
        "rule": reading.rule,
        "score": round(reading.score, 3),
        "confidence": round(reading.score, 3),
        "asks": reading.unclear,
        "offers": list(reading.offers),
        "language": reading.language,
        "ms": round(reading.ms, 3),
        "concepts": list(reading.concepts),
        "cells": [asdict(cell) for cell in reading.cells],
        "unused": [],
        "unmet": _slots(reading.unmet),
        "alarm": reading.alarm,
    }
    if resolved is not None:
        data["resolved"] = {"intent": resolved[0], "slots": _slots(resolved[1])}
    return data


def _slots(slots: Mapping[str, Slot]) -> dict[str, dict[str, object]]:
    return {name: _slot(slot) for name, slot in slots.items()}


def _slot(slot: Slot) -> dict[str, object]:
    """Return a slot as JSON data, as in contract.md. "not" is set if the slot excludes its value.

    "values" and "how" are set if there are several values.
    """
    data: dict[str, object] = {"text": slot.text, "value": slot.value}
    if slot.excluded:
        data["not"] = True
    if slot.values:
        data |= {"values": list(slot.values), "how": slot.how}
    return data


def explained(trace: ReadingTrace) -> str:
    """Return a text on how a message was understood.

    It has the tags and slots that were found, the licensed intents, and the evidence for and against the likeliest two.
    """
    reading, heard = trace.reading, trace.heard
    lines = [f"text      {reading.text}", f"read as   {' '.join(heard.keys)}", f"language  {reading.language}"]
    lines += [f"clause    {one.role.value}: {heard.said.said(one.first, one.after)}" for one in heard.clauses]
    lines += [f"tag       {tag.kind} = {tag.value!r} ({heard.said.said(tag.first, tag.after)!r})" for tag in heard.tags]
    lines.append(f"concepts  {', '.join(sorted(name for name in heard.names if name.isupper())) or 'none'}")
    lines += [f"slot      {name} = {_shown(slot)} ({slot.text!r})" for name, slot in reading.slots.items()]
    likely = [f"{name} {chance:.2f}" for name, chance in list(trace.chances.items())[:_LIKELIEST]]
    lines.append(f"likely    {', '.join(likely) or 'nothing'}")
    for name, spoken in trace.spoken.items():
        licensed = "licensed" if name in trace.licensed else "not licensed"
        strongest = ", ".join(f"{one.text!r} {one.weight:+.2f}" for one in spoken[:_STRONGEST])
        lines.append(f"  {name} ({licensed}): {strongest}")
    lines.append(f"nearest   {trace.nearest or 'no example'}")
    lines += [f"alarm     {reading.alarm}"] if reading.alarm else []
    lines.append(f"not honoured: {', '.join(reading.unmet) or 'nothing'}")
    how = f"asked back, with {', '.join(reading.offers)}" if reading.unclear else f"by {reading.rule}"
    lines.append(f"decided   {reading.intent} {how}; sure {reading.score:.2f}, needed {trace.needed:.2f}")
    return "\n".join(lines) + "\n"


def _shown(slot: Slot) -> str:
    joined = f" {slot.how} ".join(map(repr, slot.values)) if slot.values else repr(slot.value)
    return f"not {joined}" if slot.excluded else joined
