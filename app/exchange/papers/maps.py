"""Maps of protection zones on the local VN-2000 grid, drawn true to scale: boundaries, markers, grid, bar and arrow."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import pyproj
import shapely
from PIL import Image, ImageDraw
from shapely.geometry.base import BaseGeometry

from app.core.errors import InvalidInput
from app.exchange.papers.backdrop import draw_ground, draw_inset
from app.exchange.papers.lettering import INK, PX_PER_MM, mm, write, write_upright
from app.places.coordinates import WGS84

# Denominators of usual scales, each with how far apart the lines of the grid are, in metres.
_STEPS = {
    200: 10,
    500: 25,
    1_000: 50,
    2_000: 100,
    5_000: 250,
    10_000: 500,
    25_000: 1_000,
    50_000: 2_000,
    100_000: 5_000,
    250_000: 10_000,
    500_000: 25_000,
}
SCALES = tuple(_STEPS)
# From this one on coast and rivers of our own basemap are drawn, which are right to some hundred metres.
_GROUND_FROM = 250_000
# A name is so many times as wide as it is high.
_NAME_WIDTH = 7
# So near to a corner of the frame the coordinates of two sides would stand in each other.
_CORNER_MM = 7
# What stands about the frame: numbers of the grid; below it legend, bar and scale.
_EDGE_MM, _HEAD_MM, _FOOT_MM = 9, 12, 38
# What is left free between the boundaries and the frame.
_FREE_MM = 8
_INSET_MM = 29
_PALE = "#c9d3d9"
# Zone I is red on such maps, zone II blue; whatever else is green. The last is how far hatching stands apart, in mm.
_COLOURS = {"zone_1": ("#c1121f", 2.0), "zone_2": ("#1d4ed8", 4.0)}
_OTHER = ("#2e7d32", 6.0)
_SYSTEM = "Hệ tọa độ VN-2000, {name}"


@dataclass(frozen=True, slots=True)
class Sheet:
    """How large a map is printed, all that stands about the frame included."""

    width_mm: int
    height_mm: int


@dataclass(frozen=True, slots=True)
class Shape:
    """A zone's boundary on the grid, metres, east before north; `sort` is its type."""

    name: str
    sort: str
    geometry: BaseGeometry


@dataclass(frozen=True, slots=True)
class Marked:
    """A boundary marker on the grid, metres."""

    number: str
    east_m: float
    north_m: float


@dataclass(frozen=True, slots=True)
class View:
    """What a map's frame shows: its south-western corner on the grid in metres, its scale, and its place in pixels."""

    west_m: float
    south_m: float
    scale: int
    left: int
    top: int
    width: int
    height: int

    def place(self, east_m: float, north_m: float) -> tuple[float, float]:
        """Give where a place of the grid is drawn, in pixels from the drawing's upper left corner."""
        per_metre = 1000 / self.scale * PX_PER_MM
        return self.left + (east_m - self.west_m) * per_metre, self.top + self.height - (
            north_m - self.south_m
        ) * per_metre

    @property
    def width_m(self) -> float:
        """How much the frame shows from west to east, in metres."""
        return self.width / PX_PER_MM * self.scale / 1000

    @property
    def height_m(self) -> float:
        """How much the frame shows from south to north, in metres."""
        return self.height / PX_PER_MM * self.scale / 1000


@dataclass(frozen=True, slots=True)
class Drawing:
    """A finished map: a PNG, the denominator of its scale, and what its frame shows."""

    png: bytes
    scale: int
    view: View


def name_system(crs: str) -> str:
    """Name a system of coordinates as maps do: the datum, the central meridian, the width of the zone."""
    found = pyproj.CRS.from_user_input(crs)
    values = {one.name: one.value for one in found.coordinate_operation.params} if found.coordinate_operation else {}
    if "Longitude of natural origin" not in values:
        return _SYSTEM.format(name=crs)
    degrees, minutes = divmod(round(float(values["Longitude of natural origin"]) * 60), 60)
    width = 3 if float(values["Scale factor at natural origin"]) == 0.9999 else 6
    return _SYSTEM.format(name=f"kinh tuyến trục {degrees}°{minutes:02}', múi chiếu {width}° ({crs})")


def draw_map(shapes: Sequence[Shape], marks: Sequence[Marked], *, title: str, crs: str, sheet: Sheet) -> Drawing:
    """Draw zones and their markers at the largest usual scale at which they fit the sheet.

    Raises `InvalidInput` when they fit at none.
    """
    view = _view(shapes, marks, sheet)
    size = (sheet.width_mm * PX_PER_MM, sheet.height_mm * PX_PER_MM)
    image = Image.new("RGB", size, "white")
    image.paste(_draw_inside(shapes, marks, view, crs), (view.left, view.top))
    draw = ImageDraw.Draw(image)
    _draw_frame(draw, view)
    write(draw, (size[0] / 2, mm(3)), title, 3.6, is_bold=True, anchor="ma", most=size[0] - mm(4))
    _draw_arrow(draw, view)
    _draw_legend(draw, shapes, marks, view, crs=crs, bottom=size[1])
    _draw_inset(image, shapes, view, crs)
    out = io.BytesIO()
    image.save(out, "PNG", optimize=True, dpi=(PX_PER_MM * 25.4, PX_PER_MM * 25.4))
    return Drawing(out.getvalue(), view.scale, view)


def _view(shapes: Sequence[Shape], marks: Sequence[Marked], sheet: Sheet) -> View:
    """Choose the scale, and put what is drawn into the middle of the frame."""
    places = [shapely.Point(one.east_m, one.north_m) for one in marks]
    all_of_it = shapely.union_all([*(one.geometry.envelope for one in shapes), *places])
    west, south, east, north = all_of_it.bounds
    width_mm, height_mm = sheet.width_mm - 2 * _EDGE_MM, sheet.height_mm - _HEAD_MM - _FOOT_MM - _EDGE_MM
    for scale in SCALES:
        per_mm = scale / 1000
        if (east - west) / per_mm <= width_mm - 2 * _FREE_MM and (north - south) / per_mm <= height_mm - 2 * _FREE_MM:
            return View(
                west_m=(west + east) / 2 - width_mm * per_mm / 2,
                south_m=(south + north) / 2 - height_mm * per_mm / 2,
                scale=scale,
                left=mm(_EDGE_MM),
                top=mm(_HEAD_MM),
                width=mm(width_mm),
                height=mm(height_mm),
            )
    raise InvalidInput("These zones are too large for a map on one sheet.")


def _draw_inside(shapes: Sequence[Shape], marks: Sequence[Marked], view: View, crs: str) -> Image.Image:
    """Draw what lies within the frame, cut off at it."""
    inner = View(view.west_m, view.south_m, view.scale, 0, 0, view.width, view.height)
    image = Image.new("RGB", (view.width, view.height), "white")
    _draw_ground(image, inner, crs)
    draw = ImageDraw.Draw(image)
    step = _grid_step(view.scale)
    for east in _multiples(inner.west_m, inner.width_m, step):
        x, _ = inner.place(east, inner.south_m)
        draw.line([(x, 0), (x, inner.height)], fill=_PALE, width=2)
    for north in _multiples(inner.south_m, inner.height_m, step):
        _, y = inner.place(inner.west_m, north)
        draw.line([(0, y), (inner.width, y)], fill=_PALE, width=2)
    # The larger lie below the smaller.
    for one in sorted(shapes, key=lambda one: -one.geometry.area):
        _draw_zone(image, one, inner)
    for one in shapes:
        place = inner.place(*_roomiest(one.geometry))
        write(ImageDraw.Draw(image), place, one.name, 2.8, fill=_colour(one)[0], is_bold=True, anchor="mm")
    for mark in marks:
        _draw_mark(ImageDraw.Draw(image), mark, inner, shapes)
    return image


def _roomiest(zone: BaseGeometry) -> tuple[float, float]:
    """Give where a zone has most room for a name: the middle of its largest circle, were it as narrow as names are."""
    largest = max(shapely.get_parts(zone), key=lambda part: part.area)
    narrow = shapely.transform(largest, lambda places: places / (_NAME_WIDTH, 1.0))
    middle = shapely.Point(shapely.maximum_inscribed_circle(narrow).coords[0])
    return middle.x * _NAME_WIDTH, middle.y


def _colour(shape: Shape) -> tuple[str, float]:
    return _COLOURS.get(shape.sort, _OTHER)


def _draw_zone(image: Image.Image, shape: Shape, view: View) -> None:
    """Hatch a zone and draw its boundary."""
    colour, apart = _colour(shape)
    mask = Image.new("1", image.size)
    drawn = ImageDraw.Draw(mask)
    for part in shapely.get_parts(shape.geometry):
        drawn.polygon([view.place(*place) for place in part.exterior.coords], fill=1)
        for hole in part.interiors:
            drawn.polygon([view.place(*place) for place in hole.coords], fill=0)
    hatching = image.copy()
    lines = ImageDraw.Draw(hatching)
    for start in range(-image.height, image.width, mm(apart)):
        lines.line([(start, image.height), (start + image.height, 0)], fill=colour, width=1)
    image.paste(hatching, mask=mask)
    draw = ImageDraw.Draw(image)
    for ring in shapely.get_rings(shape.geometry):
        draw.line([view.place(*place) for place in ring.coords], fill=colour, width=mm(0.4), joint="curve")


def _draw_mark(draw: ImageDraw.ImageDraw, mark: Marked, view: View, shapes: Sequence[Shape]) -> None:
    """Draw a marker, its number outside of what it bounds."""
    x, y = view.place(mark.east_m, mark.north_m)
    reach = mm(0.8)
    draw.rectangle([x - reach, y - reach, x + reach, y + reach], fill="white", outline=INK, width=3)
    draw.point([x, y], fill=INK)
    middle = shapely.union_all([one.geometry for one in shapes]).centroid
    right, above = mark.east_m >= middle.x, mark.north_m >= middle.y
    place = (x + mm(1.4) * (1 if right else -1), y + mm(1.2) * (-1 if above else 1))
    anchor = ("l" if right else "r") + ("d" if above else "a")
    write(draw, place, mark.number, 2.6, anchor=anchor)


def _grid_step(scale: int) -> float:
    return _STEPS[scale]


def _multiples(first: float, length: float, step: float) -> list[float]:
    start = math.ceil(first / step)
    return [number * step for number in range(start, math.floor((first + length) / step) + 1)]


def _draw_frame(draw: ImageDraw.ImageDraw, view: View) -> None:
    """Draw the frame, and on its sides the coordinates of the grid's lines: X north, Y east."""
    right, bottom = view.left + view.width, view.top + view.height
    draw.rectangle([view.left, view.top, right, bottom], outline=INK, width=4)
    step, tick = _grid_step(view.scale), mm(1.2)
    for east in _multiples(view.west_m, view.width_m, step):
        x, _ = view.place(east, view.south_m)
        for y, outward, anchor in ((view.top, -tick, "md"), (bottom, tick, "ma")):
            draw.line([(x, y), (x, y + outward)], fill=INK, width=3)
            if _is_free(x, view.left, right):
                write(draw, (x, y + outward), _metres(east), 2.1, anchor=anchor)
    for north in _multiples(view.south_m, view.height_m, step):
        _, level = view.place(view.west_m, north)
        for edge, outward, side in ((view.left, -tick, -1), (right, tick, 1)):
            draw.line([(edge, level), (edge + outward, level)], fill=INK, width=3)
            if _is_free(level, view.top, bottom):
                write_upright(draw, (edge + outward + side * mm(1.8), level), _metres(north), 2.1)


def _is_free(place: float, first: float, last: float) -> bool:
    """Tell whether a place on a side of the frame is far enough from its ends."""
    return min(place - first, last - place) >= mm(_CORNER_MM)


def _metres(value: float) -> str:
    return f"{value:.0f}"


def _draw_arrow(draw: ImageDraw.ImageDraw, view: View) -> None:
    """Draw the arrow to grid north in the frame's upper right corner."""
    x, top = view.left + view.width - mm(8), view.top + mm(8)
    height, half = mm(13), mm(2.6)
    draw.rectangle([x - mm(5), view.top + mm(2.4), x + mm(5), top + height + mm(1)], fill="white")
    draw.polygon([(x, top), (x - half, top + height), (x, top + height - mm(3))], fill=INK)
    draw.polygon([(x, top), (x + half, top + height), (x, top + height - mm(3))], outline=INK, fill="white", width=3)
    write(draw, (x, top - mm(0.6)), "Bắc", 2.8, is_bold=True, anchor="md")


def bar_lengths(scale: int) -> tuple[float, int]:
    """Give how long each part of a scale bar is, in metres, and how many parts there are: 32 to 40 mm in all."""
    return _grid_step(scale) / 5, 4


def _draw_legend(
    draw: ImageDraw.ImageDraw, shapes: Sequence[Shape], marks: Sequence[Marked], view: View, *, crs: str, bottom: int
) -> None:
    """Draw below the frame the scale with its bar, the system, and what the colours mean."""
    left, top = view.left, view.top + view.height + mm(_EDGE_MM - 1)
    write(draw, (left, top), f"Tỷ lệ 1:{view.scale}".replace(",", "."), 3.4, is_bold=True)
    length, parts = bar_lengths(view.scale)
    across = length * 1000 / view.scale * PX_PER_MM
    y = top + mm(8.5)
    for part in range(parts):
        box = [left + part * across, y, left + (part + 1) * across, y + mm(1.4)]
        draw.rectangle(box, fill=INK if part % 2 == 0 else "white", outline=INK, width=2)
    for part in range(parts + 1):
        unit = " m" if part == parts else ""
        write(
            draw,
            (left + part * across, y - mm(0.5)),
            f"{length * part:g}{unit}",
            2.1,
            anchor="ld" if not part else "md",
        )
    lines = (
        name_system(crs),
        "Số ghi ở khung: X (hướng Bắc) hai bên, Y (hướng Đông) trên dưới, mét",
        f"Khoảng cách lưới tọa độ: {_grid_step(view.scale):g} m"
        + ("; bờ biển, sông: bản đồ nền, chỉ để tham khảo" if view.scale >= _GROUND_FROM else ""),
    )
    for number, line in enumerate(lines):
        write(draw, (left, bottom - mm(11.4 - 3.6 * number)), line, 2.1, most=view.width - mm(_INSET_MM + 3))
    names = {one.name: _colour(one)[0] for one in shapes}
    x, y = left + mm(58), top
    for name, colour in names.items():
        draw.rectangle([x, y + mm(0.6), x + mm(6), y + mm(3.2)], outline=colour, width=mm(0.4))
        write(draw, (x + mm(8), y), name, 2.6, most=mm(36))
        y += mm(4.6)
    if marks:
        draw.rectangle([x + mm(2.2), y + mm(1.1), x + mm(3.8), y + mm(2.7)], outline=INK, width=3)
        write(draw, (x + mm(8), y), "Mốc giới và số hiệu", 2.6)


def _draw_inset(image: Image.Image, shapes: Sequence[Shape], view: View, crs: str) -> None:
    """Draw beside the legend where the zones lie in the country about them."""
    middle = shapely.union_all([one.geometry for one in shapes]).centroid
    lon, lat = _to_wgs84(crs).transform(middle.x, middle.y)
    side = mm(_INSET_MM)
    inset = draw_inset(side, lon, lat)
    if inset is not None:
        image.paste(inset, (view.left + view.width - side, image.height - side - mm(1)))


def _draw_ground(image: Image.Image, view: View, crs: str) -> None:
    """Draw coast and rivers of our own basemap, where the map's scale is as small as they are exact."""
    if view.scale < _GROUND_FROM:
        return
    corners = [(view.west_m + view.width_m * x, view.south_m + view.height_m * y) for x in (0, 1) for y in (0, 1)]
    to_wgs84 = _to_wgs84(crs)
    window = shapely.MultiPoint([to_wgs84.transform(*corner) for corner in corners]).envelope

    def place(lon: float, lat: float) -> tuple[float, float]:
        return view.place(*to_wgs84.transform(lon, lat, direction="INVERSE"))

    draw_ground(image, window, place)


@lru_cache(maxsize=8)
def _to_wgs84(crs: str) -> pyproj.Transformer:
    return pyproj.Transformer.from_crs(crs, WGS84, always_xy=True)
