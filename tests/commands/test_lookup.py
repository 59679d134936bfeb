"""`lookup`: a file of names against networks, part by part, into a file that a later run goes on with."""

import csv
import errno
import zipfile
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from types import SimpleNamespace

import pytest

from bot.cli.list_files import MOST, read_names, read_workbook
from bot.cli.lookup import LookedUp, look_up
from bot.errors import ConfigError, PayerSlow
from bot.payer.budget import Budget
from bot.payer.client import DirectoryClient
from bot.payer.search import Search
from bot.records.bundle import Page
from tests.commands.running import inside, left_in, looking, with_shared
from tests.days import no_pause

S, P = "Blue Network S", "Blue Network P"


@pytest.fixture(autouse=True)
def shared(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pack and the payer's data that the tests share, in place of new ones for each run."""
    with_shared(monkeypatch)


async def _looked_up(names: Path, out: Path, *networks: str) -> LookedUp:
    return await look_up(looking(), names, networks or (S,), out, sandbox=True, pause=no_pause)


def _rows(file: Path) -> list[list[str]]:
    with file.open(encoding="utf-8-sig", newline="") as opened:
        return list(csv.reader(opened))


def _written(folder: Path, *lines: str, name: str = "names.txt") -> Path:
    file = folder / name
    file.write_text("\n".join(lines), encoding="utf-8")
    return file


def _failing(monkeypatch: pytest.MonkeyPatch, word: str, times: int) -> None:
    """A payer that does not answer searches with this word in time, so many times."""
    left, search = [None] * times, DirectoryClient.search

    async def slow(self: DirectoryClient, asked: Search, budget: Budget) -> AsyncIterator[Page]:
        if word in asked.encoded() and left:
            left.pop()
            raise PayerSlow
        async for page in search(self, asked, budget):
            yield page

    monkeypatch.setattr(DirectoryClient, "search", slow)


async def test_a_run_goes_on_where_the_last_one_ended(tmp_path: Path) -> None:
    """Blanks and doubles are left out; no line is asked twice, and one header stands above all rows."""
    out = tmp_path / "out.csv"
    nobody = [f"Nobody Number{number}" for number in range(26)]
    names = _written(tmp_path, "Grace Okafor", "", "Minh  Kim", "Minh Kim", *nobody, "=1+1")
    await _looked_up(names, out)
    header, *rows = _rows(out)
    answers = {row[0]: row[2] for row in rows}
    assert (header[0], header[2], header[9]) == ("Asked", "Answer", "Directory read (UTC)")
    assert list(answers) == ["Grace Okafor", "Minh Kim", *nobody, "'=1+1"]
    assert (answers["Grace Okafor"], answers["Minh Kim"], answers["'=1+1"]) == ("listed", "not listed", "nobody found")
    # The run before ended after two rows.
    out.write_bytes(b"\r\n".join(out.read_bytes().split(b"\r\n")[:3]) + b"\r\n")
    before = out.read_bytes()
    outcome = await _looked_up(names, out)
    assert (len(outcome.answers), outcome.unread) == (29, ())
    assert out.read_bytes().startswith(before)
    assert [row[0] for row in _rows(out)[1:]] == list(answers)
    with pytest.raises(ConfigError, match=r"no network called Blue Network Q; it has .*Blue Network P"):
        await _looked_up(names, tmp_path / "other.csv", "Blue Network Q")
    assert not (tmp_path / "other.csv").exists()


@pytest.mark.threat("T63")
async def test_every_line_of_a_list_is_a_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Titles, initials, numbers before a line and whole sentences are asked as they are, and no proxy is asked."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    lines = [
        "Dr. Grace Okafor",
        "Jane Q. Doe",
        "St. Thomas Hospital",
        "1. 1100000003",
        "Yahoo! Clinic",
        "I feel like dying.",
    ]
    out = tmp_path / "out.csv"
    await _looked_up(_written(tmp_path, *lines, "A; B", "???", '"Kim, Minh"', "Robbie Kim 1100000011"), out)
    answers = {row[0]: (row[2], row[3]) for row in _rows(out)[1:]}
    assert list(answers) == [*lines[:3], "1100000003", *lines[4:], "A B", "Kim, Minh", "Robbie Kim 1100000011"]
    assert answers["Dr. Grace Okafor"] == answers["1100000003"] == ("listed", "Grace Okafor, MD")
    assert answers["Kim, Minh"] == answers["Robbie Kim 1100000011"] == ("not listed", "Minh Kim, DO")
    before = out.read_bytes()
    await _looked_up(tmp_path / "names.txt", out)
    assert out.read_bytes() == before


async def test_a_name_that_was_not_read_is_asked_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the same run, and then by the next; it has no row until it was answered, and is not a name that nobody has."""
    names, out = _written(tmp_path, "Grace Okafor", "Minh Kim", "Nobody Atall"), tmp_path / "out.csv"
    _failing(monkeypatch, "Kim", 1)
    outcome = await _looked_up(names, tmp_path / "first.csv")
    assert sorted(outcome.answers) == ["listed", "nobody found", "not listed"]
    _failing(monkeypatch, "Kim", 1000)
    outcome = await _looked_up(names, out)
    assert (sorted(outcome.answers), outcome.unread) == (["listed", "nobody found"], ("Minh Kim",))
    monkeypatch.undo()
    assert (await _looked_up(names, out)).unread == ()
    assert [row[0] for row in _rows(out)[1:]] == ["Grace Okafor", "Nobody Atall", "Minh Kim"]


def test_the_command_fails_while_names_are_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It says how many got which answer, and which have none."""
    monkeypatch.setattr("bot.cli.lookup._REST", 0)
    _failing(monkeypatch, "Kim", 1000)
    names = _written(tmp_path, "Grace Okafor", "Minh Kim")
    done = inside(tmp_path, "lookup", names.name, "--network", S, "--sandbox")
    assert done.returncode == 1
    assert "lookup.csv: 1 checked: 1 listed, 1 not read" in done.stdout
    assert "1 could not be read (Minh Kim)" in done.stderr
    monkeypatch.undo()
    done = inside(tmp_path, "lookup", names.name, "--network", S, "--sandbox")
    assert (done.returncode, done.stdout) == (0, "lookup.csv: 2 checked: 1 listed, 1 not listed\n")
    assert f"{S}: 2 of 2 checked" in done.stderr


async def test_a_full_disk_leaves_whole_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One plain line, and what was there before is there still."""
    names, out = _written(tmp_path, "Grace Okafor"), tmp_path / "out.csv"
    await _looked_up(names, out)
    before = out.read_bytes()

    def full(_file: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("bot.cli.list_files.os", SimpleNamespace(fsync=full))
    with pytest.raises(ConfigError, match=r"No space left on device.*the same command goes on"):
        await _looked_up(_written(tmp_path, "Grace Okafor", "Minh Kim"), out)
    assert (out.read_bytes(), left_in(tmp_path)) == (before, ["names.txt", "out.csv"])


@pytest.mark.threat("T63")
@pytest.mark.attack("a list whose other columns are sent to the directory")
async def test_the_columns_of_a_table_are_kept_and_not_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The NPI is asked, else the provider's name; what else a row holds goes into the answer file alone."""
    sent: list[str] = []
    search = DirectoryClient.search

    def heard(self: DirectoryClient, asked: Search, budget: Budget) -> AsyncIterator[Page]:
        sent.append(asked.encoded())
        return search(self, asked, budget)

    monkeypatch.setattr(DirectoryClient, "search", heard)
    rows = ["Member ID,Member name,Provider,NPI", "M001,Ann Ames,Grace Okafor,1100000003", "M002,Bo Bell,Minh Kim,"]
    out = tmp_path / "out.csv"
    await _looked_up(_written(tmp_path, *rows, "M003,Cy Cole,Grace Okafor,1100000003", "M004,Di Dorn,,"), out)
    header, *found = _rows(out)
    assert header[-4:] == rows[0].split(",")
    assert [(row[0], row[2], row[12]) for row in found] == [
        ("1100000003", "listed", "M001"),
        ("Minh Kim", "not listed", "M002"),
        ("1100000003", "listed", "M003"),
    ]
    assert not [one for one in sent if any(word in one for word in ("M00", "Ames", "Bell", "Dorn"))]


@pytest.mark.parametrize(
    ("lines", "asked"),
    [
        (("name,NPI", "Ann Ames,1100000003", "Bo Bell,pending"), ["1100000003", "Bo Bell"]),
        (("M001,Robbie Parker,1237550755", "M002,Ann Ames,1100000003"), ["1237550755", "1100000003"]),
        (("M001,Robbie Parker", "M002,Ann Ames"), ["Robbie Parker", "Ann Ames"]),
        (("First name;Last name;Phone", "Ann;Ames;4235550142"), ["Ann Ames"]),
        (("Provider\tCity", "St. Thomas\tNashville"), ["St. Thomas"]),
        (("Kim, Minh", '"Parker, Robbie"', "Ann Ames"), ["Kim, Minh", "Parker, Robbie", "Ann Ames"]),
        (('"Bob" Smith', '"Kim, Minh"'), ["Bob Smith", "Kim, Minh"]),
        (("NPI", "1100000003"), ["1100000003"]),
        (("12) Ann Ames", "- 1. 1100000003"), ["Ann Ames", "1100000003"]),
    ],
)
def test_what_is_asked_of_a_line(tmp_path: Path, lines: Sequence[str], asked: list[str]) -> None:
    """Lines are names, and tables have a column that holds them."""
    assert [line.asked for line in read_names(_written(tmp_path, *lines)).lines] == asked


@pytest.mark.parametrize(
    ("held", "said"),
    [
        (b"", "holds no names"),
        (b" \n\n", "holds no names"),
        (b"\xff\xfe\x00", "is no UTF-8 text"),
        ("\n".join(map(str, range(MOST + 1))).encode(), "at most 5,000"),
        (b"x" * 2_000_000, "larger than 1 MB"),
        (b"x" * 200_000, "too long for a name"),
        (b"M001,Ann Ames,Robbie Parker\nM002,Bo Bell,Minh Kim", "has 3 columns; write a first line"),
        (b"Ann Ames,Robbie Parker\nBo Bell,Minh Kim", "has 2 columns; write a first line"),
        (b"Ann Ames\nM001,Robbie Parker", "has 2 columns; write a first line"),
        (b"Member name,First name,Last name\nAnn,Ann,Ames", "has 3 columns"),
    ],
)
def test_a_file_that_is_no_list_is_named(tmp_path: Path, held: bytes, said: str) -> None:
    """What is wrong with it, and what to do."""
    file = tmp_path / "names.txt"
    file.write_bytes(held)
    with pytest.raises(ConfigError, match=said):
        read_names(file)


@pytest.mark.threat("T63")
@pytest.mark.attack("a look-up that writes into somebody's file")
async def test_a_file_of_somebody_else_is_not_written_into(tmp_path: Path) -> None:
    """An answer file is ours and of this list, or there is none; the list itself is none."""
    names, out = _written(tmp_path, "Minh Kim"), tmp_path / "out.csv"
    for held in ("my notes\n", "name,phone\nAnn,1\n", "Asked,Networks asked for,Answer\n"):
        out.write_text(held, encoding="utf-8")
        with pytest.raises(ConfigError, match="no answer file"):
            await _looked_up(names, out)
        assert out.read_text(encoding="utf-8") == held
    with pytest.raises(ConfigError, match="is the list itself"):
        await _looked_up(names, names)
    assert names.read_text(encoding="utf-8") == "Minh Kim"


async def test_a_workbook_is_read_and_written(tmp_path: Path) -> None:
    """With the columns of the list, numbers as they are typed, and a later run that goes on."""
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    for row in (("Ref", "Provider", "NPI"), ("=1+1", "Minh Kim", None), ("a", None, 1100000003)):
        book.active.append(row)
    book.active["A2"].data_type = "s"
    book.save(tmp_path / "in.xlsx")
    out = tmp_path / "out.xlsx"
    assert len((await _looked_up(tmp_path / "in.xlsx", out)).answers) == 2
    rows = read_workbook(out)
    assert rows[0][-3:] == ["Ref", "Provider", "NPI"]
    assert {row[0] for row in rows[1:]} == {"Minh Kim", "1100000003"}
    assert openpyxl.load_workbook(out).active["A2"].data_type != "f"
    assert len((await _looked_up(tmp_path / "in.xlsx", out, S, P)).answers) == 4
    (tmp_path / "bad.xlsx").write_text("no workbook", encoding="utf-8")
    with pytest.raises(ConfigError, match="no Excel workbook"):
        read_names(tmp_path / "bad.xlsx")


@pytest.mark.threat("T63")
@pytest.mark.attack("a list whose other columns are formulas")
async def test_a_column_of_the_list_that_would_be_a_formula_is_text(tmp_path: Path) -> None:
    """Whoever wrote the list, its title and its cells run nothing in the answer file; numbers stay numbers."""
    rows = ("Provider,=1+1,Note,Amount", 'Minh Kim,-12.50,"=HYPERLINK(""http://x"",""y"")",+1')
    names, out = _written(tmp_path, *rows, 'Grace Okafor,5,"\n@SUM(A1) ;=2",-2+3'), tmp_path / "out.csv"
    await _looked_up(names, out)
    held = [row[-3:] for row in _rows(out)]
    assert held == [
        ["'=1+1", "Note", "Amount"],
        ["-12.50", '\'=HYPERLINK("http://x","y")', "+1"],
        ["5", "'\n@SUM(A1) ;'=2", "'-2+3"],
    ]
    before = out.read_bytes()
    await _looked_up(names, out)
    assert out.read_bytes() == before


@pytest.mark.threat("T63")
@pytest.mark.attack("a workbook that unpacks to more than the machine holds")
@pytest.mark.parametrize(
    ("sheet", "said"),
    [
        (b'<dimension ref="A1:XFD1048576"/><sheetData><row r="1048576"><c r="A1048576"/></row>', "has more than"),
        (b"<sheetData><row>" + 300 * b'<c t="str"><v>Minh Kim</v></c>' + b"</row>", "has more than"),
        (b"<sheetData>" + b" " * (65 << 20), "unpacks to more than 64 MB"),
    ],
)
def test_a_workbook_that_is_a_bomb_is_refused(tmp_path: Path, sheet: bytes, said: str) -> None:
    """A size that it claims is not believed, far cells are not filled up to, and no more is unpacked than fits."""
    openpyxl = pytest.importorskip("openpyxl")
    plain, bomb = tmp_path / "plain.xlsx", tmp_path / "bomb.xlsx"
    openpyxl.Workbook().save(plain)
    name = "xl/worksheets/sheet1.xml"
    head = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    with zipfile.ZipFile(plain) as parts, zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as made:
        for one in parts.namelist():
            made.writestr(one, head + sheet + b"</sheetData></worksheet>" if one == name else parts.read(one))
    assert bomb.stat().st_size < 200_000
    with pytest.raises(ConfigError, match=said):
        read_names(bomb)


async def test_several_networks_are_a_row_each(tmp_path: Path) -> None:
    """A network that is added later is asked then, whatever it is called; a name that is misspelt has near ones."""
    names, out = _written(tmp_path, "Minh Kim", "Grase Okafor"), tmp_path / "out.csv"
    await _looked_up(names, out)
    outcome = await _looked_up(names, out, "network s", "network P")
    assert outcome.answers == ("not listed", "nobody found", "listed", "nobody found")
    assert [(row[0], row[1]) for row in _rows(out)[1:]] == [
        (name, net) for net in (S, P) for name in ("Minh Kim", "Grase Okafor")
    ]
    assert _rows(out)[2][11] == "Grace Okafor, MD"
