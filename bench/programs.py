"""Publish updates through the API, from several programs at once."""

from __future__ import annotations

import http.client
import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from django.contrib.auth.models import User

from articles.models import Article
from bench import coverage
from bench.servers import Server
from liveblog.rest.models import Token
from liveblog.rest.scopes import Scope

#: The number of programs that publish at the same time.
PROGRAMS = 4


def secret() -> str:
    """Return the secret of a new token with all rights of the journalist."""
    user = User.objects.get(username=coverage.JOURNALIST[0])
    # The number of tokens of a user is limited.
    Token.objects.filter(user=user).delete()
    return Token.make(user, "Benchmark", Scope.values, valid_for=timedelta(days=1))[1]


def write(server: Server, article: Article, token: str, count: int) -> tuple[float, list[float]]:
    """Publish `count` updates. Return the total seconds, and the sorted seconds of each request."""
    numbers = iter(range(count))

    def program(_number: int) -> list[float]:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        times = []
        # Each number of the shared iterator goes to exactly one thread.
        for number in numbers:
            began = time.perf_counter()
            body = {"text": f"Update {number} of a program that has a lot to say.", "action": "publish"}
            headers = {
                "Authorization": f"Bearer {token}",
                "Content-Type": "application/json",
                "Idempotency-Key": f"{article.pk}-{number}",
            }
            path = f"/api/v1/desk/articles/{article.slug}/updates"
            connection.request("POST", path, json.dumps(body), headers)
            answer = connection.getresponse()
            said = answer.read()
            if answer.status != 201:
                sys.exit(f"The interface answered {answer.status}: {said.decode()}")
            times.append(time.perf_counter() - began)
        return times

    began = time.perf_counter()
    with ThreadPoolExecutor(PROGRAMS) as pool:
        times = sorted(each for found in pool.map(program, range(PROGRAMS)) for each in found)
    return time.perf_counter() - began, times
