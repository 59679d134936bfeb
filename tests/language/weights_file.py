"""Writes what `bot.language.weights` loads: the fitted weights of a pack, part by part, in one file."""

from array import array
from collections.abc import Iterable, Mapping
from zlib import compress

import msgspec

from bot.language.weights import CODE_BYTES, MAGIC, Contents, EvidenceTexts, Header, Weights, code


def weights_with(header: Header, texts: EvidenceTexts, often: Iterable[int], weights: bytes) -> Weights:
    """Return the weights for this evidence; `texts` are sorted by their checksums within each kind."""
    codes = [code(text) for every in texts.values() for text in every]
    return Weights(header, _little(codes), bytes(often), weights, texts)


def written(parts: Mapping[str, Weights]) -> bytes:
    """Return the bytes of a weights file: the contents in one line, then each part, then the texts of the evidence."""
    texts = compress(msgspec.json.encode({name: one.texts for name, one in parts.items()}), 9)
    head = msgspec.json.encode(Contents({name: one.header for name, one in parts.items()}, len(texts)))
    bodies = [body for one in parts.values() for body in (_little(one.codes), one.often, one.weights)]
    return MAGIC + head + b"\n" + b"".join(bodies) + texts


def _little(codes: "Iterable[int] | array[int]") -> bytes:
    return b"".join([one.to_bytes(CODE_BYTES, "little") for one in codes])
