// Ratio and speed of each codec on the bricks of .npy volumes:
//
//   codec_speed [--bricks N] [--zstd LEVEL] [--oracle] VOLUME.npy...
//
// With --oracle instead what each codec takes and how often it is the smallest: what choosing per brick could
// save against always `rows`. The prediction, for those that read one, is the commonest material of the
// volume.
//
// Bricks of one material are left out: a store keeps them as ranges. Speeds are MB of uint16 per second of
// this thread's CPU time, best of three passes over all bricks; `at` is one voxel of the encoded bytes. With
// --zstd, also zstd on each raw brick.
#include <zstd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

#include "benchmarks/bricks.h"
#include "terrane/codec/codecs.h"
#include "terrane/codec/frame.h"

namespace terrane {
namespace {

MaterialId commonest(const VoxelArray& volume) {
  MaterialCounts counts;
  counts.add(volume.voxels);
  MaterialId best = 0;
  for (const auto& [material, voxels] : counts.sorted()) {
    if (voxels > counts.of(best)) best = material;
  }
  return best;
}

using Encode = std::function<void(const Brick&, std::string&)>;
using Decode = std::function<void(Bytes, const Brick&, std::vector<MaterialId>&)>;

double best_of_three(const std::function<void()>& pass, int passes = 3) {
  double best = 1e30;
  for (int i = 0; i < passes; ++i) {
    const double begin = cpu_seconds();
    pass();
    best = std::min(best, cpu_seconds() - begin);
  }
  return best;
}

void report(const char* name, const std::vector<Brick>& bricks, const Encode& encode, const Decode& decode,
            int passes) {
  std::vector<std::string> encoded(bricks.size());
  std::vector<MaterialId> voxels;
  double raw = 0, bytes = 0;
  const double encode_s = best_of_three(
      [&] {
        for (std::size_t i = 0; i < bricks.size(); ++i) {
          encoded[i].clear();
          encode(bricks[i], encoded[i]);
        }
      },
      passes);
  for (std::size_t i = 0; i < bricks.size(); ++i) {
    raw += static_cast<double>(bricks[i].voxels.size() * sizeof(MaterialId));
    bytes += static_cast<double>(encoded[i].size());
    voxels.resize(bricks[i].voxels.size());
    decode(as_bytes(encoded[i]), bricks[i], voxels);
    if (voxels != bricks[i].voxels) std::printf("  WRONG brick %zu\n", i);
  }
  const double decode_s = best_of_three([&] {
    for (std::size_t i = 0; i < bricks.size(); ++i) {
      voxels.resize(bricks[i].voxels.size());
      decode(as_bytes(encoded[i]), bricks[i], voxels);
    }
  });
  std::printf("  %-16s %11.0f bytes  ratio %8.2f  encode %7.1f  decode %8.1f MB/s\n", name, bytes,
              raw / bytes, raw / encode_s / 1e6, raw / decode_s / 1e6);
}

// One voxel at a random place, and the counts of a brick, from the bytes.
void report_reads(const Codec& codec, const std::vector<Brick>& bricks, MaterialId predicted,
                  CodecScratch& scratch) {
  constexpr int kVoxels = 200;
  std::vector<std::string> encoded(bricks.size());
  for (std::size_t i = 0; i < bricks.size(); ++i)
    codec.encode(bricks[i].voxels, {bricks[i].shape, predicted}, {}, scratch, encoded[i]);
  const double at_s = best_of_three([&] {
    Random random(7);
    for (std::size_t i = 0; i < bricks.size(); ++i) {
      const BrickShape s = bricks[i].shape;
      for (int n = 0; n < kVoxels; ++n) {
        const Coord c = {random.between(0, s.nx), random.between(0, s.ny), random.between(0, s.nz)};
        codec.at(as_bytes(encoded[i]), codec.version(), {s, predicted}, c, scratch).value();
      }
    }
  });
  MaterialCounts counts;
  const double count_s = best_of_three([&] {
    for (std::size_t i = 0; i < bricks.size(); ++i) {
      counts.clear();
      codec
          .histogram(as_bytes(encoded[i]), codec.version(), {bricks[i].shape, predicted},
                     Box::of_size({}, bricks[i].shape.size()), scratch, counts)
          .value();
    }
  });
  const auto n = static_cast<double>(bricks.size());
  std::printf("  %-16s at %10.0f ns  counts of a brick %8.1f us\n", "", at_s / n / kVoxels * 1e9,
              count_s / n * 1e6);
}

// What each codec takes, where it is the smallest (of those that tie the first), and by how much it is below
// rows there. Twice: among all, and among all but hybrid, which takes as long as the others together.
void oracle(const std::vector<Brick>& bricks, MaterialId predicted) {
  struct Row {
    std::size_t bytes = 0, wins[2] = {}, saved[2] = {};
  };
  const std::span<const Codec* const> codecs = all_codecs();
  std::vector<Row> table(codecs.size());
  std::size_t best_bytes[2] = {}, rows_bytes = 0;
  CodecScratch scratch;
  std::string out;
  for (const Brick& brick : bricks) {
    std::vector<std::size_t> sizes(codecs.size(), ~std::size_t{0});
    std::size_t rows = 0;
    for (std::size_t i = 0; i < codecs.size(); ++i) {
      out.clear();
      if (!codecs[i]->encode(brick.voxels, {brick.shape, predicted}, {}, scratch, out)) continue;
      sizes[i] = out.size();
      table[i].bytes += out.size();
      if (codecs[i]->id() == CodecId::kRows) rows = out.size();
    }
    rows_bytes += rows;
    for (std::size_t all = 0; all < 2; ++all) {
      std::size_t best = 0;
      for (std::size_t i = 1; i < codecs.size(); ++i) {
        if (sizes[i] < sizes[best] && (all == 0 || codecs[i]->id() != CodecId::kHybrid)) best = i;
      }
      best_bytes[all] += sizes[best];
      ++table[best].wins[all];
      table[best].saved[all] += rows - sizes[best];
    }
  }
  std::printf("  %-10s %12s %10s %12s   without hybrid %10s %12s\n", "codec", "bytes", "smallest", "saves",
              "smallest", "saves");
  for (std::size_t i = 0; i < codecs.size(); ++i) {
    if (codecs[i]->id() == CodecId::kUniform) continue;
    std::printf("  %-10s %12zu %10zu %12zu   %14s %10zu %12zu\n", std::string(codecs[i]->name()).c_str(),
                table[i].bytes, table[i].wins[0], table[i].saved[0], "", table[i].wins[1], table[i].saved[1]);
  }
  const auto share = [&](std::size_t n) {
    return 100.0 * (1.0 - static_cast<double>(n) / static_cast<double>(rows_bytes));
  };
  std::printf("  always rows %zu, oracle %zu (%.2f%% less), without hybrid %zu (%.2f%% less)\n", rows_bytes,
              best_bytes[0], share(best_bytes[0]), best_bytes[1], share(best_bytes[1]));
}

void measure(const std::vector<Brick>& bricks, MaterialId predicted, int zstd_level) {
  CodecScratch scratch;
  for (const Codec* codec : all_codecs()) {
    if (codec->id() == CodecId::kUniform) continue;
    report(
        std::string(codec->name()).c_str(), bricks,
        [&](const Brick& b, std::string& out) {
          codec->encode(b.voxels, {b.shape, predicted}, {}, scratch, out);
        },
        [&](Bytes bytes, const Brick& b, std::vector<MaterialId>& voxels) {
          codec->decode(bytes, codec->version(), {b.shape, predicted}, scratch, voxels).value();
        },
        3);
    report_reads(*codec, bricks, predicted, scratch);
  }
  for (const Policy policy : {Policy::kFast, Policy::kBalanced, Policy::kArchive}) {
    const std::string label = "frame " + std::string(name(policy));
    report(
        label.c_str(), bricks,
        [&](const Brick& b, std::string& out) { encode_frame(policy, b.voxels, b.shape, scratch, out); },
        [&](Bytes bytes, const Brick& b, std::vector<MaterialId>& voxels) {
          decode_frame(bytes, b.shape, CheckVoxels::kNo, scratch, voxels).value();
        },
        policy == Policy::kArchive ? 1 : 3);
  }
  if (zstd_level == 0) return;
  report(
      ("zstd-" + std::to_string(zstd_level)).c_str(), bricks,
      [&](const Brick& b, std::string& out) {
        out.resize(ZSTD_compressBound(b.voxels.size() * 2));
        out.resize(ZSTD_compress(out.data(), out.size(), b.voxels.data(), b.voxels.size() * 2, zstd_level));
      },
      [](Bytes bytes, const Brick&, std::vector<MaterialId>& voxels) {
        ZSTD_decompress(voxels.data(), voxels.size() * 2, bytes.data(), bytes.size());
      },
      1);
}

}  // namespace
}  // namespace terrane

int main(int argc, char** argv) {
  std::size_t most = 200;
  int zstd_level = 0;
  bool want_oracle = false;
  for (int i = 1; i < argc; ++i) {
    const std::string arg = argv[i];
    if (arg == "--bricks" && i + 1 < argc) {
      most = static_cast<std::size_t>(std::atoi(argv[++i]));
    } else if (arg == "--zstd" && i + 1 < argc) {
      zstd_level = std::atoi(argv[++i]);
    } else if (arg == "--oracle") {
      want_oracle = true;
    } else {
      const auto volume = terrane::read_volume(arg);
      if (!volume) {
        std::fprintf(stderr, "codec_speed: %s\n", volume.error().message.c_str());
        return 1;
      }
      const std::vector<terrane::Brick> bricks = terrane::mixed_bricks(*volume, most, false);
      std::printf("%s: %zu bricks\n", arg.c_str(), bricks.size());
      if (want_oracle) {
        terrane::oracle(bricks, terrane::commonest(*volume));
      } else {
        terrane::measure(bricks, terrane::commonest(*volume), zstd_level);
      }
    }
  }
  return 0;
}
