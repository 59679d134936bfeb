"""The languages that somebody speaks, as BCP 47 codes, whichever way a directory writes them."""

from __future__ import annotations

from bot.records.shapes import Concept

# By the English or own name, and by ISO 639-2's codes (both kinds where it has two).
_NAMED = {
    "am": "amharic amh",
    "ar": "arabic ara",
    "ase": "american-sign-language asl sgn sign-language",
    "bn": "bengali ben",
    "de": "german deutsch deu ger",
    "en": "english eng",
    "es": "spanish español espanol castilian spa",
    "fa": "farsi persian fas per",
    "fr": "french français francais fra fre",
    "gu": "gujarati guj",
    "hi": "hindi hin",
    "ht": "haitian-creole haitian creole hat",
    "it": "italian ita",
    "ja": "japanese jpn",
    "ko": "korean kor",
    "ku": "kurdish kur",
    "lo": "lao laotian",
    "my": "burmese mya bur",
    "ne": "nepali nep",
    "pa": "punjabi panjabi pan",
    "pl": "polish pol",
    "pt": "portuguese por",
    "ru": "russian rus",
    "so": "somali som",
    "sw": "swahili swa",
    "ta": "tamil tam",
    "te": "telugu tel",
    "tl": "tagalog filipino tgl fil",
    "uk": "ukrainian ukr",
    "ur": "urdu urd",
    "vi": "vietnamese vie",
    "zh": "chinese mandarin cantonese zho chi cmn yue",
}
_CODES = {name: code for code, names in _NAMED.items() for name in names.split()}


def tongue(concept: Concept) -> str | None:
    """The code; the payer's words where they are no language that is known here."""
    code, words = next((code for code in concept.codes() if code), None), concept.words()
    if code and code.casefold() not in _CODES:
        return code
    said = code or words
    return _CODES.get((said or "").casefold().replace(" ", "-").split(";")[0], said)
