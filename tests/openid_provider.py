"""An OpenID Connect provider on this machine, for the tests: Django and django-oauth-toolkit with one
account. Only what they must be told stands here: `python -m tests.openid_provider FOLDER PORT REDIRECT`.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from wsgiref.simple_server import make_server

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.conf import settings

EMAIL, PASSWORD, CLIENT = "li.na@lishui.example", "a-password-of-a-test", "dashboard"
FORM = "<form method='post'>{% csrf_token %}{{ form.as_p }}<button>Log in</button></form>"


def main(folder: Path, port: int, redirect: str) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    settings.configure(
        SECRET_KEY="of a test",
        ALLOWED_HOSTS=["127.0.0.1"],
        ROOT_URLCONF=__name__,
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": folder / "db"}},
        INSTALLED_APPS=[
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.sessions",
            "oauth2_provider",
        ],
        MIDDLEWARE=[
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
        ],
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "OPTIONS": {
                    "context_processors": ["django.template.context_processors.request"],
                    "loaders": [
                        ("django.template.loaders.locmem.Loader", {"login.html": FORM}),
                        "django.template.loaders.app_directories.Loader",
                    ],
                },
            }
        ],
        LOGIN_URL="/login/",
        OAUTH2_PROVIDER={
            "OIDC_ENABLED": True,
            "OIDC_RSA_PRIVATE_KEY": key.decode(),
            "OIDC_RP_INITIATED_LOGOUT_ENABLED": True,
            "OIDC_RP_INITIATED_LOGOUT_ALWAYS_PROMPT": False,
            "OAUTH2_VALIDATOR_CLASS": f"{__name__}.told",
            "SCOPES": {"openid": "who", "profile": "name", "email": "address"},
        },
    )
    import django

    django.setup()
    from django.contrib.auth.models import User
    from django.core.management import call_command
    from django.core.wsgi import get_wsgi_application
    from oauth2_provider.models import Application

    call_command("migrate", verbosity=0)
    User.objects.create_user("li.na", EMAIL, PASSWORD)
    Application.objects.create(
        client_id=CLIENT,
        client_secret=PASSWORD,
        client_type=Application.CLIENT_CONFIDENTIAL,
        authorization_grant_type=Application.GRANT_AUTHORIZATION_CODE,
        redirect_uris=redirect,
        post_logout_redirect_uris=redirect,
        algorithm=Application.RS256_ALGORITHM,
    )
    urls()
    make_server("127.0.0.1", port, get_wsgi_application()).serve_forever()


urlpatterns: list[object] = []


def urls() -> None:
    """The provider's own addresses, and a field for the password."""
    from django.contrib.auth.views import LoginView
    from django.urls import include, path

    urlpatterns.extend(
        [
            path("o/", include("oauth2_provider.urls", namespace="oauth2_provider")),
            path("login/", LoginView.as_view(template_name="login.html")),
        ]
    )


def told() -> object:
    """What the provider says of an account: its address, and that it has verified it."""
    from oauth2_provider.oauth2_validators import OAuth2Validator

    class Told(OAuth2Validator):
        oidc_claim_scope = OAuth2Validator.oidc_claim_scope | {"email_verified": "email"}

        def get_additional_claims(self, request: object) -> dict[str, object]:
            return {"email": request.user.email, "email_verified": True}

    return Told()


if __name__ == "__main__":
    os.environ.setdefault("OAUTHLIB_INSECURE_TRANSPORT", "1")  # plain HTTP, on loopback alone
    main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
