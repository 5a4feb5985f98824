#!/usr/bin/python3
"""A report as its reader sees it: report_test.py TERRANE

Makes a small Earth with the binary TERRANE, writes its report, and opens it in headless Chromium: nothing missing,
nothing fetched, nothing complained about. Needs numpy and Chromium (Debian's python3-numpy and chromium).
"""

import html.parser
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "cli"))

import numpy as np  # noqa: E402

import bench  # noqa: E402

CHROMIUM = shutil.which("chromium")
HOSTILE = "<script>document.title='pwned'</script><img src=x onerror=1>"
NAMES = [{"id": 0, "name": "air", "density": 1, "fluid": True, "color": "#e8f1f8"},
         {"id": 1, "name": "water", "density": 1025, "fluid": True, "color": "#2f6fa7"},
         {"id": 2, "name": HOSTILE, "color": "#b49a6c"},
         {"id": 3, "name": "crust \"upper\" & 'lower'", "color": "#a2555a"},
         {"id": 4, "name": "mantle", "color": "#5a7a3a"}]
TABLES = ["targets", "regions", "latency", "facts", "sizes", "strategies", "materials", "levels", "measured"]

# Asks the page about itself, in a copy that allows it to.
PROBE = """<script>addEventListener('load', () => {
  const told = document.createElement('pre');
  told.id = 'told';
  told.textContent = JSON.stringify({
    images: [...document.images].map(i => i.naturalWidth), title: document.title,
    fetched: performance.getEntriesByType('resource').map(e => e.name).filter(n => !n.startsWith('data:')),
    wide: document.documentElement.scrollWidth, room: document.documentElement.clientWidth,
    rows: Object.fromEntries([...document.querySelectorAll('table')].map(t => [t.id, t.tBodies[0].rows.length])),
    charts: document.querySelectorAll('svg').length});
  document.body.append(told);
});</script>"""


def earth(shape=(360, 180, 64)):
    """Land and sea on a mantle: [x, y, z], z up."""
    x, y, z = (np.arange(n) for n in shape)
    ground = 31.5 + 9 * np.sin(x / 57.3)[:, None] * (0.6 + 0.4 * np.cos(y / 21.0))[None, :] + 0.4 * np.sin(x / 5.0)[:, None]
    depth = ground[:, :, None] - z[None, None, :]
    out = np.where(depth > 18, 4, np.where(depth > 3, 3, np.where(depth > 0, 2, 0)))
    return np.where((depth <= 0) & (z[None, None, :] < 33), 1, out).astype(np.uint16)


class Links(html.parser.HTMLParser):
    """All that a page could fetch."""

    def __init__(self, text):
        super().__init__()
        self.links, self.tags = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.links += [v for k, v in attrs if k in ("src", "href", "srcset", "data", "action", "xlink:href")]


@unittest.skipUnless(CHROMIUM, "chromium is not installed: scripts/install test")
class ReportInABrowser(bench.CliCase):
    def setUp(self):
        super().setUp()
        with open(self.path("names.json"), "w") as f:
            json.dump(NAMES, f)
        self.store = self.stored("earth.terrane", earth(), "--catalogue", self.path("names.json"), "--crs", "EPSG:4326",
                                 "--voxel-size", "1,1,1000", "--origin=-180,-90,-33000", "--wrap-x")
        self.page = self.path("report.html")

    def report(self, *options):
        return self.call("report", self.store, "-o", self.page, "--points", 100, "--boxes", 20, *options).stdout

    def browse(self, page, *options):
        """Opens a page. Gives stdout, and what its console said."""
        profile = self.path("profile")
        shutil.rmtree(profile, ignore_errors=True)
        argv = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                "--disable-background-networking", "--disable-component-update", "--disable-sync",
                "--disable-dev-shm-usage", f"--user-data-dir={profile}", "--enable-logging=stderr", *options,
                pathlib.Path(page).as_uri()]
        done = subprocess.run(argv, capture_output=True, text=True, timeout=240, env={**os.environ, "HOME": str(self.folder)})
        self.assertEqual(done.returncode, 0, done.stderr[-2000:])
        return done.stdout, [line for line in done.stderr.splitlines() if "CONSOLE" in line]

    def probe(self, *options):
        with open(self.page, encoding="utf-8") as f:
            text = f.read()
        copy = self.path("probed.html")
        with open(copy, "w", encoding="utf-8") as f:
            f.write(re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", text) + PROBE)
        dom, _ = self.browse(copy, "--dump-dom", *options)
        return json.loads(html.unescape(re.search(r'<pre id="told">(.*?)</pre>', dom, re.S).group(1)))

    def test_a_page_is_whole_and_stands_alone(self):
        self.report()
        with open(self.page, encoding="utf-8") as f:
            text = f.read()
        links = Links(text)
        self.assertTrue(links.links)
        for link in links.links:
            self.assertTrue(link.startswith("data:"), link[:80])
        self.assertNotIn("script", links.tags)
        self.assertNotRegex(text, r"https?:|url\(|@import")
        self.assertIn("&lt;script&gt;", text)

        dom, console = self.browse(self.page, "--dump-dom")
        self.assertEqual(console, [])
        for table in TABLES:
            self.assertIn(f'<table id="{table}">', dom)
        self.assertIn("<td>ocean</td>", dom)

        told = self.probe("--window-size=1280,2000")
        self.assertEqual(len(told["images"]), 5)
        self.assertTrue(all(width > 0 for width in told["images"]), told)
        self.assertEqual(told["fetched"], [])
        self.assertEqual(told["title"], "earth: a report", "no name of a material ran as a script")
        self.assertEqual(told["charts"], 3)
        self.assertEqual(told["rows"]["targets"], 5)
        self.assertEqual(told["rows"]["materials"], 5)
        self.assertLessEqual(told["wide"], told["room"])
        narrow = self.probe("--window-size=400,2000")
        self.assertLessEqual(narrow["wide"], narrow["room"], "no scrolling sideways on a telephone")

        picture = self.path("page.png")
        _, console = self.browse(self.page, f"--screenshot={picture}", "--window-size=1280,2000")
        self.assertEqual(console, [])
        with open(picture, "rb") as f:
            self.assertEqual(f.read(8), b"\x89PNG\r\n\x1a\n")

    def test_figures_are_those_of_the_store(self):
        figures = json.loads(self.report("--json"))
        info = self.json("info", self.store)
        self.assertEqual(figures["store"]["stored_bytes"], info["stored_bytes"])
        bricks = {k: {"bricks": v["bricks"], "bytes": v["bytes"]} for k, v in figures["strategies"].items()
                  if k not in ("uniform", "predicted")}
        self.assertEqual(bricks, info["codecs"])
        level0 = figures["levels"][0]
        for kind in ["uniform", "brick"]:
            self.assertEqual(level0["ranges"][kind], info["ranges"][kind])
        # A range between bricks may lie outside the extent: it belongs to no column.
        held = sum(s["bytes"] for s in figures["strategies"].values())
        self.assertLessEqual(held, level0["bytes"] + 1e-3)
        self.assertAlmostEqual(sum(r["stored_bytes"] for r in figures["regions"]), held, 3)
        self.assertEqual(sum(r["raw_bytes"] for r in figures["regions"]), info["logical_bytes"])
        self.assertEqual(sum(r["columns"] for r in figures["regions"]), 6 * 3)
        array = earth()
        shares = {m["id"]: m["share"] for m in figures["materials"]}
        for material in range(5):
            self.assertAlmostEqual(shares[material], float((array == material).mean()), 9)
        self.assertEqual(figures["integrity"], {"full": True, "checked": figures["integrity"]["checked"], "corrupt": 0,
                                                "missing": 0})
        targets = {t["id"]: t for t in figures["targets"]}
        self.assertEqual(set(targets), {"reduction", "ocean_reduction", "added_latency", "query_p99", "integrity"})
        self.assertTrue(targets["reduction"]["met"] and targets["ocean_reduction"]["met"])
        self.assertEqual(figures["latency"]["points"]["count"], 100)

    def test_figures_alone(self):
        figures = self.json("report", self.store, "--points", 5, "--boxes", 2)
        self.assertEqual(figures["latency"]["boxes"]["count"], 2)
        self.refused("report", self.store, says="-o OUT.html")
        self.refused("report", self.path("none.terrane"), "-o", self.page, says="none.terrane")
        self.refused("report", self.store, "-o", self.path("no/such/folder.html"), "--points", 1, "--boxes", 1, code=1,
                     says="folder.html")

    def test_maps_of_a_store(self):
        for kind in ["strategy", "ratio", "homogeneity", "surface"]:
            out = self.path(kind + ".png")
            self.call("render", self.store, "--map", kind, "-o", out)
            self.assertGreater(os.path.getsize(out), 5000)
        self.call("render", self.store, "--map", "ratio", "--box", "300:420,20:100,0:64", "-o", self.path("seam.png"))
        self.refused("render", self.store, "--map", "weather", "-o", self.path("x.png"), says="--map")


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    bench.TERRANE = str(pathlib.Path(sys.argv.pop(1)).resolve())
    unittest.main(verbosity=2)
