"""A queue claims due rows for the duration of a lease, and retries failed ones after growing pauses."""

import itertools
import logging
from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from comments.models import EmailJob
from liveblog import jobs
from liveblog.jobs import Queue

pytestmark = pytest.mark.django_db

queue = Queue(
    rows=lambda: EmailJob.objects.order_by("due_at"),
    logger=logging.getLogger(__name__),
    lease=timedelta(minutes=5),
    max_attempts=8,
    first_pause=10.0,
    longest_pause=60.0,
)


@pytest.fixture(autouse=True)
def one_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stop the clock, because a busy machine may need seconds between two lines."""
    now = timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: now)


@pytest.fixture
def job() -> EmailJob:
    return EmailJob.objects.create(key="job", kind=EmailJob.Kind.APPROVED, due_at=timezone.now())


def wait_of(job: EmailJob) -> float:
    """Return the seconds until a job is due."""
    job.refresh_from_db()
    assert job.due_at is not None
    return (job.due_at - timezone.now()).total_seconds()


def fail(job: EmailJob, **options: float) -> bool:
    return queue.postpone(job, EmailJob.objects.filter(pk=job.pk), "timeout", **options)


def test_a_claimed_row_is_due_again_when_the_lease_ends(job: EmailJob) -> None:
    assert queue.claim(5) == [job]
    assert queue.claim(5) == []
    assert 299 < wait_of(job) <= 300


def test_a_row_without_a_time_is_not_due(job: EmailJob) -> None:
    EmailJob.objects.update(due_at=None)
    assert queue.claim(5) == []


@pytest.mark.parametrize(("attempts", "pause"), [(0, 10), (1, 20), (2, 40), (3, 60), (6, 60)])
def test_pauses_double_up_to_a_limit(job: EmailJob, attempts: int, pause: int) -> None:
    job.attempts = attempts
    assert fail(job)
    assert 0.69 * pause < wait_of(job) < 1.31 * pause
    assert (job.attempts, job.failure) == (attempts + 1, "timeout")


def test_a_server_that_asks_to_wait_longer_gets_its_time(job: EmailJob) -> None:
    assert fail(job, retry_after=600.0)
    assert 599 < wait_of(job) <= 600


@pytest.mark.parametrize(("attempts", "permanent"), [(7, False), (0, True)])
def test_a_row_is_given_up_after_a_permanent_or_the_last_failure(job: EmailJob, attempts: int, permanent: bool) -> None:
    job.attempts = attempts
    assert not fail(job, permanent=permanent)
    job.refresh_from_db()
    assert (job.due_at, job.attempts, job.failure) == (None, attempts + 1, "timeout")


def test_a_row_that_has_changed_meanwhile_is_skipped(job: EmailJob) -> None:
    queue.postpone(job, EmailJob.objects.none(), "timeout")
    job.refresh_from_db()
    assert (job.attempts, job.failure) == (0, "")


@pytest.mark.django_db(transaction=True)
def test_a_job_that_raises_does_not_stop_others_and_is_due_when_the_lease_ends(
    job: EmailJob, caplog: pytest.LogCaptureFixture
) -> None:
    EmailJob.objects.create(key="other", kind=EmailJob.Kind.APPROVED, due_at=timezone.now())
    done = []

    def work(row: EmailJob) -> None:
        if row.key == "job":
            raise LookupError
        done.append(row.key)

    assert replace(queue, threads=1).run_due(work) == 2
    assert done == ["other"]
    assert f"The work of EmailJob {job.pk} failed." in caplog.text
    assert wait_of(job) > 290


def test_jobs_that_begin_together_do_not_stay_together() -> None:
    first, *others = zip(*(itertools.islice(jobs.pauses(2.0), 3) for _ in range(20)), strict=True)
    assert len(set(first)) > 10
    assert all(0 <= pause <= 2 for pause in first)
    assert others == [(2.0,) * 20, (2.0,) * 20]
