"""Contiguity (连片): contact, gaps and barriers, drawn by hand and against other tools."""

import networkx as nx
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, MultiLineString, Polygon, affinity, box

from geo.blocks import block_labels, block_sizes, block_table, gap_comparison, tier_table
from geo.graph import bottleneck, components, cut_losses
from geo.kernels import beside
from geo.kernels.near import boundaries_of
from geo.outlines import outlines_of
from tests.makers import array, blocks, holding, links, parcels, qingxi, rectangle, row

LOT = box(0, 0, 100, 100)
MU = 2000 / 3


def link(*shapes, **options):
    """The one link between two parcels, or None."""
    table = links(*shapes, **options)
    return table.iloc[0] if len(table) else None


def joined(*shapes, mode="practical", gap_m=30.0, **options):
    table = links(*shapes, **options)
    return bool(holding(table, mode=mode, gap_m=gap_m).any())


def facing_m(shapes, i, j, *, tolerance_m):
    """Length of boundary of ``shapes[i]`` that faces ``shapes[j]``."""
    land = boundaries_of(*outlines_of(shapes))
    return beside.facing_m(land, i, j, tolerance_m=tolerance_m)


# --- contact ---------------------------------------------------------------------------------


def test_a_corner_is_no_strict_contact_but_has_no_gap():
    corner = LOT, box(100, 100, 200, 200)
    assert link(*corner).to_dict() == {"i": 0, "j": 1, "gap_m": 0, "shared_m": 0}
    assert not joined(*corner, mode="strict")
    assert joined(*corner, gap_m=0)


@pytest.mark.parametrize(("shared_m", "contact"), [(1.0, False), (1.01, True), (100.0, True)])
def test_strict_contact_begins_above_one_metre(shared_m, contact):
    pair = LOT, box(100, 100 - shared_m, 200, 250)
    assert link(*pair).shared_m == pytest.approx(shared_m)
    assert joined(*pair, mode="strict") is contact


@pytest.mark.parametrize(("gap_m", "contact"), [(0.4, True), (0.5, True), (0.501, False)])
def test_a_survey_gap_of_half_a_metre_is_still_contact(gap_m, contact):
    pair = LOT, box(100 + gap_m, 0, 200, 100)
    assert joined(*pair, mode="strict") is contact
    assert link(*pair).shared_m == pytest.approx(100.0 if contact else 0.0)


def test_edges_that_drift_apart_are_shared_as_far_as_they_are_near():
    """From 0 to 1 m over 100 m of height: within 0.5 m over the lower half."""
    wedge = Polygon([(100, 0), (200, 0), (200, 100), (101, 100)])
    assert link(LOT, wedge).shared_m == pytest.approx(50, abs=0.01)


@pytest.mark.parametrize("degrees", [20, 45, 80])
def test_a_tip_that_touches_an_edge_is_no_contact(degrees):
    """At 20° it is nearer than 0.5 m over 1.5 m on either side, and yet shares nothing."""
    lean = np.radians(degrees)
    east, north = 50 * np.sin(lean), 50 * np.cos(lean)
    tip = Polygon([(100, 50), (100 + east, 50 - north), (100 + east, 50 + north)])
    assert link(LOT, tip).to_dict() == {"i": 0, "j": 1, "gap_m": 0, "shared_m": 0}


def test_an_overlap_of_survey_noise_is_contact():
    assert link(LOT, box(99.8, 0, 200, 100)).shared_m == pytest.approx(100, abs=1)


@pytest.mark.parametrize(("gap_m", "contact"), [(30.0, True), (30.001, False), (0.0, True)])
def test_a_gap_of_exactly_thirty_metres_counts(gap_m, contact):
    assert joined(LOT, box(100 + gap_m, 0, 300, 100), reach_m=30) is contact


@pytest.mark.parametrize("degrees", range(0, 180, 13))
def test_a_road_of_thirty_metres_counts_whichever_way_it_runs(degrees):
    """Coordinates of a million metres are exact to 1e-10 m only."""
    lots = [
        qingxi(affinity.rotate(lot, degrees, origin=(0, 0))) for lot in (LOT, box(130, 0, 200, 100))
    ]
    fence = qingxi(affinity.rotate(LineString([(115, -50), (115, 50)]), degrees, origin=(0, 0)))
    assert joined(*lots, reach_m=30)
    assert joined(*lots, reach_m=30, barriers=[fence])


def test_the_gap_reaches_as_far_as_asked():
    assert link(LOT, box(150, 0, 300, 100), reach_m=50).gap_m == 50
    assert link(LOT, box(150.001, 0, 300, 100), reach_m=50) is None
    assert link(LOT, box(100.4, 0, 300, 100), reach_m=0).gap_m == pytest.approx(0.4)  # tolerance


# --- barriers --------------------------------------------------------------------------------

EAST = box(130, 0, 230, 100)


@pytest.mark.parametrize(
    ("barrier", "open_m"),
    [
        (LineString([(115, -500), (115, 500)]), np.inf),  # a river in the gap
        (LineString([(100, -500), (100, 500)]), np.inf),  # on the bank
        (box(110, -500, 120, 500), np.inf),  # a power corridor
        (box(100, -500, 130, 500), np.inf),  # that fills the gap
        (LineString([(115, 0), (115, 60)]), 30),  # ends: over its end it is open
        (MultiLineString([[(115, -500), (115, 40)], [(115, 50), (115, 500)]]), 30),  # has a gate
        (box(110, -500, 120, 60), 30),
        (LineString([(110, 50), (120, 50)]), 30),  # runs across, bars nothing
        (LineString([(-50, 50), (80, 50)]), 30),  # is in the parcel only
        (LineString([(115, 200), (115, 500)]), 30),  # is elsewhere
    ],
)
def test_a_barrier_breaks_the_gap_that_it_fills(barrier, open_m):
    assert link(LOT, EAST, barriers=[barrier]).gap_m == open_m
    assert link(EAST, LOT, barriers=[barrier]).gap_m == open_m


def test_the_way_round_a_barrier_is_longer():
    """Past the end of the river at the corner: 30 m across, 0–40 m up, at a slant."""
    low = box(130, 0, 230, 20)
    river = LineString([(115, -500), (115, 21)])
    gap_m = link(LOT, low, barriers=[river]).gap_m
    assert 30 < gap_m < 36  # from (100, 22 + x) to (130, 20), over (115, 21)
    assert not joined(LOT, low, barriers=[river])
    assert joined(LOT, low, barriers=[river], gap_m=50)


@pytest.mark.parametrize("degrees", [0, 17.3, 45, 71])
@pytest.mark.parametrize(
    ("river", "barred"),
    [
        ([(100, -500), (100, 500)], True),
        ([(100, 0), (100, 100)], True),
        ([(100, 0), (100, 90)], False),
        ([(50, 50), (150, 50)], False),
    ],
)
def test_a_barrier_along_the_shared_edge_breaks_contact(degrees, river, barred):
    """However the edge runs: it and the river are on one line only to the last digit."""
    drawn = [LOT, box(100, 0, 200, 100), LineString(river)]
    one, other, barrier = (
        qingxi(affinity.rotate(shape, degrees, origin=(0, 0))) for shape in drawn
    )
    for mode in ("strict", "practical"):
        assert joined(one, other, mode=mode)
        assert joined(one, other, mode=mode, barriers=[barrier]) is not barred


def test_contact_by_a_detour_must_be_as_near_as_any_other():
    """0.4 m apart behind a wall; over its end it is 0.64 m."""
    pair, wall = (LOT, box(100.4, 0, 200, 99.5)), LineString([(100.2, -500), (100.2, 99.7)])
    assert joined(*pair, mode="strict")
    assert not joined(*pair, mode="strict", barriers=[wall])
    assert link(*pair, barriers=[wall]).gap_m == pytest.approx(np.hypot(0.4, 0.5))


def test_a_barrier_polygon_over_the_shared_edge_breaks_contact():
    pair = LOT, box(100, 0, 200, 100)
    assert not joined(*pair, mode="strict", barriers=[box(95, -10, 105, 110)])
    assert joined(*pair, mode="strict", barriers=[box(95, -10, 105, 60)])


def test_a_barrier_parts_only_those_that_it_runs_between():
    """Four lots in a row, a river between the second and the third."""
    lots = row([100, 100, 100, 100], gap=10)
    river = LineString([(215, -500), (215, 500)])
    table = links(*lots, barriers=[river])
    pairs = list(zip(table.i, table.j, strict=True))
    assert [pairs[at] for at in np.flatnonzero(np.isinf(table.gap_m))] == [(1, 2)]
    labels = block_labels(table, holding(table), np.ones(4, bool))
    assert labels.tolist() == [0, 0, 1, 1]


# --- the boundary that two share --------------------------------------------------------------


@st.composite
def tilings(draw, cuts=8, size=24):
    """A square of whole metres cut into rectangles again and again: T-junctions everywhere."""
    tiles = [(0, 0, size, size)]
    for _ in range(draw(st.integers(1, cuts))):
        west, south, east, north = tiles.pop(draw(st.integers(0, len(tiles) - 1)))
        upright = draw(st.booleans())
        low, high = (west, east) if upright else (south, north)
        if high - low < 2:
            tiles.append((west, south, east, north))
            continue
        at = draw(st.integers(low + 1, high - 1))
        if upright:
            tiles += [(west, south, at, north), (at, south, east, north)]
        else:
            tiles += [(west, south, east, at), (west, at, east, north)]
    return [box(*tile) for tile in tiles]


def shared_by_shapely(shapes):
    """Length of the common boundary of every pair, as shapely cuts it out."""
    i, j = np.triu_indices(len(shapes), 1)
    shapes = np.array(shapes, dtype=object)
    return i, j, shapely.length(shapely.intersection(shapes[i], shapes[j]))


@settings(max_examples=50)
@given(tilings())
def test_the_shared_boundary_is_what_shapely_cuts_out(tiles):
    i, j, shared = shared_by_shapely(tiles)
    measured = facing_m(array(*tiles), i, j, tolerance_m=0.5)
    np.testing.assert_allclose(measured, shared, atol=1e-9)
    np.testing.assert_allclose(facing_m(array(*tiles), j, i, tolerance_m=0.5), measured, atol=1e-9)


@settings(max_examples=20)
@given(st.lists(st.tuples(*[st.integers(0, 1000)] * 2), min_size=4, max_size=30, unique=True))
def test_so_it_is_where_edges_slant(points):
    cells = shapely.get_parts(
        shapely.voronoi_polygons(shapely.MultiPoint(points), extend_to=box(0, 0, 1000, 1000))
    )
    i, j, shared = shared_by_shapely(cells)
    measured = facing_m(cells, i, j, tolerance_m=1e-6)
    np.testing.assert_allclose(measured, shared, atol=1e-3)


def test_holes_and_parts_share_boundary_too():
    ring = Polygon(box(0, 0, 300, 300).exterior, [box(100, 100, 200, 200).exterior])
    inner = box(100, 100, 200, 200)
    two = shapely.MultiPolygon([box(300, 0, 400, 50), box(300, 100, 400, 300)])
    measured = facing_m(
        array(ring, inner, two), np.array([0, 0, 1]), np.array([1, 2, 2]), tolerance_m=0.5
    )
    assert measured.tolist() == pytest.approx([400, 250, 0])


def test_facing_is_the_same_from_both_sides():
    """A ragged bank 0.3 m off: the smaller view is taken, whoever comes first."""
    ragged = Polygon([(100.1, 0), (200, 0), (200, 100), (100.4, 100), (100.2, 50)])
    one = facing_m(array(LOT, ragged), np.array([0]), np.array([1]), tolerance_m=0.5)
    other = facing_m(array(LOT, ragged), np.array([1]), np.array([0]), tolerance_m=0.5)
    assert one == other
    assert one[0] == pytest.approx(100, abs=0.01)


@settings(max_examples=30)
@given(tilings(cuts=14), st.floats(0, 180), st.data())
def test_strict_blocks_are_the_pieces_of_shared_boundary(tiles, degrees, data):
    """Brute force: an edge wherever shapely finds more than 1 m in common."""
    counts = np.array(data.draw(st.lists(st.booleans(), min_size=len(tiles), max_size=len(tiles))))
    graph = nx.Graph()
    graph.add_nodes_from(np.flatnonzero(counts).tolist())
    graph.add_edges_from(
        (a, b)
        for a, b, length in zip(*shared_by_shapely(tiles), strict=True)
        if length > 1.5 and counts[a] and counts[b]
    )
    turned = [qingxi(affinity.rotate(tile, degrees, origin=(0, 0))) for tile in tiles]
    table = links(*turned, reach_m=0)
    labels = block_labels(table, holding(table, mode="strict"), counts)
    assert (labels >= 0).tolist() == counts.tolist()
    pieces = {frozenset(np.flatnonzero(labels == label)) for label in set(labels[counts])}
    assert pieces == {frozenset(piece) for piece in nx.connected_components(graph)}


# --- graphs ----------------------------------------------------------------------------------

graphs = st.integers(1, 9).flatmap(
    lambda size: st.tuples(
        st.just(size),
        st.dictionaries(
            st.tuples(st.integers(0, size - 1), st.integers(0, size - 1))
            .filter(lambda pair: pair[0] != pair[1])
            .map(lambda pair: tuple(sorted(pair))),
            st.integers(0, 30),
            max_size=14,
        ),
        st.lists(st.integers(1, 99), min_size=size, max_size=size),
    )
)


def columns(pairs):
    ends = np.array(sorted(pairs), dtype=np.int64).reshape(-1, 2)
    return ends[:, 0], ends[:, 1]


def as_networkx(size, pairs):
    graph = nx.Graph()
    graph.add_nodes_from(range(size))
    graph.add_weighted_edges_from((a, b, length) for (a, b), length in pairs.items())
    return graph


@settings(max_examples=50)
@given(graphs)
def test_components_are_those_of_networkx(drawn):
    size, pairs, _ = drawn
    number = components(size, *columns(pairs))
    pieces = sorted(sorted(piece) for piece in nx.connected_components(as_networkx(size, pairs)))
    assert [np.flatnonzero(number == at).tolist() for at in range(len(pieces))] == pieces


@settings(max_examples=50)
@given(graphs)
def test_what_the_loss_of_a_node_cuts_off(drawn):
    """Brute force: take each node away and look at what is left of its component."""
    size, pairs, weight = drawn
    graph, expected = as_networkx(size, pairs), []
    for node in graph:
        rest = graph.subgraph(nx.node_connected_component(graph, node) - {node})
        parts = [sum(weight[at] for at in piece) for piece in nx.connected_components(rest)]
        expected.append(sum(parts) - max(parts, default=0))
    losses = cut_losses(size, *columns(pairs), np.array(weight, float))
    assert losses.tolist() == expected
    assert set(np.flatnonzero(losses)) == set(nx.articulation_points(graph))


@settings(max_examples=50)
@given(graphs)
def test_the_gap_that_a_block_cannot_do_without(drawn):
    """The longest edge of networkx's spanning tree; 0 m gaps are edges as well."""
    size, pairs, _ = drawn
    i, j = columns(pairs)
    length = np.array([pairs[pair] for pair in sorted(pairs)], float)
    number = components(size, i, j)
    expected = np.zeros(number.max() + 1)
    tree = nx.minimum_spanning_tree(as_networkx(size, pairs))
    for a, b, gap in tree.edges(data="weight"):
        assert number[a] == number[b]
        expected[number[a]] = max(expected[number[a]], gap)
    assert bottleneck(size, i, j, length, number).tolist() == expected.tolist()


def test_a_thousand_parcels_in_a_row_are_no_deeper_than_python():
    i = np.arange(2999)
    losses = cut_losses(3000, i, i + 1, np.ones(3000))
    assert losses[[0, 1, 1500, 2999]].tolist() == [0, 1, 1499, 0]


# --- blocks ----------------------------------------------------------------------------------


def test_blocks_are_told_largest_first():
    """30 + 45 mu side by side, 15 mu 100 m off, 300 mu that do not count."""
    lots = [*row([200, 300]), rectangle(600, 0, 100, 100), rectangle(500, 0, 20, 100)]
    table, roles = blocks(*lots, counts=[True, True, True, False], tiers_mu=(75, 10, 300))
    assert table["block"].tolist() == ["B1", "B2"]
    assert table["land_mu"].tolist() == pytest.approx([75, 15])
    assert table["share"].tolist() == pytest.approx([5 / 6, 1 / 6])
    assert table["tier_mu"].tolist() == [75, 10]
    assert table["parcels"].tolist() == [2, 1]
    assert roles["block"].tolist() == ["B1", "B1", "B2", ""]
    tiers = tier_table(table, (75, 10, 300)).set_index("tier_mu")
    assert tiers["blocks"].to_dict() == {10: 2, 75: 1, 300: 0}
    assert tiers["share"].tolist() == pytest.approx([1, 5 / 6, 0])


@pytest.mark.parametrize(("width", "tier"), [(500, 75), (499.99, 75), (499.9, 0), (99, 0)])
def test_a_tier_is_reached_to_the_square_metre(width, tier):
    table, _ = blocks(*row([width]))
    assert table["tier_mu"].iat[0] == tier


def test_the_land_of_a_block_is_the_area_of_its_union():
    lots = row([80, 120, 100, 55], gap=7)
    table, _ = blocks(*lots, gap_m=10)
    assert table["land_m2"].iat[0] == pytest.approx(shapely.union_all(lots).area)
    assert table.geometry.iat[0].area == pytest.approx(35_500)
    assert table["widest_gap_m"].iat[0] == 7  # the gap is crossed, and is no land


WITH_A_HOLE = LOT.difference(box(40, 40, 60, 60))

OUTLINED = {
    "side by side": ([LOT, box(100, 0, 200, 100)], "Polygon", 20_000),
    "a corner on an edge": (
        [LOT, box(100, 0, 200, 40), box(100, 40, 200, 100)],
        "Polygon",
        20_000,
    ),
    "one on the other": ([LOT, box(50, 0, 150, 100)], "Polygon", 15_000),
    "drawn twice": ([LOT, LOT], "Polygon", 10_000),
    "one within the other": ([LOT, box(40, 40, 60, 60)], "Polygon", 10_000),
    "one that fills a hole": ([WITH_A_HOLE, box(40, 40, 60, 60)], "Polygon", 10_000),
    "one in a hole": ([WITH_A_HOLE, box(45, 45, 55, 55)], "MultiPolygon", 9_700),
    "a corner on a corner": ([LOT, box(100, 100, 200, 200)], "MultiPolygon", 20_000),
    "across a lane": ([LOT, box(110, 0, 210, 100)], "MultiPolygon", 20_000),
    "off by a hair": ([LOT, box(100 + 1e-9, 0, 200, 100)], "MultiPolygon", 20_000),
    "a court": (
        [
            box(0, 0, 300, 100),
            box(0, 200, 300, 300),
            box(0, 100, 100, 200),
            box(200, 100, 300, 200),
        ],
        "Polygon",
        80_000,
    ),
}


@pytest.mark.parametrize("name", OUTLINED)
def test_a_block_is_drawn_as_the_union_of_its_parcels(name):
    shapes, kind, m2 = OUTLINED[name]
    table, _ = blocks(*shapes, gap_m=10)
    (drawn,) = table.geometry
    assert drawn.is_valid and drawn.geom_type == kind
    assert drawn.area == pytest.approx(m2, abs=1e-6)
    assert drawn.symmetric_difference(shapely.union_all(shapes)).area < 1e-6


def test_a_barrier_between_parcels_that_touch_leaves_no_edge_inside_a_block():
    """They are of one block by way of the others, whatever lies between the two of them."""
    lots = [LOT, box(100, 0, 200, 100), box(0, 100, 200, 200)]
    table = links(*lots, barriers=[LineString([(100, -10), (100, 100)])])
    assert np.isinf(table["gap_m"]).sum() == 1
    counts = np.ones(3, dtype=bool)
    table, _ = block_table(parcels(*lots), table, holding(table), counts, tiers_mu=(75,))
    assert [shape.wkt for shape in table.geometry.normalize()] == [
        shapely.union_all(lots).normalize().wkt
    ]


NOTCHED = Polygon([(0, 0), (60, 0), (60, 10), (55, 10), (55, 45), (0, 45)])


@pytest.mark.parametrize(
    ("beside", "barrier", "m2"),
    [
        (box(60, 0, 120, 45), LineString([(60, -1), (60, 15)]), 5225),
        (box(58, 0, 120, 45), box(57, -1, 61, 15), 5295),
    ],
)
def test_parcels_that_touch_and_are_linked_the_long_way_round_are_drawn_once(beside, barrier, m2):
    """The barrier stands on all that they share, and the open way leads through the notch."""
    lots = [NOTCHED, beside]
    table = links(*lots, barriers=[barrier])
    assert 0 < table["gap_m"].item() < 30
    counts = np.ones(2, dtype=bool)
    table, _ = block_table(parcels(*lots), table, holding(table), counts, tiers_mu=(75,))
    (drawn,) = table.geometry
    assert (drawn.is_valid, drawn.geom_type, drawn.area) == (True, "Polygon", m2)


@pytest.mark.parametrize("seed", range(5))
def test_crooked_parcels_are_drawn_as_their_union(seed):
    """A net of 12 by 12 crooked fields, of which some are missing and some are drawn anew."""
    rng = np.random.default_rng(seed)
    net = np.stack(np.meshgrid(np.arange(13), np.arange(13)), axis=-1) * 50.0
    net += rng.uniform(-12, 12, net.shape)
    rings = np.stack([net[:-1, :-1], net[:-1, 1:], net[1:, 1:], net[1:, :-1]], axis=2)
    fields = shapely.polygons(rings.reshape(-1, 4, 2))
    fields = fields[rng.random(144) < 0.7]
    fields[::9] = shapely.buffer(fields[::9], 3.0)
    table, roles = blocks(*fields, gap_m=5)
    for name, drawn in zip(table["block"], table.geometry, strict=True):
        union = shapely.union_all(fields[(roles["block"] == name).to_numpy()])
        assert drawn.is_valid
        assert drawn.symmetric_difference(union).area < 1e-6


def test_bridges_and_what_they_hold():
    """40 – 10 – 20 mu in a row: without the middle one 20 mu are cut off."""
    table, roles = blocks(*row([400, 100, 200], height=200 / 3))
    assert table["bridges"].iat[0] == "B"
    assert table["loss_mu"].iat[0] == pytest.approx(20)
    assert roles["is_bridge"].tolist() == [False, True, False]
    assert roles["loss_m2"].tolist() == pytest.approx([0, 20 * MU, 0])


def test_the_widest_gap_is_that_of_the_easiest_way():
    """A and C are 25 m apart, but over B no gap is wider than 10 m."""
    lots = rectangle(0, 0, 100, 100), rectangle(110, 0, 5, 100), rectangle(125, 0, 100, 100)
    table, _ = blocks(*lots)
    assert table["widest_gap_m"].iat[0] == 10


def test_equal_blocks_stand_by_their_ids():
    """Whatever the order of the rows: B1 is the one with the first id."""
    for names in (["C", "A", "B"], ["A", "B", "C"]):
        table, roles = blocks(*row([100] * 3, gap=100), parcel_id=names)
        assert dict(zip(names, roles["block"], strict=True)) == {"A": "B1", "B": "B2", "C": "B3"}
        assert len(table) == 3


def test_zones_of_a_block_are_named_once():
    table, _ = blocks(*row([100] * 3), zone=["west", "east", "west"])
    assert table["zones"].iat[0] == "east, west"


def test_no_land_that_counts_makes_no_block():
    table, roles = blocks(*row([100, 100]), counts=[False, False])
    assert table.empty
    assert roles["block"].tolist() == ["", ""]
    assert not roles["loss_m2"].any()


def test_sizes_stand_at_every_parcel():
    labels = np.array([0, -1, 0, 2])
    assert block_sizes(labels, np.array([30.0, 7, 45, 15])).tolist() == [75, 0, 75, 15]


def test_what_another_definition_would_give():
    """Lots of 15 mu with gaps of 0, 20 and 40 m."""
    lots = [rectangle(west, 0, 100, 100) for west in (0, 100, 220, 360)]
    table = links(*lots)
    compare = {"strict": holding(table, mode="strict")}
    compare |= {f"{gap_m}": holding(table, gap_m=gap_m) for gap_m in (0, 20, 50)}
    land = parcels(*lots)["land_m2"].to_numpy()
    some = np.array([True, False, True, True])
    sets = {"all": (np.ones(4, bool), land), "some": (some, np.where(some, land, 0.0))}
    found = gap_comparison(table, sets, compare=compare)
    every = found[found["set"] == "all"]
    assert every["blocks"].tolist() == [3, 3, 2, 1]
    assert every["largest_mu"].tolist() == pytest.approx([30, 30, 45, 60])
    assert every["share"].tolist() == pytest.approx([0.5, 0.5, 0.75, 1])
    assert every["parcels"].tolist() == [2, 2, 3, 4]
    assert found[found["set"] == "some"]["blocks"].tolist() == [3, 3, 3, 2]


@settings(max_examples=25)
@given(
    st.lists(
        st.tuples(*[st.integers(0, 30)] * 2, *[st.integers(1, 6)] * 2), min_size=1, max_size=12
    )
)
def test_blocks_only_grow_as_the_gap_grows(drawn):
    lots = [rectangle(*numbers) for numbers in drawn]
    table, counts = links(*lots), np.ones(len(lots), bool)
    land, before = np.ones(len(lots)), np.zeros(len(lots))
    for gap_m in (0, 1, 2, 5, 10, 30):
        sizes = block_sizes(block_labels(table, holding(table, gap_m=gap_m), counts), land)
        assert (sizes >= before).all()
        before = sizes
    strict = block_labels(table, holding(table, mode="strict"), counts)
    assert len(set(strict)) >= len(set(block_labels(table, holding(table, gap_m=0.5), counts)))
