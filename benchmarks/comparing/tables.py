"""A report of benchmarks/compare as Markdown tables, and the places where terrane is not the best."""

import pathlib

BASE = "terrane balanced"
OURS = "terrane"
MARGIN = 1.05  # a difference below 5 % is none
BEGIN, END = "<!-- compare: begin -->", "<!-- compare: end -->"
BOX_CASES = ("box 32", "box 64", "box 256", "point")


def number(value):
    if value is None:
        return "-"
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def size_text(shape):
    return " x ".join(str(n) for n in shape)


def table(head, rows):
    """Aligned, so that it reads well without being rendered. The first column is text."""
    widths = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head))]
    lines = [[head[i].ljust(widths[i]) for i in range(len(head))],
             ["-" * widths[0]] + ["-" * (w - 1) + ":" for w in widths[1:]]]
    lines += [[row[0].ljust(widths[0])] + [row[i].rjust(widths[i]) for i in range(1, len(head))] for row in rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def find(system, name, heat):
    return next((r for r in system["reads"] if r["name"] == name and r["heat"] == heat), None)


def store_table(volume):
    rows = []
    for s in volume["systems"]:
        ingest = s["ingest"] or {}
        rows.append([
            s["system"], number(ingest.get("mb_per_s_cpu")), number(ingest.get("mb_per_s_wall")),
            f"{s['disk_bytes'] / 1e6:,.3f}", f"{100 * s['disk_bytes'] / volume['raw_bytes']:.2f} %",
            number(ingest["peak_anon_bytes"] / 1e6) if ingest else "-", number(s["read_peak_anon_bytes"] / 1e6),
            number(s["open_ms"])])
    return table(["", "ingest MB/s, CPU", "wall", "on disk, MB", "of raw", "memory of ingest, MB", "of reading, MB",
                  "opening, ms"], rows)


def read_table(volume, heat):
    head = [f"{heat}, us"]
    for name in BOX_CASES:
        shape = next((r["shape"] for s in volume["systems"] for r in s["reads"] if r["name"] == name), [])
        head.append(name if name == "point" or len(set(shape)) == 1 else size_text(shape))
    rows = []
    for s in volume["systems"]:
        row = [s["system"]]
        for name in BOX_CASES:
            r = find(s, name, heat)
            row.append("-" if r is None else f"{number(r['wall_p50_us'])} / {number(r['wall_p99_us'])} "
                                             f"({number(cpu_of(r))})")
        rows.append(row)
    return table(head, rows)


def level_table(volume):
    levels = sorted({r["name"] for s in volume["systems"] for r in s["reads"] if r["name"].startswith("level")})
    if not levels:
        return ""
    rows = []
    for s in volume["systems"]:
        cells = [find(s, name, heat) for heat in ("cold", "hot") for name in levels]
        if any(cells):
            rows.append([s["system"]] + ["-" if r is None else f"{number(r['wall_p50_us'])} ({number(cpu_of(r))})"
                                         for r in cells])
    return table(["levels, us"] + [f"{heat}, {name}" for heat in ("cold", "hot") for name in levels], rows)


def cpu_of(read):
    """The median where each read was timed, the mean where they were timed together. One thread works: what is above the
    wall's time was spent asking for the CPU's."""
    cpu = read["cpu_mean_us"] if read["cpu_p50_us"] is None else read["cpu_p50_us"]
    return min(cpu, read["wall_p50_us"])


def figures(system):
    """name -> value, all of them the better the lower."""
    out = {"bytes on disk": system["disk_bytes"], "memory of reading": system["read_peak_anon_bytes"],
           "opening": system["open_cpu_ms"]}
    if system["ingest"]:
        out["time of ingest"] = system["ingest"]["cpu_s"]
        out["memory of ingest"] = system["ingest"]["peak_anon_bytes"]
    for read in system["reads"]:
        if not read["name"].startswith("level"):
            out[f"{read['heat']} {read['name']}"] = cpu_of(read)
    return out


def losses(report):
    """(figure, peer) -> [(factor, volume)...] where the peer beats terrane, by CPU time, bytes and memory."""
    out = {}
    for volume in report["volumes"]:
        base = next((s for s in volume["systems"] if s["system"] == BASE), None)
        if base is None:
            continue
        ours = figures(base)
        for system in volume["systems"]:
            if system["system"].startswith(OURS):
                continue
            for name, value in figures(system).items():
                if name in ours and value * MARGIN < ours[name]:
                    out.setdefault((name, system["system"]), []).append((ours[name] / max(value, 1e-9), volume["name"]))
    return out


def loss_table(report):
    found = losses(report)
    if not found:
        return f"Nowhere by more than 5 %: `{BASE}` was the best of them in every figure."
    order = list(dict.fromkeys(name for v in report["volumes"] for s in v["systems"] for name in figures(s)))
    rows = []
    for (name, peer), cases in sorted(found.items(), key=lambda f: (order.index(f[0][0]), f[0][1])):
        most = max(cases)
        rows.append([f"{name}: {peer}", f"{len(cases)} of {len(report['volumes'])}", f"{number(most[0])} x", most[1]])
    return table([f"what, and who beats `{BASE}`", "volumes", "at most by", "there"], rows)


def head(report):
    m, s = report["machine"], report["settings"]
    lines = [
        f"{report['begun']} to {report['ended']}, `{report['command']}`, revision {report['revision']}"
        f"{', **quick: too few reads to quote**' if s['quick'] else ''}.",
        f"Machine: {m['cpu']}, {m['cores']} cores, {m['memory_bytes'] / 2**30:.0f} GiB, {m['system']}, kernel "
        f"{m['kernel']}; **load {m['load_before']:.2f} before, {m['load_after']:.2f} after, "
        f"{m['load_most']:.2f} at most** on {m['cores']} cores.",
        "Versions: " + "; ".join(f"{name}: {version}" for name, version in report["versions"].items()) + ".",
    ]
    return "\n".join(lines + [f"Left out: {note}." for note in report["notes"]])


# What a volume comes down to: a title, and a cell of a system.
GLANCES = [
    ("on disk, % of raw", lambda v, s: 100 * s["disk_bytes"] / v["raw_bytes"]),
    ("ingest, MB/s of CPU time", lambda v, s: s["ingest"] and s["ingest"]["mb_per_s_cpu"]),
    ("cold box 64, p50 in us", lambda v, s: wall_of(s, "box 64", "cold")),
    ("hot box 64, p50 in us", lambda v, s: wall_of(s, "box 64", "hot")),
    ("cold point, p50 in us", lambda v, s: wall_of(s, "point", "cold")),
]


def wall_of(system, name, heat):
    read = find(system, name, heat)
    return read and read["wall_p50_us"]


def glance_tables(report):
    """For each of GLANCES the systems by the volumes."""
    volumes = report["volumes"]
    names = list(dict.fromkeys(s["system"] for v in volumes for s in v["systems"]))
    out = []
    for title, value in GLANCES:
        rows = []
        for name in names:
            of = [next((s for s in v["systems"] if s["system"] == name), None) for v in volumes]
            cells = [None if s is None else value(v, s) for v, s in zip(volumes, of)]
            if any(c is not None for c in cells):
                rows.append([name] + [number(c) for c in cells])
        out.append(table([title] + [v["name"] for v in volumes], rows))
    return out


def volume_part(volume):
    """All tables of a volume, folded where Markdown is shown as a page."""
    title = (f"{volume['name']}: {size_text(volume['shape'])}, {volume['raw_bytes'] / 1e6:,.1f} MB raw, "
             f"{volume['materials']} materials")
    tables = [store_table(volume), read_table(volume, "cold"), read_table(volume, "hot"), level_table(volume)]
    return [f"<details><summary>{title}</summary>", *tables, "</details>"]


def markdown(report):
    parts = [head(report), "#### At a glance", *glance_tables(report), "#### Where terrane loses", loss_table(report),
             "#### Volume by volume"]
    for volume in report["volumes"]:
        parts += volume_part(volume)
    return "\n\n".join(p for p in parts if p) + "\n"


def replace_between_marks(path, text):
    path = pathlib.Path(path)
    old = path.read_text(encoding="utf-8")
    if old.count(BEGIN) != 1 or old.count(END) != 1 or old.index(BEGIN) > old.index(END):
        raise ValueError(f"{path}: wanted is one line `{BEGIN}` and, below it, one line `{END}`")
    path.write_text(old[:old.index(BEGIN)] + f"{BEGIN}\n{text}{old[old.index(END):]}", encoding="utf-8")
