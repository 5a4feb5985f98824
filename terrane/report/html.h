#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace terrane {

// Text as HTML, in content and in quoted attributes: & < > " ' as entities; what is not UTF-8, and control
// characters other than line ends and tabs, as U+FFFD.
std::string html_escape(std::string_view text);
std::string base64(std::string_view bytes);
// "#0a0b0c".
std::string css_color(std::uint32_t rgb);

// A cell of a table, as HTML: text that was escaped, or mark-up of our own.
struct TableCell {
  std::string html;
  bool number = false;  // to the right
};
TableCell text_cell(std::string_view text);
TableCell number_cell(std::string_view text);
// A share, 0..1, as text with a bar behind it.
TableCell share_cell(std::string_view text, double share);
// A patch of colour, then a name.
TableCell swatch_cell(std::uint32_t rgb, std::string_view name);

// A table that scrolls sideways on its own where the page is narrow. Its columns are numbers where the first
// row's are.
class HtmlTable {
 public:
  // `id` is ours; heads are escaped.
  HtmlTable(std::string_view id, std::string_view caption, std::initializer_list<std::string_view> heads);
  void row(std::vector<TableCell> cells) { rows_.push_back(std::move(cells)); }
  bool empty() const { return rows_.empty(); }
  std::string html() const;

 private:
  std::string id_, caption_;
  std::vector<std::string> heads_;
  std::vector<std::vector<TableCell>> rows_;
};

}  // namespace terrane
