"""What docs/PYTHON.md shows is run as it stands."""

import pathlib
import re

import numpy as np

import terrane

PAGE = pathlib.Path(__file__).resolve().parents[2] / "docs" / "PYTHON.md"


def blocks(heading):
    section = re.split(r"^## ", PAGE.read_text(), flags=re.M)
    (text,) = [s for s in section if s.startswith(heading)]
    return re.findall(r"```python\n(.*?)```", text, re.S)


def test_the_ten_minutes_go_as_told(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = {}
    make, reopen = blocks("Ten minutes")[:1], blocks("Ten minutes")[1:]
    for block in make:
        exec(block, names)
    cave = names["cave"]
    assert cave[100, 50, 20] == 0 and cave.at(100, 50, 20) == 0
    assert cave[100].shape == (100, 60)
    assert (cave[..., 11] == 1).sum() == 3200
    for block in reopen:
        exec(block, names)
    assert names["cave"].closed


def test_edits_go_as_told(capsys):
    names = {}
    for block in blocks("Edits"):
        exec(block, names)
    island = names["island"]
    assert island[100, 50, 29] == 0 and island.at(names["lava"]).tolist().count(2) >= 600
    assert len(island.events()) == 4 and len(capsys.readouterr().out.splitlines()) == 4
    assert island.verify().good


def test_places_go_as_told():
    earth = terrane.create("memory:", (4320, 2160, 256), voxel_size=(1 / 12, 1 / 12, 100), wrap_x=True,
                           origin=(-180, -90, -16000), crs="EPSG:4326", fill=1)
    names = {"earth": earth, "np": np}
    for block in blocks("Places"):
        exec(block, names)
    assert names["track"].shape == (500, 3)
