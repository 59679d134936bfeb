"""The intents that the bot's own code refers to, each with the reason. All others are known only to the pack."""

from collections.abc import Mapping

FALLBACK = "out_of_scope"
HELP = "help"
FOLLOW = "followup."
DANGER = "safety."
FEEDBACK = "feedback."
REFINE, DATE_SHIFT, ORDINAL, AGAIN, SHARE = (
    f"{FOLLOW}{name}" for name in ("refine", "date_shift", "ordinal", "again", "share")
)
OF_THEM = "HER"
"""The concept of words such as "she" for a person or facility that was named before: "is she still in network"."""
KERNEL: Mapping[str, str] = {
    "account.": "connecting, consent and erasing are steps of the bot, not look-ups of a pack",
    "answer.": "what an answer stands on, or an entry of its list: both are read from what was kept of that answer",
    FOLLOW: "each of them is an operation on the question before",
    DANGER: "danger is heard before any rule is asked",
    "reminder.": "kept, listed, ended and told by the bot itself, at a time when nobody asks",
    FEEDBACK: "a thumb under an answer says the same as the words, and both are counted",
    "handoff.human": "who talks to a person names the record on the screen, which only the conversation knows",
    FALLBACK: "what no rule takes",
    HELP: "a mention or a command without words asks for it",
}
"""The reason why the bot's code refers to an intent, by the intent's name or by a prefix that ends with a dot."""


def is_kernel(intent: str) -> bool:
    """Return whether the bot's own code may refer to this intent."""
    return any(intent == name or (name.endswith(".") and intent.startswith(name)) for name in KERNEL)
