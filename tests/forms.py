"""Fill in the newsroom's forms without a browser."""

from typing import Any

from django.contrib.auth.models import Group, User
from django.forms import MultiWidget
from django.test import Client
from django.urls import reverse


def member_of(*groups: str) -> Client:
    user = User.objects.create_user("-".join(groups).lower(), is_staff=True)
    user.groups.set(Group.objects.filter(name__in=groups))
    client = Client()
    client.force_login(user)
    return client


def change_url(item: Any) -> str:
    address = reverse(f"admin:{item._meta.app_label}_{item._meta.model_name}_change", args=[item.pk])
    # Without this parameter, writers are redirected to the desk.
    return f"{address}?form=1" if item._meta.model_name == "update" else address


def form_of(answer: Any) -> dict[str, Any]:
    """Return the data that a browser would send if the user changed nothing."""
    form = answer.context["adminform"].form
    data = {}
    for name, field in form.fields.items():
        value = form[name].value()
        if field.show_hidden_initial:
            data[form[name].html_initial_name] = value or ""
        if isinstance(field.widget, MultiWidget) and isinstance(value, dict):
            parts = zip(field.widget.widgets_names, field.widget.decompress(value), strict=True)
            data |= {f"{name}{part}": chosen for part, chosen in parts}
            continue
        if hasattr(value, "strftime"):
            data[name] = value.isoformat()
        elif value not in (None, False) and name != "photo":
            data[name] = value
    return data


def opened(client: Client, item: Any) -> dict[str, Any]:
    return form_of(client.get(change_url(item)))


def errors_of(answer: Any) -> dict[str, Any]:
    assert answer.status_code == 200
    return answer.context["adminform"].form.errors
