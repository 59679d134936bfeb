"""Whether a point lies in a Location's GeoJSON boundary: Plan-Net's areas have a shape, no address (fhir-notes 9.2)."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence

import msgspec

from bot.records.shapes import Attachment, Extension

BOUNDARY = "http://hl7.org/fhir/StructureDefinition/location-boundary-geojson"
Ring = tuple[tuple[float, float], ...]
GeoPoint = tuple[float, float]


class _Shape(msgspec.Struct, frozen=True):
    type: str = ""
    coordinates: msgspec.Raw = msgspec.Raw()
    geometry: _Shape | None = None
    features: tuple[_Shape, ...] = ()
    geometries: tuple[_Shape, ...] = ()


def read_boundary(extensions: Sequence[Extension]) -> tuple[Ring, ...]:
    """The outer rings of the boundary as (longitude, latitude); none where it is absent, only linked, or damaged."""
    found = next((e.value_attachment for e in extensions if e.url == BOUNDARY and e.value_attachment), None)
    return _decoded(found) if found and found.data else ()


def holds(rings: Sequence[Ring], point: GeoPoint) -> bool:
    """True when the point (latitude, longitude) lies in one of the rings, by the even-odd rule."""
    return any(_inside(ring, point) for ring in rings)


def _decoded(attachment: Attachment) -> tuple[Ring, ...]:
    try:
        shape = msgspec.json.decode(base64.b64decode(attachment.data or ""), type=_Shape)
        return _rings(shape)
    except (binascii.Error, msgspec.DecodeError, RecursionError, ValueError):
        return ()


def _rings(shape: _Shape) -> tuple[Ring, ...]:
    if shape.type == "Polygon":
        return msgspec.json.decode(shape.coordinates, type=tuple[Ring, ...])[:1]
    if shape.type == "MultiPolygon":
        polygons = msgspec.json.decode(shape.coordinates, type=tuple[tuple[Ring, ...], ...])
        return tuple(polygon[0] for polygon in polygons if polygon)
    parts = (*((shape.geometry,) if shape.geometry else ()), *shape.features, *shape.geometries)
    return tuple(ring for part in parts for ring in _rings(part))


def _inside(ring: Ring, point: GeoPoint) -> bool:
    latitude, longitude = point
    crossings = 0
    for (west, south), (east, north) in zip(ring, (*ring[1:], *ring[:1]), strict=True):
        if (south > latitude) != (north > latitude):
            crossings += longitude < (east - west) * (latitude - south) / (north - south) + west
    return crossings % 2 == 1
