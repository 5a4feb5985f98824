#include "terrane/store/overlay.h"

#include <algorithm>
#include <iterator>

namespace terrane {

void Overlay::apply(const Batch::Op& op) {
  switch (op.kind) {
    case Batch::Kind::kPut:
      points_.insert_or_assign(place(op.unit, op.key), op.value);
      break;
    case Batch::Kind::kErase:
      points_.insert_or_assign(place(op.unit, op.key), std::nullopt);
      break;
    case Batch::Kind::kEraseRange:
      if (op.key < op.value) erase_range(place(op.unit, op.key), place(op.unit, op.value));
      break;
    case Batch::Kind::kRequire:
      break;
  }
}

void Overlay::erase_range(Place begin, Place end) {
  points_.erase(points_.lower_bound(begin), points_.lower_bound(end));
  // Grows over the ranges that it meets.
  auto first = erased_.upper_bound(begin);
  if (first != erased_.begin() && std::prev(first)->second >= begin) --first;
  auto last = first;
  for (; last != erased_.end() && last->first <= end; ++last) {
    begin = std::min(begin, last->first);
    end = std::max(end, last->second);
  }
  erased_.erase(first, last);
  erased_.emplace(std::move(begin), std::move(end));
}

std::optional<std::optional<std::string>> Overlay::find(Unit unit, std::string_view key) const {
  const auto point = points_.find(place(unit, key));
  if (point != points_.end()) return point->second;
  if (erased_until(unit, key)) return std::optional<std::string>();
  return std::nullopt;
}

std::optional<std::string> Overlay::erased_until(Unit unit, std::string_view key) const {
  const Place at = place(unit, key);
  const auto after = erased_.upper_bound(at);
  if (after == erased_.begin() || std::prev(after)->second <= at) return std::nullopt;
  return std::prev(after)->second.second;
}

namespace {

// Two walks side by side: the keys below that the overlay says nothing of, and those that it put.
class OverlayCursor final : public Cursor {
 public:
  OverlayCursor(std::unique_ptr<Cursor> below, const Overlay& overlay, Unit unit, std::string_view begin,
                std::string_view end)
      : below_(std::move(below)), overlay_(overlay), unit_(unit), begin_(begin), end_(end) {}

  void seek(std::string_view key) override {
    key = std::max(key, std::string_view(begin_));
    sought_ = key < end_;
    if (!sought_) return;
    below_->seek(key);
    pass_changed();
    point_ = overlay_.points().lower_bound(overlay_.place(unit_, key));
    points_end_ = overlay_.points().lower_bound(overlay_.place(unit_, end_));
    pass_erased();
  }
  void next() override {
    if (at_point()) {
      ++point_;
      pass_erased();
    } else {
      below_->next();
      pass_changed();
    }
  }
  bool valid() const override { return sought_ && below_->status() && (at_point() || below_->valid()); }
  std::string_view key() const override { return at_point() ? point_->first.second : below_->key(); }
  std::string_view value() const override { return at_point() ? *point_->second : below_->value(); }
  Status status() const override { return sought_ ? below_->status() : ok(); }

 private:
  bool at_point() const {
    return point_ != points_end_ && (!below_->valid() || point_->first.second < below_->key());
  }
  void pass_changed() {
    while (below_->valid()) {
      if (const auto end = overlay_.erased_until(unit_, below_->key())) {
        below_->seek(*end);
      } else if (overlay_.points().contains(overlay_.place(unit_, below_->key()))) {
        below_->next();
      } else {
        return;
      }
    }
  }
  void pass_erased() {
    while (point_ != points_end_ && !point_->second) ++point_;
  }

  std::unique_ptr<Cursor> below_;
  const Overlay& overlay_;
  Unit unit_;
  std::string begin_, end_;
  bool sought_ = false;  // a seek at or after the end finds nothing, without asking
  Overlay::Points::const_iterator point_, points_end_;
};

class OverlaySnapshot final : public Snapshot {
 public:
  OverlaySnapshot(std::shared_ptr<const Snapshot> below, std::shared_ptr<const Overlay> overlay)
      : below_(std::move(below)), overlay_(std::move(overlay)) {}

  std::uint64_t version() const override { return below_->version(); }
  Result<std::optional<std::string>> get(Unit unit, std::string_view key) const override {
    if (auto changed = overlay_->find(unit, key)) return *std::move(changed);
    return below_->get(unit, key);
  }
  std::unique_ptr<Cursor> scan(Unit unit, std::string_view begin, std::string_view end) const override {
    return std::make_unique<OverlayCursor>(below_->scan(unit, begin, end), *overlay_, unit, begin, end);
  }
  Status seek_many(std::span<const Seek> seeks,
                   const std::function<Status(std::size_t, const Entry&)>& visit) const override {
    for (std::size_t i = 0; i < seeks.size(); ++i) {
      const auto cursor = scan(seeks[i].unit, seeks[i].key, seeks[i].end);
      cursor->seek(seeks[i].key);
      TERRANE_TRY(cursor->status());
      Entry entry;
      if (cursor->valid()) entry = {true, cursor->key(), cursor->value()};
      TERRANE_TRY(visit(i, entry));
    }
    return ok();
  }

 private:
  std::shared_ptr<const Snapshot> below_;
  std::shared_ptr<const Overlay> overlay_;
};

}  // namespace

std::shared_ptr<const Snapshot> lay_over(std::shared_ptr<const Snapshot> below,
                                         std::shared_ptr<const Overlay> overlay) {
  return std::make_shared<OverlaySnapshot>(std::move(below), std::move(overlay));
}

}  // namespace terrane
