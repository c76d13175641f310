"""The upload of pictures by programs."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import File, Router, Schema
from ninja.files import UploadedFile
from pydantic import Field

from articles.pictures import views
from articles.templatetags.live import absolute
from liveblog.actors import user_of
from liveblog.rest import problems
from liveblog.rest.answers import answer
from liveblog.rest.authentication import AccessToken
from liveblog.rest.scopes import Scope

router = Router(tags=["Updates of the newsroom"])


class UploadedPictureOut(Schema):
    """A picture that belongs to no update yet: name its id in the `pictures` of one."""

    id: int
    url: str
    width: int
    height: int
    alt: str = Field(description="As the file states it, for you to look at; the same holds for the other texts.")
    caption: str
    credit: str


@router.post("/desk/pictures", response={201: UploadedPictureOut}, auth=AccessToken(Scope.CREATE, *views.PERMISSIONS))
def upload_picture(request: HttpRequest, file: File[UploadedFile]) -> HttpResponse:
    """Upload a picture (JPEG, PNG, WebP …) as multipart/form-data."""
    stored = views.store(file, user_of(request))
    if isinstance(stored, views.Refusal):
        raise problems.Problem(stored.status, "picture", stored.message, {"file": [stored.message]})
    picture: dict[str, Any] = stored
    return answer(UploadedPictureOut(**picture | {"url": absolute(picture["url"])}), 201)
