"""The resources of a world, divided so that a search never reads other members' rows."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable

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
    """Return the id of the patient to whom a resource belongs; empty if everybody with a token may see it."""
    if resource["resourceType"] == "Patient":
        return str(resource["id"])
    path = OWNER_PATHS.get(resource["resourceType"])
    found = walk(resource, path) if path else []
    if not found:
        return "" if path is None or resource["resourceType"] == "List" else _NOBODY
    return reference_key(found[0]).removeprefix("Patient/") or _NOBODY


class ResourceStore:
    """Rows by type and id, and tables by type and patients."""

    def __init__(self, world: World, fhir_url: str) -> None:
        self.world = world
        self.fhir_url = fhir_url
        self.generation = 0
        """Increases when resources are created on demand, so that stored results are recognized as outdated."""
        self._rows: dict[str, TableRow] = {}
        self._by_owner: dict[str, dict[str, list[TableRow]]] = {}
        self._tables: dict[tuple[str, tuple[str, ...]], Table] = {}
        self._making = asyncio.Lock()

    async def prepare(self, patients: Iterable[str]) -> None:
        """Create the data of these patients that is made on demand, in a thread."""
        async with self._making:
            for patient in patients:
                make = self.world.on_demand.pop(patient, None)
                if make is not None:
                    self._keep(await asyncio.to_thread(_made, make))

    def row(self, resource_type: str, resource_id: str) -> TableRow | None:
        """Return one resource, None if there is none."""
        key = f"{resource_type}/{resource_id}"
        if key not in self._rows:
            resource = self.world.resources.get(resource_type, {}).get(resource_id)
            if resource is None:
                return None
            self._rows[key] = TableRow(resource)
        return self._rows[key]

    def visible(self, row: TableRow, patients: tuple[str, ...]) -> bool:
        """Return whether a token for these patients gives access to the resource."""
        return row.resource["resourceType"] in DIRECTORY_TYPES or owner(row.resource) in ("", *patients)

    def table(self, resource_type: str, patients: tuple[str, ...]) -> Table:
        """Return the resources of a type that a token for these patients can search."""
        scope = () if resource_type in DIRECTORY_TYPES else patients
        if (resource_type, scope) not in self._tables:
            owners = self._owners(resource_type)
            if resource_type in DIRECTORY_TYPES:
                rows = [row for group in owners.values() for row in group]
            else:
                rows = [row for each in ("", *scope) for row in owners.get(each, ())]
            self._tables[resource_type, scope] = Table(rows, self.fhir_url)
        return self._tables[resource_type, scope]

    def _owners(self, resource_type: str) -> dict[str, list[TableRow]]:
        if resource_type not in self._by_owner:
            groups: dict[str, list[TableRow]] = defaultdict(list)
            for resource in self.world.of_type(resource_type):
                row = self.row(resource_type, resource["id"])
                if row is not None:
                    groups["" if resource_type in DIRECTORY_TYPES else owner(resource)].append(row)
            self._by_owner[resource_type] = groups
        return self._by_owner[resource_type]

    def _keep(self, made: list[Resource]) -> None:
        for resource in made:
            self.world.add(resource)
            self._rows.pop(f"{resource['resourceType']}/{resource['id']}", None)
        self._by_owner.clear()
        self._tables.clear()
        self.generation += 1


def _made(make: Callable[[], Iterable[Resource]]) -> list[Resource]:
    return list(make())
