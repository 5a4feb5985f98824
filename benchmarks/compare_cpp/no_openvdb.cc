#include "benchmarks/compare_cpp/system.h"

namespace terrane::compare {

std::unique_ptr<System> openvdb_system() {
  return nullptr;
}

}  // namespace terrane::compare
