"""The upload of one picture."""

from __future__ import annotations

import logging
from typing import NamedTuple

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from articles.models import Picture
from articles.pictures import processing
from articles.pictures.forms import as_json
from liveblog.connections import give_back

logger = logging.getLogger(__name__)

PERMISSIONS = ("articles.add_update", "articles.change_update")


@require_POST
def upload(request: HttpRequest) -> JsonResponse:
    """Store the picture `file`. `head` is the beginning of the original if the browser has scaled the picture down.

    Respond with {id, url, thumbnail, width, height, alt, caption, credit}, or {error} in the user's language.
    """
    if not any(request.user.has_perm(permission) for permission in PERMISSIONS):
        return _error(_("You don’t have permission to upload pictures."), 403)
    file = request.FILES.get("file")
    if file is None:
        return _error(_("Choose a picture."), 400)
    assert isinstance(request.user, User)
    stored = store(file, request.user, request.FILES.get("head"))
    if isinstance(stored, Refusal):
        return _error(stored.message, stored.status)
    return JsonResponse(stored, status=201)


class Refusal(NamedTuple):
    """Why a picture was not stored, in the user's language, and the status of HTTP for it."""

    message: str
    status: int


def store(file: UploadedFile, user: User, head: UploadedFile | None = None) -> dict[str, object] | Refusal:
    """Store an uploaded picture for a user, and return it with the texts in the file; or the reason for a refusal."""
    give_back()
    try:
        processed = processing.process_upload(file)
    except ValidationError as error:
        return Refusal(error.messages[0], 400)
    picture = Picture(uploaded_by=user)
    try:
        # Store the file before saving the row, which takes a database connection.
        picture.image.save(processed.file.name, processed.file, save=False)
        picture.save()
    # Each storage raises exceptions of its own.
    except Exception:
        logger.exception("A picture could not be stored.")
        return Refusal(_("The picture couldn’t be saved. Try again."), 503)
    texts = processed.texts if head is None else processing.metadata_in(head)
    return as_json(picture) | texts


def _error(message: str, status: int) -> JsonResponse:
    return JsonResponse({"error": message}, status=status)
