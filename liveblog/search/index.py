"""The database index for substrings of texts, and the lookups that use it.

Both databases evaluate LIKE on the same folded texts, so they find the same; the index only avoids reading all texts.
It is an index of trigrams: GIN with pg_trgm in PostgreSQL (https://www.postgresql.org/docs/current/pgtrgm.html), FTS5
in SQLite (https://www.sqlite.org/fts5.html, section 4.3.5).

A trigram index is slow at finding texts with some of many words, because it reads a list for each trigram of each word.
In PostgreSQL, the lookup `has_some` therefore has an index of whole words.
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.backends.ddl_references import Statement, Table
from django.db.models.lookups import Lookup

from liveblog.search.folding import BOUNDARY

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.backends.base.schema import BaseDatabaseSchemaEditor
    from django.db.models.sql.compiler import SQLCompiler


class FoldedTextField(models.TextField):
    """A text of `liveblog.search.folding`, for the lookup `holds`. Its model must have a `SubstringIndex` of it."""


class SubstringIndex(models.Index):
    """An index for substrings of one field. Its name is unique in the database."""

    def create_sql(  # type: ignore[override]
        self, model: type[models.Model], schema_editor: BaseDatabaseSchemaEditor, using: str = "", **kwargs: Any
    ) -> Any:
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
            index = models.Index(fields=self.fields, name=self.name, opclasses=["gin_trgm_ops"])
            return index.create_sql(model, schema_editor, using=" USING gin")
        create, triggers, rebuild = self._sqlite_statements(model, schema_editor)
        schema_editor.execute(create)
        schema_editor.deferred_sql += triggers
        return rebuild

    def remove_sql(self, model: type[models.Model], schema_editor: BaseDatabaseSchemaEditor, **kwargs: Any) -> Any:
        if schema_editor.connection.vendor == "postgresql":
            return super().remove_sql(model, schema_editor, **kwargs)
        quote = schema_editor.quote_name
        for event in _EVENTS:
            schema_editor.execute(f"DROP TRIGGER IF EXISTS {quote(f'{self.name}_{event}')}")
        return f"DROP TABLE IF EXISTS {quote(self.name)}"

    def _sqlite_statements(
        self, model: type[models.Model], schema_editor: BaseDatabaseSchemaEditor
    ) -> tuple[str, list[Statement], str]:
        """Return the statements that create an FTS5 table, its triggers, and its index of the present texts.

        The table has no copy of the texts (external content)."""
        quote = schema_editor.quote_name
        field, key = model._meta.get_field(self.fields[0]), model._meta.pk
        assert isinstance(field, models.Field)
        assert key is not None
        parts = {"index": quote(self.name), "text": quote(str(field.column)), "rowid": quote(str(key.column))}
        # To alter a table, Django creates a new one under another name. The triggers are dropped with the old table.
        table = Table(model._meta.db_table, quote)
        create = (
            "CREATE VIRTUAL TABLE IF NOT EXISTS {index} USING fts5({text}, content=%s, content_rowid={rowid}, "
            "tokenize='trigram', detail=none)"
        )
        triggers = [
            Statement(
                f"CREATE TRIGGER IF NOT EXISTS %(trigger)s AFTER {event.upper()} ON %(table)s BEGIN "
                + "".join(each.format(**parts) for each in statements)
                + "END",
                trigger=quote(f"{self.name}_{event}"),
                table=table,
            )
            for event, statements in _EVENTS.items()
        ]
        rebuild = "INSERT INTO {index}({index}) VALUES ('rebuild')"
        return create.format(**parts) % table, triggers, rebuild.format(**parts)


class WordIndex(models.Index):
    """An index by which the lookup `has_some` finds texts in PostgreSQL. SQLite uses the `SubstringIndex`."""

    def create_sql(  # type: ignore[override]
        self, model: type[models.Model], schema_editor: BaseDatabaseSchemaEditor, using: str = "", **kwargs: Any
    ) -> Any:
        if schema_editor.connection.vendor != "postgresql":
            return "SELECT 1"
        quote, field = schema_editor.quote_name, model._meta.get_field(self.fields[0])
        assert isinstance(field, models.Field)
        words = _VECTOR.format(quote(str(field.column)))
        return f"CREATE INDEX {quote(self.name)} ON {quote(model._meta.db_table)} USING gin ({words})"

    def remove_sql(self, model: type[models.Model], schema_editor: BaseDatabaseSchemaEditor, **kwargs: Any) -> Any:
        if schema_editor.connection.vendor != "postgresql":
            return "SELECT 1"
        return super().remove_sql(model, schema_editor, **kwargs)


#: The words of a folded text, unchanged, without a language (PostgreSQL, "Text Search Types").
_VECTOR = "to_tsvector('simple'::regconfig, {})"

_ADD = "INSERT INTO {index}(rowid, {text}) VALUES (new.{rowid}, new.{text}); "
_FORGET = "INSERT INTO {index}({index}, rowid, {text}) VALUES ('delete', old.{rowid}, old.{text}); "
#: The statement that follows each event in the table with the texts (https://www.sqlite.org/fts5.html, section 4.4.3).
_EVENTS = {"insert": (_ADD,), "update": (_FORGET, _ADD), "delete": (_FORGET,)}


@FoldedTextField.register_lookup
class Holds(Lookup):
    """True if the text contains the right-hand side, a part of a folded text. That has no wildcards of LIKE."""

    lookup_name = "holds"
    prepare_rhs = False

    def _pattern(self) -> list[str]:
        return [f"%{self.rhs}%"]

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, list[Any]]:  # type: ignore[override]
        text, params = self.process_lhs(compiler, connection)
        return f"{text} LIKE %s", [*params, *self._pattern()]

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, list[Any]]:
        field = self.lhs.output_field
        options, quote = field.model._meta, connection.ops.quote_name
        index = next(each for each in options.indexes if isinstance(each, SubstringIndex) and field.name in each.fields)
        key, name, text = (quote(part) for part in (options.pk.column, index.name, field.column))
        found = f"SELECT rowid FROM {name} WHERE {text} LIKE %s"  # noqa: S608 - names of ours
        return f"{compiler.quote_name_unless_alias(self.lhs.alias)}.{key} IN ({found})", self._pattern()


@FoldedTextField.register_lookup
class HasSome(Lookup):
    """True if the text has a least number of some parts, or may have: the index finds candidates, and `holds` decides.

    The right-hand side has the parts, made by `folding.part` with `beginnings`, and the number.
    """

    lookup_name = "has_some"
    prepare_rhs = False

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, list[Any]]:  # type: ignore[override]
        text, params = self.process_lhs(compiler, connection)
        parts, needed = self.rhs
        query = " | ".join(f"({' & '.join(map(_lexemes, some))})" for some in combinations(parts, needed))
        return f"{_VECTOR.format(text)} @@ to_tsquery('simple'::regconfig, %s)", [*params, query]

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, list[Any]]:
        parts, needed = self.rhs
        # Divide the parts into `needed - 1` groups: two of the parts of a matching text are in the same group (the
        # pigeonhole principle). There are fewer such pairs than combinations.
        groups = [parts[start :: needed - 1] for start in range(needed - 1)]
        pairs = [pair for group in groups for pair in combinations(group, 2)] if groups else [(part,) for part in parts]
        found = [[Holds(self.lhs, part).as_sqlite(compiler, connection) for part in pair] for pair in pairs]
        sql = " OR ".join(f"({' AND '.join(each for each, _params in pair)})" for pair in found)
        return f"({sql})", [param for pair in found for _each, params in pair for param in params]


def _lexemes(part: str) -> str:
    """Return a part as a tsquery of PostgreSQL: whole words, the last of them as a prefix."""
    words = ["'" + word.replace("\\", "").replace("'", "''") + "'" for word in part.split(BOUNDARY) if word]
    return " & ".join([*words[:-1], f"{words[-1]}:*"])
