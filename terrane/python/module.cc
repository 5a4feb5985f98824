#include "terrane/python/bindings.h"
#include "terrane/python/errors.h"

using namespace terrane::python;

PYBIND11_MODULE(_terrane, m) {
  m.doc() = "The compiled part of terrane; import terrane instead.";
  m.attr("__version__") = TERRANE_VERSION;
  translate_errors();
  bind_catalogue(m);
  bind_world(m);
  VolumeClass volume(
      m, "Volume",
      "A store of a planet in voxels, as an array uint16 [x, y, z]: x to the east, y to the north, "
      "z up. Each voxel holds the id of a material.\n\n"
      "Made by terrane.create() and terrane.open(); a context manager. Any number of threads may "
      "use it at once; they work without the GIL. A read sees one state between two writes.");
  LevelClass level(
      m, "LevelView",
      "A volume at one level of detail, to read: indices and shape are in voxels of that level. Made "
      "by Volume.lod().");
  bind_properties(volume, level);
  bind_reads(volume, level);
  bind_points(volume, level);
  bind_writes(m, volume);
  bind_edits(m, volume);
  bind_ranges(m, volume);
  bind_queries(volume);
  bind_upkeep(m, volume);
  bind_open(m);
}
