"""Searches over the payer's resources. A search with a member's token finds no resources of other members."""

import asyncio
import secrets
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from typing import Any

import msgspec
from cachetools import LRUCache

from bot.sandbox.behaviour import Behaviour
from bot.sandbox.fhir.query import (
    PARAMS,
    Chain,
    Criterion,
    FhirRefusal,
    Include,
    Pairs,
    Param,
    Query,
    encode,
    ignored,
    read,
    references,
)
from bot.sandbox.fhir.table import Table, TableRow, reference_key, walk
from bot.sandbox.world import DIRECTORY_TYPES, MEMBER_TYPES, Resource, World

OWNER_PATHS = {
    "CarePlan": "subject",
    "Condition": "subject",
    "Coverage": "beneficiary",
    "ExplanationOfBenefit": "patient",
    "List": "subject",
    "Observation": "subject",
    "Procedure": "subject",
}
"""The paths to the patient in each member type; a formulary's List and MedicationKnowledge have none."""

_NOBODY = "?"  # no FHIR id: a member's record that names no patient is shown to none

SERVED = frozenset((*MEMBER_TYPES, *DIRECTORY_TYPES))


def owner(resource: Resource) -> str:
    """Return the id of the Patient to whom a resource belongs; "" if everybody with a token may see the resource."""
    if resource["resourceType"] == "Patient":
        return str(resource["id"])
    path = OWNER_PATHS.get(resource["resourceType"])
    found = walk(resource, path) if path else []
    if not found:
        return "" if path is None or resource["resourceType"] == "List" else _NOBODY
    return reference_key(found[0]).removeprefix("Patient/") or _NOBODY


class ResourceStore:
    """The payer's resources, prepared for searches: encoded rows by type and id, and tables by type and patients."""

    def __init__(self, world: World, fhir_url: str) -> None:
        self.world = world
        self.fhir_url = fhir_url
        self.generation = 0
        """Increases when resources are created on demand, so that stored results are recognized as outdated."""
        self._rows: dict[str, TableRow] = {}
        self._tables: dict[tuple[str, tuple[str, ...]], Table] = {}
        self._making = asyncio.Lock()

    async def prepare(self, patients: Iterable[str]) -> None:
        """Create the data of these patients that is created on demand. It is created in a thread."""
        async with self._making:
            for patient in patients:
                make = self.world.on_demand.pop(patient, None)
                if make is not None:
                    for resource in await asyncio.to_thread(list, make()):
                        self.world.add(resource)
                        self._rows.pop(f"{resource['resourceType']}/{resource['id']}", None)
                    self._tables.clear()
                    self.generation += 1

    def row(self, resource_type: str, resource_id: str) -> TableRow | None:
        """Return the row of one resource, None if there is no such resource."""
        resource = self.world.resources.get(resource_type, {}).get(resource_id)
        return None if resource is None else self._row(resource)

    def _row(self, resource: Resource) -> TableRow:
        key = f"{resource['resourceType']}/{resource['id']}"
        if key not in self._rows:
            self._rows[key] = TableRow(resource)
        return self._rows[key]

    def visible(self, row: TableRow, patients: tuple[str, ...]) -> bool:
        """Return whether a token for these patients gives access to the resource."""
        return row.resource["resourceType"] in DIRECTORY_TYPES or owner(row.resource) in ("", *patients)

    def table(self, resource_type: str, patients: tuple[str, ...]) -> Table:
        """Return the resources of a type that a token for these patients can search."""
        scope = () if resource_type in DIRECTORY_TYPES else patients
        if (resource_type, scope) not in self._tables:
            rows = [self._row(resource) for resource in self.world.of_type(resource_type)]
            self._tables[resource_type, scope] = Table([row for row in rows if self.visible(row, scope)], self.fhir_url)
        return self._tables[resource_type, scope]


def searchset(
    base: str,
    *,
    links: Sequence[tuple[str, str]],
    total: int | None,
    matches: Sequence[TableRow],
    included: Sequence[TableRow],
    unknown: Sequence[str],
) -> bytes:
    """Return a searchset Bundle as JSON. Without a `total` it has none; an empty page has no `entry`."""
    entries: list[dict[str, Any]] = [
        {"fullUrl": f"{base}/{row.key}", "resource": msgspec.Raw(row.body), "search": {"mode": mode}}
        for mode, rows in (("match", matches), ("include", included))
        for row in rows
    ]
    if unknown:
        entries.append({"resource": ignored(unknown), "search": {"mode": "outcome"}})
    bundle: dict[str, Any] = {"resourceType": "Bundle", "type": "searchset"}
    bundle |= {} if total is None else {"total": total}
    bundle["link"] = [{"relation": relation, "url": url} for relation, url in links]
    return encode(bundle | ({"entry": entries} if entries else {}))


RESULTS_KEPT = 256
PAGES_KEPT = 4_096


@dataclass(frozen=True, slots=True)
class ResultPage:
    """The state behind a link to the next page: the patients of the search, its result, and the page's first row."""

    resource_type: str
    patients: tuple[str, ...]
    rows: tuple[TableRow, ...]
    query: Query
    offset: int = 0


class Searcher:
    """Answers searches with searchset Bundles as JSON."""

    def __init__(self, store: ResourceStore, behaviour: Behaviour) -> None:
        self.store = store
        self.behaviour = behaviour
        self._results: LRUCache[object, tuple[TableRow, ...]] = LRUCache(RESULTS_KEPT)
        self._pages: LRUCache[str, ResultPage] = LRUCache(PAGES_KEPT)

    def search(self, resource_type: str, pairs: Pairs, patients: tuple[str, ...], *, strict: bool, url: str) -> bytes:
        """Return the first page of a search, or the page of a link to a next page.

        Raises:
            FhirRefusal: a value is invalid (status 400), or the link is no longer valid (410).
        """
        page_ids = [value for name, value in pairs if name == "_page"]
        if page_ids:
            page = self._pages.get(page_ids[0])
            if page is None or (page.resource_type, page.patients) != (resource_type, patients):
                raise FhirRefusal(410, "not-found", "This page is no longer kept. Search again.")
            return self._write(page, url)
        query = read(resource_type, pairs, self.behaviour)
        if strict and query.unknown:
            raise FhirRefusal(400, "not-supported", f"Not supported here: {', '.join(query.unknown)}.")
        conditions = tuple(query.criteria)
        key = (
            *(self.store.generation, self.behaviour.chains),
            *(resource_type, patients, conditions, tuple(query.sort)),
        )
        if key not in self._results:
            table = self.store.table(resource_type, patients)
            found: AbstractSet[int] = table.everything
            for condition in conditions:
                found = found & self._matching(table, condition, patients)
            self._results[key] = tuple(table.rows[at] for at in table.ordered(query.sort, found))
        rows = self._results[key]
        return self._write(ResultPage(resource_type, patients, rows, query), url)

    def _write(self, page: ResultPage, url: str) -> bytes:
        query, end = page.query, page.offset + page.query.count
        links = [("self", url)]
        if end < len(page.rows) and not query.only_count:
            page_id = secrets.token_urlsafe(12)
            self._pages[page_id] = replace(page, offset=end)
            links.append(("next", f"{self.store.fhir_url}/{page.resource_type}?_page={page_id}"))
        rows = () if query.only_count else page.rows[page.offset : end]
        return searchset(
            self.store.fhir_url,
            links=links,
            total=len(page.rows) if query.total or query.only_count else None,
            matches=rows,
            included=self._included(rows, query, page.patients) if query.includes or query.revincludes else (),
            unknown=query.unknown,
        )

    def _matching(self, table: Table, condition: Criterion | Chain, patients: tuple[str, ...]) -> AbstractSet[int]:
        if isinstance(condition, Chain):
            if not self.behaviour.chains:
                return frozenset()
            targets = self.store.table(condition.target, patients)
            wanted = self._matching(targets, condition.inner, patients)
            return table.any_of(condition.param, (targets.rows[at].key for at in wanted))
        try:
            return table.matching(condition)
        except ValueError as error:
            raise FhirRefusal(400, "invalid", f"{error}.") from None

    def _included(self, rows: tuple[TableRow, ...], query: Query, patients: tuple[str, ...]) -> tuple[TableRow, ...]:
        seen = {row.key: row for row in rows}
        added: list[TableRow] = []
        fresh = list(rows)
        first = True
        while fresh:
            wanted = [each for each in query.includes if first or each.iterate]
            backwards = [each for each in query.revincludes if first or each.iterate]
            found = [*self._forward(fresh, wanted, patients), *self._backward(fresh, backwards, patients)]
            fresh = list({row.key: row for row in found if row.key not in seen}.values())
            seen.update({row.key: row for row in fresh})
            added += fresh
            first = False
        return tuple(added)

    def _forward(self, rows: list[TableRow], includes: list[Include], patients: tuple[str, ...]) -> Iterator[TableRow]:
        for include in includes:
            params = _params(include)
            for row in rows:
                if row.resource["resourceType"] == include.source:
                    yield from self._referenced(row, params, include.target, patients)

    def _referenced(
        self, row: TableRow, params: tuple[Param, ...], target: str, patients: tuple[str, ...]
    ) -> Iterator[TableRow]:
        for path in (path for param in params for path in param.paths):
            for key in filter(None, map(reference_key, walk(row.resource, path))):
                resource_type, _, resource_id = key.partition("/")
                found = self.store.row(resource_type, resource_id) if target in ("", resource_type) else None
                if found is not None and self.store.visible(found, patients):
                    yield found

    def _backward(self, rows: list[TableRow], includes: list[Include], patients: tuple[str, ...]) -> Iterator[TableRow]:
        for include in includes:
            if include.source in DIRECTORY_TYPES or patients:
                table = self.store.table(include.source, patients)
                keys = [row.key for row in rows]
                for param in _params(include):
                    yield from (table.rows[at] for at in sorted(table.any_of(param, keys)))


def _params(include: Include) -> tuple[Param, ...]:
    return references(include.source) if include.param == "*" else (PARAMS[include.source][include.param],)
