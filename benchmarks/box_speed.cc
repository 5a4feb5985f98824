// box_speed STORE X0,Y0,Z0 EDGE ROUNDS THREADS: times hot reads of one box, as Volume::read gives it: into an
// array of its own each time, and into one array again and again. Prints the microseconds of CPU time
// that each read took, as JSON. The C++ side of python_overhead.py.

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <vector>

#include "terrane/volume/volume.h"

using namespace terrane;

namespace {

template <class Read>
std::vector<double> time_rounds(int rounds, Read&& read) {
  std::vector<double> micros;
  read();
  for (int i = 0; i < rounds; ++i) {
    const std::clock_t begin = std::clock();
    read();
    micros.push_back(static_cast<double>(std::clock() - begin) * 1e6 / CLOCKS_PER_SEC);
  }
  return micros;
}

void print(const char* name, const std::vector<double>& micros, const char* end) {
  std::printf("\"%s\": [", name);
  for (std::size_t i = 0; i < micros.size(); ++i) std::printf("%s%.1f", i == 0 ? "" : ", ", micros[i]);
  std::printf("]%s", end);
}

int run(char** argv) {
  OpenOptions options;
  options.threads = static_cast<std::size_t>(std::atoi(argv[5]));
  const Volume volume = Volume::open(argv[1], options).value();
  Coord lo;
  char* text = argv[2];
  for (std::int64_t* v : {&lo.x, &lo.y, &lo.z}) {
    *v = std::strtoll(text, &text, 10);
    if (*text == ',') ++text;
  }
  const std::int64_t edge = std::atoi(argv[3]);
  const int rounds = std::atoi(argv[4]);
  const Box box = Box::of_size(lo, {edge, edge, edge});
  const auto fresh = time_rounds(rounds, [&] { return volume.read({.box = box}).value().voxels.size(); });
  VoxelArray array(box.size());
  const auto again = time_rounds(rounds, [&] {
    volume.read(box, 0, array.view()).value();
    return array.voxels.size();
  });
  std::printf("{");
  print("fresh", fresh, ", ");
  print("again", again, "}\n");
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 6) {
    std::fprintf(stderr, "usage: box_speed STORE X0,Y0,Z0 EDGE ROUNDS THREADS\n");
    return 2;
  }
  try {
    return run(argv);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "box_speed: %s\n", e.what());
    return 1;
  }
}
