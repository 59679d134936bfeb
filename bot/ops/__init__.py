"""Operations: the log, metrics, health pages, the audit trail, rate limits, and middleware for all routes."""

import logging
from collections.abc import MutableMapping
from typing import Any

import structlog

_FIELDS = frozenset({
    "event", "level", "timestamp", "turn", "reference", "intent", "rule", "concepts", "score", "language", "outcome",
    "error", "where", "kind", "channel", "surface", "status", "attempt", "milliseconds", "pages", "rows", "gaps",
    "resource_type", "location", "element", "reason", "origin", "setting", "count", "version", "port",
})  # fmt: skip

_QUOTES = ("mcp", "sse_starlette")  # at DEBUG they log whole questions and answers, so not even an open root hears them


def _only_known_fields(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Remove every field that is not on the list, so that a careless call cannot leak a value."""
    for name in [name for name in event if name not in _FIELDS]:
        del event[name]
    return event


def set_up(level: str = "INFO") -> None:
    """Configure structlog and restrict the libraries' loggers, once per process."""
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(levelname)s %(name)s"))
    handler.addFilter(_without_traceback)
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    for name in _QUOTES:
        logging.getLogger(name).setLevel(logging.WARNING)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _only_known_fields,
            _for_a_person if _stderr().isatty() else structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.PrintLoggerFactory(_stderr()),
        cache_logger_on_first_use=False,
    )


def _for_a_person(_: Any, __: str, event: MutableMapping[str, Any]) -> str:
    """Return a log entry as a line for a terminal. If stderr is not a terminal, entries are JSON instead."""
    level, said = event.pop("level", "info"), event.pop("event", "")
    event.pop("timestamp", None)
    rest = ", ".join(f"{name} {value}" for name, value in event.items())
    return f"{level}: {said}" + (f" ({rest})" if rest else "")


def _without_traceback(record: logging.LogRecord) -> bool:
    """Remove the traceback of a library's warning, which may contain bodies or URLs. Return True to keep the record."""
    record.exc_info = record.exc_text = record.stack_info = None
    return True


def _stderr() -> Any:
    import sys  # noqa: PLC0415 -- looked up at call time, so that a test's capture is honoured

    return sys.stderr
