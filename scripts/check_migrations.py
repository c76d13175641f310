#!/usr/bin/env python3
"""Check that the previous release still works on the database after each migration.

During a deploy, and after a rollback, processes of the previous release read and write the migrated database. So a
migration may only make additions that old processes can ignore (expand). A migration of a later release, named in
CONTRACTS below, removes unused parts (contract). The first migration of an app is not checked, because no release
preceded it.

The check examines operations, not the SQL of one database, because the platform runs on PostgreSQL and SQLite.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "liveblog.settings")

import django  # noqa: E402
from django.db import migrations, models  # noqa: E402
from django.db.migrations.state import ProjectState  # noqa: E402
from django.db.models.fields import NOT_PROVIDED  # noqa: E402

APPS = ("articles", "comments", "liveblog", "webpush")

#: Migrations that remove a column or table or tighten a rule, with the reason why the previous release tolerates it:
#: the release since which nothing uses it, or why the old code always obeys the new rule. Example:
#: ("articles", "0007_remove_article_byline"): "Not used since 0.4.0; the release before this one is 0.5.0."
CONTRACTS: dict[tuple[str, str], str] = {}


def problems_of(app: str, operations: Iterable[Any], state: ProjectState) -> Iterator[str]:
    """Yield problems that a migration would cause for the previous release. `state` precedes the migration."""
    created = set()
    for operation in operations:
        if isinstance(operation, migrations.CreateModel):
            created.add(operation.name_lower)
        # The old code never touches a table that it does not know.
        elif getattr(operation, "model_name_lower", None) not in created:
            check = next((_CHECKS[kind] for kind in type(operation).__mro__ if kind in _CHECKS), _unknown)
            if problem := check(operation, app, state):
                yield f"{operation.describe()}: {problem}"
        operation.state_forwards(app, state)


def _fine(_operation: Any, _app: str, _state: ProjectState) -> str | None:
    return None


def _unknown(operation: Any, _app: str, _state: ProjectState) -> str | None:
    return (
        f"{type(operation).__name__} is not known to this check; say in CONTRACTS why the release before can bear it."
    )


def _in_parts(operation: Any, app: str, state: ProjectState) -> str | None:
    return next(problems_of(app, operation.database_operations, state.clone()), None)


def _added(operation: Any, _app: str, _state: ProjectState) -> str | None:
    field: models.Field = operation.field
    if field.many_to_many or field.null or field.db_default is not NOT_PROVIDED or getattr(field, "generated", False):
        if field.unique and field.db_default is not NOT_PROVIDED:
            return "all rows that the old release writes would have the same value in a unique column."
        return None
    return "the old release writes rows without it; give it null=True or db_default."


def _altered(operation: Any, app: str, state: ProjectState) -> str | None:
    before = _column(state.models[app, operation.model_name_lower].fields[operation.name])
    after = _column(operation.field)
    if before == after:
        return None
    longer = (after[1].get("max_length") or 0) > (before[1].get("max_length") or 0) > 0
    if longer and before[0] == after[0] and before[1] | {"max_length": None} == after[1] | {"max_length": None}:
        return None
    return "the old release may read or write values that only one of the two columns takes; add a new column instead."


def _column(field: models.Field) -> tuple[str, dict[str, Any]]:
    """Return the parts of a field's definition that affect its column."""
    _name, path, _arguments, options = field.deconstruct()
    return path, {name: value for name, value in options.items() if name not in _NOT_IN_DATABASE}


def _removed(_operation: Any, _app: str, _state: ProjectState) -> str | None:
    return "the old release still reads and writes it; take it away a release later."


def _renamed(_operation: Any, _app: str, _state: ProjectState) -> str | None:
    return "the old release knows the old name only; add the new one, copy, and take the old one away a release later."


def _constrained(_operation: Any, _app: str, _state: ProjectState) -> str | None:
    return "the old release may write rows that it forbids."


def _ran(operation: Any, _app: str, _state: ProjectState) -> str | None:
    if operation.reversible:
        return None
    return "it cannot be reversed; give it a reverse, which may be noop."


#: Options of fields that make no difference to the database.
_NOT_IN_DATABASE = {
    *("blank", "choices", "default", "editable", "error_messages", "help_text", "limit_choices_to", "on_delete"),
    *("related_name", "related_query_name", "validators", "verbose_name"),
}

_CHECKS: dict[type, Callable[[Any, str, ProjectState], str | None]] = {
    migrations.CreateModel: _fine,
    migrations.AddIndex: _fine,
    migrations.RemoveIndex: _fine,
    migrations.RenameIndex: _fine,
    migrations.RemoveConstraint: _fine,
    migrations.AlterModelOptions: _fine,
    migrations.AlterModelManagers: _fine,
    migrations.AlterModelTableComment: _fine,
    migrations.SeparateDatabaseAndState: _in_parts,
    migrations.AddField: _added,
    migrations.AlterField: _altered,
    migrations.RemoveField: _removed,
    migrations.DeleteModel: _removed,
    migrations.RenameField: _renamed,
    migrations.RenameModel: _renamed,
    migrations.AlterModelTable: _renamed,
    migrations.AlterUniqueTogether: _constrained,
    migrations.AddConstraint: _constrained,
    migrations.RunPython: _ran,
    migrations.RunSQL: _unknown,
}


def main() -> int:
    django.setup()
    from django.db.migrations.loader import MigrationLoader

    loader = MigrationLoader(None, ignore_no_migrations=True)
    problems: list[str] = []
    unused = set(CONTRACTS)
    for (app, name), migration in sorted(loader.disk_migrations.items()):
        if app not in APPS or migration.initial or not any(parent[0] == app for parent in migration.dependencies):
            continue
        if (app, name) in CONTRACTS:
            unused.discard((app, name))
            continue
        state = loader.project_state((app, name), at_end=False)
        problems += [f"{app}.{name}: {found}" for found in problems_of(app, migration.operations, state)]
    problems += [f"CONTRACTS names {app}.{name}, which does not exist." for app, name in sorted(unused)]
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
