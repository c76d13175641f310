"""Add the columns of languages to the tables of a database, and remove them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from django.apps import apps as present
from django.core.management.base import CommandError
from django.db import DEFAULT_DB_ALIAS, connections, models
from django.db.migrations import RemoveConstraint, RemoveField
from django.db.migrations.state import ProjectState
from modeltranslation.translator import translator

from liveblog.languages import KNOWN, SHIPPED, column, split_column, tag

if TYPE_CHECKING:
    from django.apps.registry import Apps
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.backends.base.schema import BaseDatabaseSchemaEditor
    from django.db.migrations.operations.base import Operation
    from django.db.models.constraints import BaseConstraint


def added() -> list[str]:
    """Return the codes of the languages that this site has added to the shipped ones."""
    return [code for code in KNOWN if code not in SHIPPED]


def translated_models() -> list[type[models.Model]]:
    """Return the models that have translated fields, in a fixed order."""
    found = translator.get_registered_models(abstract=False)
    return sorted(found, key=lambda model: model._meta.label_lower)


def fields_in(model: type[models.Model], language: str) -> dict[str, models.Field]:
    """Return the columns of a model for texts in a language, by their names."""
    names = (column(field, language) for field in translator.get_options_for_model(model).all_fields)
    fields = {field.name: field for field in model._meta.concrete_fields}
    return {name: fields[name] for name in names if name in fields}


def constraints_in(model: type[models.Model], language: str) -> list[BaseConstraint]:
    """Return the constraints of a model for rows in a language: their names end like its columns."""
    found = ((split_column(constraint.name), constraint) for constraint in model._meta.constraints)
    return [constraint for ending, constraint in found if ending and ending[1] == language]


def bring_up_to_date(using: str = DEFAULT_DB_ALIAS, apps: Apps = present, **_signal: Any) -> None:
    """Add the columns and constraints of added languages that the tables lack; a receiver of signals of `migrate`.

    Raise CommandError if there are columns of a language that the site no longer names: SQLite would lose them when a
    migration rebuilds their table.
    """
    if found := forgotten(connections[using]):
        raise CommandError(
            f"The database has columns of languages that ADDED_LANGUAGES does not name: {', '.join(found)}. Name them "
            "there. To stop offering a language, take it out of LANGUAGES (manage.py take_out_language)."
        )
    if added() and lacking(connections[using], apps):
        with transaction_of_schema(connections[using]) as editor:
            add(editor, apps)


def transaction_of_schema(connection: BaseDatabaseWrapper) -> BaseDatabaseSchemaEditor:
    """Return a context in which tables change completely or not at all."""
    return connection.schema_editor(atomic=True)


def forgotten(connection: BaseDatabaseWrapper) -> list[str]:
    """Return the languages that have columns in the tables but are not languages of the site."""
    found: set[str] = set()
    with connection.cursor() as cursor:
        tables = set(connection.introspection.table_names(cursor))
        for model in translated_models():
            if model._meta.db_table not in tables:
                continue
            known = {field.column for field in model._meta.concrete_fields}
            fields = "|".join(translator.get_options_for_model(model).all_fields)
            pattern = re.compile(rf"(?:{fields})_([a-z]{{2,3}}(?:_\w+)?)")
            description = connection.introspection.get_table_description(cursor, model._meta.db_table)
            found |= {
                match[1] for each in description if each.name not in known and (match := pattern.fullmatch(each.name))
            }
    return sorted(tag("id" if ending == "ind" else ending) for ending in found)


def lacking(connection: BaseDatabaseWrapper, apps: Apps = present) -> list[str]:
    """Return the names of columns and constraints of added languages that the tables of a database lack."""
    return [name for _model, name, _thing in _lacking(connection, apps)]


def _lacking(
    connection: BaseDatabaseWrapper, apps: Apps
) -> list[tuple[type[models.Model], str, models.Field | BaseConstraint]]:
    found: list[tuple[type[models.Model], str, models.Field | BaseConstraint]] = []
    with connection.cursor() as cursor:
        tables = set(connection.introspection.table_names(cursor))
        for model, known in _stored_models(apps):
            table = known._meta.db_table
            if table not in tables:
                continue
            columns = {each.name for each in connection.introspection.get_table_description(cursor, table)}
            constraints = connection.introspection.get_constraints(cursor, table)
            for language in added():
                fields = fields_in(model, language).items()
                # A later migration adds a field that is not in the state of migrations yet.
                found += [
                    (known, name, field)
                    for name, field in fields
                    if name not in columns and _is_translated_in(known, name)
                ]
                found += [
                    (known, each.name, each) for each in constraints_in(model, language) if each.name not in constraints
                ]
    return found


def _stored_models(apps: Apps) -> Iterator[tuple[type[models.Model], type[models.Model]]]:
    """Yield the models with translated fields, each with itself as `apps` has it."""
    for model in translated_models():
        try:
            yield model, apps.get_model(model._meta.label)
        except LookupError:
            continue


def _is_translated_in(model: type[models.Model], name: str) -> bool:
    field, _language = split_column(name) or ("", "")
    return any(each.name == field for each in model._meta.concrete_fields)


def add(editor: BaseDatabaseSchemaEditor, apps: Apps = present) -> None:
    """Add the columns and constraints of added languages that the tables lack.

    The columns may be null, so PostgreSQL and SQLite add them without reading the rows. PostgreSQL reads the rows once
    for each constraint; SQLite rebuilds the table.
    """
    found = _lacking(editor.connection, apps)
    for model, name, thing in found:
        if isinstance(thing, models.Field):
            field = thing.clone()
            field.set_attributes_from_name(name)
            field.model = model
            editor.add_field(model, field)
    made_again = set()
    for model, _name, thing in sorted(found, key=lambda each: not isinstance(each[2], models.CheckConstraint)):
        if isinstance(thing, models.Field) or model in made_again:
            continue
        editor.add_constraint(model, thing)
        if editor.connection.vendor == "sqlite" and isinstance(thing, models.CheckConstraint):
            # The new table has all constraints of its model.
            made_again.add(model)


def remove(connection: BaseDatabaseWrapper, language: str) -> None:
    """Remove the columns and constraints of an added language, with all texts in the columns."""
    assert language in added()
    state = ProjectState.from_apps(present)
    with transaction_of_schema(connection) as editor:
        for label, operation in _removals(language):
            before, state = state, state.clone()
            operation.state_forwards(label, state)
            operation.database_forwards(label, editor, before, state)


def _removals(language: str) -> Iterator[tuple[str, Operation]]:
    for model in translated_models():
        label, name = model._meta.app_label, model.__name__
        for constraint in constraints_in(model, language):
            yield label, RemoveConstraint(name, constraint.name)
        for field in fields_in(model, language):
            yield label, RemoveField(name, field)
