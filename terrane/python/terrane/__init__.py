"""terrane stores a whole planet as voxels, on one machine.

    earth = terrane.open("earth.terrane")
    block = earth[x0:x1, y0:y1, z0:z1]     # numpy uint16
    coarse = earth.lod(3)[...]             # the same, an eighth of the size on each axis

A volume is an array [x, y, z] of uint16: x to the east, y to the north, z up; each number is a material, whose
name is in earth.catalogue. See terrane.open(), terrane.create() and terrane.Volume.
"""

from ._errors import (CancelledError, ClosedError, ConflictError, CorruptError, Error, ExhaustedError,
                      IncompleteError, InternalError, InvalidError, IoError, LockedError, MissingError,
                      NotFoundError, UnsupportedError)
from ._results import Analysis, Candidate, Event, Explanation, Homogeneity, Measured
from ._terrane import (Catalogue, EditReport, FoldReport, IngestReport, LevelView, Range, VerifyReport, Volume,
                       World, __version__, create, open)

__all__ = [
    "Analysis", "CancelledError", "Candidate", "Catalogue", "ClosedError", "ConflictError", "CorruptError",
    "EditReport", "Error", "Event", "ExhaustedError", "Explanation", "FoldReport", "Homogeneity", "IncompleteError",
    "IngestReport", "InternalError", "InvalidError", "IoError", "LevelView", "LockedError", "Measured",
    "MissingError", "NotFoundError", "Range", "UnsupportedError", "VerifyReport", "Volume", "World", "create", "open",
]

for _name in __all__:  # in tracebacks and help, the name that a user imports
    if isinstance(globals()[_name], type):
        globals()[_name].__module__ = __name__
del _name


def _open_anew(path: str, threads: int, cache_bytes: int) -> Volume:
    """What a pickled volume becomes."""
    return open(path, threads=threads, cache_bytes=cache_bytes)
