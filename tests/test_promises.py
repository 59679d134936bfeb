"""Each paragraph of PRIVACY.md and each row of SECURITY.md has tests that hold it."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.answers.told import cases
from tests.kit import money
from tests.trees import nodes_of

ROOT = Path(__file__).resolve().parent.parent
PRIVACY: dict[str, tuple[str, ...]] = {
    "What is read": (
        "test_watch.py::test_a_member_who_is_told_of_is_seen",
        "e2e/test_reminders.py::test_from_a_new_claim_to_the_end_of_the_sign_in",
    ),
    "Whose plans": (
        "answers/coverage/plans.yaml::no coverage is said with what it may mean, and whose plans can be read",
    ),
    "Whose record": (
        "test_owner.py::test_what_was_read_for_one_person_never_answers_for_another",
        "test_owner.py::test_no_text_and_no_button_reaches_a_record_that_the_sign_in_does_not_open",
    ),
    "What stands in addresses": ("e2e/test_threats.py::test_the_searches_of_a_member_go_as_post_and_answer_the_same",),
    "Where it is shown": ("e2e/test_privacy.py::test_places_that_others_read_get_nothing_of_a_member",),
    "What is kept": (
        "e2e/test_privacy.py::test_the_store_holds_nothing_readable",
        "documents/test_desk.py::test_a_health_link_lives_ten_minutes_to_the_second",
        "e2e/test_card.py::test_only_ciphertext_waits_and_the_key_goes_nowhere",
        "channels/test_mcp.py::test_a_call_leaves_no_row",
    ),
    "The whole record as a file": (
        "e2e/test_record.py::test_it_is_handed_out_once_and_nothing_of_it_stays",
        "documents/test_desk.py::test_a_drawer_is_its_records_own_sealed_and_ends_with_the_sign_in",
        "kit/test_whole_record.py::test_nothing_waits_when_the_file_is_made",
    ),
    "Reminders": (
        "e2e/test_reminders.py::test_from_words_to_message_and_calendar",
        "e2e/test_reminders.py::test_wishes_end_with_the_record_that_they_are_about",
        "test_reminders.py::test_who_is_gone_is_told_nothing",
        "test_reminders.py::test_a_chat_that_takes_nothing_ends_quietly",
        "test_reminders.py::test_a_row_says_nothing",
        "test_reminders.py::test_a_person_gets_one_message_a_day",
        "test_looks.py::test_who_chose_so_is_asked_to_sign_in_again",
    ),
    "Appeals": (
        "test_cases.py::test_a_row_says_nothing",
        "test_cases.py::test_it_is_of_one_person_and_one_record",
        "e2e/test_reminders.py::test_an_appeal_goes_with_its_connection_and_its_record",
    ),
    "What is new": (
        "accounts/test_members.py::test_a_look_is_kept_with_the_connection_and_gone_with_it",
        "accounts/test_members.py::test_a_look_at_a_record_that_is_not_opened_is_neither_kept_nor_read",
    ),
    "Who asked": ("test_audit.py::test_a_row_says_who_what_and_where_without_a_name",),
    "How words are understood": (
        "language/test_weights.py::test_the_same_sentences_give_the_same_file",
        "test_shape.py::test_an_outside_library_stays_in_its_room",
    ),
    "What people say of answers": ("channels/teams/test_dialogs.py::test_nobody_rates_what_they_were_not_answered",),
    "What is counted": (
        "test_tally.py::test_four_people_are_nobody_and_the_fifth_takes_the_hashes_away",
        "test_tally.py::test_no_cell_tells_which_people_of_another_it_holds",
    ),
    "A help desk": (
        "e2e/test_handing_over.py::test_only_what_was_read_and_agreed_to_is_sent",
        "e2e/test_handing_over.py::test_no_shared_place_and_no_guest_hands_anything_over",
        "e2e/test_handing_over.py::test_by_mail_the_person_sends_it_themself",
    ),
    "Sentences that were not understood": (
        "e2e/test_admin.py::test_a_sentence_is_kept_only_when_its_writer_has_read_and_agreed",
        "e2e/test_admin.py::test_only_what_was_shown_can_be_kept",
    ),
    "What links open": ("channels/slack/test_thumbs.py::test_a_number_can_be_dialled_and_a_place_found_on_a_map",),
    "What is logged": (
        "e2e/test_privacy.py::test_logs_at_debug_hold_nothing",
        "e2e/test_privacy.py::test_every_printed_line_is_json_of_known_fields",
    ),
    "Unlink": ("e2e/test_threats.py::test_disconnecting_leaves_nothing_but_hashed_rows",),
    "What stands in the chat": (
        "e2e/test_forget.py::test_words_of_forgetting_leave_no_message",
        "e2e/test_forget.py::test_disconnecting_leaves_the_answers_until_they_are_asked_to_go",
        "test_retention.py::test_a_message_goes_when_its_time_is_over",
    ),
    "Assistants": (
        "channels/test_mcp.py::test_no_tool_gives_a_members_data",
        "channels/test_mcp.py::test_a_call_leaves_no_row",
    ),
    "Signing in inside Teams": ("e2e/test_popup.py::test_the_page_names_the_file_that_microsoft_published",),
    "Slack and HIPAA": ("test_shared_places.py::test_status_names_nobody_where_no_member_answers_are_given",),
    "42 CFR Part 2": ("e2e/test_marked.py::test_no_answer_describes_a_marked_record",),
}
"""The tests behind each paragraph, by its bold words."""


@pytest.mark.parametrize("paragraph", PRIVACY)
def test_a_promise_has_its_tests(paragraph: str) -> None:
    """A test or a case of a table that was renamed or taken away fails here by the name of its promise."""
    for named in PRIVACY[paragraph]:
        file, _, test = named.partition("::")
        assert test in _tests_of(ROOT / "tests" / file)


def _tests_of(path: Path) -> set[str]:
    if path.suffix == ".yaml":
        return set(re.findall(r"^(\S.*):$", path.read_text(encoding="utf-8"), re.MULTILINE))
    return {one.name for one in nodes_of(path) if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)}


def test_each_paragraph_of_the_page_is_a_promise() -> None:
    """A paragraph that is added says which test holds it."""
    page = (ROOT / "PRIVACY.md").read_text(encoding="utf-8")
    assert re.findall(r"^\*\*(.+)\.\*\*", page, re.MULTILINE) == [*PRIVACY]


def test_each_row_of_what_is_protected_names_threats_that_are_proved() -> None:
    """By number, or from one to another; every threat stands in a row, but for what is a page of its own there."""
    page = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    rows = [
        line.strip("| ").split(" | ") for line in page.splitlines() if line.startswith("| ") and "threats |" not in line
    ]
    assert {len(row) for row in rows} == {3}
    named = {number for *_, numbers in rows for number in _numbers(numbers)}
    assert named <= proven().keys()
    assert {*THREATS} - named == {
        *("T20", "T22", "T23"),  # by name, a shared computer, several chats: README and the page before the sign-in
        *("T32", "T33", "T34", "T54"),  # PRIVACY.md
        *("T43", "T44", "T50", "T51", "T53", "T55", "T56"),  # what is answered, peers that fail, the ends of a link
    }


def _numbers(cell: str) -> set[str]:
    found: set[str] = set()
    for first, last in re.findall(r"T(\d\d)(?: to T(\d\d))?", cell):
        found |= {f"T{number:02}" for number in range(int(first), int(last or first) + 1)}
    return found


TESTS = Path(__file__).resolve().parent
FAULTS = tuple(f"F{number:02}" for number in range(1, 73))
THREATS = tuple(f"T{number:02}" for number in range(1, 78))
NOT_OURS: dict[str, str] = {}
"""Numbers that do not apply here, each with its reason."""


@cache
def proven() -> dict[str, set[str]]:
    """The files of the tests that carry each number, read from their marks, and of the tables."""
    found: dict[str, set[str]] = {}
    for path in sorted([*TESTS.rglob("test_*.py"), *TESTS.glob("accounts/attacks/*.py")]):
        for number in _marks(path):
            found.setdefault(number, set()).add(path.name)
    tables = [row.proves for row in money.rows().values()] + [case.proves for case in cases().values()]
    for number in {number for row in tables for number in row}:
        found.setdefault(number, set()).add("a table")
    return found


def _marks(path: Path) -> Iterator[str]:
    """Numbers of `mark.fault(...)` and `mark.threat(...)` on a test, of the cases of `numbered`, and of an attack."""
    for test in nodes_of(path):
        if isinstance(test, ast.Call) and isinstance(test.func, ast.Attribute) and test.func.attr == "named":
            yield from (str(word.value) for word in test.args[1:] if isinstance(word, ast.Constant))
        if isinstance(test, ast.FunctionDef | ast.AsyncFunctionDef) and test.name.startswith("test_"):
            for mark in (each for each in test.decorator_list if isinstance(each, ast.Call)):
                words = {node.value for node in ast.walk(mark) if isinstance(node, ast.Constant)}
                if isinstance(mark.func, ast.Attribute) and mark.func.attr in {"fault", "threat"}:
                    yield from (word for word in words if isinstance(word, str))
                elif any(isinstance(node, ast.Name) and node.id == "numbered" for node in ast.walk(mark)):
                    yield from _cases(path)


def _cases(path: Path) -> Iterator[str]:
    for node in nodes_of(path):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and re.match(r"[FT]\d\d ", node.value):
            yield node.value[:3]


@pytest.mark.parametrize("number", [*FAULTS, *THREATS])
def test_a_number_has_its_proof(number: str) -> None:
    """A fault or threat without a marked test fails here, unless it is on the list of what does not apply."""
    assert (number in proven()) is not (number in NOT_OURS), f"no test is marked with {number}"


def test_no_mark_is_a_slip_of_the_pen() -> None:
    """Marks carry numbers that there are."""
    assert set(proven()) <= {*FAULTS, *THREATS}
