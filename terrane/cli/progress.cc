#include "terrane/cli/progress.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include <unistd.h>

#include "terrane/cli/text.h"

namespace terrane::cli {

ProgressBar::ProgressBar(std::string what)
    : what_(std::move(what)), terminal_(::isatty(STDERR_FILENO) == 1) {}

ProgressBar::~ProgressBar() {
  if (drawn_) std::fputs("\r\x1b[K", stderr);
}

void ProgressBar::show(const Progress& progress) {
  if (!terminal_) return;
  const auto now = Clock::now();
  if (drawn_ && now - last_ < std::chrono::milliseconds(100)) return;
  last_ = now;
  drawn_ = true;
  const double seconds = std::chrono::duration<double>(now - begin_).count();
  fmt::print(stderr, "\r{}\x1b[K", progress_line(what_, progress, seconds));
  std::fflush(stderr);
}

Task ProgressBar::task(std::stop_token stop) {
  Task task;
  task.stop = std::move(stop);
  if (terminal_) task.progress = [this](const Progress& p) { show(p); };
  return task;
}

std::string progress_line(const std::string& what, const Progress& progress, double seconds) {
  constexpr int kWidth = 30;
  const auto done = static_cast<double>(progress.done);
  const double share = progress.total == 0 ? 0 : std::min(1.0, done / static_cast<double>(progress.total));
  const auto full = static_cast<std::size_t>(share * kWidth);
  std::string line =
      fmt::format("{}  [{:-<30}] {:3.0f} %  {}/{} {}", what, std::string(full, '#'), share * 100,
                  count_text(progress.done), count_text(progress.total), progress.unit);
  // An estimate from a moment of work misleads more than it tells.
  if (share > 0.01 && share < 1 && seconds > 1)
    line += ", " + duration_text(seconds / share - seconds) + " left";
  return line;
}

}  // namespace terrane::cli
