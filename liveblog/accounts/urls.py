"""The addresses of logging in and of one's own account, under /accounts/. Names are django-allauth's.

Only the pages that a newsroom needs: nobody signs up by a form, and only administrators change e-mail addresses.
"""

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.webauthn import views as webauthn
from allauth.socialaccount import views as social
from allauth.socialaccount.providers.openid_connect import views as oidc
from django.urls import include, path, re_path
from django.views.generic import RedirectView

from liveblog.accounts import views
from liveblog.alerts import views as alerts

urlpatterns = [
    path("logout/", account.logout, name="account_logout"),
    path("inactive/", account.account_inactive, name="account_inactive"),
    path("reauthenticate/", account.reauthenticate, name="account_reauthenticate"),
    path("password/set/", account.password_set, name="account_set_password"),
    path("password/reset/", account.password_reset, name="account_reset_password"),
    path("password/reset/done/", account.password_reset_done, name="account_reset_password_done"),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]{1,20})-(?P<key>[^/]{1,200})/$",
        account.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path("password/reset/key/done/", account.password_reset_from_key_done, name="account_reset_password_from_key_done"),
    path("invitation/<slug:secret>/", views.open_invitation, name="invitation"),
    path("invitation/", views.accept_invitation, name="accept_invitation"),
    path("company/log-in/", views.company_log_in, {"provider_id": "company"}, name="openid_connect_login"),
    path("company/log-in/callback/", oidc.callback, {"provider_id": "company"}, name="openid_connect_callback"),
    path("company/cancelled/", social.login_cancelled, name="socialaccount_login_cancelled"),
    path("company/failed/", social.login_error, name="socialaccount_login_error"),
    path("company/signup/", RedirectView.as_view(pattern_name="account_login"), name="socialaccount_signup"),
    path("company/connected/", RedirectView.as_view(pattern_name="mfa_index"), name="socialaccount_connections"),
    path("alerts/", alerts.alerts, name="alerts"),
    path("alerts/device/", alerts.device, name="alerts-device"),
    path("alerts/stop/<str:token>/", alerts.stop, name="stop-alerts"),
    path("sessions/", views.own_sessions, name="usersessions_list"),
    path("", views.own_account, name="mfa_index"),
    path("second-factor/", views.second_factor, name="mfa_authenticate"),
    path("second-factor/confirm/", mfa.reauthenticate, name="mfa_reauthenticate"),
    path("app/", include("allauth.mfa.totp.urls")),
    path("recovery-codes/", include("allauth.mfa.recovery_codes.urls")),
    path("passkeys/", RedirectView.as_view(pattern_name="mfa_index"), name="mfa_list_webauthn"),
    path("passkeys/add/", webauthn.add_webauthn, name="mfa_add_webauthn"),
    path("passkeys/log-in/", views.passkey_log_in, name="mfa_login_webauthn"),
    path("passkeys/confirm/", webauthn.reauthenticate_webauthn, name="mfa_reauthenticate_webauthn"),
    path("passkeys/<int:pk>/remove/", webauthn.remove_webauthn, name="mfa_remove_webauthn"),
    path("passkeys/<int:pk>/rename/", webauthn.edit_webauthn, name="mfa_edit_webauthn"),
]
