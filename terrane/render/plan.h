#pragma once

#include <optional>
#include <string>
#include <vector>

#include "terrane/render/figure.h"
#include "terrane/space/world.h"
#include "terrane/voxel/catalogue.h"

namespace terrane {

// The size of a plot in pixels, and how many times it is higher than the truth.
struct PlotSize {
  double width = 0, height = 0;
  double stretch = 1;
};

// "25×", "1.5×".
std::string stretch_text(const PlotSize& size);
// A map of `width` x `height` units (degrees or metres): as large as fits, undistorted.
PlotSize map_size(const PlotSpace& space, double width, double height);
// An upright plane `length` long and `height` high, in metres: never flatter than 2.4 : 1, by a round
// stretch.
PlotSize upright_size(const PlotSpace& space, double length, double height);

// The finest level at which `cells_x` x `cells_y` level-0 voxels are at most this many pixels. 0..21.
int fitting_level(double cells_x, double cells_y, double max_x, double max_y);
// The level asked for, or the fitting one; kInvalid outside 0..21, or where the plane has over 2^26 voxels.
Result<int> checked_level(std::optional<int> asked, int fitting, double cells_x, double cells_y);

// Colours of materials, and how many pixels show each.
class Palette {
 public:
  explicit Palette(const Catalogue& catalogue) : catalogue_(catalogue), counts_(65536, 0) {}
  Rgb color(MaterialId id);  // and counts it
  // The largest share first; ties by id.
  std::vector<LegendEntry> legend() const;

 private:
  const Catalogue& catalogue_;
  std::vector<std::uint64_t> counts_;
};

// The colour of what is not known. Paler than any rock.
inline constexpr Rgb kUnknownColor = 0xdcdcdc;
Rgb material_color(const Catalogue& catalogue, MaterialId id);

}  // namespace terrane
