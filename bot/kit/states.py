"""The states by their two letters, as directories and people write them."""

from __future__ import annotations

from collections.abc import Mapping

_NAMES = (
    "AL Alabama,AK Alaska,AZ Arizona,AR Arkansas,CA California,CO Colorado,CT Connecticut,DE Delaware,FL Florida,"
    "GA Georgia,HI Hawaii,ID Idaho,IL Illinois,IN Indiana,IA Iowa,KS Kansas,KY Kentucky,LA Louisiana,ME Maine,"
    "MD Maryland,MA Massachusetts,MI Michigan,MN Minnesota,MS Mississippi,MO Missouri,MT Montana,NE Nebraska,"
    "NV Nevada,NH New Hampshire,NJ New Jersey,NM New Mexico,NY New York,NC North Carolina,ND North Dakota,OH Ohio,"
    "OK Oklahoma,OR Oregon,PA Pennsylvania,RI Rhode Island,SC South Carolina,SD South Dakota,TN Tennessee,TX Texas,"
    "UT Utah,VT Vermont,VA Virginia,WA Washington,WV West Virginia,WI Wisconsin,WY Wyoming"
)
STATES: Mapping[str, str] = {entry[:2]: entry[3:] for entry in _NAMES.split(",")}


def name_of_state(letters: str) -> str | None:
    """The whole name of a state."""
    return STATES.get(letters.upper())


def is_state(written: str | None, letters: str) -> bool:
    """True when the written state, by its letters or its name, is this one."""
    return (written or "").strip().casefold() in {letters.casefold(), (name_of_state(letters) or letters).casefold()}
