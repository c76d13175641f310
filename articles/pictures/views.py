"""The upload of one picture."""

from __future__ import annotations

import logging

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
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
    """Store the picture `file`. `head` is the beginning of the original if the browser has made the picture smaller.

    Responds with {id, url, thumbnail, width, height, alt, caption, credit}, or {error} in the user's language.
    """
    if not any(request.user.has_perm(permission) for permission in PERMISSIONS):
        return _error(_("You don’t have permission to upload pictures."), 403)
    file = request.FILES.get("file")
    if file is None:
        return _error(_("Choose a picture."), 400)
    give_back()
    try:
        processed = processing.process_upload(file)
    except ValidationError as error:
        return _error(error.messages[0], 400)
    assert isinstance(request.user, User)
    picture = Picture(uploaded_by=request.user)
    try:
        # Before the row, because saving that takes a database connection first.
        picture.image.save(processed.file.name, processed.file, save=False)
        picture.save()
    # Each storage raises exceptions of its own.
    except Exception:
        logger.exception("A picture could not be stored.")
        return _error(_("The picture couldn’t be saved. Try again."), 503)
    head = request.FILES.get("head")
    texts = processed.texts if head is None else processing.metadata_in(head)
    return JsonResponse(as_json(picture) | texts, status=201)


def _error(message: str, status: int) -> JsonResponse:
    return JsonResponse({"error": message}, status=status)
