#include "terrane/store/ordered_tree.h"

#include <utility>

#include "terrane/base/bytes.h"
#include "terrane/base/hash.h"

namespace terrane {

namespace {

using Entry = OrderedTree::Entry;
using Node = OrderedTree::Node;
using NodePtr = OrderedTree::NodePtr;

NodePtr with_children(const Node& node, NodePtr left, NodePtr right) {
  return std::make_shared<const Node>(Node{node.entry, std::move(left), std::move(right)});
}

// Equal priorities of different keys fall back on the key, which keeps the shape unique.
bool above(const Entry& a, const Entry& b) {
  return a.priority != b.priority ? a.priority > b.priority : a.key < b.key;
}

// Nodes below `key`, and those at or after it.
std::pair<NodePtr, NodePtr> split(const NodePtr& tree, std::string_view key) {
  if (!tree) return {};
  if (tree->entry->key < key) {
    auto [low, high] = split(tree->right, key);
    if (!high) return {tree, nullptr};
    return {with_children(*tree, tree->left, std::move(low)), std::move(high)};
  }
  auto [low, high] = split(tree->left, key);
  if (!low) return {nullptr, tree};
  return {std::move(low), with_children(*tree, std::move(high), tree->right)};
}

// Every key of `low` is below every key of `high`.
NodePtr join(const NodePtr& low, const NodePtr& high) {
  if (!low) return high;
  if (!high) return low;
  if (above(*low->entry, *high->entry)) return with_children(*low, low->left, join(low->right, high));
  return with_children(*high, join(low, high->left), high->right);
}

// The tree without its smallest node, which is `key`.
NodePtr without_first(const NodePtr& tree) {
  if (!tree->left) return tree->right;
  return with_children(*tree, without_first(tree->left), tree->right);
}

bool begins_with(const NodePtr& tree, std::string_view key) {
  const Node* n = tree.get();
  if (n == nullptr) return false;
  while (n->left) n = n->left.get();
  return n->entry->key == key;
}

}  // namespace

OrderedTree OrderedTree::put(std::string_view key, std::string_view value) const {
  auto [low, high] = split(root_, key);
  if (begins_with(high, key)) high = without_first(high);
  auto entry =
      std::make_shared<const Entry>(Entry{std::string(key), std::string(value), hash64(as_bytes(key))});
  auto node = std::make_shared<const Node>(Node{std::move(entry), nullptr, nullptr});
  return OrderedTree(join(join(low, node), high));
}

OrderedTree OrderedTree::erase(std::string_view key) const {
  auto [low, high] = split(root_, key);
  if (!begins_with(high, key)) return *this;
  return OrderedTree(join(low, without_first(high)));
}

OrderedTree OrderedTree::erase_range(std::string_view begin, std::string_view end) const {
  if (end <= begin) return *this;
  auto [low, rest] = split(root_, begin);
  auto [middle, high] = split(rest, end);
  if (!middle) return *this;
  return OrderedTree(join(low, high));
}

const OrderedTree::Entry* OrderedTree::find(std::string_view key) const {
  const Node* n = root_.get();
  while (n != nullptr) {
    const int order = key.compare(n->entry->key);
    if (order == 0) return n->entry.get();
    n = (order < 0 ? n->left : n->right).get();
  }
  return nullptr;
}

void OrderedTree::Iterator::seek(std::string_view key) {
  path_.clear();
  for (const Node* n = root_; n != nullptr;) {
    if (n->entry->key < key) {
      n = n->right.get();
    } else {
      path_.push_back(n);
      n = n->left.get();
    }
  }
}

void OrderedTree::Iterator::next() {
  const Node* n = path_.back()->right.get();
  path_.pop_back();
  for (; n != nullptr; n = n->left.get()) path_.push_back(n);
}

}  // namespace terrane
