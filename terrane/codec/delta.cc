#include "terrane/codec/delta.h"

#include <algorithm>
#include <cassert>
#include <cstring>

#include "terrane/codec/blob.h"
#include "terrane/codec/codecs.h"
#include "terrane/codec/scan.h"
#include "terrane/codec/scratch.h"

namespace terrane::detail {
namespace {

// What a payload has after the hash; sizes are checked, runs are not.
struct DeltaParts {
  DeltaForm form = DeltaForm::kRaw;
  Bytes raw;
  Bytes transitions;
  std::size_t runs = 0;
  Bytes skips, lengths, codes, explicits;  // in the scratch until its next use

  std::size_t count() const { return transitions.size() / (2 * sizeof(MaterialId)); }
  Transition transition(std::size_t i) const {
    MaterialId pair[2];
    std::memcpy(pair, transitions.data() + i * sizeof(pair), sizeof(pair));
    return {pair[0], pair[1], 0};
  }
  Scan scan() const { return form == DeltaForm::kMortonRuns ? Scan::kMorton : Scan::kZ; }
};

Status take_runs(ByteReader& in, std::size_t voxels, CodecScratch::State& state, DeltaParts& parts) {
  constexpr std::size_t kMostVarint = 3;  // bytes: no brick has 2^21 voxels
  const std::uint64_t transitions = in.varint();
  if (transitions > kMostTransitions) return corrupt("a delta brick has more transitions than codes");
  parts.transitions = in.take(transitions * 2 * sizeof(MaterialId));
  parts.runs = in.varint();
  if (parts.runs == 0) {
    if (in.finished() && transitions == 0) return ok();
    return corrupt("a delta brick without runs has bytes after their number, or transitions before it");
  }
  const std::uint64_t skips = in.varint(), lengths = in.varint(), explicits = in.varint();
  const auto fits = [&](std::uint64_t n) { return n >= parts.runs && n <= kMostVarint * parts.runs; };
  if (in.failed() || parts.runs > voxels || !fits(skips) || !fits(lengths) || explicits > parts.runs ||
      transitions + explicits == 0) {
    return corrupt("a delta brick has streams that are not those of its runs");
  }
  const std::size_t codes = transitions == 1 && explicits == 0 ? 0 : parts.runs;
  const std::size_t total = skips + lengths + codes + explicits * sizeof(MaterialId);
  std::vector<std::uint8_t>& bytes = state.delta.bytes;
  bytes.resize(std::max(bytes.size(), total));
  TERRANE_TRY(take_blob(in.take(in.remaining()), state, {bytes.data(), total}));
  ByteReader streams(std::as_bytes(std::span(bytes.data(), total)));
  parts.skips = streams.take(skips);
  parts.lengths = streams.take(lengths);
  parts.codes = streams.take(codes);
  parts.explicits = streams.take(explicits * sizeof(MaterialId));
  return ok();
}

Result<DeltaParts> parse(Bytes bytes, const BrickContext& brick, CodecScratch::State& state) {
  const std::size_t voxels = brick.shape.voxels();
  if (!brick.prediction.is_constant() && brick.prediction.voxels().size() != voxels)
    return invalid("a prediction must have the voxels of its brick, shape=`" + to_string(brick.shape.size()) +
                   "`");
  ByteReader in(bytes);
  const auto coded_against = in.fixed<std::uint64_t>();
  if (const std::uint64_t given = brick.prediction.hash(); !in.failed() && coded_against != given) {
    return corrupt(
        "a delta brick was coded against another prediction than the one it is read under; read it "
        "with the model or tile of its time, coded_against=`" +
        std::to_string(coded_against) + "` given=`" + std::to_string(given) + "`");
  }
  DeltaParts parts;
  parts.form = static_cast<DeltaForm>(in.fixed<std::uint8_t>());
  if (in.failed()) return corrupt("a delta brick ends before its form");
  if (parts.form == DeltaForm::kRuns || parts.form == DeltaForm::kMortonRuns) {
    TERRANE_TRY(take_runs(in, voxels, state, parts));
    return parts;
  }
  if (parts.form != DeltaForm::kRaw) return corrupt("a delta brick has a form that its version has not");
  parts.raw = in.take(voxels * sizeof(MaterialId));
  if (!in.finished()) return corrupt("a raw delta brick has not the length of its voxels");
  return parts;
}

// Goes through the runs: while (next(run)), then status(). A run that names its material says nothing of what
// is predicted.
class RunReader {
 public:
  struct Run {
    std::size_t begin = 0, length = 0;
    MaterialId predicted = 0, actual = 0;
    bool named = false;
  };

  RunReader(const DeltaParts& parts, std::size_t voxels)
      : parts_(parts),
        voxels_(voxels),
        skips_(parts.skips),
        lengths_(parts.lengths),
        codes_(parts.codes),
        explicits_(parts.explicits) {}

  bool next(Run& run) {
    if (failed_ || seen_ == parts_.runs) return false;
    ++seen_;
    const std::uint64_t skip = skips_.varint(), less_one = lengths_.varint();
    const std::size_t code = parts_.codes.empty() ? 0 : codes_.fixed<std::uint8_t>();
    run.named = code == kExplicit;
    failed_ =
        skip > voxels_ - end_ || less_one >= voxels_ - end_ - skip || (!run.named && code >= parts_.count());
    if (failed_) return false;
    run.begin = end_ + skip;
    run.length = less_one + 1;
    end_ = run.begin + run.length;
    if (run.named) {
      run.actual = explicits_.fixed<MaterialId>();
    } else {
      const Transition t = parts_.transition(code);
      run.predicted = t.predicted;
      run.actual = t.actual;
      failed_ = t.predicted == t.actual;
    }
    failed_ = failed_ || skips_.failed() || lengths_.failed() || explicits_.failed();
    return !failed_;
  }
  Status status() const {
    if (!failed_ && skips_.finished() && lengths_.finished() && codes_.finished() && explicits_.finished())
      return ok();
    return corrupt("a delta brick has runs that do not fit its voxels or its streams");
  }

 private:
  const DeltaParts& parts_;
  std::size_t voxels_, seen_ = 0, end_ = 0;
  ByteReader skips_, lengths_, codes_, explicits_;
  bool failed_ = false;
};

Error other_transition() {
  return corrupt("a delta brick has a transition from a material that is not predicted there");
}

// `voxels` are as predicted, in the order of the scan.
Status apply(const DeltaParts& parts, std::span<MaterialId> voxels) {
  RunReader reader(parts, voxels.size());
  for (RunReader::Run run; reader.next(run);) {
    const std::span<MaterialId> part = voxels.subspan(run.begin, run.length);
    MaterialId different = 0;
    for (const MaterialId m : part) different = static_cast<MaterialId>(different | (m ^ run.predicted));
    if (different != 0 && !run.named) return other_transition();
    std::fill(part.begin(), part.end(), run.actual);
  }
  return reader.status();
}

void copy_prediction(const Prediction& prediction, std::span<MaterialId> voxels) {
  if (prediction.is_constant()) {
    std::fill(voxels.begin(), voxels.end(), prediction.at(0));
  } else {
    std::memcpy(voxels.data(), prediction.voxels().data(), voxels.size_bytes());
  }
}

// Moves `length` voxels of a prediction from what it says to what is there.
void correct(const RunReader::Run& run, std::size_t begin, std::size_t length, const Prediction& prediction,
             MaterialCounts& counts) {
  if (run.named) {
    for (std::size_t i = begin; i < begin + length; ++i) counts.add(prediction.at(i), ~std::uint64_t{0});
  } else {
    counts.add(run.predicted, std::uint64_t{0} - length);
  }
  counts.add(run.actual, length);
}

// docs/codecs/delta.md
class DeltaCodec final : public Codec {
 public:
  CodecId id() const override { return CodecId::kDelta; }
  std::string_view name() const override { return "delta"; }
  std::uint8_t version() const override { return 1; }
  std::uint8_t min_version() const override { return 1; }
  std::size_t bound(BrickShape shape) const override { return 9 + shape.voxels() * sizeof(MaterialId); }

  bool encode(std::span<const MaterialId> voxels, const BrickContext& brick, const EncodeParameters& how,
              CodecScratch& scratch, std::string& out) const override {
    assert(brick.shape.valid() && voxels.size() == brick.shape.voxels());
    assert(brick.prediction.is_constant() || brick.prediction.voxels().size() == voxels.size());
    CodecScratch::State& state = scratch.state();
    DeltaScratch& delta = state.delta;
    ByteWriter(out).fixed(brick.prediction.hash());
    const std::size_t start = out.size();
    find_delta_runs(voxels, brick.prediction, delta);
    const std::size_t runs = delta.runs.size();
    put_delta_runs(DeltaForm::kRuns, how.policy, state, out);
    if (runs > 1) {
      find_morton_runs(voxels, brick, state);
      if (delta.runs.size() < runs) {
        delta.other.clear();
        put_delta_runs(DeltaForm::kMortonRuns, how.policy, state, delta.other);
        if (delta.other.size() < out.size() - start) out.replace(start, std::string::npos, delta.other);
      }
    }
    if (out.size() - start <= 1 + voxels.size_bytes()) return true;
    out.resize(start);
    out.push_back(static_cast<char>(DeltaForm::kRaw));
    out.append(reinterpret_cast<const char*>(voxels.data()), voxels.size_bytes());
    return true;
  }

  Status decode(Bytes bytes, std::uint8_t version, const BrickContext& brick, CodecScratch& scratch,
                std::span<MaterialId> voxels) const override {
    TERRANE_TRY(check_decode_call(brick.shape, voxels.size(), name()));
    TERRANE_TRY(check_version(*this, version));
    CodecScratch::State& state = scratch.state();
    TERRANE_ASSIGN(const DeltaParts parts, parse(bytes, brick, state));
    if (parts.form == DeltaForm::kRaw) {
      std::memcpy(voxels.data(), parts.raw.data(), voxels.size_bytes());
      return ok();
    }
    copy_prediction(brick.prediction, voxels);
    if (parts.scan() == Scan::kZ) return apply(parts, voxels);
    state.scanned.resize(std::max(state.scanned.size(), voxels.size()));
    const std::span<MaterialId> scanned(state.scanned.data(), voxels.size());
    to_scan(Scan::kMorton, brick.shape, voxels.data(), scanned.data());
    TERRANE_TRY(apply(parts, scanned));
    from_scan(Scan::kMorton, brick.shape, scanned.data(), voxels.data());
    return ok();
  }

  // Walks the runs as far as the voxel.
  Result<MaterialId> at(Bytes bytes, std::uint8_t version, const BrickContext& brick, Coord c,
                        CodecScratch& scratch) const override {
    TERRANE_TRY(check_at_call(brick.shape, c, name()));
    TERRANE_TRY(check_version(*this, version));
    TERRANE_ASSIGN(const DeltaParts parts, parse(bytes, brick, scratch.state()));
    const std::size_t i = voxel_index(brick.shape, c);
    if (parts.form == DeltaForm::kRaw) {
      MaterialId m;
      std::memcpy(&m, parts.raw.data() + i * sizeof(m), sizeof(m));
      return m;
    }
    const MaterialId predicted = brick.prediction.at(i);
    const std::size_t place = scan_rank(parts.scan(), brick.shape, c);
    RunReader reader(parts, brick.shape.voxels());
    for (RunReader::Run run; reader.next(run);) {
      if (place < run.begin) return predicted;
      if (place >= run.begin + run.length) continue;
      if (!run.named && run.predicted != predicted) return other_transition();
      return run.actual;
    }
    TERRANE_TRY(reader.status());
    return predicted;
  }
  bool in_place() const override { return true; }

  // The counts of the prediction, corrected run by run.
  Status histogram(Bytes bytes, std::uint8_t version, const BrickContext& brick, const Box& part,
                   CodecScratch& scratch, MaterialCounts& counts) const override {
    TERRANE_TRY(check_version(*this, version));
    TERRANE_ASSIGN(const DeltaParts parts, parse(bytes, brick, scratch.state()));
    const bool whole = part == Box::of_size({}, brick.shape.size());
    const bool by_runs = parts.scan() == Scan::kZ || (whole && brick.prediction.is_constant());
    if (parts.form == DeltaForm::kRaw || !by_runs)
      return Codec::histogram(bytes, version, brick, part, scratch, counts);
    if (brick.prediction.is_constant()) {
      const Coord size = part.size();
      counts.add(brick.prediction.at(0), static_cast<std::uint64_t>(size.x * size.y * size.z));
    } else if (whole) {
      counts.add(brick.prediction.voxels());
    } else {
      counts.add(ConstVoxelView::dense(brick.prediction.voxels().data(), brick.shape.size()).sub(part));
    }
    RunReader reader(parts, brick.shape.voxels());
    for (RunReader::Run run; reader.next(run);) {
      if (whole) {
        correct(run, run.begin, run.length, brick.prediction, counts);
      } else {
        correct_within(run, brick, part, counts);
      }
    }
    return reader.status();
  }

 private:
  static void find_morton_runs(std::span<const MaterialId> voxels, const BrickContext& brick,
                               CodecScratch::State& state) {
    const std::size_t n = voxels.size();
    state.scanned.resize(std::max(state.scanned.size(), n));
    to_scan(Scan::kMorton, brick.shape, voxels.data(), state.scanned.data());
    Prediction scanned = brick.prediction;
    if (!scanned.is_constant()) {
      std::vector<MaterialId>& predicted = state.delta.predicted;
      predicted.resize(std::max(predicted.size(), n));
      to_scan(Scan::kMorton, brick.shape, brick.prediction.voxels().data(), predicted.data());
      scanned = Prediction(std::span<const MaterialId>(predicted.data(), n));
    }
    find_delta_runs({state.scanned.data(), n}, scanned, state.delta);
  }

  // What of a run, in the order of the brick, lies in a part: row by row.
  static void correct_within(const RunReader::Run& run, const BrickContext& brick, const Box& part,
                             MaterialCounts& counts) {
    const auto nz = static_cast<std::size_t>(brick.shape.nz), ny = static_cast<std::size_t>(brick.shape.ny);
    const auto z0 = static_cast<std::size_t>(part.lo.z), z1 = static_cast<std::size_t>(part.hi.z);
    const std::size_t end = run.begin + run.length;
    for (std::size_t row = run.begin / nz; row * nz < end; ++row) {
      const auto x = static_cast<std::int64_t>(row / ny), y = static_cast<std::int64_t>(row % ny);
      if (x < part.lo.x || x >= part.hi.x || y < part.lo.y || y >= part.hi.y) continue;
      const std::size_t from = std::max(run.begin, row * nz + z0), to = std::min(end, row * nz + z1);
      if (from < to) correct(run, from, to - from, brick.prediction, counts);
    }
  }
};

}  // namespace

const Codec& delta_codec() {
  static const DeltaCodec codec;
  return codec;
}

}  // namespace terrane::detail
