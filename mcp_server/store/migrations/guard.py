"""Triggers that say the same on SQLite and PostgreSQL.

They are the last line: whatever code, console or script speaks to the database, it meets them. On SQLite a batch
migration drops a table's triggers with the table; create them anew after it.

Do not change what is rendered here: shipped migrations would make other triggers than they made before.
"""

from dataclasses import dataclass
from typing import Literal

Event = Literal["INSERT", "UPDATE", "DELETE"]


@dataclass(frozen=True, slots=True)
class Guard:
    """Refuses a change of a row.

    ``when`` is SQL over ``NEW`` and ``OLD``; ``{same}`` and ``{differs}`` compare and take NULL for a value.
    ``because`` completes "the database refuses: ".
    """

    name: str
    table: str
    event: Event
    because: str
    when: str = "1 = 1"

    def statements(self, dialect: str) -> list[str]:
        """The SQL that creates it."""
        because = f"drysail: {self.because}".replace("'", "''")
        if dialect == "sqlite":
            condition = self.when.format(same="IS", differs="IS NOT")
            return [
                f"CREATE TRIGGER {self.name} BEFORE {self.event} ON {self.table} FOR EACH ROW WHEN ({condition}) "
                f"BEGIN SELECT RAISE(ABORT, '{because}'); END"
            ]
        condition = self.when.format(same="IS NOT DISTINCT FROM", differs="IS DISTINCT FROM")
        row = "OLD" if self.event == "DELETE" else "NEW"
        body = (
            f"IF {condition} THEN RAISE EXCEPTION USING ERRCODE = '23000', MESSAGE = '{because}'; END IF; RETURN {row};"
        )
        return _postgresql(self.name, f"BEFORE {self.event} ON {self.table} FOR EACH ROW", body)


@dataclass(frozen=True, slots=True)
class Consequence:
    """Does something after each change of a row."""

    name: str
    table: str
    event: Event
    action: str

    def statements(self, dialect: str) -> list[str]:
        """The SQL that creates it."""
        if dialect == "sqlite":
            return [
                f"CREATE TRIGGER {self.name} AFTER {self.event} ON {self.table} FOR EACH ROW BEGIN {self.action}; END"
            ]
        when = f"AFTER {self.event} ON {self.table} FOR EACH ROW"
        return _postgresql(self.name, when, f"{self.action}; RETURN NULL;")


def _postgresql(name: str, when: str, body: str) -> list[str]:
    return [
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} END $$",
        f"CREATE TRIGGER {name} {when} EXECUTE FUNCTION {name}()",
    ]


def append_only(table: str) -> list[Guard]:
    """Rows of the table are added, and then stay as they are."""
    because = f"{table} is append-only"
    return [
        Guard(f"{table}_keep_update", table, "UPDATE", because),
        Guard(f"{table}_keep_delete", table, "DELETE", because),
    ]


def not_replaced(table: str, *keys: tuple[str, ...]) -> Guard:
    """SQLite's INSERT OR REPLACE deletes the row that is in the way of a key, and no DELETE trigger sees it."""
    taken = " OR ".join("(" + " AND ".join(f"o.{column} = NEW.{column}" for column in key) + ")" for key in keys)
    return Guard(
        f"{table}_not_replaced",
        table,
        "INSERT",
        "it exists already",
        f"EXISTS (SELECT 1 FROM {table} AS o WHERE {taken})",
    )


def never_emptied(table: str) -> list[str]:
    """PostgreSQL's TRUNCATE goes past triggers on rows."""
    body = f"RAISE EXCEPTION USING ERRCODE = '23000', MESSAGE = 'drysail: {table} is never emptied';"
    return _postgresql(f"{table}_keep_truncate", f"BEFORE TRUNCATE ON {table} FOR EACH STATEMENT", body)
