// The process that crash_test.cc kills. On its output stand numbers, as they are in memory.
//   crash_writer write STORE N   makes the writes N, N + 1, ... and tells each once it is acknowledged

#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "terrane/volume/crash_work_testing.h"

namespace terrane::crash {
namespace {

bool tell(int n) {
  return ::write(STDOUT_FILENO, &n, sizeof(n)) == ssize_t{sizeof(n)};
}

int complain(const std::string& what) {
  std::fprintf(stderr, "crash_writer: %s\n", what.c_str());
  return 1;
}

int write_from(Volume& volume, int first) {
  for (int n = first;; ++n) {
    const sample::Step step = numbered_step(n);
    const auto written = volume.write(step.box, step.voxels.view());
    if (!written) return complain(written.error().message);
    if (!tell(n)) return complain("nobody listens");
  }
}

int run(int count, char** words) {
  if (count < 3) return complain("what to do, and with which store?");
  Result<Volume> volume = Volume::open(words[2], for_writing());
  if (!volume) return complain(volume.error().message);
  if (words[1] == std::string("write") && count == 4) return write_from(*volume, std::atoi(words[3]));
  return complain("write STORE N");
}

}  // namespace
}  // namespace terrane::crash

int main(int count, char** words) {
  return terrane::crash::run(count, words);
}
