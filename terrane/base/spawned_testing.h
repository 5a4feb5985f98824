#pragma once

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <string>
#include <utility>
#include <vector>

namespace terrane {

// A program that runs beside this one until it ends or is killed, and what it says on its output. Spawned,
// not forked: a fork of a process with threads has their locks without them, and waits for them for ever.
//
// Not thread-safe, but for signal(). Kills the program where it still runs at the end.
class Spawned {
 public:
  // The first word is the program. started() tells whether there is one.
  explicit Spawned(std::vector<std::string> words) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return;
    heard_ = ends[0];
    posix_spawn_file_actions_t files;
    if (::posix_spawn_file_actions_init(&files) == 0) {
      ::posix_spawn_file_actions_adddup2(&files, ends[1], STDOUT_FILENO);
      std::vector<char*> arguments;
      arguments.reserve(words.size() + 1);
      for (std::string& word : words) arguments.push_back(word.data());
      arguments.push_back(nullptr);
      if (::posix_spawn(&pid_, arguments[0], &files, nullptr, arguments.data(), environ) != 0) pid_ = 0;
      ::posix_spawn_file_actions_destroy(&files);
    }
    ::close(ends[1]);
  }
  ~Spawned() {
    if (pid_ > 0) kill();
    if (heard_ >= 0) ::close(heard_);
  }
  Spawned(const Spawned&) = delete;
  Spawned& operator=(const Spawned&) = delete;

  bool started() const { return pid_ > 0; }
  enum class Heard { kWord, kEnd, kSilence };
  // The next word that it writes, waiting so long for it (-1: for ever). kEnd once it is gone.
  template <class Word>
  Heard hear(Word& word, int milliseconds = -1) {
    auto* to = reinterpret_cast<char*>(&word);
    for (std::size_t have = 0; have < sizeof(Word);) {
      pollfd ready = {heard_, POLLIN, 0};
      if (::poll(&ready, 1, milliseconds) <= 0) return Heard::kSilence;
      const ssize_t n = ::read(heard_, to + have, sizeof(Word) - have);
      if (n <= 0) return Heard::kEnd;
      have += static_cast<std::size_t>(n);
    }
    return Heard::kWord;
  }
  void signal(int number) const {
    if (pid_ > 0) ::kill(pid_, number);
  }
  // Waits for its end, and gives how it ended: a status as of waitpid().
  int wait() {
    int status = 0;
    if (pid_ > 0) ::waitpid(pid_, &status, 0);
    pid_ = 0;
    return status;
  }
  int kill() {
    signal(SIGKILL);
    return wait();
  }

 private:
  pid_t pid_ = 0;
  int heard_ = -1;
};

inline bool was_killed(int status) {
  return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}
inline bool ended_well(int status) {
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace terrane
