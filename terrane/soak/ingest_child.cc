#include "terrane/soak/children.h"
#include "terrane/soak/rock.h"
#include "terrane/soak/said.h"

namespace terrane::soak {

int ingest(const Words& words) {
  auto volume = Volume::open(words.text("store"), to_ingest());
  if (!volume) return complain(volume.error().message);
  if (!say({.what = Said::What::kOpened})) return complain("nobody listens");
  const auto report = ingest_rock(*volume);
  return report ? 0 : complain(report.error().message);
}

}  // namespace terrane::soak
