// edits_test DIRECTORY: edits from plain C, beside a plain array. The directory is made; it must not exist
// yet.

#define _GNU_SOURCE  // syscall()
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "terrane/c/expect_testing.h"
#include "terrane/c/terrane.h"

// The part of the world that is looked at: x 345 to 375 of 360, across the seam.
enum { kX = 345, kY = 10, kNX = 30, kNY = 12, kNZ = 100, kCount = kNX * kNY * kNZ, kWorldX = 360 };
static const int64_t kLook[6] = {kX, kX + kNX, kY, kY + kNY, 0, kNZ};

static uint16_t model[kCount];
static uint16_t* model_at(int64_t x, int64_t y, int64_t z) {
  return &model[(x * kNY + y) * kNZ + z];
}

static uint32_t random_state = 20240611;
static int64_t below(int64_t n) {
  random_state = random_state * 1664525u + 1013904223u;
  return (int64_t)(random_state >> 8) % n;
}

static int same(const terrane_store* store) {
  static uint16_t now[kCount];
  char error[kErrorSize];
  EXPECT(terrane_read(store, kLook, 0, now, kCount, error, sizeof error) == TERRANE_OK);
  return memcmp(now, model, sizeof now) == 0;
}

static uint64_t events(const terrane_store* store, uint64_t since, const int64_t* box);

// Voxels here and there, many of them twice: of these the last holds.
static void edit_voxels(terrane_store* store, uint64_t batch) {
  enum { kMost = 60 };
  int64_t voxels[3 * kMost];
  uint16_t materials[kMost];
  char error[kErrorSize];
  const int64_t n = 1 + below(kMost);
  for (int64_t i = 0; i < n; ++i) {
    const int64_t x = below(4) * 9, y = below(kNY), z = below(3) * 40;
    voxels[3 * i] = (kX + x) % kWorldX;
    voxels[3 * i + 1] = kY + y;
    voxels[3 * i + 2] = z;
    materials[i] = (uint16_t)below(65536);
    *model_at(x, y, z) = materials[i];
  }
  terrane_edit_options options;
  terrane_edit_options_init(&options);
  options.durability = batch % 2 == 0 ? TERRANE_SYNC : TERRANE_BATCH;
  terrane_edit_report report;
  EXPECT(terrane_edit_voxels(store, voxels, materials, n, &options, &report, error, sizeof error) ==
         TERRANE_OK);
  EXPECT(strcmp(error, "") == 0);
  EXPECT(report.batch == batch && report.voxels >= 1 && report.voxels <= (uint64_t)n && report.bricks >= 1);
}

static void edit_box(terrane_store* store, uint64_t batch) {
  const int64_t x = below(kNX), y = below(kNY), z = below(kNZ);
  const int64_t nx = 1 + below(kNX - x), ny = 1 + below(kNY - y), nz = 1 + below(kNZ - z);
  const int32_t material = (int32_t)below(65536);
  for (int64_t i = x; i < x + nx; ++i) {
    for (int64_t j = y; j < y + ny; ++j) {
      for (int64_t k = z; k < z + nz; ++k) *model_at(i, j, k) = (uint16_t)material;
    }
  }
  const int64_t x0 = (kX + x) % kWorldX;  // may end beyond the seam, but begins before it
  const int64_t box[6] = {x0, x0 + nx, kY + y, kY + y + ny, z, z + nz};
  char error[kErrorSize];
  terrane_edit_report report;
  EXPECT(terrane_edit_box(store, box, material, NULL, &report, error, sizeof error) == TERRANE_OK);
  EXPECT(report.batch == batch && report.voxels == (uint64_t)(nx * ny * nz));
}

static void as_a_plain_array(terrane_store* store) {
  enum { kRounds = 40 };
  char error[kErrorSize];
  uint64_t batch = 0;
  EXPECT(terrane_read(store, kLook, 0, model, kCount, error, sizeof error) == TERRANE_OK);
  for (int i = 0; i < kRounds; ++i) {
    if (below(3) == 0) {
      edit_box(store, ++batch);
    } else {
      edit_voxels(store, ++batch);
    }
    EXPECT(same(store));
    terrane_fold_report report = {99, 99};
    if (i % 10 == 4) {
      EXPECT(terrane_fold(store, 1000, &report, error, sizeof error) == TERRANE_OK);
      EXPECT(report.bricks == 0 && report.deltas == 0);
      EXPECT(terrane_fold(store, 1, &report, error, sizeof error) == TERRANE_OK);
      EXPECT(report.bricks > 0 && report.deltas > 0 && same(store));
      EXPECT(terrane_fold(store, 1, NULL, error, sizeof error) == TERRANE_OK);
    }
  }
  EXPECT(events(store, 1, NULL) == kRounds && events(store, 31, NULL) == kRounds - 30);
}

// What the library calls in place of the C library's.
static int syncs = 0;
int fdatasync(int file) {
  ++syncs;
  return (int)syscall(SYS_fdatasync, file);
}

static void durable_as_asked(terrane_store* store) {
  char error[kErrorSize];
  const int64_t voxel[3] = {100, 150, 9};
  const uint16_t material = 4;
  terrane_edit_options options;
  terrane_edit_options_init(&options);
  for (int i = 0; i < 6; ++i) {
    options.durability = i % 3 == 0 ? TERRANE_BATCH : TERRANE_SYNC;
    const int before = syncs;
    EXPECT(terrane_edit_voxels(store, voxel, &material, 1, i % 3 == 2 ? NULL : &options, NULL, error,
                               sizeof error) == TERRANE_OK);
    EXPECT((syncs > before) == (i % 3 != 0));
  }
}

static void levels_follow(terrane_store* store) {
  char error[kErrorSize];
  uint16_t material = 0;
  const int64_t box[6] = {64, 128, 0, 64, 0, 64};
  EXPECT(terrane_edit_box(store, box, 77, NULL, NULL, error, sizeof error) == TERRANE_OK);
  EXPECT(terrane_at(store, 70, 3, 3, 0, &material, NULL, 0) == TERRANE_OK && material == 77);
  EXPECT(terrane_at(store, 70, 3, 3, 3, &material, NULL, 0) == TERRANE_OK && material == 1);
  EXPECT(terrane_flush_levels(store, error, sizeof error) == TERRANE_OK);
  EXPECT(terrane_at(store, 70, 3, 3, 3, &material, NULL, 0) == TERRANE_OK && material == 77);
}

// What a visit keeps.
typedef struct seen {
  uint64_t count, last, stop_at;
  int64_t time_us, box[6];
  uint32_t process;
  char author[64], note[64];
} seen;

static int32_t see(const terrane_event* event, void* context) {
  seen* to = context;
  EXPECT(event->batch > to->last);
  ++to->count;
  to->last = event->batch;
  to->time_us = event->time_us;
  to->process = event->process;
  memcpy(to->box, event->box, sizeof to->box);
  snprintf(to->author, sizeof to->author, "%s", event->author);
  snprintf(to->note, sizeof to->note, "%s", event->note);
  return event->batch == to->stop_at;
}

static uint64_t events(const terrane_store* store, uint64_t since, const int64_t* box) {
  char error[kErrorSize];
  seen all = {0};
  EXPECT(terrane_events(store, since, box, see, &all, error, sizeof error) == TERRANE_OK);
  return all.count;
}

static void events_tell(terrane_store* store) {
  char error[kErrorSize];
  terrane_edit_options options;
  terrane_edit_options_init(&options);
  options.process = TERRANE_VOLCANISM | TERRANE_SEA_LEVEL_CHANGE;
  options.time_us = -5000000;
  options.author = "Etna";
  options.note = "Königsstuhl";
  const int64_t across[6] = {350, 370, 150, 160, 2, 5};
  terrane_edit_report report;
  EXPECT(terrane_edit_box(store, across, 9, &options, &report, error, sizeof error) == TERRANE_OK);
  seen all = {0};
  EXPECT(terrane_events(store, 1, NULL, see, &all, error, sizeof error) == TERRANE_OK);
  EXPECT(all.last == report.batch && all.time_us == -5000000 && all.process == 68);
  EXPECT(strcmp(all.author, "Etna") == 0 && strcmp(all.note, "Königsstuhl") == 0);
  EXPECT(memcmp(all.box, across, sizeof across) == 0);

  // A box is met on both sides of the seam, and by a box that crosses it.
  const int64_t east[6] = {9, 10, 159, 160, 4, 5}, beside[6] = {10, 11, 159, 160, 4, 5};
  const int64_t both[6] = {359, 361, 150, 151, 0, 3}, above[6] = {359, 361, 150, 151, 5, 6};
  EXPECT(events(store, 1, east) == 1 && events(store, 1, both) == 1);
  EXPECT(events(store, 1, beside) == 0 && events(store, 1, above) == 0);
  EXPECT(events(store, report.batch + 1, NULL) == 0 && events(store, UINT64_MAX, NULL) == 0);

  const int64_t voxel[3] = {0, 0, 0};
  const uint16_t material = 5;
  EXPECT(terrane_edit_voxels(store, voxel, &material, 1, NULL, NULL, error, sizeof error) == TERRANE_OK);
  EXPECT(terrane_events(store, 1, NULL, see, memset(&all, 0, sizeof all), error, sizeof error) == TERRANE_OK);
  EXPECT(all.time_us > 1700000000000000 && all.process == 0 && all.author[0] == 0 && all.note[0] == 0);

  memset(&all, 0, sizeof all);
  all.stop_at = 2;
  EXPECT(terrane_events(store, 1, NULL, see, &all, error, sizeof error) == TERRANE_CANCELLED);
  EXPECT(all.count == 2 && strstr(error, "batch 2") != NULL);
}

typedef struct writer {
  terrane_store* store;
  int64_t number;
  uint64_t batches[50];
} writer;

static void* write_own(void* context) {
  writer* self = context;
  terrane_edit_options options;
  terrane_edit_options_init(&options);
  options.durability = TERRANE_BATCH;
  for (int64_t i = 0; i < 50; ++i) {
    const int64_t voxels[6] = {200 + self->number, 100, i, 100, 60 + self->number, i};
    const uint16_t materials[2] = {(uint16_t)(i + 2), (uint16_t)(1000 * self->number + i)};
    terrane_edit_report report;
    EXPECT(terrane_edit_voxels(self->store, voxels, materials, 2, &options, &report, NULL, 0) == TERRANE_OK);
    self->batches[i] = report.batch;
    uint16_t material = 0;
    EXPECT(terrane_at(self->store, 100, 60 + self->number, i, 0, &material, NULL, 0) == TERRANE_OK);
    EXPECT(material == materials[1]);
  }
  return NULL;
}

static void many_write(terrane_store* store) {
  enum { kWriters = 4 };
  writer writers[kWriters];
  pthread_t threads[kWriters];
  for (int i = 0; i < kWriters; ++i) {
    writers[i].store = store;
    writers[i].number = i;
    EXPECT(pthread_create(&threads[i], NULL, write_own, &writers[i]) == 0);
  }
  for (int i = 0; i < 10; ++i) EXPECT(terrane_fold(store, 2, NULL, NULL, 0) == TERRANE_OK);
  for (int i = 0; i < kWriters; ++i) EXPECT(pthread_join(threads[i], NULL) == 0);
  for (int i = 0; i < kWriters; ++i) {
    for (int64_t z = 0; z < 50; ++z) {
      uint16_t material = 0;
      EXPECT(terrane_at(store, 200 + i, 100, z, 0, &material, NULL, 0) == TERRANE_OK && material == z + 2);
      EXPECT(z == 0 || writers[i].batches[z] > writers[i].batches[z - 1]);
    }
  }
}

static void wrong_options(terrane_store* store) {
  char error[kErrorSize];
  char* long_text = malloc(65538);
  memset(long_text, 'a', 65537);
  long_text[65537] = 0;
  const int64_t box[6] = {0, 1, 0, 1, 0, 1};
  static const char* const kNamed[] = {"process", "process", "durability", "reserved", "65536"};
  for (int i = 0; i < 5; ++i) {
    terrane_edit_options options;
    terrane_edit_options_init(&options);
    if (i == 0) options.process = 128;
    if (i == 1) options.process = 257;
    if (i == 2) options.durability = 2;
    if (i == 3) options.reserved[3] = 1;
    if (i == 4) options.note = long_text;
    EXPECT(terrane_edit_box(store, box, 1, &options, NULL, error, sizeof error) == TERRANE_INVALID);
    EXPECT(strstr(error, kNamed[i]) != NULL);
  }
  free(long_text);
  terrane_edit_options_init(NULL);
}

static void wrong_calls(terrane_store* store) {
  char error[kErrorSize];
  const int64_t voxels[6] = {0, 0, 0, 0, 0, 100};
  const int64_t box[6] = {0, 1, 0, 1, 0, 1}, high[6] = {0, 1, 0, 1, 99, 101};
  const uint16_t materials[2] = {1, 2};
  terrane_edit_report report = {1, 2, 3};
  EXPECT(terrane_edit_voxels(store, voxels, materials, 2, NULL, &report, error, sizeof error) ==
         TERRANE_INVALID);
  EXPECT(strstr(error, "0,0,100") != NULL && report.batch == 0 && report.voxels == 0 && report.bricks == 0);
  EXPECT(terrane_edit_voxels(store, voxels, materials, 0, NULL, NULL, error, sizeof error) ==
         TERRANE_INVALID);
  EXPECT(terrane_edit_voxels(store, voxels, materials, -1, NULL, NULL, error, sizeof error) ==
         TERRANE_INVALID);
  EXPECT(terrane_edit_voxels(store, voxels, materials, INT64_MAX, NULL, NULL, error, sizeof error) ==
         TERRANE_EXHAUSTED);
  EXPECT(terrane_edit_voxels(store, NULL, materials, 1, NULL, NULL, error, sizeof error) == TERRANE_INVALID);
  EXPECT(terrane_edit_voxels(store, voxels, NULL, 1, NULL, NULL, error, sizeof error) == TERRANE_INVALID);
  EXPECT(terrane_edit_box(store, NULL, 1, NULL, NULL, error, sizeof error) == TERRANE_INVALID);
  EXPECT(terrane_edit_box(store, high, 1, NULL, NULL, error, sizeof error) == TERRANE_INVALID);
  EXPECT(strstr(error, "z=101") != NULL);
  EXPECT(terrane_edit_box(store, box, -1, NULL, NULL, error, sizeof error) == TERRANE_INVALID);
  EXPECT(terrane_edit_box(store, box, 65536, NULL, NULL, error, sizeof error) == TERRANE_INVALID);
  EXPECT(terrane_events(store, 1, NULL, NULL, NULL, error, sizeof error) == TERRANE_INVALID);
  EXPECT(terrane_events(store, 1, high, see, NULL, error, sizeof error) == TERRANE_INVALID);
  wrong_options(store);
  EXPECT(events(store, 1, NULL) == 0);

  EXPECT(terrane_edit_voxels(NULL, voxels, materials, 1, NULL, NULL, error, sizeof error) == TERRANE_INVALID);
  EXPECT(terrane_edit_box(NULL, box, 1, NULL, NULL, error, sizeof error) == TERRANE_INVALID);
  EXPECT(terrane_flush_levels(NULL, error, sizeof error) == TERRANE_INVALID);
  EXPECT(terrane_fold(NULL, 1, NULL, error, sizeof error) == TERRANE_INVALID);
  EXPECT(terrane_events(NULL, 1, NULL, see, NULL, error, sizeof error) == TERRANE_INVALID);
  EXPECT(strstr(error, "closed") != NULL);
}

static void opened_again(const char* path) {
  char error[kErrorSize];
  const int64_t box[6] = {0, 1, 0, 1, 0, 1};
  terrane_store* store = NULL;
  EXPECT(terrane_open(path, TERRANE_READ, NULL, &store, error, sizeof error) == TERRANE_OK);
  EXPECT(same(store) && events(store, 1, NULL) > 40);
  EXPECT(terrane_edit_box(store, box, 1, NULL, NULL, error, sizeof error) == TERRANE_INVALID);
  EXPECT(terrane_fold(store, 1, NULL, error, sizeof error) == TERRANE_INVALID);
  EXPECT(terrane_flush_levels(store, error, sizeof error) == TERRANE_INVALID);
  terrane_close(&store);
}

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  printf("seed %u\n", (unsigned)random_state);
  char error[kErrorSize];
  terrane_world world;
  terrane_world_init(&world);
  world.extent[0] = kWorldX;
  world.extent[1] = 180;
  world.extent[2] = kNZ;
  world.wrap_x = 1;
  world.fill = 1;
  terrane_store* store = NULL;
  if (terrane_create(argv[1], &world, NULL, NULL, &store, error, sizeof error) != TERRANE_OK) {
    fprintf(stderr, "%s\n", error);
    return 1;
  }
  wrong_calls(store);
  as_a_plain_array(store);
  durable_as_asked(store);
  levels_follow(store);
  events_tell(store);
  many_write(store);
  EXPECT(same(store));
  terrane_close(&store);
  opened_again(argv[1]);
  if (failures == 0) puts("ok");
  return failures == 0 ? 0 : 1;
}
