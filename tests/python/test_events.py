"""events: what edits leave behind of who, what, when and why."""

import pickle
import time
from datetime import datetime, timedelta, timezone

import numpy as np
import pytest

import terrane

from conftest import SHAPE

NX, NY, NZ = SHAPE
POINT = [[1, 2, 3]]


def test_an_event_tells_who_what_when_and_why(volume):
    when = datetime(1980, 5, 18, 8, 32, 11, 123456, timezone(timedelta(hours=-7)))
    first = volume.edit([[1, 2, 3], [9, 5, 4]], 1, process="volcanism", author="St Helens", note="Königsstuhl", time=when)
    second = volume.edit_box(((0, 100), (0, 99), (0, 80)), 2, process=("tectonics", "sea-level-change"))
    a, b = volume.events()
    assert a == terrane.Event(first.batch, np.datetime64("1980-05-18T15:32:11.123456"), frozenset({"volcanism"}),
                              "St Helens", "Königsstuhl", ((1, 10), (2, 6), (3, 5)), 2)
    assert a.time.dtype == "datetime64[us]" and isinstance(a.process, frozenset)
    assert b.batch == second.batch == 2 and b.process == {"tectonics", "sea-level-change"}
    assert (b.author, b.note, b.box, b.voxels) == ("", "", ((0, 100), (0, 99), (0, 80)), 792000)
    assert str(a) == "1  1980-05-18T15:32:11.123456Z  volcanism 2 voxels in 1:10,2:6,3:5 St Helens: Königsstuhl"
    assert pickle.loads(pickle.dumps(a)) == a != b
    every = ["erosion", "deposition", "volcanism", "tectonics", "weathering", "glaciation", "sea-level-change"]
    for process in every:
        volume.edit(POINT, 1, process=process)
    volume.edit(POINT, 1, process=iter(every))
    assert [e.process for e in volume.events(3)] == [{p} for p in every] + [set(every)]


def test_the_time_of_an_edit_is_now_unless_it_is_said(volume):
    before = time.time_ns() // 1000
    volume.edit(POINT, 1)
    after = time.time_ns() // 1000
    assert before <= volume.events()[0].time.astype(int) <= after


@pytest.mark.parametrize("given, want", [
    (datetime(1969, 12, 31, 23, 59, 59, 999999, timezone.utc), "1969-12-31T23:59:59.999999"),
    (datetime.max.replace(tzinfo=timezone.utc), "9999-12-31T23:59:59.999999"),
    (np.datetime64("2024-02-29"), "2024-02-29T00:00:00.000000"),
    (np.datetime64("2024-02-29T01:02:03.123456789"), "2024-02-29T01:02:03.123456"),
    (np.datetime64(-20000 - 1970, "Y"), "-20000-01-01T00:00:00.000000"),  # the ice came
    (np.datetime64(2**63 - 1, "us"), np.datetime64(2**63 - 1, "us")),
], ids=str)
def test_times_are_kept_to_the_microsecond(volume, given, want):
    volume.edit(POINT, 1, time=given)
    (event,) = volume.events()
    assert event.time == np.datetime64(want)
    volume.edit(POINT, 2, time=event.time)
    assert volume.events()[1].time == event.time


def test_events_are_those_since_a_batch_and_in_a_box(globe):
    globe.edit_box(((NX - 5, NX + 5), (10, 20), (0, 4)), 1)
    globe.edit([[30, 40, 50], [35, 45, 55]], 1)
    globe.edit([[140, 12, 2]], 1)

    def batches(*box, **more):
        return [e.batch for e in globe.events(box=box, **more)]

    assert [e.batch for e in globe.events()] == [1, 2, 3] == [e.batch for e in globe.events(0)]
    assert [e.batch for e in globe.events(since=3)] == [3] and globe.events(4) == [] == globe.events(2**64 - 1)
    assert batches((4, 5), (19, 20), (3, 4)) == [1] == batches((NX - 5, NX - 4), (0, NY), (0, NZ))
    assert batches((5, 6), (19, 20), (3, 4)) == [] == batches((NX - 6, NX - 5), (0, 12), (0, NZ))
    assert batches((NX - 10, NX + 1), (12, 13), (2, 3)) == [1, 3]
    assert batches((NX - 10, NX + 1), (12, 13), (2, 3), since=2) == [3]
    assert batches((34, 36), (0, NY), (0, NZ)) == [2]
    with pytest.raises(terrane.InvalidError, match="z=81"):
        globe.events(box=((0, 1), (0, 1), (80, 81)))
    with pytest.raises(TypeError):
        globe.events(-1)


def test_a_text_in_another_encoding_does_not_hide_the_event(volume):
    volume.edit(POINT, 1, author=b"K\xf6nig", note="fine")
    (event,) = volume.events()
    assert event.author == "K\ufffdnig" and event.note == "fine"
