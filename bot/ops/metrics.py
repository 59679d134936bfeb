"""Metrics for operators: answers, problems and durations, with labels from closed lists (T27, T57)."""

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from bot.message import Person
from bot.ops.limits import Limit
from bot.ops.tally import Tally

log = structlog.get_logger("refused")
_LINES = 10  # a minute, of each kind: whoever forges thousands fills no disk

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20)
"""The upper bounds of the histogram buckets, in seconds."""


def bucket_of(seconds: float) -> str:
    """Return the upper bound of the bucket for a duration, as text; "" above the last bucket."""
    return next((f"{bound:g}" for bound in SECONDS if seconds <= bound), "")


class Meter:
    """The metrics of one process. No label contains a person's text or identity.

    `tally` stores the same counts for the operator's page, which leaves out what fewer than five people did.
    """

    def __init__(self) -> None:
        self.tally: Tally | None = None
        self._registry = CollectorRegistry()
        self._answers = Counter(
            "bot_answers", "Messages that were answered", ("platform", "intent", "language"), registry=self._registry
        )
        self._unread = Counter(
            "bot_unread",
            "Messages that were asked back or not understood",
            ("kind", "language"),
            registry=self._registry,
        )
        self._problems = Counter("bot_problems", "Errors that a person was told", ("kind",), registry=self._registry)
        self._seconds = Histogram(
            "bot_answer_seconds",
            "From a message to its last reply",
            ("platform",),
            buckets=SECONDS,
            registry=self._registry,
        )
        self._calls = Counter(
            "bot_payer_calls", "Calls to the payer by what came of them", ("outcome",), registry=self._registry
        )
        self._waited = Histogram(
            "bot_payer_seconds", "From a call to its whole answer", buckets=SECONDS, registry=self._registry
        )
        self._refused = Counter(
            "bot_refused",
            "Requests in a platform's name that were refused",
            ("channel", "reason"),
            registry=self._registry,
        )
        self._ratings = Counter(
            "bot_ratings", "What people said of answers", ("intent", "rule", "outcome"), registry=self._registry
        )
        self._payer = Gauge("bot_payer_faults", "What keeps the payer from serving", registry=self._registry)

    def answered(self, person: Person, intent: str, language: str, seconds: float, unread: str = "") -> None:
        """Count one answered message; `unread` is the reason if the bot asked back or did not understand it."""
        self._answers.labels(person.platform, intent, language).inc()
        self._seconds.labels(person.platform).observe(seconds)
        if unread:
            self._unread.labels(unread, language).inc()
        if self.tally is not None:
            if unread:
                self.tally.add("unread", unread, language, person=person)
            else:
                self.tally.add("answered", intent, language, person=person)
            self.tally.today(person)
            self.tally.add("seconds", bucket_of(seconds), person=person)

    def problem(self, kind: str, person: Person) -> None:
        """Count one error by the name of its class."""
        self._problems.labels(kind).inc()
        if self.tally is not None:
            self.tally.add("fault", kind, person=person)

    def called(self, outcome: str, seconds: float) -> None:
        """Count one call to the payer by its outcome: the class of its status ("2xx"), or the name of its exception."""
        self._calls.labels(outcome).inc()
        self._waited.observe(seconds)
        if self.tally is not None:
            self.tally.add("payer", outcome)
            self.tally.add("waited", bucket_of(seconds))

    def refused(self, channel: str, reason: str) -> None:
        """Count one request that was refused, such as one without a valid signature."""
        self._refused.labels(channel, reason).inc()

    def rated(self, intent: str, rule: str, outcome: str, person: Person) -> None:
        """Count one rating of an answer by its intent and rule ("" if a button asked)."""
        self._ratings.labels(intent, rule, outcome).inc()
        if self.tally is not None:
            self.tally.add("rated", intent, outcome, person=person)

    def page(self, payer_faults: int) -> bytes:
        """Return all metrics in Prometheus's text format."""
        self._payer.set(payer_faults)
        return generate_latest(self._registry)


class Refusals:
    """Counts and logs refused requests by platform and reason, without any content of the request."""

    def __init__(self, meter: Meter) -> None:
        self._meter, self._lines = meter, Limit(_LINES)

    def __call__(self, channel: str, reason: str) -> None:
        """Count a refused request, and log it unless many are logged already."""
        self._meter.refused(channel, reason)
        if not self._lines.wait(f"{channel} {reason}"):
            log.warning("request refused", channel=channel, reason=reason)
