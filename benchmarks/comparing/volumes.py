"""The volumes that are compared: given as .npy or .npy.xz, or made of what Debian has."""

import lzma
import pathlib
import shutil
import subprocess

import numpy as np

HERE = pathlib.Path(__file__).resolve().parent.parent
RELIEF = pathlib.Path("/usr/share/ferret-vis/data/etopo5.cdf")

# Part of the demo's Earth: India, the Himalaya and Tibet, from 28.8 km below the sea to 9.6 km above it.
EARTH_EXTENT, EARTH_SIZE = "4320,2160,512", "0.08333333333333333,0.08333333333333333,150"
EARTH_ORIGIN, EARTH_BOX = "-180,-90,-67200", "2940:3452,1140:1652,256:512"
EARTH_REGION = ("64:109,4:49", "-28950:9600")


class NoVolume(Exception):
    """This volume cannot be had here; the message says why."""


def name_of(path):
    return path.name.removesuffix(".xz").removesuffix(".npy")


def found_in(paths):
    """The .npy and .npy.xz files among files and directories."""
    out = []
    for path in map(pathlib.Path, paths):
        if path.is_dir():
            out += sorted(p for p in path.iterdir() if p.name.endswith((".npy", ".npy.xz")))
        elif path.is_file():
            out.append(path)
        else:
            raise NoVolume(f"{path}: no such file or directory")
    return out


def given(path, data):
    """A uint16 .npy in C order with the content of `path`, below `data` where it has to be made."""
    ready = data / f"{name_of(path)}.npy"
    if path.suffix == ".xz" and not ready.exists():
        part = ready.with_suffix(".part")
        with lzma.open(path) as packed, open(part, "wb") as out:
            shutil.copyfileobj(packed, out, 1 << 20)
        part.rename(ready)
    source = ready if path.suffix == ".xz" else path
    try:
        array = np.load(source, mmap_mode="r")
    except ValueError as error:
        raise NoVolume(f"{source}: {error}") from error
    if array.ndim != 3 or array.dtype.kind not in "iub":
        raise NoVolume(f"{source}: an array of {array.ndim} axes of {array.dtype}; wanted are 3 of integers")
    if array.dtype == np.dtype("<u2") and array.flags.c_contiguous:
        return source
    if array.min() < 0 or array.max() > 65535:
        raise NoVolume(f"{source}: values beyond 0 to 65535")
    plain = data / f"{name_of(path)}.u16.npy"
    np.save(plain, np.ascontiguousarray(array, "<u2"))
    return plain


def minetest(data, quick):
    out = data / ("minetest_quick.npy" if quick else "minetest_v7.npy")
    if not out.exists():
        size = "128,128,96" if quick else "320,320,192"
        done = subprocess.run([HERE / "make_minetest.py", out, "--size", size], capture_output=True, text=True,
                              check=False)
        if done.returncode != 0:
            raise NoVolume(f"minetest: {done.stderr.strip()}")
    return out


def earth(data, quick, terrane):
    out = data / ("earth_quick.npy" if quick else "earth_himalaya.npy")
    if out.exists():
        return out
    if not RELIEF.exists():
        raise NoVolume(f"earth: no {RELIEF}; install Debian's ferret-datasets")
    store = data / "earth.terrane"
    shutil.rmtree(store, ignore_errors=True)
    box = "3300:3428,1400:1528,384:512" if quick else EARTH_BOX
    for command in (
            ["create", store, "--extent", EARTH_EXTENT, "--voxel-size", EARTH_SIZE, f"--origin={EARTH_ORIGIN}",
             "--crs", "EPSG:4326", "--wrap-x"],
            ["ingest", store, "--earth", RELIEF, "--region", EARTH_REGION[0], f"--vertical={EARTH_REGION[1]}"],
            ["read", store, "--box", box, "-o", out]):
        done = subprocess.run([terrane, *command], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise NoVolume(f"earth: {done.stderr.strip()}")
    shutil.rmtree(store)
    return out


def describe(path):
    array = np.load(path, mmap_mode="r")
    materials = np.zeros(65536, bool)
    for plane in array:
        materials[plane.ravel()] = True
    return {"name": name_of(path), "shape": list(array.shape), "raw_bytes": int(array.size) * 2,
            "materials": int(materials.sum())}

