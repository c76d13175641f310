"""The door for pictures: one file is sent, and answered with what was made of it or why it is not used."""

from __future__ import annotations

import logging
from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from articles.models import Picture
from articles.pictures import processing
from articles.pictures.forms import as_json
from liveblog.connections import give_back

logger = logging.getLogger(__name__)

RIGHTS = ("articles.add_update", "articles.change_update")


@require_POST
def upload(request: HttpRequest) -> JsonResponse:
    """`file`: the picture. `head`: the beginning of the original, where the browser has made it smaller.

    Answers {id, url, thumbnail, width, height, alt, caption, credit} or {error}, in the language of who asks.
    """
    if not any(request.user.has_perm(right) for right in RIGHTS):
        return _refused(_("You may not upload pictures."), 403)
    file = request.FILES.get("file")
    if file is None:
        return _refused(_("Choose a picture."), 400)
    give_back()
    try:
        taken = processing.process_upload(file)
    except ValidationError as refusal:
        return _refused(refusal.messages[0], 400)
    picture = Picture(uploaded_by=request.user)
    try:
        # By itself, for saving the row takes a connection first.
        picture.image.save(taken.file.name, taken.file, save=False)
        picture.save()
    # Each storage has exceptions of its own.
    except Exception:
        logger.exception("A picture could not be stored.")
        return _refused(_("The picture could not be stored. Try again."), 503)
    head: Any = request.FILES.get("head")
    words = taken.words if head is None else processing.metadata_in(head)
    return JsonResponse(as_json(picture) | words, status=201)


def _refused(message: str, status: int) -> JsonResponse:
    return JsonResponse({"error": message}, status=status)
