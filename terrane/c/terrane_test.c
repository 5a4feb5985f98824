// terrane_test DIRECTORY: the C header from plain C. The directory is made; it must not exist yet.

#include <stdlib.h>
#include <string.h>

#include "terrane/c/expect_testing.h"
#include "terrane/c/terrane.h"

enum { kNX = 20, kNY = 10, kNZ = 5, kCount = kNX * kNY * kNZ };

static terrane_world small_world(void) {
  terrane_world world;
  terrane_world_init(&world);
  world.extent[0] = 360;
  world.extent[1] = 180;
  world.extent[2] = 100;
  world.voxel_size[2] = 50;
  world.origin[0] = -180;
  world.origin[1] = -90;
  world.origin[2] = -1000;
  world.crs = "EPSG:4326";
  world.wrap_x = 1;
  world.fill = 1;
  return world;
}

static void write_and_read(terrane_store* store) {
  char error[kErrorSize];
  // Across the seam: x 350 to 370 of 360.
  const int64_t box[6] = {350, 350 + kNX, 20, 20 + kNY, 7, 7 + kNZ};
  uint16_t in[kCount], out[kCount];
  for (int i = 0; i < kCount; ++i) in[i] = (uint16_t)(i % 7 + 10);
  EXPECT(terrane_write(store, box, in, kCount, error, sizeof error) == TERRANE_OK);
  EXPECT(strcmp(error, "") == 0);
  memset(out, 0, sizeof out);
  EXPECT(terrane_read(store, box, 0, out, kCount, error, sizeof error) == TERRANE_OK);
  EXPECT(memcmp(in, out, sizeof in) == 0);

  uint16_t material = 0;
  // [x][y][z], z fastest: the voxel at (15, 3, 2) of the box.
  EXPECT(terrane_at(store, 350 + 15 - 360, 23, 9, 0, &material, error, sizeof error) == TERRANE_OK);
  EXPECT(material == in[(15 * kNY + 3) * kNZ + 2]);
  EXPECT(terrane_at(store, 100, 100, 50, 0, &material, NULL, 0) == TERRANE_OK);
  EXPECT(material == 1);

  int64_t shape[3] = {0, 0, 0};
  EXPECT(terrane_shape(store, 2, shape, error, sizeof error) == TERRANE_OK);
  EXPECT(shape[0] == 90 && shape[1] == 45 && shape[2] == 25);
  EXPECT(terrane_box_shape(store, box, 1, shape, error, sizeof error) == TERRANE_OK);
  EXPECT(shape[0] == 10 && shape[1] == 5 && shape[2] == 3);
  EXPECT(terrane_read(store, box, 1, out, 10 * 5 * 3, error, sizeof error) == TERRANE_OK);

  int64_t voxel[3] = {0, 0, 0};
  EXPECT(terrane_to_voxel(store, 0.5, 0.5, 0, voxel, error, sizeof error) == TERRANE_OK);
  EXPECT(voxel[0] == 180 && voxel[1] == 90 && voxel[2] == 20);
  char name[32];
  EXPECT(terrane_name(store, 1, name, sizeof name, error, sizeof error) == TERRANE_OK);
  EXPECT(strcmp(name, "water") == 0);
}

static void wrong_calls(terrane_store* store) {
  char error[kErrorSize];
  uint16_t voxels[8] = {0};
  const int64_t box[6] = {0, 2, 0, 2, 0, 2};
  const int64_t high[6] = {0, 2, 0, 2, 99, 101};
  const int64_t planet[6] = {0, 360, INT64_MIN, INT64_MAX, INT64_MIN, INT64_MAX};
  EXPECT(terrane_read(store, box, 0, voxels, 7, error, sizeof error) == TERRANE_INVALID);
  EXPECT(strstr(error, "2 x 2 x 2") != NULL);
  EXPECT(terrane_write(store, box, voxels, -8, error, sizeof error) == TERRANE_INVALID);
  EXPECT(terrane_read(store, high, 0, voxels, 8, error, sizeof error) == TERRANE_INVALID);
  EXPECT(strstr(error, "z=101") != NULL);
  EXPECT(terrane_read(store, planet, 0, voxels, 8, error, sizeof error) == TERRANE_INVALID);
  EXPECT(terrane_read(store, box, 22, voxels, 8, error, sizeof error) == TERRANE_INVALID);
  EXPECT(terrane_at(store, 0, 0, -1, 0, voxels, error, sizeof error) == TERRANE_INVALID);
  EXPECT(terrane_name(store, 70000, error, 1, error, sizeof error) == TERRANE_INVALID);
  // A text is cut to what there is room for, and always ended.
  char small[8] = "1234567";
  EXPECT(terrane_read(store, high, 0, voxels, 8, small, 4) == TERRANE_INVALID);
  EXPECT(strlen(small) == 3 && small[4] == '5');
  EXPECT(terrane_read(store, high, 0, voxels, 8, small, 0) == TERRANE_INVALID);

  EXPECT(terrane_read(store, NULL, 0, voxels, 8, error, sizeof error) == TERRANE_INVALID);
  EXPECT(strstr(error, "box is NULL") != NULL);
  EXPECT(terrane_read(store, box, 0, NULL, 8, error, sizeof error) == TERRANE_INVALID);
  EXPECT(terrane_write(store, box, NULL, 8, error, sizeof error) == TERRANE_INVALID);
  EXPECT(terrane_at(store, 0, 0, 0, 0, NULL, error, sizeof error) == TERRANE_INVALID);
  EXPECT(terrane_shape(store, 0, NULL, error, sizeof error) == TERRANE_INVALID);
  EXPECT(terrane_box_shape(store, NULL, 0, NULL, error, sizeof error) == TERRANE_INVALID);
  EXPECT(terrane_to_voxel(store, 0, 0, 0, NULL, error, sizeof error) == TERRANE_INVALID);
  EXPECT(terrane_name(store, 1, NULL, 8, error, sizeof error) == TERRANE_INVALID);
}

static void opening(const char* path) {
  char error[kErrorSize];
  terrane_store *writer = NULL, *reader = NULL, *other = (terrane_store*)&error;
  const terrane_world world = small_world();
  terrane_world wrong = world;
  wrong.fill = 65536;
  EXPECT(terrane_create(path, &wrong, NULL, NULL, &writer, error, sizeof error) == TERRANE_INVALID);
  EXPECT(terrane_create(path, &world, "[7]", NULL, &writer, error, sizeof error) == TERRANE_INVALID);
  EXPECT(terrane_create(path, NULL, NULL, NULL, &writer, error, sizeof error) == TERRANE_INVALID);
  EXPECT(terrane_create(NULL, &world, NULL, NULL, &writer, error, sizeof error) == TERRANE_INVALID);
  EXPECT(terrane_create(path, &world, NULL, NULL, NULL, error, sizeof error) == TERRANE_INVALID);
  EXPECT(terrane_open(path, TERRANE_READ, NULL, &reader, error, sizeof error) == TERRANE_NOT_FOUND);
  EXPECT(strstr(error, path) != NULL);

  terrane_options options;
  terrane_options_init(&options);
  options.threads = 2;
  EXPECT(terrane_create(path, &world, "{\"1\": \"water\"}", &options, &writer, error, sizeof error) ==
         TERRANE_OK);
  EXPECT(writer != NULL);
  EXPECT(terrane_open(path, TERRANE_READ_WRITE, NULL, &other, error, sizeof error) == TERRANE_LOCKED);
  EXPECT(other == NULL);
  EXPECT(terrane_open(path, 7, NULL, &other, error, sizeof error) == TERRANE_INVALID);

  EXPECT(terrane_open(path, TERRANE_READ, NULL, &reader, error, sizeof error) == TERRANE_OK);
  write_and_read(writer);
  wrong_calls(writer);
  uint16_t material = 0;
  EXPECT(terrane_at(reader, 351, 20, 7, 0, &material, NULL, 0) == TERRANE_OK && material == 1);
  EXPECT(terrane_refresh(reader, error, sizeof error) == TERRANE_OK);
  EXPECT(terrane_at(reader, 351, 20, 7, 0, &material, NULL, 0) == TERRANE_OK && material != 1);
  const int64_t box[6] = {0, 1, 0, 1, 0, 1};
  EXPECT(terrane_write(reader, box, &material, 1, error, sizeof error) == TERRANE_INVALID);

  terrane_close(&reader);
  terrane_close(&writer);
  EXPECT(reader == NULL && writer == NULL);
}

static void closed(void) {
  char error[kErrorSize];
  terrane_store* store = NULL;
  terrane_close(&store);
  terrane_close(NULL);
  const int64_t box[6] = {0, 1, 0, 1, 0, 1};
  int64_t three[3];
  uint16_t voxel = 0;
  EXPECT(terrane_read(store, box, 0, &voxel, 1, error, sizeof error) == TERRANE_INVALID);
  EXPECT(strstr(error, "closed") != NULL);
  EXPECT(terrane_write(store, box, &voxel, 1, error, sizeof error) == TERRANE_INVALID);
  EXPECT(terrane_at(store, 0, 0, 0, 0, &voxel, error, sizeof error) == TERRANE_INVALID);
  EXPECT(terrane_shape(store, 0, three, error, sizeof error) == TERRANE_INVALID);
  EXPECT(terrane_box_shape(store, box, 0, three, error, sizeof error) == TERRANE_INVALID);
  EXPECT(terrane_to_voxel(store, 0, 0, 0, three, error, sizeof error) == TERRANE_INVALID);
  EXPECT(terrane_name(store, 0, error, 1, NULL, 0) == TERRANE_INVALID);
  EXPECT(terrane_refresh(store, error, sizeof error) == TERRANE_INVALID);
  terrane_options_init(NULL);
  terrane_world_init(NULL);
  EXPECT(strcmp(terrane_code_name(TERRANE_LOCKED), "locked") == 0);
  EXPECT(strcmp(terrane_code_name(TERRANE_OK), "ok") == 0);
  EXPECT(strcmp(terrane_code_name(99), "unknown") == 0 && strcmp(terrane_code_name(-1), "unknown") == 0);
  EXPECT(strlen(terrane_version()) >= 5);
}

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  opening(argv[1]);
  closed();
  if (failures == 0) puts("ok");
  return failures == 0 ? 0 : 1;
}
