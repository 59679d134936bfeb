"""The SQLite store's migrations. New ones are only ever appended; the file records which were applied.

What only makes statements faster is not a migration: it is created if missing and not recorded, so that an older
release, which refuses unknown migrations, can be started again beside this one.
"""

from sqlite_utils import Database, Migrations

from bot.errors import StoreUnusable


def _rows_and_counters(database: Database) -> None:
    """Create the tables of rows and counters. `number` keeps the order in which rows were stored."""
    database.execute(
        "CREATE TABLE rows (number INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, key TEXT NOT NULL, "
        "value BLOB NOT NULL, owner TEXT NOT NULL, expires REAL NOT NULL, UNIQUE (kind, key))"
    )
    database.execute("CREATE INDEX rows_by_owner ON rows (owner, kind) WHERE owner <> ''")
    database.execute("CREATE INDEX rows_by_expiry ON rows (expires)")
    database.execute(
        "CREATE TABLE counters (kind TEXT NOT NULL, key TEXT NOT NULL, times INTEGER NOT NULL, "
        "expires REAL NOT NULL, UNIQUE (kind, key))"
    )
    database.execute("CREATE INDEX counters_by_expiry ON counters (expires)")


def _lanes_and_leases(database: Database) -> None:
    """Add lanes, whose rows are worked on one after the other, and leases."""
    database.execute("ALTER TABLE rows ADD COLUMN lane TEXT NOT NULL DEFAULT ''")
    database.execute("ALTER TABLE rows ADD COLUMN held REAL NOT NULL DEFAULT 0")
    database.execute("ALTER TABLE rows ADD COLUMN leases INTEGER NOT NULL DEFAULT 0")
    database.execute("CREATE INDEX rows_by_kind ON rows (kind, lane, number)")


def _waiting_rows(database: Database) -> None:
    """Add an index that finds rows waiting for work without scanning the finished ones."""
    database.execute("CREATE INDEX rows_in_lanes ON rows (kind, number) WHERE lane <> ''")


_STEPS = {"rows_and_counters": _rows_and_counters, "lanes_and_leases": _lanes_and_leases, "waiting_rows": _waiting_rows}
_QUICKER = (
    # Rows of a kind in the order in which they were put, and the last of them, without a sort.
    "CREATE INDEX IF NOT EXISTS rows_of_kind ON rows (kind, number)",
)


def bring_up_to_date(database: Database, name: str) -> None:
    """Apply the missing migrations in one transaction, even of two starts at once; StoreUnusable for unknown ones."""
    migrations = Migrations("store")
    for step_name, step in _STEPS.items():
        migrations(name=step_name)(step)
    database.execute("BEGIN IMMEDIATE")
    try:
        _refuse_newer(migrations, database, name)
        migrations.apply(database)
        for statement in _QUICKER:
            database.execute(statement)
    except BaseException:
        database.execute("ROLLBACK")
        raise
    database.execute("COMMIT")


def _refuse_newer(migrations: Migrations, database: Database, name: str) -> None:
    if {step.name for step in migrations.applied(database)} - _STEPS.keys():
        raise StoreUnusable(f"the store {name} was written by a newer version of this program")
