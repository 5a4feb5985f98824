#!/usr/bin/python3
"""The Python side of benchmarks/compare, which calls it; the same calls and answers as compare_cpp's.

    python_systems.py systems
    python_systems.py ingest SYSTEM VOLUME.npy DIRECTORY
    python_systems.py read SYSTEM VOLUME.npy DIRECTORY PLAN.json

Prints JSON. A system whose package is not installed is left out of `systems`.
"""

import gc
import importlib.util
import json
import mmap
import os
import sys
import time
import zlib

import numpy as np

CHUNK = (64, 64, 64)
OPENINGS = 5


class System:
    """A stored volume: `ingest` makes it, `open` gives a Reader."""

    name = version = package = None
    has_levels = False

    @classmethod
    def is_here(cls):
        return importlib.util.find_spec(cls.package) is not None


class Zarr(System):
    """A directory of chunks, as zarr.open makes it. Cold: no cache; hot: its LRUStoreCache, of encoded chunks."""

    package = "zarr"
    shuffle = 1

    def __init__(self):
        import numcodecs
        import zarr
        self.zarr, self.numcodecs = zarr, numcodecs
        numcodecs.blosc.use_threads = False
        self.version = f"zarr-python {zarr.__version__}, numcodecs {numcodecs.__version__}, Blosc zstd level 5"

    def ingest(self, volume, where):
        codec = self.numcodecs.Blosc(cname="zstd", clevel=5, shuffle=self.shuffle)
        array = self.zarr.open(where + "/volume.zarr", mode="w", shape=volume.shape, chunks=CHUNK, dtype="<u2",
                               compressor=codec, fill_value=0)
        write_slabs(array, volume)

    def open(self, where, _npy, hot, cache_bytes):
        store = self.zarr.DirectoryStore(where + "/volume.zarr")
        if hot:
            store = self.zarr.LRUStoreCache(store, max_size=cache_bytes)
        return Reader(self.zarr.open(store, mode="r"))


class ZarrShuffled(Zarr):
    name = "zarr, shuffle"


class ZarrPlain(Zarr):
    name = "zarr, no shuffle"
    shuffle = 0


class Hdf5(System):
    """One data set of one file. Cold: a chunk cache of no bytes; hot: of decoded chunks."""

    package, name = "h5py", "HDF5 gzip-4"

    def __init__(self):
        import h5py
        self.h5py = h5py
        self.version = f"h5py {h5py.__version__}, HDF5 {h5py.version.hdf5_version}"

    def ingest(self, volume, where):
        with self.h5py.File(where + "/volume.h5", "w") as file:
            write_slabs(file.create_dataset("material", volume.shape, "<u2", chunks=CHUNK, compression="gzip",
                                            compression_opts=4), volume)

    def open(self, where, _npy, hot, cache_bytes):
        file = self.h5py.File(where + "/volume.h5", "r", rdcc_nbytes=cache_bytes if hot else 0, rdcc_nslots=100_003)
        return Reader(file["material"], close=file.close)


class Memmap(System):
    """The .npy itself. Cold: its pages are unmapped, and stay in the page cache."""

    package, name = "numpy", "numpy memmap"

    def __init__(self):
        self.version = f"numpy {np.__version__}"

    def open(self, _where, npy, _hot, _cache_bytes):
        array = np.load(npy, mmap_mode="r")
        return Reader(array, forget=lambda: array._mmap.madvise(mmap.MADV_DONTNEED), copy=True)


class Terrane(System):
    """What compare_cpp stored, read through the Python package. Cold: the engine keeps its 64 MiB of encoded blocks."""

    package, name = "terrane", "terrane balanced, Python"
    has_levels = True

    def __init__(self):
        import terrane
        self.terrane = terrane
        self.version = getattr(terrane, "__version__", "of this source")

    def open(self, where, _npy, _hot, cache_bytes):
        volume = self.terrane.open(where + "/store", threads=1, cache_bytes=cache_bytes)
        return Reader(volume, forget=volume.drop_cache, close=volume.close, at=volume.at, lod=volume.lod)


SYSTEMS = (Terrane, ZarrShuffled, ZarrPlain, Hdf5, Memmap)


def write_slabs(array, volume):
    for x in range(0, volume.shape[0], CHUNK[0]):
        array[x:x + CHUNK[0]] = volume[x:x + CHUNK[0]]


class Reader:
    """Reads boxes and points of anything that slices as NumPy does."""

    def __init__(self, array, forget=lambda: None, close=lambda: None, at=None, lod=None, copy=False):
        self.array, self.forget, self.close, self.copy = array, forget, close, copy
        self.at = at or (lambda x, y, z: array[x, y, z])
        self.lod = lod

    def box(self, b):
        part = self.array[b[0]:b[3], b[1]:b[4], b[2]:b[5]]
        return np.array(part) if self.copy else part

    def level_box(self, b, level):
        step = 1 << level
        x0, y0, z0 = (c // step for c in b[:3])
        x1, y1, z1 = (-(-c // step) for c in b[3:])
        return self.lod(level)[x0:x1, y0:y1, z0:z1]

    def reading(self, case):
        """A function of one place."""
        if case["kind"] == "point":
            return lambda b: self.at(b[0], b[1], b[2])
        if case["level"] > 0:
            return lambda b: self.level_box(b, case["level"])
        return self.box


class Wrong(Exception):
    """A system gave other voxels than the volume has."""


def verify(case, read, reader, hot, most_s):
    """Compares each place with its checksum; says for how many there was time. Warms what a hot reader keeps."""
    begin = time.perf_counter()
    count = 0
    for i, box in enumerate(case["boxes"]):
        if not hot:
            reader.forget()
        got = read(box)
        if case["crc"] and zlib.crc32(np.ascontiguousarray(got, "<u2")) != case["crc"][i]:
            raise Wrong(f"other voxels than the volume has; case=`{case['name']}` box=`{box}`")
        if hot:
            read(box)  # some keep only what is asked for again
        count += 1
        if time.perf_counter() - begin > most_s:
            break
    return count


def time_all(boxes, read, reader, hot, each_cpu):
    wall, cpu = [], []
    for box in boxes:
        if not hot:
            reader.forget()
        cpu_begin = time.process_time_ns() if each_cpu else 0
        begin = time.perf_counter_ns()
        got = read(box)
        end = time.perf_counter_ns()
        if each_cpu:
            cpu.append((time.process_time_ns() - cpu_begin) / 1e3)
        wall.append((end - begin) / 1e3)
        del got
    return wall, cpu


def run_case(case, reader, hot, plan):
    read = reader.reading(case)
    count = verify(case, read, reader, hot, plan["seconds_per_case"])
    # Asking for CPU time takes as long as a hot point: there it is asked for once a pass.
    each_cpu = not hot or case["kind"] != "point"
    out = {"name": case["name"], "heat": "hot" if hot else "cold", "count": count, "wall_us": [], "cpu_us": [],
           "pass_cpu_us": []}
    for _ in range(plan["repeats"]):
        begin = time.process_time_ns()
        wall, cpu = time_all(case["boxes"][:count], read, reader, hot, each_cpu)
        if each_cpu:
            out["cpu_us"].append(cpu)
        else:
            out["pass_cpu_us"].append((time.process_time_ns() - begin) / 1e3)
        out["wall_us"].append(wall)
    return out


def measure_reads(system, npy, where, plan):
    out = {"open_us": [], "open_cpu_us": [], "version": system.version, "cases": []}
    for _ in range(OPENINGS):
        cpu, wall = time.process_time_ns(), time.perf_counter_ns()
        reader = system.open(where, npy, False, plan["cache_bytes"])
        out["open_us"].append((time.perf_counter_ns() - wall) / 1e3)
        out["open_cpu_us"].append((time.process_time_ns() - cpu) / 1e3)
        reader.close()
        del reader
    for hot in (False, True):
        reader = system.open(where, npy, hot, plan["cache_bytes"])
        for case in plan["cases"]:
            if case["level"] == 0 or system.has_levels:
                out["cases"].append(run_case(case, reader, hot, plan))
        reader.close()
        del reader
        gc.collect()
    return out


def measure_ingest(system, npy, where):
    volume = np.load(npy, mmap_mode="r")
    cpu, wall = time.process_time(), time.perf_counter()
    system.ingest(volume, where)
    return {"wall_s": time.perf_counter() - wall, "cpu_s": time.process_time() - cpu, "version": system.version,
            "details": {}}


def main(args):
    if args == ["systems"]:
        return [s.name for s in SYSTEMS if s.is_here()]
    found = [s for s in SYSTEMS if len(args) >= 4 and s.name == args[1]]
    if not found:
        sys.exit(__doc__)
    system = found[0]()
    if args[0] == "ingest":
        return measure_ingest(system, args[2], args[3])
    with open(args[4], encoding="utf-8") as file:
        return measure_reads(system, args[2], args[3], json.load(file))


if __name__ == "__main__":
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "BLOSC_NTHREADS"):
        os.environ.setdefault(variable, "1")
    try:
        print(json.dumps(main(sys.argv[1:])))
    except Wrong as wrong:
        sys.exit(f"python_systems: {wrong}")
