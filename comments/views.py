from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from articles.models import Article
from comments.forms import CommentForm
from comments.models import Comment
from comments.rendering import comment_html
from liveblog.origin import from_here


@csrf_exempt  # The form sets no cookie; posting from elsewhere is refused by where the browser says it comes from.
@require_http_methods(["GET", "HEAD", "POST"])
def comments(request: HttpRequest, language: str, slug: str) -> HttpResponse:
    """An article's approved comments, and the form for one more."""
    article = get_object_or_404(Article, slug=slug)
    if language not in article.offered_languages:
        raise Http404
    form = CommentForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        if not from_here(request):
            raise PermissionDenied(
                _("This form can only be sent from our own page. Please open the page again and try once more.")
            )
        if form.is_valid():
            form.instance.article = article
            form.instance.language = language
            form.save()
            return redirect(f"{request.path}?sent=1")
    with timezone.override(article.zone):
        approved = Comment.objects.approved().filter(article=article)[:500]
        html = "".join(comment_html(comment, language) for comment in approved)
        return render(
            request,
            "comments/page.html",
            {
                "article": article,
                "live_url": article.url(language),
                "form": form,
                "sent": "sent" in request.GET,
                "comments": mark_safe(html),
            },
            status=422 if form.errors else 200,
        )
