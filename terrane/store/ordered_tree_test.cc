#include "terrane/store/ordered_tree.h"

#include <gtest/gtest.h>

#include <map>

#include "terrane/base/hash.h"

namespace terrane {

namespace {

using Model = std::map<std::string, std::string>;

Model all_of(const OrderedTree& tree) {
  Model out;
  OrderedTree::Iterator it(tree);
  for (it.seek({}); it.entry() != nullptr; it.next()) out.emplace(it.entry()->key, it.entry()->value);
  return out;
}

}  // namespace

TEST(OrderedTree, AgreesWithAMapAndKeepsOlderTrees) {
  const std::uint64_t seed = 5;
  SCOPED_TRACE("seed " + std::to_string(seed));
  Random random(seed);
  const auto any_key = [&] { return std::to_string(random.below(300)); };
  OrderedTree tree;
  Model model;
  std::vector<std::pair<OrderedTree, Model>> old;
  for (int step = 0; step < 3000; ++step) {
    const std::string key = any_key();
    const std::uint64_t kind = random.below(20);
    if (kind < 12) {
      tree = tree.put(key, std::to_string(step));
      model[key] = std::to_string(step);
    } else if (kind < 18) {
      tree = tree.erase(key);
      model.erase(key);
    } else {
      const std::string end = any_key();
      tree = tree.erase_range(key, end);
      if (key < end) model.erase(model.lower_bound(key), model.lower_bound(end));
    }
    const std::string probe = any_key();
    const auto expected = model.find(probe);
    const OrderedTree::Entry* found = tree.find(probe);
    ASSERT_EQ(found != nullptr, expected != model.end());
    if (found != nullptr) {
      ASSERT_EQ(found->value, expected->second);
    }
    OrderedTree::Iterator it(tree);
    it.seek(probe);
    const auto next = model.lower_bound(probe);
    ASSERT_EQ(it.entry() != nullptr, next != model.end());
    if (it.entry() != nullptr) {
      ASSERT_EQ(it.entry()->key, next->first);
    }
    if (step % 100 == 0) old.emplace_back(tree, model);
  }
  for (const auto& [then, content] : old) EXPECT_EQ(all_of(then), content);
}

TEST(OrderedTree, StaysShallowWhenFilledInOrder) {
  OrderedTree tree;
  for (int i = 0; i < 100000; ++i) tree = tree.put(std::to_string(1000000 + i), "v");
  EXPECT_EQ(all_of(tree).size(), 100000u);
  tree = tree.erase_range("1000001", "1099999");
  EXPECT_EQ(all_of(tree).size(), 2u);
}

}  // namespace terrane
