"""The preview of an embed at the desk, before its update is published."""

from __future__ import annotations

import base64

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, JsonResponse
from django.shortcuts import get_object_or_404
from django.template.loader import get_template
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from articles.embeds import context, resolving, services
from articles.embeds.models import Embed
from articles.models import Article
from liveblog.connections import give_back
from liveblog.delivery.elements import page_locale
from liveblog.errors import ProviderError


@never_cache
@require_safe
def preview(request: HttpRequest, pk: int) -> JsonResponse:
    """Respond with {url, provider, title, author, html, notice} of an address as readers will see it, or {error}.

    `notice` explains a plain link. The provider and the picture may take EMBED_TIMEOUT seconds each.
    """
    if not (request.user.has_perm("articles.add_update") or request.user.has_perm("articles.change_update")):
        raise PermissionDenied
    article = get_object_or_404(Article, pk=pk)
    try:
        url = services.address(request.GET.get("url", ""))
    except ValidationError as error:
        return JsonResponse({"error": " ".join(error.messages)})
    embed = Embed()
    embed.point_to(url)
    notice, picture = "", ""
    if embed.provider:
        give_back()
        try:
            found = resolving.resolve(url)
        except ProviderError as error:
            notice = _notice(error, embed.provider_name)
        else:
            resolving.apply(embed, found)
            if found.thumbnail:
                picture = f"data:image/jpeg;base64,{base64.b64encode(found.thumbnail).decode()}"
    else:
        notice = _("This site can’t be embedded; readers will see a link.")
    with page_locale(article, request.LANGUAGE_CODE):
        html = get_template("articles/embeds/embed.html").render({"embed": context.embed_context(embed, picture)})
    return JsonResponse(
        {
            "url": embed.url,
            "provider": embed.provider_name,
            "title": embed.title,
            "author": embed.author,
            "html": html,
            "notice": notice,
        }
    )


def _notice(error: ProviderError, provider: str) -> str:
    if error.permanent:
        return _("This content on %(provider)s is private or has been deleted; readers will see a link.") % {
            "provider": provider
        }
    return _("%(provider)s isn’t responding. Readers will see a link until it does.") % {"provider": provider}
