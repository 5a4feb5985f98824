#include "terrane/io/gdal_netcdf.h"

#include <algorithm>
#include <limits>
#include <string_view>

#include "fmt/format.h"

namespace terrane {
namespace {

using Array = std::shared_ptr<GDALMDArray>;
constexpr std::int64_t kMaxChunk = std::int64_t{1} << 26;
constexpr std::int64_t kGoodBlock = std::int64_t{1} << 18;
constexpr int kMaxDepth = 16;  // groups within groups

bool is_integer(const Array& array) {
  const GDALExtendedDataType& type = array->GetDataType();
  return type.GetClass() == GEDTC_NUMERIC && GDALDataTypeIsInteger(type.GetNumericDataType()) != 0 &&
         GDALDataTypeIsComplex(type.GetNumericDataType()) == 0;
}

bool fits(const Array& array) {
  return is_integer(array) && (array->GetDimensionCount() == 2 || array->GetDimensionCount() == 3);
}

void collect(const std::shared_ptr<GDALGroup>& group, int depth, std::vector<Array>& out) {
  for (const std::string& name : group->GetMDArrayNames()) {
    if (Array array = group->OpenMDArray(name)) out.push_back(std::move(array));
  }
  for (const std::string& name : group->GetGroupNames()) {
    if (depth == kMaxDepth) return;
    if (const auto inner = group->OpenGroup(name)) collect(inner, depth + 1, out);
  }
}

// "group/name" for "/group/name".
std::string_view short_name(const Array& array) {
  std::string_view name = array->GetFullName();
  if (name.starts_with('/')) name.remove_prefix(1);
  return name;
}

std::string listed(const std::vector<Array>& arrays) {
  std::string out;
  for (const Array& array : arrays) {
    std::string shape;
    for (const auto& dimension : array->GetDimensions())
      shape += fmt::format("{}{}={}", shape.empty() ? "" : ", ", dimension->GetName(), dimension->GetSize());
    const GDALExtendedDataType& type = array->GetDataType();
    out += fmt::format(
        " {} ({}; {})", short_name(array), shape,
        type.GetClass() == GEDTC_NUMERIC ? GDALGetDataTypeName(type.GetNumericDataType()) : "text");
  }
  return out.empty() ? " nothing" : out;
}

Result<Array> choose(const std::vector<Array>& all, const std::string& path, std::string_view wanted) {
  if (wanted.starts_with('/')) wanted.remove_prefix(1);
  std::vector<Array> found;
  for (const Array& array : all) {
    if (wanted.empty() ? fits(array) : short_name(array) == wanted) found.push_back(array);
  }
  std::string_view problem;
  if (found.empty()) {
    problem = wanted.empty() ? "no variable of integers in two or three dimensions" : "no such variable";
  } else if (found.size() > 1) {
    problem = "several variables of integers: name one (--variable)";
  } else if (!fits(found[0])) {
    problem = is_integer(found[0])
                  ? "such a variable, but not in two or three dimensions"
                  : "such a variable, but its numbers are not integers, and a material is an id";
  } else {
    return found[0];
  }
  return invalid(fmt::format("the file has {}. It holds:{}; variable=`{}` path=`{}`", problem, listed(all),
                             wanted, path));
}

std::string attribute(const Array& array, const char* name) {
  const auto found = array->GetAttribute(name);
  const char* text = found != nullptr ? found->ReadAsString() : nullptr;
  return text != nullptr ? text : "";
}

// 0, 1, 2 for x, y, z; 3 for time; -1: nothing says.
int axis_of(GDALDimension& dimension) {
  const std::string& type = dimension.GetType();
  if (type == GDAL_DIM_TYPE_HORIZONTAL_X) return 0;
  if (type == GDAL_DIM_TYPE_HORIZONTAL_Y) return 1;
  if (type == GDAL_DIM_TYPE_VERTICAL) return 2;
  if (type == GDAL_DIM_TYPE_TEMPORAL) return 3;
  if (const Array coordinate = dimension.GetIndexingVariable()) {
    const std::string axis = attribute(coordinate, "axis");
    const std::string_view letters = "XYZT";
    if (axis.size() == 1 && letters.find(axis[0]) != std::string_view::npos)
      return static_cast<int>(letters.find(axis[0]));
    if (!attribute(coordinate, "positive").empty()) return 2;
  }
  std::string name = dimension.GetName();
  std::transform(name.begin(), name.end(), name.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? c + 32 : c; });
  constexpr std::string_view kNames[] = {" x lon longitude easting ", " y lat latitude northing ",
                                         " z depth height elevation altitude level lev ", " time t "};
  for (int axis = 0; axis < 4; ++axis) {
    if (kNames[axis].find(" " + name + " ") != std::string_view::npos) return axis;
  }
  return -1;
}

// Whether the coordinates along a dimension run against its axis.
Result<bool> runs_backwards(GDALDimension& dimension, int axis, const std::string& path) {
  const Array coordinate = dimension.GetIndexingVariable();
  if (coordinate == nullptr || coordinate->GetDimensionCount() != 1 ||
      coordinate->GetDataType().GetClass() != GEDTC_NUMERIC)
    return false;
  bool descends = false;
  if (const GUInt64 n = dimension.GetSize(); n > 1) {
    double ends[2] = {};
    for (int i = 0; i < 2; ++i) {
      const GUInt64 start = i == 0 ? 0 : n - 1;
      const std::size_t count = 1;
      if (!coordinate->Read(&start, &count, nullptr, nullptr, GDALExtendedDataType::Create(GDT_Float64),
                            &ends[i]))
        return Error{ErrorCode::kIo,
                     fmt::format("the coordinates of a dimension cannot be read; dimension=`{}` "
                                 "path=`{}`",
                                 dimension.GetName(), path)};
    }
    descends = ends[1] < ends[0];
  }
  const bool down = axis == 2 && attribute(coordinate, "positive") == "down";
  return descends != down;
}

Result<std::vector<NetcdfVariable::Dimension>> place(const Array& array, const std::string& path) {
  const auto& dimensions = array->GetDimensions();
  std::vector<int> axes;
  axes.reserve(dimensions.size());
  for (const auto& dimension : dimensions) axes.push_back(axis_of(*dimension));
  if (std::find(axes.begin(), axes.end(), 3) != axes.end()) {
    return invalid(
        fmt::format("the variable has a time axis, and a store has none: take one moment out of it "
                    "(ncks -d time,0 or similar); variable=`{}` path=`{}`",
                    short_name(array), path));
  }
  std::vector<int> seen = axes;
  std::sort(seen.begin(), seen.end());
  const bool clear = seen.front() >= 0 && std::adjacent_find(seen.begin(), seen.end()) == seen.end();
  std::vector<NetcdfVariable::Dimension> out;
  for (std::size_t i = 0; i < dimensions.size(); ++i) {
    NetcdfVariable::Dimension d;
    d.axis = clear ? axes[i] : static_cast<int>(dimensions.size() - 1 - i);
    if (dimensions[i]->GetSize() < 1 || dimensions[i]->GetSize() > (std::uint64_t{1} << 40)) {
      return invalid(
          fmt::format("the variable has an axis without elements, or too many; variable=`{}` path=`{}`",
                      short_name(array), path));
    }
    d.size = static_cast<std::int64_t>(dimensions[i]->GetSize());
    TERRANE_ASSIGN(d.turned, runs_backwards(*dimensions[i], d.axis, path));
    out.push_back(d);
  }
  return out;
}

// The file's chunks, or some of them together where they are small.
Status choose_blocks(const Array& array, std::vector<NetcdfVariable::Dimension>& dimensions,
                     const std::string& path) {
  const std::vector<GUInt64> chunks = array->GetBlockSize();
  std::int64_t elements = 1;
  for (std::size_t i = 0; i < dimensions.size(); ++i) {
    const std::uint64_t chunk = i < chunks.size() ? chunks[i] : 0;
    dimensions[i].block = std::clamp<std::int64_t>(static_cast<std::int64_t>(chunk), 1, dimensions[i].size);
    if (dimensions[i].block > kMaxChunk / elements) {
      return invalid(
          fmt::format("the variable is stored in chunks of more than 2^26 elements: store it again with "
                      "nccopy -c /64,/64,/64 or similar; variable=`{}` path=`{}`",
                      short_name(array), path));
    }
    elements *= dimensions[i].block;
  }
  while (elements * 2 <= kGoodBlock) {
    NetcdfVariable::Dimension* least = nullptr;
    for (NetcdfVariable::Dimension& d : dimensions) {
      if (d.block < d.size && (least == nullptr || d.block < least->block)) least = &d;
    }
    if (least == nullptr) break;
    least->block *= 2;
    elements *= 2;
  }
  return ok();
}

std::optional<std::int64_t> no_data_of(const Array& array) {
  const void* raw = array->GetRawNoDataValue();
  if (raw == nullptr) return std::nullopt;
  std::int64_t value = 0;
  GDALExtendedDataType::CopyValue(raw, array->GetDataType(), &value, GDALExtendedDataType::Create(GDT_Int64));
  return value;
}

}  // namespace

Coord NetcdfVariable::size() const {
  Coord out = {1, 1, 1};
  for (const Dimension& d : dimensions) (d.axis == 0 ? out.x : d.axis == 1 ? out.y : out.z) = d.size;
  return out;
}

Result<NetcdfVariable> open_netcdf_variable(const std::string& path, const std::string& name) {
  NetcdfVariable out;
  TERRANE_ASSIGN(out.dataset, open_gdal(path, "netCDF", GDAL_OF_MULTIDIM_RASTER));
  const GdalErrors errors;
  const auto root = out.dataset->GetRootGroup();
  if (root == nullptr) return invalid(fmt::format("GDAL finds nothing in the file; path=`{}`", path));
  std::vector<Array> all;
  collect(root, 0, all);
  TERRANE_ASSIGN(out.array, choose(all, path, name));
  bool has_scale = false, has_offset = false;
  const double scale = out.array->GetScale(&has_scale), offset = out.array->GetOffset(&has_offset);
  if ((has_scale && scale != 1) || (has_offset && offset != 0)) {
    return invalid(
        fmt::format("the variable is packed (scale_factor, add_offset), so that its numbers are no ids; "
                    "variable=`{}` path=`{}`",
                    short_name(out.array), path));
  }
  TERRANE_ASSIGN(out.dimensions, place(out.array, path));
  TERRANE_TRY(choose_blocks(out.array, out.dimensions, path));
  out.no_data = no_data_of(out.array);
  return out;
}

}  // namespace terrane
