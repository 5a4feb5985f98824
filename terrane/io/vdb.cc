#include "terrane/io/vdb.h"

#include <dlfcn.h>

#include <filesystem>
#include <string_view>
#include <vector>

#include "fmt/format.h"
#include "terrane/io/vdb_module.h"

namespace terrane {
namespace {

constexpr char kModule[] = "terrane_vdb.so";

// Beside the program or library that this code is in, or where that is installed, or where the system looks.
std::vector<std::string> candidates() {
  std::vector<std::string> out;
  Dl_info here{};
  if (::dladdr(reinterpret_cast<void*>(&open_vdb), &here) != 0 && here.dli_fname != nullptr) {
    std::error_code error;
    const auto file = std::filesystem::canonical(here.dli_fname, error);
    // A program that was found in PATH goes by its bare name.
    const auto self = error ? std::filesystem::read_symlink("/proc/self/exe", error) : file;
    out.push_back(self.parent_path() / kModule);
    out.push_back(self.parent_path().parent_path() / TERRANE_MODULES / kModule);
  }
  out.emplace_back(kModule);
  return out;
}

// The system keeps what was loaded, and loads it once.
Result<const VdbModule*> module() {
  std::string why;
  for (const std::string& candidate : candidates()) {
    if (candidate.front() == '/' && !std::filesystem::exists(candidate)) continue;
    void* library = ::dlopen(candidate.c_str(), RTLD_NOW | RTLD_LOCAL);
    const void* found = library != nullptr ? ::dlsym(library, kVdbModuleSymbol) : nullptr;
    if (found == nullptr) {
      const char* error = ::dlerror();
      why += fmt::format("{}{}", why.empty() ? "" : "; ", error != nullptr ? error : "no reason given");
      continue;
    }
    const auto* module = static_cast<const VdbModule*>(found);
    if (module->version == std::string_view(TERRANE_VERSION)) return module;
    why =
        fmt::format("{} belongs to terrane {}, and this is {}", candidate, module->version, TERRANE_VERSION);
  }
  return Error{ErrorCode::kUnsupported,
               fmt::format("OpenVDB files need the module {} and Debian's libopenvdb: {}", kModule, why)};
}

}  // namespace

Result<std::unique_ptr<VoxelSource>> open_vdb(const std::string& path, const std::string& grid) {
  TERRANE_ASSIGN(const VdbModule* const vdb, module());
  return vdb->open(path, grid);
}

Status export_vdb(const std::string& path, const VoxelSource& voxels, const ExportFrame& frame,
                  const Task& task) {
  TERRANE_ASSIGN(const VdbModule* const vdb, module());
  return vdb->write(path, voxels, frame, task);
}

}  // namespace terrane
