#include "terrane/base/task.h"

namespace terrane {

Status Task::check() const {
  if (stop.stop_requested()) return Error{ErrorCode::kCancelled, "stopped by the caller"};
  if (deadline && clock != nullptr && clock->now() >= *deadline) {
    return Error{ErrorCode::kCancelled, "the deadline passed; allow more time or ask for less"};
  }
  return ok();
}

}  // namespace terrane
