#pragma once

#include "terrane/render/figure.h"
#include "terrane/space/world.h"

namespace terrane {

// From voxels to the numbers that people read: degrees where the store knows longitude and latitude, metres
// where it has a CRS or a voxel size, else voxels. A value.
class Scale {
 public:
  explicit Scale(const World& world);

  bool geographic() const { return geographic_; }
  // The axis whose ends are these (level-0) voxel borders.
  PlotAxis x(double first, double last) const;
  PlotAxis y(double first, double last) const;
  PlotAxis z(double first, double last) const;

  // How wide and high a voxel is on a map, in equal units: degrees, or metres.
  double map_x() const { return x_.per_voxel; }
  double map_y() const { return y_.per_voxel; }
  // How long a voxel is on the ground, in metres (or voxels), at a row y.
  double metres_x(double y) const;
  double metres_y() const;
  double metres_z() const { return z_.per_voxel; }

  // "z = 12 (-300 m)".
  std::string place_x(std::int64_t voxel) const;
  std::string place_y(std::int64_t voxel) const;
  std::string place_z(std::int64_t voxel) const;
  // "36.1 km", "250 m", or "4" where the store has no metres.
  std::string length_text(double metres) const;
  // A voxel of a level: "0.083° x 0.083° x 100 m", "4 x 4 x 4 voxels".
  std::string voxel_text(int level) const;

 private:
  struct Linear {
    double at_zero = 0, per_voxel = 1;
    double at(double voxel) const { return at_zero + per_voxel * voxel; }
  };
  PlotAxis plane_axis(const Linear& linear, const char* name, double first, double last) const;
  Linear x_, y_, z_;
  double size_[3] = {1, 1, 1};
  bool geographic_ = false, degrees_ = false, metric_ = false;
  std::string crs_;
};

}  // namespace terrane
