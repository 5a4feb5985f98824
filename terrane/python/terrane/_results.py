"""What Volume.analyze(), Volume.explain() and Volume.events() give: plain values that print themselves."""

import dataclasses
from typing import TYPE_CHECKING, Any, Dict, FrozenSet, List, Optional, Tuple

if TYPE_CHECKING:
    import numpy as np

Box = Tuple[Tuple[int, int], Tuple[int, int], Tuple[int, int]]


def _percent(share: float) -> str:
    return f"{share * 100:.2f} %"


def _box(box: Box) -> str:
    return ",".join(f"{lo}:{hi}" for lo, hi in box)


@dataclasses.dataclass(frozen=True)
class Homogeneity:
    """The guide's report on some bricks: how homogeneous they are, and what that is good for."""

    homogeneity: float  #: share of the dominant material, 0 to 1
    dominant_material: int
    distribution: Dict[int, float]  #: {material: share}, largest first
    best_order: str  #: the scan with the fewest runs: "x", "y", "z" or "morton"
    best_direction: Tuple[int, int, int]  #: of that scan; (0, 0, 0) for Morton
    recommended_strategy: str  #: by the guide's tree: "run-length", "morton-octree"...
    estimated_ratio: float  #: raw bytes to those that this strategy is estimated to take


@dataclasses.dataclass(frozen=True)
class Analysis:
    """What a box is made of. print() shows it; statistics has all numbers, as docs/CLI.md names them."""

    box: Box
    lod: int
    report: Homogeneity
    statistics: Dict[str, Any]
    names: Dict[int, str] = dataclasses.field(repr=False)  #: of the materials that occur

    def __str__(self) -> str:
        r, s = self.report, self.statistics
        lines = [f"box         {_box(self.box)}, level {self.lod}",
                 f"bricks      {s['bricks']:,}, of one material {s['uniform_bricks']:,}",
                 f"homogeneity {_percent(r.homogeneity)} {self.names[r.dominant_material]}, "
                 f"entropy {s['entropy_bits']:.3f} bits a voxel",
                 f"materials   {s['materials']}"]
        lines += [f"  {_percent(share):>9}  {self.names[m]}" for m, share in r.distribution.items()]
        x, y, z = s["scan_runs"]
        lines += [f"runs        {x:,} along x, {y:,} y, {z:,} z, {s['morton_runs']:,} Morton; "
                  f"best direction {r.best_order}",
                  f"the guide   {r.recommended_strategy}, estimated ratio {r.estimated_ratio:.1f} : 1"]
        return "\n".join(lines)


@dataclasses.dataclass(frozen=True)
class Measured:
    """What a strategy made of the brick in truth: bytes, and microseconds."""

    bytes: int
    encode_us: float
    decode_us: float
    read_us: float  #: of one voxel


@dataclasses.dataclass(frozen=True)
class Candidate:
    """One strategy as it was weighed: expected bytes, and microseconds."""

    strategy: str
    bytes: float
    upper_bytes: float  #: what four bricks in five stay below
    encode_us: float
    decode_us: float  #: of the whole brick
    read_us: float  #: of one voxel, on the encoded bytes
    memory_bytes: float
    cost: float  #: in bytes; the least one is chosen
    excluded: Optional[str]  #: the limit that it would break, or None
    measured: Optional[Measured]


@dataclasses.dataclass(frozen=True)
class Explanation:
    """Why a brick is coded as it is. print() shows the table of candidates.

    Of a brick of one material there is nothing to choose: primary, runner_up, confidence, guide and cost_model are
    None, and there are no candidates.
    """

    brick: Box  #: in voxels of the level
    lod: int
    kind: str  #: of the range that holds it: "uniform", "predicted" or "brick"
    strategy: Optional[str]  #: that it is stored with, None unless a brick
    stored_bytes: int  #: of that range, key and value
    report: Homogeneity
    statistics: Dict[str, Any]
    access: Dict[str, float]  #: point_reads, brick_reads, brick_writes, locality
    cost_model: Optional[str]
    primary: Optional[str]  #: what a write would choose now
    runner_up: Optional[str]
    confidence: Optional[float]  #: 0 to 1: how likely primary is truly the cheapest
    reason: str
    guide: Optional[str]  #: what the guide's profile would take
    candidates: List[Candidate]  #: the cheapest first
    names: Dict[int, str] = dataclasses.field(repr=False)  #: of the materials that occur

    def __str__(self) -> str:
        r = self.report
        shown = [f"{self.names[m]} {_percent(share)}" for m, share in list(r.distribution.items())[:4]]
        lines = [f"brick       {_box(self.brick)} of level {self.lod}",
                 f"stored      {self.strategy or self.kind}, {self.stored_bytes:,} bytes with its key",
                 f"materials   {self.statistics['materials']}: {', '.join(shown)}",
                 f"homogeneity {_percent(r.homogeneity)}, best direction {r.best_order}"]
        if self.primary is not None:
            then = f", then {self.runner_up}" if self.runner_up else ""
            lines.append(f"choice      {self.primary}{then}, confidence {self.confidence:.2f}")
        lines.append(f"reason      {self.reason}")
        if self.guide is not None:
            lines.append(f"the guide   {self.guide}")
        return "\n".join(lines + self._table())

    def _table(self) -> List[str]:
        if not self.candidates:
            return []
        head = f"  {'strategy':<12}{'bytes':>10}{'encode us':>11}{'read us':>10}{'voxel us':>10}{'memory kB':>11}{'cost':>12}"
        if any(c.measured for c in self.candidates):
            head += f"{'true bytes':>12}{'encode us':>11}{'read us':>10}{'voxel us':>10}"
        lines = ["", head]
        for c in self.candidates:
            if c.bytes > 0:
                line = (f"  {c.strategy:<12}{c.bytes:10.0f}{c.encode_us:11.1f}{c.decode_us:10.1f}{c.read_us:10.2f}"
                        f"{c.memory_bytes / 1000:11.0f}{c.cost:12.0f}")
            else:  # the cost model does not know it
                line = f"  {c.strategy:<12}{'-':>10}{'-':>11}{'-':>10}{'-':>10}{'-':>11}{'-':>12}"
            if c.measured:
                m = c.measured
                line += f"{m.bytes:12}{m.encode_us:11.1f}{m.decode_us:10.1f}{m.read_us:10.2f}"
            lines.append(line + (f"  {c.excluded}" if c.excluded else ""))
        return lines


@dataclasses.dataclass(frozen=True)
class Event:
    """What one edit changed, when and why. print() shows it on a line."""

    batch: int  #: its number, from 1
    time: "np.datetime64"  #: UTC, in microseconds
    process: FrozenSet[str]  #: "erosion" and the like; none where it was not said
    author: str
    note: str
    box: Box  #: around all that it may have changed, in voxels of level 0; may cross the seam
    voxels: int  #: that it set, whatever they were before

    def __str__(self) -> str:
        words = [f"{self.batch}  {self.time}Z ", ",".join(sorted(self.process)), f"{self.voxels:,} voxels in {_box(self.box)}",
                 self.author]
        line = " ".join(w for w in words if w)
        return f"{line}: {self.note}" if self.note else line
