#pragma once

#include <zstd.h>

#include <array>
#include <memory>
#include <new>
#include <vector>

#include "terrane/codec/archive_model.h"
#include "terrane/codec/cell_tree.h"
#include "terrane/codec/context_model.h"
#include "terrane/codec/delta.h"
#include "terrane/codec/octree_tree.h"
#include "terrane/codec/rows.h"

namespace terrane {

struct FreeZstd {
  void operator()(ZSTD_CCtx* c) const { ZSTD_freeCCtx(c); }
  void operator()(ZSTD_DCtx* d) const { ZSTD_freeDCtx(d); }
};

struct CodecScratch::State {
  // Made at first use: a reader needs no compressor.
  ZSTD_CCtx* compressor() {
    if (!cctx) cctx.reset(ZSTD_createCCtx());
    if (!cctx) throw std::bad_alloc();
    return cctx.get();
  }
  ZSTD_DCtx* decompressor() {
    if (!dctx) dctx.reset(ZSTD_createDCtx());
    if (!dctx) throw std::bad_alloc();
    return dctx.get();
  }

  std::unique_ptr<ZSTD_CCtx, FreeZstd> cctx;
  std::unique_ptr<ZSTD_DCtx, FreeZstd> dctx;
  std::vector<std::uint8_t> zstd_frame;
  std::vector<MaterialId> voxels;            // a whole brick, where one voxel needs all of them
  std::vector<MaterialId> expanded;          // a whole brick, where it is counted by decoding it
  std::vector<MaterialId> scanned;           // a whole brick in the order of a scan
  std::vector<MaterialId> other_scan;        // and in another
  std::vector<std::uint8_t> index_of;        // by material; what it holds outside an encode is anything
  std::array<std::uint64_t, 1024> seen{};    // a bit for each material
  std::vector<std::uint16_t> wide_index_of;  // the same, of any number
  std::vector<MaterialId> palette;
  detail::RowsScratch rows;
  detail::TreeScratch tree;
  detail::CellTreeScratch cell_tree;
  detail::DeltaScratch delta;
  std::unique_ptr<detail::ContextModel> context;  // made at first use
  std::unique_ptr<detail::ArchiveModel> archive;  // as well
  std::vector<std::uint8_t> indices;              // a whole brick, in rows of 64
  std::string coded, best_coded;                  // by a range coder
  // hybrid's own: codecs of octants use all the rest.
  std::vector<MaterialId> octant, octant_predicted;
  std::string octant_bytes, octant_other;
};

}  // namespace terrane
