// terrane from C, and from whatever calls C: a store of a planet in voxels.
//
//   terrane_store* earth = NULL;
//   char error[512];
//   if (terrane_open("earth.terrane", TERRANE_READ, NULL, &earth, error, sizeof error) != TERRANE_OK) ...
//   int64_t box[6] = {0, 64, 0, 64, 0, 64};
//   uint16_t voxels[64 * 64 * 64];
//   terrane_read(earth, box, 0, voxels, 64 * 64 * 64, error, sizeof error);
//   terrane_close(&earth);
//
// Link with -lterrane_c. Voxels are uint16 ids of materials in C order, [x][y][z] with z fastest: x to the
// east, y to the north, z up. A box is x0, x1, y0, y1, z0, z1: half-open, in voxels of level 0.
//
// Every function returns a code, TERRANE_OK or why not, and then puts a text into `error` that says what is
// wrong and what to do: UTF-8, cut to `error_size` bytes, always with a final 0. `error` may be NULL. On
// success it is the empty text. A NULL where something is needed is TERRANE_INVALID and never a crash.
//
// A store may be used by any number of threads, but for terrane_close(). Nothing is kept between calls but
// what the store holds. No function throws, prints, or ends the process.
#pragma once

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define TERRANE_API __attribute__((visibility("default")))
#else
#define TERRANE_API
#endif

typedef struct terrane_store terrane_store;

enum {
  TERRANE_OK = 0,
  TERRANE_INVALID = 1,      // the call is wrong
  TERRANE_NOT_FOUND = 2,    // no store is there
  TERRANE_MISSING = 3,      // data was lost: run terrane verify
  TERRANE_CORRUPT = 4,      // stored bytes fail a check: run terrane verify
  TERRANE_IO = 5,           // the disk or the system failed
  TERRANE_LOCKED = 6,       // somebody else writes this store
  TERRANE_CONFLICT = 7,     // an unfinished ingest is in the way
  TERRANE_INCOMPLETE = 8,   // the part asked for is not finished
  TERRANE_UNSUPPORTED = 9,  // written by something newer
  TERRANE_EXHAUSTED = 10,   // a limit, or memory
  TERRANE_CANCELLED = 11,
  TERRANE_INTERNAL = 12  // a bug in terrane
};

enum { TERRANE_READ = 0, TERRANE_READ_WRITE = 1 };

// May be NULL where it is asked for; begin with terrane_options_init().
typedef struct terrane_options {
  uint64_t cache_bytes;  // of decoded voxels
  uint32_t threads;      // 0: as many as the machine has
  uint32_t reserved;     // 0
} terrane_options;

// The place of a new store on Earth; begin with terrane_world_init().
typedef struct terrane_world {
  int64_t extent[3];     // voxels: nx, ny, nz
  double voxel_size[3];  // units of the CRS in x and y, metres in z; 1, 1, 1
  double origin[3];      // of the low corner, in the same units; 0, 0, 0
  const char* crs;       // "EPSG:4326"...; NULL: metres of a place of its own
  int32_t wrap_x;        // not 0: x goes round the globe, and boxes may cross the seam
  int32_t fill;          // material of every voxel until it is written; 65535, unknown
} terrane_world;

// What changes a planet; several at once are their sum.
enum {
  TERRANE_EROSION = 1,
  TERRANE_DEPOSITION = 2,
  TERRANE_VOLCANISM = 4,
  TERRANE_TECTONICS = 8,
  TERRANE_WEATHERING = 16,
  TERRANE_GLACIATION = 32,
  TERRANE_SEA_LEVEL_CHANGE = 64
};

enum {
  TERRANE_SYNC = 0,  // on stable storage when the call returns; calls of several threads share one fsync
  TERRANE_BATCH = 1  // survives the process, not a power cut, until a later edit that is TERRANE_SYNC
};

// As a time: that of the call, by this machine's clock.
#define TERRANE_NOW INT64_MIN

// Who changes what, when and why. May be NULL where it is asked for; begin with terrane_edit_options_init().
typedef struct terrane_edit_options {
  uint32_t process;      // 0, or a sum of the above
  int32_t durability;    // TERRANE_SYNC
  int64_t time_us;       // microseconds since 1970, UTC; TERRANE_NOW
  const char* author;    // UTF-8, at most 64 KiB; NULL: none
  const char* note;      // the same
  uint64_t reserved[4];  // 0
} terrane_edit_options;

// What an edit did. All 0 where it failed.
typedef struct terrane_edit_report {
  uint64_t batch;   // its number, from 1; events are told by it
  uint64_t voxels;  // set, whatever they were before
  uint64_t bricks;  // touched, of 64 x 64 x 64
} terrane_edit_report;

typedef struct terrane_fold_report {
  uint64_t bricks;  // made anew, of all levels
  uint64_t deltas;  // small changes that are in them now
} terrane_fold_report;

// The record of one edit. Texts are valid until the visit ends.
typedef struct terrane_event {
  uint64_t batch;
  int64_t time_us;  // microseconds since 1970, UTC
  uint32_t process;
  uint32_t reserved;
  const char* author;  // never NULL
  const char* note;
  int64_t box[6];   // around all that it may have changed; may cross the seam
  uint64_t voxels;  // that it set
} terrane_event;

// `context` is what terrane_events() was given. Returns 0 to go on.
typedef int32_t (*terrane_visit_event)(const terrane_event* event, void* context);

TERRANE_API void terrane_options_init(terrane_options* options);
TERRANE_API void terrane_world_init(terrane_world* world);
TERRANE_API void terrane_edit_options_init(terrane_edit_options* options);

// "0.1.0".
TERRANE_API const char* terrane_version(void);
// "locked" for TERRANE_LOCKED.
TERRANE_API const char* terrane_code_name(int32_t code);

// Makes a store and opens it for writing. `path` is a directory that does not exist yet, or "memory:".
// `catalogue_json` names the materials, {"1": "water"} or as docs/CLI.md says; NULL for none.
TERRANE_API int32_t terrane_create(const char* path, const terrane_world* world, const char* catalogue_json,
                                   const terrane_options* options, terrane_store** store, char* error,
                                   int64_t error_size);
// `mode` is TERRANE_READ or TERRANE_READ_WRITE. *store is NULL where it fails.
TERRANE_API int32_t terrane_open(const char* path, int32_t mode, const terrane_options* options,
                                 terrane_store** store, char* error, int64_t error_size);
// Closes the store and sets *store to NULL, so that what is called with it afterwards is TERRANE_INVALID;
// closing NULL does nothing. No other call may still be using the store.
TERRANE_API void terrane_close(terrane_store** store);

// The size of a level, 0 to 21, in its voxels.
TERRANE_API int32_t terrane_shape(const terrane_store* store, int32_t level, int64_t shape[3], char* error,
                                  int64_t error_size);
// The size of what terrane_read() gives for a box at a level.
TERRANE_API int32_t terrane_box_shape(const terrane_store* store, const int64_t box[6], int32_t level,
                                      int64_t shape[3], char* error, int64_t error_size);

// Reads into `voxels`, which has room for exactly `count` of them: the product of terrane_box_shape().
TERRANE_API int32_t terrane_read(const terrane_store* store, const int64_t box[6], int32_t level,
                                 uint16_t* voxels, int64_t count, char* error, int64_t error_size);
// Replaces all voxels of a box, of which there are `count`. On the disk, with all coarser levels, when it
// returns.
TERRANE_API int32_t terrane_write(terrane_store* store, const int64_t box[6], const uint16_t* voxels,
                                  int64_t count, char* error, int64_t error_size);
// One voxel, in level-0 coordinates: of the given level, the one that holds it.
TERRANE_API int32_t terrane_at(const terrane_store* store, int64_t x, int64_t y, int64_t z, int32_t level,
                               uint16_t* material, char* error, int64_t error_size);
// The voxel at a longitude and latitude in degrees and an elevation in metres.
TERRANE_API int32_t terrane_to_voxel(const terrane_store* store, double longitude, double latitude,
                                     double elevation, int64_t voxel[3], char* error, int64_t error_size);
// The name of a material, into `name`, cut and ended like an error text.
TERRANE_API int32_t terrane_name(const terrane_store* store, int32_t material, char* name, int64_t name_size,
                                 char* error, int64_t error_size);

// Changes voxels of level 0, all or none, as one batch with an event record. `voxels` is x, y, z of each of
// `count` voxels, `materials` what each becomes; of several of one voxel the last holds. When it returns
// every read of level 0 sees it; coarser levels follow with terrane_flush_levels(). `options` and `report`
// may be NULL. TERRANE_CONFLICT where an unfinished ingest is in the way.
TERRANE_API int32_t terrane_edit_voxels(terrane_store* store, const int64_t* voxels,
                                        const uint16_t* materials, int64_t count,
                                        const terrane_edit_options* options, terrane_edit_report* report,
                                        char* error, int64_t error_size);
// The same of all voxels of a box, which become one material, 0 to 65535.
TERRANE_API int32_t terrane_edit_box(terrane_store* store, const int64_t box[6], int32_t material,
                                     const terrane_edit_options* options, terrane_edit_report* report,
                                     char* error, int64_t error_size);
// Coarser levels follow edits only when this is called: then they show all edits that have returned.
TERRANE_API int32_t terrane_flush_levels(terrane_store* store, char* error, int64_t error_size);
// Makes bricks anew that have at least `least` edits laid over them. Reads give the same before and after;
// they get quicker, and the store smaller. `report` may be NULL.
TERRANE_API int32_t terrane_fold(terrane_store* store, uint32_t least, terrane_fold_report* report,
                                 char* error, int64_t error_size);
// Calls `visit` for each edit from batch `since` on, the oldest first: 1 for all. `box`: those only whose box
// meets it; NULL for all. Where `visit` returns anything but 0 the call ends, with TERRANE_CANCELLED. It may
// read the store.
TERRANE_API int32_t terrane_events(const terrane_store* store, uint64_t since, const int64_t* box,
                                   terrane_visit_event visit, void* context, char* error, int64_t error_size);

// A store opened for reading sees what was written since.
TERRANE_API int32_t terrane_refresh(terrane_store* store, char* error, int64_t error_size);

#ifdef __cplusplus
}
#endif
