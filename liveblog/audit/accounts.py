"""Record what happens to accounts: log-ins, second factors, passwords, roles and suspensions."""

from __future__ import annotations

from typing import Any

from allauth.mfa import signals as mfa
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Group, Permission, User
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db.models import Q
from django.db.models.signals import m2m_changed, post_delete, post_save, pre_save

from liveblog import actors
from liveblog.accounts.models import Profile
from liveblog.audit.models import Action
from liveblog.audit.recording import current_request, record

_RECORDED = {"is_active", "is_staff", "is_superuser"}
#: Users log in and reset passwords by these fields. The audit log says only that they changed.
_DETAILS = {"username", "email"}


def about(user: User) -> str:
    """Return the name of an account in entries."""
    return f"account {user.get_username()}"


def connect() -> None:
    """Listen to the signals of Django and django-allauth."""
    user_logged_in.connect(_logged_in, dispatch_uid="audit")
    user_logged_out.connect(_logged_out, dispatch_uid="audit")
    user_login_failed.connect(_login_failed, dispatch_uid="audit")
    mfa.authenticator_added.connect(_factor_added, dispatch_uid="audit")
    mfa.authenticator_removed.connect(_factor_removed, dispatch_uid="audit")
    mfa.authenticator_reset.connect(_factor_added, dispatch_uid="audit")
    mfa.authentication_failed.connect(_factor_failed, dispatch_uid="audit")
    pre_save.connect(_before_save, sender=User, dispatch_uid="audit")
    post_save.connect(_saved, sender=User, dispatch_uid="audit")
    post_delete.connect(_deleted, sender=User, dispatch_uid="audit")
    m2m_changed.connect(_groups_changed, sender=User.groups.through, dispatch_uid="audit")
    m2m_changed.connect(_rights_changed, sender=User.user_permissions.through, dispatch_uid="audit")
    m2m_changed.connect(_role_changed, sender=Group.permissions.through, dispatch_uid="audit")
    post_delete.connect(_role_deleted, sender=Group, dispatch_uid="audit")
    pre_save.connect(_before_languages, sender=Profile, dispatch_uid="audit")
    post_save.connect(_languages_saved, sender=Profile, dispatch_uid="audit")


def _logged_in(sender: object, user: User, **kwargs: Any) -> None:
    record(Action.LOGGED_IN, about(user), actor=user)


def _logged_out(sender: object, user: User | None, **kwargs: Any) -> None:
    if user is not None:
        record(Action.LOGGED_OUT, about(user), actor=user)


def _login_failed(sender: object, credentials: dict[str, Any], **kwargs: Any) -> None:
    # People type passwords into the wrong field, so a name is stored only if an account has it.
    name = str(credentials.get("username") or "")[:254]
    user: User | None = None
    if name and "\0" not in name:
        # People also log in with their e-mail address.
        user = User.objects.filter(Q(username__iexact=name) | Q(email__iexact=name)).order_by("pk").first()
    record(Action.LOGIN_FAILED, about(user) if user else "no account")


def _factor_added(sender: object, user: User, authenticator: Authenticator, **kwargs: Any) -> None:
    is_codes = authenticator.type == Authenticator.Type.RECOVERY_CODES
    record(Action.CODES_MADE if is_codes else Action.FACTOR_ADDED, about(user), actor=user, kind=authenticator.type)


def _factor_removed(sender: object, authenticator: Authenticator, **kwargs: Any) -> None:
    record(Action.FACTOR_REMOVED, about(authenticator.user), kind=str(authenticator.type))


def _factor_failed(sender: object, user: User, authenticator: Authenticator, **kwargs: Any) -> None:
    record(Action.FACTOR_FAILED, about(user), actor=user, kind=str(authenticator.type))


def _before_save(sender: object, instance: User, update_fields: Any = None, **kwargs: Any) -> None:
    # `_password` is None when Django only stores a stronger hash of the same password.
    instance._new_password = bool(instance.pk) and instance._password is not None  # type: ignore[attr-defined]
    names = _RECORDED | _DETAILS
    relevant = update_fields is None or names & set(update_fields)
    stored = User.objects.filter(pk=instance.pk).values(*names).first() if instance.pk and relevant else None
    instance._before = stored  # type: ignore[attr-defined]


def _saved(sender: object, instance: User, created: bool, **kwargs: Any) -> None:
    if instance.__dict__.pop("_new_password", False):
        record(Action.PASSWORD_CHANGED, about(instance))
    before = instance.__dict__.pop("_before", None)
    if before is None:
        if created and instance.is_superuser:
            record(Action.ROLES_CHANGED, about(instance), is_superuser=True)
        return
    changed = {name: getattr(instance, name) for name in _RECORDED if getattr(instance, name) != before[name]}
    active = changed.pop("is_active", None)
    if active is not None:
        record(Action.REINSTATED if active else Action.SUSPENDED, about(instance))
    if changed:
        record(Action.ROLES_CHANGED, about(instance), **changed)
    if details := sorted(name for name in _DETAILS if getattr(instance, name) != before[name]):
        record(Action.ACCOUNT_CHANGED, about(instance), changed=details)


def _deleted(sender: object, instance: User, **kwargs: Any) -> None:
    record(Action.ACCOUNT_DELETED, about(instance))


def _groups_changed(
    sender: object, instance: User | Group, action: str, pk_set: set[int] | None, reverse: bool, **kwargs: Any
) -> None:
    if action not in ("post_add", "post_remove", "pre_clear") or reverse:
        return
    if action == "pre_clear":
        names = list(instance.groups.values_list("name", flat=True))  # type: ignore[union-attr]
    else:
        names = list(Group.objects.filter(pk__in=pk_set or ()).values_list("name", flat=True))
    if names:
        assert isinstance(instance, User)
        key = "added" if action == "post_add" else "removed"
        details: dict[str, Any] = {key: sorted(names)}
        record(Action.ROLES_CHANGED, about(instance), **details)


def _rights_changed(
    sender: object, instance: User | Permission, action: str, pk_set: set[int] | None, reverse: bool, **kwargs: Any
) -> None:
    if action in ("post_add", "post_remove") and pk_set and not reverse:
        assert isinstance(instance, User)
        codes = Permission.objects.filter(pk__in=pk_set).values_list("codename", flat=True)
        key = "added" if action == "post_add" else "removed"
        details: dict[str, Any] = {f"{key}_rights": sorted(codes)}
        record(Action.ROLES_CHANGED, about(instance), **details)


def _role_changed(
    sender: object, instance: Group | Permission, action: str, pk_set: set[int] | None, reverse: bool, **kwargs: Any
) -> None:
    # There is no actor when `liveblog.roles.apply_roles` gives the roles their permissions.
    somebody = actors.current() is not None or current_request.get() is not None
    if action in ("post_add", "post_remove") and pk_set and not reverse and somebody:
        assert isinstance(instance, Group)
        codes = Permission.objects.filter(pk__in=pk_set).values_list("codename", flat=True)
        key = "added" if action == "post_add" else "removed"
        details: dict[str, Any] = {f"{key}_rights": sorted(codes)}
        record(Action.ROLES_CHANGED, f"role {instance.name}", **details)


def _role_deleted(sender: object, instance: Group, **kwargs: Any) -> None:
    record(Action.DELETED, f"role {instance.name}")


def _before_languages(sender: object, instance: Profile, **kwargs: Any) -> None:
    stored = Profile.objects.filter(pk=instance.pk).first() if instance.pk else None
    instance._languages_before = stored.languages if stored else []  # type: ignore[attr-defined]


def _languages_saved(sender: object, instance: Profile, **kwargs: Any) -> None:
    before = instance.__dict__.pop("_languages_before", [])
    if set(instance.languages) != set(before):
        record(Action.ROLES_CHANGED, about(instance.user), languages=sorted(instance.languages))
