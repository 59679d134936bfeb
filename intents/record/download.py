"""The whole record as one file: FHIR as the payer sent it, a page to read, and claims for a spreadsheet."""

from bot.kit import Ask, RecordPapers, WithDocument, gathered, record_document, words_of


class RecordFile(WithDocument, frozen=True, kw_only=True):
    """The answer in the chat.

    Attributes:
        papers: The contents of the file; None if the record is not yet read completely, or if the file is not made.
        read: The number of records that were read.
        pdf: True if the question asks for a PDF file, which is not supported.
    """

    papers: RecordPapers | None = None
    read: int = 0
    unread: bool = False
    pdf: bool = False


async def answer(ask: Ask) -> RecordFile:
    """Return the file, or the progress if reading takes longer than the time limit; a button then continues."""
    state = await gathered(ask, anew=not ask.arguments)
    if state.steps and not state.full:
        return RecordFile(read=state.records, unread=True)
    made = (
        await record_document(ask, state, marked=ask.arguments.get("sensitive") == "yes")
        if ask.budget.seconds >= state.seconds
        else None
    )
    if made is None:
        return RecordFile(read=state.records)
    papers, document = made
    asks_pdf = "pdf" in words_of(ask.said)
    return RecordFile(papers=papers, document=document if papers.records else None, read=state.records, pdf=asks_pdf)
