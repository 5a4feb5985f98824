#pragma once

#include <string>
#include <utility>
#include <vector>

#include "terrane/base/status.h"
#include "terrane/space/box.h"

namespace terrane {

// A place on the planet.
struct GeoPoint {
  double longitude_deg = 0, latitude_deg = 0, elevation_m = 0;
};

// Ties the lattice to the planet. Recorded when a store is created; never changes. A value.
//
// Voxel (i, j, k) fills [origin + i * voxel_size, origin + (i + 1) * voxel_size) in the units of the CRS
// (metres or degrees) in x and y, and metres in z. Longitude and latitude are known for EPSG:4326 (degrees)
// and EPSG:4087 (metres on the equidistant cylinder: 40,075,016.68 m for 360 degrees). A world that wraps
// in x maps 360 degrees linearly to its extent in x, whatever its CRS: it begins at the longitude of its
// origin, where a degree of EPSG:4087 is 1/360 of that extent.
class World {
 public:
  struct Settings {
    Coord extent;  // voxels
    double voxel_size[3] = {1, 1, 1};
    double origin[3] = {0, 0, 0};  // CRS coordinates of the low corner
    std::string crs;               // "EPSG:4326"; empty: local metres
    bool wrap_x = false;
  };
  // Refuses an extent below 1 or above kMaxExtent, sizes that are not finite and positive, an origin that
  // is not finite, and a CRS that is not empty and not "EPSG:N".
  static Result<World> create(Settings settings);
  // 160,300,080 x 80,150,040 x 80,000,000 voxels of 0.25 m: all of Earth, +-10,000 km, EPSG:4087, wraps.
  // x = 0 is the antimeridian, and longitude 0 the border in the middle; the outermost three voxels in y
  // lie beyond the poles.
  static World bluemarble();

  const Settings& settings() const { return settings_; }
  Coord extent() const { return settings_.extent; }
  Box bounds() const { return {{0, 0, 0}, settings_.extent}; }
  bool wraps() const { return settings_.wrap_x; }

  // The voxel that holds the point; a point on an upper face of the extent belongs to the last voxel, so that
  // a pole has one. kInvalid where the CRS has no longitude, or the point lies outside the extent. Any
  // longitude is taken modulo 360 in a world that wraps.
  Result<Coord> to_voxel(const GeoPoint& point) const;
  // The centre of the voxel; in a world that wraps with -180 <= longitude < 180.
  Result<GeoPoint> to_geo(Coord voxel) const;

  // Checks a box of level-0 voxels, which may cross the seam of a world that wraps (X0 < NX < X1 <= X0 + NX),
  // and gives its parts in reading order: one box, or [X0, NX) then [0, X1 - NX). kInvalid, naming the
  // axis, where it is empty, inverted, or outside. Any corners are safe to ask about.
  Result<std::vector<Box>> pieces(const Box& box) const;
  // Whether two such boxes have a voxel in common, on either side of the seam; false where one is none.
  bool overlap(const Box& a, const Box& b) const;

  // The parts at level L, in level-L voxels, each with the x at which it starts in the joined array. The two
  // parts of a box across the seam may overlap: a voxel of level L at the seam has children on both sides.
  struct Piece {
    Box box;
    std::int64_t out_x = 0;
  };
  Result<std::vector<Piece>> level_pieces(const Box& box, int level) const;
  // Size in level-L voxels of what level_pieces() joins to.
  Result<Coord> level_shape(const Box& box, int level) const;

 private:
  explicit World(Settings settings) : settings_(std::move(settings)) {}
  Settings settings_;
};

}  // namespace terrane
