#pragma once

#include <cerrno>
#include <cstdint>
#include <string>

// A disk that fails, beneath a whole process: disk.cc defines the calls of the C library that change files,
// so that the engine's and terrane's own alike go through it. A program has it by linking that file, and it
// does nothing before start_disk(). (A file system handed to the engine would not see what the volume writes
// beside it.)
namespace terrane::soak {

struct DiskPlan {
  std::string root;           // absolute; what is below it counts, and nothing else
  std::string attic;          // another directory on the same file system, for what may have to come back
  std::uint64_t fail_at = 0;  // the change number that fails; 0: none
  bool sticky = false;        // and all after it
  int error = EIO;            // how
  std::uint64_t cut_at = 0;   // the change number that the power goes at; 0: none
  // Whether a name is only safe once its directory was synced, as POSIX has it. Otherwise any sync brings all
  // names before it, as journals of file systems do.
  bool strict_names = false;
  bool ignore_log_syncs = false;  // the planted fault: says that logs are on stable storage, and no more
  std::uint64_t seed = 0;         // of what survives
};

// Once, before there are threads.
void start_disk(const DiskPlan& plan);
// Changes so far: files made, written, cut and synced, names changed.
std::uint64_t disk_changes();
bool disk_failed();  // at least one of them

// When the power goes, what was not synced is taken back: of each file a random part of its tail, of names
// those after some moment. Then the process ends with this status, and nothing it did later has happened.
inline constexpr int kPowerCut = 77;

}  // namespace terrane::soak
