"""Releases run side by side, so `make check` refuses a migration that would break the previous release."""

from __future__ import annotations

import runpy
from typing import Any

import pytest
from django.db import migrations, models
from django.db.migrations.state import ModelState, ProjectState

from tests.server import ROOT

check = runpy.run_path(str(ROOT / "scripts" / "check_migrations.py"))


def problems(*operations: Any) -> list[str]:
    columns = [("id", models.BigAutoField(primary_key=True)), ("title", models.CharField("title", max_length=20))]
    return list(check["problems_of"]("a", operations, ProjectState({("a", "post"): ModelState("a", "Post", columns)})))


def add(name: str, field: models.Field) -> Any:
    return migrations.AddField("post", name, field)


def alter(field: models.Field) -> Any:
    return migrations.AlterField("post", "title", field)


@pytest.mark.parametrize(
    "operation",
    [
        migrations.CreateModel("Other", [("id", models.BigAutoField(primary_key=True))]),
        add("place", models.CharField(max_length=9, null=True)),
        add("place", models.CharField(max_length=9, db_default="")),
        add("related", models.ManyToManyField("a.Post")),
        alter(models.CharField("headline", max_length=20, choices=[("a", "A")], help_text="Short.")),
        alter(models.CharField("title", max_length=30)),
        migrations.AddIndex("post", models.Index(fields=["title"], name="i")),
        migrations.RunPython(migrations.RunPython.noop, migrations.RunPython.noop),
        migrations.SeparateDatabaseAndState([add("place", models.IntegerField(null=True))]),
    ],
    ids=lambda operation: operation.describe(),
)
def test_a_migration_may_add_what_the_old_release_need_not_know(operation: Any) -> None:
    assert problems(operation) == []


@pytest.mark.parametrize(
    "operation",
    [
        add("place", models.CharField(max_length=9, default="")),
        add("place", models.CharField(max_length=9, unique=True, db_default="")),
        alter(models.CharField("title", max_length=10)),
        alter(models.TextField("title")),
        alter(models.CharField("title", max_length=20, null=True)),
        migrations.RemoveField("post", "title"),
        migrations.RenameField("post", "title", "headline"),
        migrations.RenameModel("Post", "Entry"),
        migrations.DeleteModel("Post"),
        migrations.AddConstraint("post", models.UniqueConstraint(fields=["title"], name="c")),
        migrations.AlterUniqueTogether("post", {("title",)}),
        migrations.RunPython(migrations.RunPython.noop),
        migrations.RunSQL("SELECT 1"),
        migrations.SeparateDatabaseAndState([migrations.RemoveField("post", "title")]),
    ],
    ids=lambda operation: operation.describe(),
)
def test_a_migration_that_the_old_release_cannot_bear_is_refused(operation: Any) -> None:
    [problem] = problems(operation)
    assert problem.startswith(operation.describe())


def test_a_table_of_the_same_migration_is_unknown_to_the_old_release() -> None:
    new = migrations.CreateModel("Other", [("id", models.BigAutoField(primary_key=True))])
    assert problems(new, migrations.AddField("other", "place", models.IntegerField(default=1))) == []


def test_the_migrations_of_this_release_are_fit_to_be_deployed() -> None:
    assert check["main"]() == 0
