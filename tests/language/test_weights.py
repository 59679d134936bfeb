"""The counted weights: one file, added up as it was fitted, the same on every machine."""

from pathlib import Path

import numpy as np
import pytest

from bot.errors import PackError
from bot.language.rules import Pin
from bot.language.text import read
from bot.language.weights import (
    CALM,
    DANGERS,
    INTENTS,
    KINDS,
    LANGUAGE,
    MAGIC,
    NEXT,
    SAME,
    SHAPES,
    WEIGHTS,
    WORKINGS,
    ZERO,
    Weights,
    counted,
    evidence,
    load_weights,
)
from tests.language.fit import heard, parts_of
from tests.language.fitting import Heard, Table
from tests.language.sentences import Sentence
from tests.language.weights_file import written

SAID = (
    "what did i owe for my last visit",
    "find an in-network cardiologist near 37402 accepting new patients",
    "¿está el doctor Kim en mi red?",
    "claim claim claim",
    "zzyzx",
    "",
)
FEW = (
    ("claim.list", "en", "show my claims"),
    ("claim.list", "es", "muestre mis reclamos"),
    ("claim.list", "en", "my claims please"),
    ("provider.find", "en", "find a dentist"),
    ("provider.find", "es", "busco un dentista"),
    ("provider.find", "en", "a dentist near me"),
    ("thanks", "en", "thanks a lot"),
    ("thanks", "es", "muchas gracias"),
    ("thanks", "en", "a lot of thanks"),
)


@pytest.fixture(scope="module")
def parts(intents_folder: Path) -> dict[str, Weights]:
    """The parts of the shipped file."""
    return load_weights(intents_folder / WEIGHTS, with_texts=True)


@pytest.fixture(scope="module")
def weights(parts: dict[str, Weights]) -> Weights:
    """The part that chooses between intents."""
    return parts[INTENTS]


def _found(text: str) -> dict[str, list[str]]:
    return evidence(read(text), frozenset({"MY", "LATEST", "location"}))


def test_the_file_has_every_intent_aspect_and_language(parts: dict[str, Weights]) -> None:
    """Beside the intents: reasons of a refusal, forms of answers about claims, what follows, and languages."""
    also = {"out_of_scope", "account.privacy", *SHAPES}
    assert parts.keys() - {WORKINGS} == {INTENTS, DANGERS, LANGUAGE, SAME, NEXT, *also}
    assert set(parts[DANGERS].labels) == {CALM, "crisis", "emergency"}
    assert set(parts[LANGUAGE].labels) == {"en", "es", "vi"}
    assert {"advice", "action:pay"} <= set(parts["out_of_scope"].labels)
    assert {"claim.list", "safety.crisis"} <= set(parts[INTENTS].labels)


def test_what_was_written_is_read_back(parts: dict[str, Weights], intents_folder: Path) -> None:
    """Byte for byte."""
    assert written(parts) == (intents_folder / WEIGHTS).read_bytes()


@pytest.mark.parametrize(
    ("spoil", "what"),
    [
        (lambda content: content[:-1], "is cut short or of another version"),
        (lambda content: content + b"\x80", "is cut short or of another version"),
        (lambda content: content.replace(MAGIC, b"weights0\n", 1), "is "),
        (lambda content: content[: len(MAGIC) + 90], "is not a file of weights"),
        (lambda content: content.replace(b'"step":', b'"stop":', 1), "is not a file of weights"),
        (lambda content: content.replace(b'"intents":{', b'"intent":{', 1), "is cut short or of another version"),
        (lambda _: b"", "is not a file of weights"),
        (lambda _: b"\x00\xff" * 40, "is not a file of weights"),
    ],
    ids=["a byte short", "a byte long", "another version", "a cut header", "a key", "no intents", "empty", "noise"],
)
def test_a_broken_file_is_refused_in_words(tmp_path: Path, intents_folder: Path, spoil: object, what: str) -> None:
    """Whoever starts the bot reads which file it is; nothing is answered with half of the weights."""
    assert callable(spoil)
    (tmp_path / WEIGHTS).write_bytes(spoil((intents_folder / WEIGHTS).read_bytes()))
    with pytest.raises(PackError) as refused:
        load_weights(tmp_path / WEIGHTS)
    assert str(refused.value).startswith(f"{WEIGHTS}: {what}")


def test_a_missing_file_says_what_writes_it(tmp_path: Path) -> None:
    """The one command that makes it."""
    with pytest.raises(PackError, match=r"cannot be read .*`make weights` writes it"):
        load_weights(tmp_path / WEIGHTS)


def _matrix(weights: Weights) -> np.ndarray:
    raw = np.frombuffer(weights.weights, dtype=np.uint8).reshape(-1, len(weights.labels))
    return (raw.astype(np.float64) - ZERO) * weights.header.step


def _table(weights: Weights) -> Table:
    rows, first = {}, 0
    often: dict[str, list[int]] = {}
    for kind, names in weights.texts.items():
        rows[kind] = {name: first + at for at, name in enumerate(names)}
        often[kind] = list(weights.often[first : first + len(names)])
        first += len(names)
    return Table(rows, often)


@pytest.mark.parametrize("text", SAID)
def test_sums_are_those_of_plain_arithmetic(weights: Weights, text: str) -> None:
    """Rows that are added up as large numbers come to what each weight by itself does."""
    table, matrix, plain = _table(weights), _matrix(weights), np.array(weights.header.biases)
    for kind, counts in counted(_found(text)).items():
        places = table.rows[kind]
        known = {places[name]: count for name, count in counts.items() if name in places}
        length = np.sqrt(sum(weights.often[at] ** 2 * count for at, count in known.items())) or 1.0
        for at, count in known.items():
            value = 1.0 if kind == "found" else weights.often[at] * count / length
            plain = plain + KINDS[kind] * value * matrix[at]
    assert weights.sums(_found(text)) == pytest.approx(plain, abs=1e-9)


@pytest.mark.parametrize("text", SAID)
def test_a_message_is_weighed_as_a_sentence_was_fitted(weights: Weights, text: str) -> None:
    """The row that `make weights` gives the machine for a sentence has the sums that the engine gives a message."""
    one = Heard(Sentence(text, "", "", (), "en", "test"), counted(_found(text)), "")
    fitted = _table(weights).matrix([one]) @ _matrix(weights) + np.array(weights.header.biases)
    assert weights.sums(_found(text)) == pytest.approx(fitted.ravel(), abs=1e-9)


@pytest.mark.parametrize("text", SAID)
def test_what_speaks_for_an_intent_adds_up_to_its_sum(weights: Weights, text: str) -> None:
    """`--explain` leaves nothing out and adds nothing."""
    sums = weights.sums(_found(text))
    for label in ("claim.list", "provider.find", "out_of_scope"):
        place = weights.labels.index(label)
        spoken = sum(one.weight for one in weights.speaks(_found(text), label))
        assert weights.header.biases[place] + spoken == pytest.approx(sums[place], abs=1e-9)


def test_probabilities_are_one_together(weights: Weights) -> None:
    """Of all intents, and of those that a message allows; the likeliest comes first."""
    sums = weights.sums(_found(SAID[0]))
    every = weights.probabilities(sums)
    assert sum(every.values()) == pytest.approx(1)
    assert list(every.values()) == sorted(every.values(), reverse=True)
    some = weights.probabilities(sums, [0, 5, 9])
    assert some.keys() == {weights.labels[place] for place in (0, 5, 9)}
    assert sum(some.values()) == pytest.approx(1)


def test_a_number_is_as_good_as_another(weights: Weights) -> None:
    """Which ZIP code it is says nothing of what is asked, and a word that was never counted says nothing at all."""
    assert weights.sums(_found("dentist near 37402")) == weights.sums(_found("dentist near 37919"))
    assert weights.knows(["visit"])
    assert not weights.knows(["zzyzx"])


def _fitted(folder: Path, **pinned: list[Pin]) -> Weights:
    rows = [Sentence(text, intent, "", (), language, "test") for intent, language, text in FEW]
    names = {name.replace("_", "."): pins for name, pins in pinned.items()}
    return parts_of(heard(rows, folder), 5.0, {}, names)[INTENTS]


def test_a_pinned_weight_is_not_counted(intents_folder: Path) -> None:
    """What a rule file says, to the nearest step, and zero where it forbids."""
    pins = [Pin("words", "claims", "a test", 1.5), Pin("words", "my", "a test")]
    fitted, pinned = _fitted(intents_folder), _fitted(intents_folder, claim_list=pins)

    def weight(weights: Weights, word: str) -> float:
        (one,) = weights.speaks({"words": [word]}, "claim.list")
        return one.weight

    assert weight(fitted, "my") != 0
    assert weight(pinned, "my") == 0
    assert weight(pinned, "claims") == pytest.approx(1.5, abs=pinned.header.step)


def test_a_pin_that_no_sentence_holds_is_refused(intents_folder: Path) -> None:
    """It would do nothing."""
    with pytest.raises(PackError, match=r"claim\.list: pins: no sentence holds the words 'zzyzx'"):
        _fitted(intents_folder, claim_list=[Pin("words", "zzyzx", "a test")])


def test_what_speaks_most_for_an_intent_comes_first(weights: Weights) -> None:
    """The strongest for it, falling, and then the strongest against it."""
    told = weights.strongest("claim.refill", 20)
    assert [one.weight for one in told[:20]] == sorted((one.weight for one in told[:20]), reverse=True)
    assert [one.weight for one in told[20:]] == sorted(one.weight for one in told[20:])
    assert "due" in {one.text for one in told[:20]}
    assert max(one.weight for one in told[20:]) < 0 < min(one.weight for one in told[:20])


def test_the_same_sentences_give_the_same_file(intents_folder: Path) -> None:
    """`make weights-check-full` compares bytes; an order of evidence that differs from run to run would tell on it."""
    rows = [Sentence(text, intent, "", (), language, "test") for intent, language, text in FEW]
    sure = {"member": 0.6, "directory": 0.5, "nothing": 0.4}
    once, again = (written(parts_of(heard(rows, intents_folder), 5.0, sure)) for _ in range(2))
    assert once == again
