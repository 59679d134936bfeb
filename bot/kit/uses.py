"""Medicines that a message names by what they are for: "my blood pressure pill", among those that the person fills."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta

from msgspec.structs import replace

from bot.kit.ask import Ask
from bot.kit.claims import medications
from bot.kit.spelling import words_of
from bot.language.reading import Slot

USES: Mapping[str, str] = {
    r"blood pres+ure|bp|(?:high )?pressure|hypertension|presion(?: alta)?": (
        "amlodipine atenolol benazepril bisoprolol candesartan carvedilol chlorthalidone clonidine diltiazem enalapril "
        "hydrochlorothiazide irbesartan lisinopril losartan metoprolol nebivolol nifedipine olmesartan propranolol "
        "ramipril spironolactone telmisartan valsartan verapamil"
    ),
    r"cholesterol|colesterol|statin|estatina": (
        "atorvastatin ezetimibe fenofibrate gemfibrozil lovastatin pitavastatin pravastatin rosuvastatin simvastatin"
    ),
    r"thyroid|tiroides?": "levothyroxine liothyronine methimazole propylthiouracil",
    r"(?:blood )?sugar|diabet(?:es|ic)|azucar|diabetica": (
        "dapagliflozin dulaglutide empagliflozin exenatide glimepiride glipizide glyburide insulin linagliptin "
        "liraglutide metformin pioglitazone semaglutide sitagliptin tirzepatide"
    ),
    r"water|agua|orinar|diuretic|diuretico": (
        "bumetanide chlorthalidone furosemide hydrochlorothiazide spironolactone torsemide triamterene"
    ),
    r"blood thinner|thinner|anticoagulante": (
        "apixaban clopidogrel dabigatran prasugrel rivaroxaban ticagrelor warfarin"
    ),
    r"(?:acid )?reflux|heartburn|acid|stomach|acidez|estomago|reflujo": (
        "esomeprazole famotidine lansoprazole omeprazole pantoprazole rabeprazole"
    ),
    r"depression|anxiety|nerves?|depresion|ansiedad|nervios": (
        "bupropion buspirone citalopram desvenlafaxine duloxetine escitalopram fluoxetine hydroxyzine mirtazapine "
        "paroxetine sertraline trazodone venlafaxine"
    ),
    r"asthma|breathing|inhaler|asma|inhalador": (
        "albuterol budesonide fluticasone levalbuterol mometasone montelukast tiotropium umeclidinium"
    ),
    r"allerg(?:y|ies)|alergias?": ("azelastine cetirizine fexofenadine levocetirizine loratadine montelukast"),
}
"""Ingredients by what they are most often taken for; the words of it in both languages."""
_MEDICINE = r"(?:pills?|tablets?|meds?|medicines?|medications?|drugs?|prescriptions?|ones?)"
_MEDICINA = r"(?:pastill(?:it)?as?|medicinas?|medicamentos?|remedios?|medisinas?)"
_I_TAKE = r"(?:(?:that |did |do |am )*i (?:take |on |get |fill )?)?"
_YEAR = timedelta(days=365)


def use_asked(ask: Ask) -> tuple[str, frozenset[str]] | None:
    """Return the words for what a medicine is for, and the ingredients that are; None with a drug or without a use."""
    said = " ".join(words_of(ask.said))
    for words, drugs in {} if "drug" in ask.slots or "drug" in ask.several else USES.items():
        found = re.search(
            rf"\b({words}) {_MEDICINE}\b|\b{_MEDICINE} {_I_TAKE}for (?:my |the )?({words})\b"
            rf"|\b{_MEDICINA} (?:de|para|pa|pal|del) (?:la |el |mi )?({words})\b",
            said,
        )
        if found:
            return next(filter(None, found.groups())), frozenset(drugs.split())
    return None


async def of_use(ask: Ask) -> Ask:
    """Return the question with the person's own medicines for the use that it names, as the drugs; else as it is."""
    asked = use_asked(ask)
    read = await medications(replace(ask, slots={}), ask.today - _YEAR) if asked else ()
    own = dict.fromkeys(_name(one.dispensed.drug) for one in read if one.dispensed.drug and not one.labels)
    names = tuple(name for name in own if asked and is_for(ask, name, asked[1]))
    if not asked or not names:
        return ask
    several = {"drug": Slot(asked[0], names[0], values=names)} if len(names) > 1 else {}
    slots = ask.slots if several else {**ask.slots, "drug": names[0]}
    return replace(ask, slots=slots, several={**ask.several, **several}, words={**ask.words, "drug": asked[0]})


def is_for(ask: Ask, name: str, drugs: frozenset[str]) -> bool:
    """Return whether a drug, by a word of its name or another name of it, is among these ingredients."""
    words = [word for word in re.split(r"[\s/-]+", name.casefold()) if word]
    return not drugs.isdisjoint(other for word in words for other in (word, *ask.other_names(word)))


def _name(written: str) -> str:
    """Return the name of a dispensed drug without its strength: "Ozempic" of "Ozempic 1 mg pen"."""
    return re.split(r"\s+\d", written, maxsplit=1)[0]
