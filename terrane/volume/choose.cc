#include <fmt/format.h>

#include "terrane/decide/encode_cheapest.h"
#include "terrane/decide/guide_profile.h"
#include "terrane/volume/state.h"

namespace terrane {
namespace {

constexpr std::string_view kProfileNames[] = {"prices", "guide"};

AccessPattern expected_access(const Volume::State& state, int level, Position position,
                              const Encoding& encoding) {
  return encoding.adaptive ? state.access.of(level, region_of(position)) : encoding.access;
}

// The guide's profile.
void encode_by_guide(const Volume::State& state, const BrickStats& stats, FrameAttempt& attempt) {
  const HomogeneityReport report = homogeneity(stats, state.water);
  const GuideChoice choice = guide_choice(report, state.water);
  attempt.with(*state.codecs->find(choice.codec), choice.how);
}

void encode_by_price(const Volume::State& state, const Encoding& encoding, const AccessPattern& access,
                     WorkScratch& scratch, FrameAttempt& attempt) {
  const Requirements requirements =
      encoding.requirements ? *encoding.requirements : Requirements::of(encoding.policy);
  const CostModel& model = requirements.limited() ? state.calibrated_model() : *state.cost_model;
  encode_cheapest(scratch.stats, access, requirements, model, encoding.policy, *state.codecs,
                  scratch.decision, attempt);
}

}  // namespace

Result<Profile> parse_profile(std::string_view name) {
  for (std::size_t i = 0; i < std::size(kProfileNames); ++i) {
    if (kProfileNames[i] == name) return static_cast<Profile>(i);
  }
  return invalid(fmt::format("there is no profile `{}`; use prices or guide", name));
}

std::string_view name(Profile profile) {
  return kProfileNames[static_cast<std::size_t>(profile)];
}

Prediction prediction_of(const Volume::State& state) {
  return state.manifest.fill;
}

const CostModel& Volume::State::calibrated_model() const {
  if (!own_prices) return *cost_model;
  std::call_once(calibrated_once_, [this] { calibrated_.emplace(calibrate(clock)); });
  return *calibrated_;
}

Status Volume::State::check_encoding(const Encoding& encoding) const {
  if (encoding.codec == CodecId::kUniform) {
    return invalid(
        "the strategy uniform takes only bricks of one material, and those are ranges; choose another");
  }
  if (!encoding.codec || codecs->find(*encoding.codec) != nullptr) return ok();
  return invalid(
      fmt::format("this program has no strategy with the id {}; register it in OpenOptions::codecs, or "
                  "use one of: {}",
                  static_cast<int>(*encoding.codec), [this] {
                    std::string names;
                    for (const Codec* codec : codecs->all())
                      names += (names.empty() ? "" : ", ") + std::string(codec->name());
                    return names;
                  }()));
}

std::string Volume::State::codec_name(CodecId id) const {
  if (const Codec* codec = codecs->find(id)) return std::string(codec->name());
  const auto known = manifest.strategies.find(id);
  if (known != manifest.strategies.end()) return known->second.name;
  return fmt::format("codec {}", static_cast<int>(id));
}

Status Volume::State::take_down_codecs() {
  Manifest changed = manifest;
  for (const Codec* codec : codecs->all()) {
    if (!is_private(codec->id())) continue;
    const auto [known, fresh] = changed.strategies.try_emplace(
        codec->id(), StrategyName{std::string(codec->name()), codec->version()});
    if (known->second.name != codec->name()) {
      return Error{
          ErrorCode::kConflict,
          fmt::format("the store knows the strategy with the id {} as `{}`, and this program has registered "
                      "`{}` by that id; give it an id of its own",
                      static_cast<int>(codec->id()), known->second.name, codec->name())};
    }
    known->second.version = std::max(known->second.version, codec->version());
  }
  if (!writable || changed.strategies == manifest.strategies) return ok();
  std::scoped_lock lock(write_mutex);
  return replace_manifest(*this, std::move(changed));
}

Status replace_manifest(Volume::State& state, Manifest manifest) {
  format::Totals totals = state.totals;
  TERRANE_ASSIGN(const auto snapshot, state.engine->snapshot());
  TERRANE_ASSIGN(const auto stored, snapshot->get(format::meta_unit(), format::manifest_key()));
  if (!stored) return missing("the manifest is gone from the store: data was lost");
  const std::string value = manifest_value(manifest);
  totals.stored_bytes += value.size() - stored->size();
  totals.meta_sum += format::seal_of(value) - format::seal_of(*stored);
  Batch batch;
  batch.put(format::meta_unit(), format::manifest_key(), value);
  TERRANE_TRY(write_meta(state, std::move(batch), totals, Durability::kFsync, {}));
  state.manifest = std::move(manifest);
  state.fluids = state.manifest.catalogue.fluids();
  state.water = state.manifest.catalogue.water();
  return ok();
}

Status encode_brick(const Volume::State& state, int level, Position position, const Encoding& encoding,
                    std::span<const MaterialId> voxels, BrickShape shape, WorkScratch& scratch,
                    std::string& out) {
  const BrickContext brick(shape, prediction_of(state));
  FrameAttempt attempt(voxels, brick, scratch.codec, scratch.bytes, out);
  if (encoding.codec) {
    attempt.with(*state.codecs->find(*encoding.codec), {.policy = encoding.policy});
  } else if (encoding.policy == Policy::kFast && encoding.profile == Profile::kPrices &&
             !encoding.requirements && !encoding.adaptive && encoding.access == AccessPattern{}) {
    encode_frame(Policy::kFast, voxels, brick, scratch.codec,
                 out);  // looking first would cost more than it gains
    return ok();
  } else {
    analyze_brick(voxels, shape, state.manifest.fill, scratch.analyze, scratch.stats, Detail::kChoice);
    if (encoding.profile == Profile::kGuide) {
      encode_by_guide(state, scratch.stats, attempt);
    } else {
      encode_by_price(state, encoding, expected_access(state, level, position, encoding), scratch, attempt);
    }
  }
  // A strategy may decline a brick: the palette takes any.
  if (!attempt.taken()) attempt.with(*find_codec(CodecId::kPalette), {.policy = encoding.policy});
  if (attempt.taken()) return ok();
  return Error{ErrorCode::kInternal, fmt::format("no strategy took the brick at {}; the palette takes any",
                                                 to_string(state.lattice(level).brick_box(position)))};
}

}  // namespace terrane
