#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace terrane {

// An immutable ordered map of bytes: every change makes a new tree that shares what did not change, so that
// a copy is a snapshot and costs a pointer. put, erase and find are O(log n); erase_range too, however many
// keys it removes (freeing them is linear once no tree holds them).
//
// It is a treap whose priorities are hashes of the keys: its shape is a function of its content. Any number
// of threads may read and copy trees that share nodes.
class OrderedTree {
 public:
  struct Entry {
    std::string key, value;
    std::uint64_t priority;
  };
  struct Node;
  using NodePtr = std::shared_ptr<const Node>;
  struct Node {
    std::shared_ptr<const Entry> entry;
    NodePtr left, right;
  };

  OrderedTree() = default;
  [[nodiscard]] OrderedTree put(std::string_view key, std::string_view value) const;
  [[nodiscard]] OrderedTree erase(std::string_view key) const;
  [[nodiscard]] OrderedTree erase_range(std::string_view begin, std::string_view end) const;
  const Entry* find(std::string_view key) const;

  // Walks upward. Valid while some tree holds the nodes of the one it was made from.
  class Iterator {
   public:
    explicit Iterator(const OrderedTree& tree) : root_(tree.root_.get()) {}
    void seek(std::string_view key);  // to the first entry at or after `key`
    void next();                      // there is an entry
    const Entry* entry() const { return path_.empty() ? nullptr : path_.back()->entry.get(); }

   private:
    const Node* root_;
    std::vector<const Node*> path_;  // the last is where it stands; the others come later
  };

 private:
  explicit OrderedTree(NodePtr root) : root_(std::move(root)) {}
  NodePtr root_;
};

}  // namespace terrane
