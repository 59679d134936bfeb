"""A slot value seen in a message."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tag:
    """A value of the slot type `kind`, in the words `first` up to, not including, `after`."""

    kind: str
    value: object
    first: int
    after: int
