"""The operation that adds the columns of added languages to the state of migrations."""

from __future__ import annotations

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from liveblog.added_languages import tables


class AddLanguages(Operation):
    """Give each model with translated fields the columns and constraints of the languages that the site has added.

    A migration that adds a model with translated fields, or a translated field to a model, needs another such operation
    after it: `scripts/check` makes migrations with more languages and reports a missing one.
    """

    reversible = True
    elidable = False

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """See Operation."""
        for model in tables.translated_models():
            label, name = model._meta.app_label, model._meta.model_name or ""
            known = state.models.get((label, name))
            if known is None:
                continue
            for language in tables.added():
                for field in tables.fields_in(model, language).values():
                    if field.name not in known.fields:
                        state.add_field(label, name, field.name, field.clone(), preserve_default=True)
                names = {constraint.name for constraint in known.options.get("constraints", ())}
                for constraint in tables.constraints_in(model, language):
                    if constraint.name not in names:
                        state.add_constraint(label, name, constraint.clone())

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        """See Operation."""
        if tables.added():
            tables.add(schema_editor, to_state.apps)

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        """Do nothing: going back to another release must not delete the texts of a language."""

    def describe(self) -> str:
        """See Operation."""
        return "Add the columns of the languages that the site has added"
