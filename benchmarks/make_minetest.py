#!/usr/bin/python3
"""A Minetest world as an array: make_minetest.py OUT.npy [--size X,Y,Z] [--seed N]

Debian's minetestserver generates one box around the origin (mapgen v7, minetest_game, one thread), with the sea at
a third of its height. OUT.npy is [x, y, z], x east, y north, z up, uint16; ids follow the sorted names of the nodes, air
first, and OUT.legend.json says which is which. Needs Debian's minetest-server and python3-numpy.
"""

import argparse
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

import numpy as np

SERVER = shutil.which("minetestserver", path="/usr/games:/usr/bin:/usr/local/bin:/usr/local/games")
MOD = pathlib.Path(__file__).resolve().parent / "minetest_dump"
SLAB = 16
TIMEOUT_S = 1800


def write_world(root, size, seed):
    """The world's directory and the server's settings. Minetest calls up y and north z."""
    world = root / "world"
    shutil.copytree(MOD, world / "worldmods" / "terrane_dump")
    (world / "world.mt").write_text(
        "gameid = minetest\nbackend = sqlite3\nplayer_backend = sqlite3\nauth_backend = sqlite3\n"
        "world_name = terrane\nenable_damage = false\ncreative_mode = true\n")
    depth = size[2] // 3 // SLAB * SLAB
    low = (-(size[0] // 2 // SLAB * SLAB), -depth, -(size[1] // 2 // SLAB * SLAB))
    high = (low[0] + size[0] - 1, low[1] + size[2] - 1, low[2] + size[1] - 1)
    settings = {
        "mg_name": "v7", "fixed_map_seed": seed, "num_emerge_threads": 1, "emergequeue_limit_total": 1 << 20,
        "emergequeue_limit_generate": 1 << 20, "emergequeue_limit_diskonly": 1 << 20,
        "terrane_dump_low": "({},{},{})".format(*low), "terrane_dump_high": "({},{},{})".format(*high),
        "server_announce": "false", "bind_address": "127.0.0.1", "server_unload_unused_data_timeout": 36000,
        "liquid_update": 36000, "active_block_range": 0, "debug_log_level": "error",
    }
    (root / "minetest.conf").write_text("".join(f"{key} = {value}\n" for key, value in settings.items()))
    return world


def generate(root, world, port):
    command = [SERVER, "--world", world, "--gameid", "minetest", "--config", root / "minetest.conf", "--port",
               str(port), "--logfile", root / "log.txt", "--quiet"]
    done = subprocess.run([str(c) for c in command], env={"HOME": str(root), "LC_ALL": "C"}, capture_output=True,
                          text=True, timeout=TIMEOUT_S, check=False)
    if not (world / "terrane_dump_done.txt").exists():
        sys.exit(f"make_minetest: the server ended without the box; its output:\n{done.stdout}{done.stderr}")


def load(world, size):
    ids = np.fromfile(world / "nodes.u16", "<u2")
    # Slabs of y; in each [z, y, x] of Minetest, which are our north, up and east.
    ids = ids.reshape(size[2] // SLAB, size[1], SLAB, size[0])
    ids = np.ascontiguousarray(ids.transpose(3, 1, 0, 2).reshape(size))
    names = {}
    for line in (world / "names.txt").read_text().splitlines():
        number, name = line.split(" ", 1)
        names[int(number)] = name
    ordered = sorted(names.values(), key=lambda name: (name != "air", name))
    new_id = np.zeros(65536, "<u2")
    for number, name in names.items():
        new_id[number] = ordered.index(name)
    return new_id[ids], ordered


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--size", default="320,320,192", help="nodes; multiples of 16")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--port", type=int, default=30199, help="the server listens there, on 127.0.0.1")
    args = parser.parse_args()
    size = tuple(int(n) for n in args.size.split(","))
    if len(size) != 3 or any(n <= 0 or n % SLAB for n in size):
        parser.error(f"--size takes three multiples of {SLAB}, as in 256,256,128")
    if not SERVER:
        sys.exit("make_minetest: no minetestserver here; install Debian's minetest-server")
    args.out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=args.out.parent) as scratch:
        root = pathlib.Path(scratch)
        world = write_world(root, size, args.seed)
        generate(root, world, args.port)
        voxels, names = load(world, size)
        np.save(root / "out.npy", voxels)
        args.out.with_suffix(".legend.json").write_text(json.dumps(dict(enumerate(names)), indent=1) + "\n")
        (root / "out.npy").rename(args.out)
    print(f"{args.out}: {size[0]} x {size[1]} x {size[2]} nodes of {len(names)} kinds")


if __name__ == "__main__":
    main()
