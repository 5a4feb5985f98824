#pragma once

#include <charconv>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace terrane::soak {

// What a child is told on its command line: `key=value`, each once. A value.
class Words {
 public:
  Words(int count, char** words) {
    for (int i = 0; i < count; ++i) {
      const std::string_view word = words[i];
      const std::size_t at = word.find('=');
      if (at != std::string_view::npos) values_[std::string(word.substr(0, at))] = word.substr(at + 1);
    }
  }
  std::string text(const std::string& key) const {
    const auto found = values_.find(key);
    return found == values_.end() ? std::string() : found->second;
  }
  // 0 where it is not there.
  std::uint64_t number(const std::string& key) const {
    const std::string value = text(key);
    std::uint64_t n = 0;
    std::from_chars(value.data(), value.data() + value.size(), n);
    return n;
  }

 private:
  std::map<std::string, std::string> values_;
};

}  // namespace terrane::soak
