#include "terrane/c/terrane.h"

#include <algorithm>
#include <string>

#include "terrane/c/call.h"

namespace {

using namespace terrane;
using namespace terrane::c;

OpenOptions options_of(const terrane_options* given, Access access) {
  OpenOptions options;
  options.access = access;
  if (given != nullptr) {
    options.cache_bytes = given->cache_bytes;
    options.threads = given->threads;
  }
  return options;
}

// The product of the sizes of a planet does not fit 64 bits.
Status check_count(Coord size, std::int64_t count) {
  const Box box{{}, size};
  if (box.volume() < 9.2e18 && size.x * size.y * size.z == count) return ok();
  return invalid("the array has room for " + std::to_string(count) + " voxels and the box has " +
                 std::to_string(size.x) + " x " + std::to_string(size.y) + " x " + std::to_string(size.z) +
                 "; make them equal (terrane_box_shape)");
}

Result<CreateOptions> create_options(const terrane_world& world, const char* catalogue_json) {
  CreateOptions out;
  out.world.extent = {world.extent[0], world.extent[1], world.extent[2]};
  std::copy_n(world.voxel_size, 3, out.world.voxel_size);
  std::copy_n(world.origin, 3, out.world.origin);
  if (world.crs != nullptr) out.world.crs = world.crs;
  out.world.wrap_x = world.wrap_x != 0;
  TERRANE_ASSIGN(out.fill, material_of(world.fill, "fill"));
  if (catalogue_json != nullptr) {
    TERRANE_ASSIGN(out.catalogue, Catalogue::parse_json(catalogue_json));
  }
  return out;
}

}  // namespace

extern "C" {

void terrane_options_init(terrane_options* options) {
  if (options != nullptr) *options = {OpenOptions().cache_bytes, 0, 0};
}

void terrane_world_init(terrane_world* world) {
  if (world != nullptr) *world = {{1, 1, 1}, {1, 1, 1}, {0, 0, 0}, nullptr, 0, kUnknown};
}

const char* terrane_version(void) {
  return TERRANE_VERSION;
}

const char* terrane_code_name(std::int32_t code) {
  if (code == TERRANE_OK) return "ok";
  if (code < TERRANE_OK || code > TERRANE_INTERNAL) return "unknown";
  return name(static_cast<ErrorCode>(code)).data();
}

std::int32_t terrane_create(const char* path, const terrane_world* world, const char* catalogue_json,
                            const terrane_options* options, terrane_store** store, char* error,
                            std::int64_t error_size) {
  return run({error, error_size}, [&]() -> Status {
    TERRANE_TRY(need(store, "store"));
    *store = nullptr;
    TERRANE_TRY(need(path, "path"));
    TERRANE_TRY(need(world, "world"));
    TERRANE_ASSIGN(CreateOptions create, create_options(*world, catalogue_json));
    TERRANE_ASSIGN(Volume volume,
                   Volume::create(path, std::move(create), options_of(options, Access::kWrite)));
    *store = new terrane_store{std::move(volume)};
    return ok();
  });
}

std::int32_t terrane_open(const char* path, std::int32_t mode, const terrane_options* options,
                          terrane_store** store, char* error, std::int64_t error_size) {
  return run({error, error_size}, [&]() -> Status {
    TERRANE_TRY(need(store, "store"));
    *store = nullptr;
    TERRANE_TRY(need(path, "path"));
    if (mode != TERRANE_READ && mode != TERRANE_READ_WRITE)
      return invalid("mode must be TERRANE_READ (0) or TERRANE_READ_WRITE (1); mode=`" +
                     std::to_string(mode) + "`");
    const Access access = mode == TERRANE_READ ? Access::kRead : Access::kWrite;
    TERRANE_ASSIGN(Volume volume, Volume::open(path, options_of(options, access)));
    *store = new terrane_store{std::move(volume)};
    return ok();
  });
}

void terrane_close(terrane_store** store) {
  if (store == nullptr) return;
  delete *store;
  *store = nullptr;
}

std::int32_t terrane_shape(const terrane_store* store, std::int32_t level, std::int64_t shape[3], char* error,
                           std::int64_t error_size) {
  return run({error, error_size}, [&]() -> Status {
    TERRANE_TRY(need(store, "store"));
    TERRANE_TRY(need(shape, "shape"));
    const Box all = store->volume.world().bounds();
    TERRANE_ASSIGN(const Coord size, store->volume.shape(all, level));
    put(size, shape);
    return ok();
  });
}

std::int32_t terrane_box_shape(const terrane_store* store, const std::int64_t box[6], std::int32_t level,
                               std::int64_t shape[3], char* error, std::int64_t error_size) {
  return run({error, error_size}, [&]() -> Status {
    TERRANE_TRY(need(store, "store"));
    TERRANE_TRY(need(box, "box"));
    TERRANE_TRY(need(shape, "shape"));
    TERRANE_ASSIGN(const Coord size, store->volume.shape(box_of(box), level));
    put(size, shape);
    return ok();
  });
}

std::int32_t terrane_read(const terrane_store* store, const std::int64_t box[6], std::int32_t level,
                          std::uint16_t* voxels, std::int64_t count, char* error, std::int64_t error_size) {
  return run({error, error_size}, [&]() -> Status {
    TERRANE_TRY(need(store, "store"));
    TERRANE_TRY(need(box, "box"));
    TERRANE_TRY(need(voxels, "voxels"));
    TERRANE_ASSIGN(const Coord size, store->volume.shape(box_of(box), level));
    TERRANE_TRY(check_count(size, count));
    return store->volume.read(box_of(box), level, VoxelView::dense(voxels, size));
  });
}

std::int32_t terrane_write(terrane_store* store, const std::int64_t box[6], const std::uint16_t* voxels,
                           std::int64_t count, char* error, std::int64_t error_size) {
  return run({error, error_size}, [&]() -> Status {
    TERRANE_TRY(need(store, "store"));
    TERRANE_TRY(need(box, "box"));
    TERRANE_TRY(need(voxels, "voxels"));
    TERRANE_ASSIGN(const Coord size, store->volume.shape(box_of(box), 0));
    TERRANE_TRY(check_count(size, count));
    return store->volume.write(box_of(box), ConstVoxelView::dense(voxels, size));
  });
}

std::int32_t terrane_at(const terrane_store* store, std::int64_t x, std::int64_t y, std::int64_t z,
                        std::int32_t level, std::uint16_t* material, char* error, std::int64_t error_size) {
  return run({error, error_size}, [&]() -> Status {
    TERRANE_TRY(need(store, "store"));
    TERRANE_TRY(need(material, "material"));
    TERRANE_ASSIGN(*material, store->volume.at({x, y, z}, level));
    return ok();
  });
}

std::int32_t terrane_to_voxel(const terrane_store* store, double longitude, double latitude, double elevation,
                              std::int64_t voxel[3], char* error, std::int64_t error_size) {
  return run({error, error_size}, [&]() -> Status {
    TERRANE_TRY(need(store, "store"));
    TERRANE_TRY(need(voxel, "voxel"));
    TERRANE_ASSIGN(const Coord c, store->volume.world().to_voxel({longitude, latitude, elevation}));
    put(c, voxel);
    return ok();
  });
}

std::int32_t terrane_name(const terrane_store* store, std::int32_t material, char* name,
                          std::int64_t name_size, char* error, std::int64_t error_size) {
  return run({error, error_size}, [&]() -> Status {
    TERRANE_TRY(need(store, "store"));
    TERRANE_TRY(need(name, "name"));
    TERRANE_ASSIGN(const MaterialId id, material_of(material, "material"));
    Text{name, name_size}.put(store->volume.catalogue().name_of(id));
    return ok();
  });
}

std::int32_t terrane_refresh(terrane_store* store, char* error, std::int64_t error_size) {
  return run({error, error_size}, [&]() -> Status {
    TERRANE_TRY(need(store, "store"));
    return store->volume.refresh();
  });
}

}  // extern "C"
