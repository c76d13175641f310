"""The real server stores pictures in an S3-compatible storage and shows them."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress

import boto3
import pytest
import requests
from django.contrib.auth.models import User
from django.test import Client

from articles import changes
from articles.models import Picture
from tests import factories, processes
from tests.nasty_files import exif, made
from tests.server import PATIENCE, Server, eventually, free_port
from tests.test_settings import check

pytestmark = pytest.mark.one_database

BUCKET = "newsroom"


@pytest.fixture(scope="module")
def s3() -> Iterator[dict[str, str]]:
    """Start a storage, and return the environment of a server that uses it."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    server = processes.start(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )

    def answers() -> bool:
        assert server.poll() is None, "The storage did not start."
        with suppress(requests.RequestException):
            requests.get(address, timeout=5)
            return True
        return False

    eventually(answers)
    access = {"S3_ACCESS_KEY_ID": "key", "S3_SECRET_ACCESS_KEY": "secret", "S3_REGION": "eu-central-1"}
    client(address).create_bucket(
        Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": access["S3_REGION"]}, ACL="public-read"
    )
    yield {"S3_BUCKET": BUCKET, "S3_ENDPOINT_URL": address, **access}
    processes.end(server)


def client(address: str) -> boto3.client:
    return boto3.client(
        "s3", endpoint_url=address, aws_access_key_id="key", aws_secret_access_key="secret", region_name="eu-central-1"
    )


def session_of(server: Server) -> requests.Session:
    """Return the session of a logged-in user, with the token of a form."""
    browser, theirs = requests.Session(), Client()
    theirs.force_login(User.objects.create_superuser("chief"))
    browser.cookies.set("sessionid", theirs.cookies["sessionid"].value)
    browser.get(f"{server.url}/admin/articles/update/add/", timeout=PATIENCE)
    browser.headers["X-CSRFToken"] = browser.cookies["csrftoken"]
    return browser


@pytest.mark.django_db(transaction=True)
def test_pictures_are_stored_in_s3_and_readers_fetch_them_from_there(s3: dict[str, str]) -> None:
    article = factories.article()
    content = made(size=(1600, 900), exif=exif(gps=True))
    with Server(**s3) as server:
        chief = session_of(server)
        answer = chief.post(
            f"{server.url}/admin/articles/update/pictures/", files={"file": ("a.jpg", content)}, timeout=PATIENCE
        )
        assert answer.status_code == 201, answer.text
        update = factories.update(article)
        picture = Picture.objects.get()
        picture.update, picture.credit_en = update, "Ana"
        with changes.edit(update):
            picture.save(update_fields=["update", "credit_en"])
        page = requests.get(f"{server.url}{article.url('en')}", timeout=PATIENCE)
        place = f"{s3['S3_ENDPOINT_URL']}/{BUCKET}"
        assert f"img-src 'self' data: {s3['S3_ENDPOINT_URL']};" in page.headers["Content-Security-Policy"] + ";"
        found = set(re.findall(rf"{place}/pictures/\S+?\.(?:webp|jpg)", page.text))
        assert len(found) == 6
        for address in found:
            stored = requests.get(address, timeout=PATIENCE)
            assert stored.status_code == 200
            assert stored.headers["Content-Type"] in ("image/webp", "image/jpeg")
            assert "immutable" in stored.headers["Cache-Control"]
            assert b"Exif" not in stored.content
    assert client(s3["S3_ENDPOINT_URL"]).list_objects_v2(Bucket=BUCKET)["KeyCount"] == 6


@pytest.mark.django_db(transaction=True)
def test_a_storage_outage_shows_an_error_and_leaves_no_picture(s3: dict[str, str]) -> None:
    with Server(**s3 | {"S3_BUCKET": "no-such-bucket"}) as server:
        answer = session_of(server).post(
            f"{server.url}/admin/articles/update/pictures/", files={"file": ("a.jpg", made())}, timeout=60
        )
    assert answer.status_code == 503
    assert answer.json()["error"]
    assert not Picture.objects.exists()


def test_an_invalid_storage_address_is_refused() -> None:
    refused = check(SECRET_KEY="x", S3_BUCKET="b", S3_PUBLIC_URL="cdn.example.org")
    assert refused.returncode != 0
    assert "S3_PUBLIC_URL" in refused.stderr
