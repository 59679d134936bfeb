"""A slot value seen in a message."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tag:
    """A value of the slot type `kind`, in the words `first` up to, not including, `after`.

    `excluded`: the words ask for everything but this value; the word that says so belongs to the tag.
    """

    kind: str
    value: object
    first: int
    after: int
    excluded: bool = False
