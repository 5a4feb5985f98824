#include "terrane/cli/machine.h"

#include <cstdlib>
#include <ctime>
#include <fstream>
#include <thread>

namespace terrane::cli {

namespace {

std::string cpu_model() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    if (line.rfind("model name", 0) != 0) continue;
    const std::size_t colon = line.find(": ");
    if (colon != std::string::npos) return line.substr(colon + 2);
  }
  return "unknown";
}

}  // namespace

Machine this_machine() {
  Machine machine;
  machine.cpu = cpu_model();
  machine.cores = std::thread::hardware_concurrency();
  double load = 0;
  if (getloadavg(&load, 1) == 1) machine.load = load;
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  char text[32] = "";
  if (gmtime_r(&now, &utc) != nullptr) std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
  machine.date = text;
  return machine;
}

Json machine_json(const Machine& machine) {
  return {{"cpu", machine.cpu}, {"cores", machine.cores}, {"load", machine.load}, {"date", machine.date}};
}

}  // namespace terrane::cli
