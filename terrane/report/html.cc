#include "terrane/report/html.h"

#include <fmt/format.h>

#include <algorithm>

namespace terrane {

namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";

// Bytes of the UTF-8 character that begins at `at`; 0 where none does.
std::size_t character(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) -> unsigned {
    return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0U;
  };
  const auto follows = [&](std::size_t i) { return (byte(i) & 0xc0) == 0x80; };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first <= 0xdf) return follows(1) ? 2 : 0;
  if (first >= 0xe0 && first <= 0xef) {
    const bool shortest = first != 0xe0 || byte(1) >= 0xa0;
    const bool surrogate = first == 0xed && byte(1) >= 0xa0;
    return follows(1) && follows(2) && shortest && !surrogate ? 3 : 0;
  }
  if (first >= 0xf0 && first <= 0xf4) {
    const bool in_range = (first != 0xf0 || byte(1) >= 0x90) && (first != 0xf4 || byte(1) < 0x90);
    return follows(1) && follows(2) && follows(3) && in_range ? 4 : 0;
  }
  return 0;
}

}  // namespace

std::string html_escape(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = character(text, at);
    const char c = text[at];
    const bool control = (static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t') || c == 0x7f;
    if (length == 0 || control) {
      out += kReplacement;
    } else if (c == '&') {
      out += "&amp;";
    } else if (c == '<') {
      out += "&lt;";
    } else if (c == '>') {
      out += "&gt;";
    } else if (c == '"') {
      out += "&quot;";
    } else if (c == '\'') {
      out += "&#39;";
    } else {
      out += text.substr(at, length);
    }
    at += std::max<std::size_t>(1, length);
  }
  return out;
}

std::string base64(std::string_view bytes) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    const std::size_t n = std::min<std::size_t>(3, bytes.size() - at);
    std::uint32_t bits = 0;
    for (std::size_t i = 0; i < 3; ++i)
      bits = bits << 8 | (i < n ? static_cast<unsigned char>(bytes[at + i]) : 0U);
    for (std::size_t i = 0; i < 4; ++i) out += i <= n ? kDigits[bits >> (18 - 6 * i) & 63] : '=';
  }
  return out;
}

std::string css_color(std::uint32_t rgb) {
  return fmt::format("#{:06x}", rgb & 0xffffff);
}

TableCell text_cell(std::string_view text) {
  return {html_escape(text), false};
}

TableCell number_cell(std::string_view text) {
  return {html_escape(text), true};
}

TableCell share_cell(std::string_view text, double share) {
  return {
      fmt::format("<span class=\"bar\"><i style=\"width:{:.2f}%\"></i></span> <span class=\"n\">{}</span>",
                  std::clamp(share, 0.0, 1.0) * 100, html_escape(text)),
      true};
}

TableCell swatch_cell(std::uint32_t rgb, std::string_view name) {
  return {
      fmt::format("<i class=\"swatch\" style=\"background:{}\"></i>{}", css_color(rgb), html_escape(name)),
      false};
}

HtmlTable::HtmlTable(std::string_view id, std::string_view caption,
                     std::initializer_list<std::string_view> heads)
    : id_(id), caption_(caption) {
  for (const std::string_view head : heads) heads_.emplace_back(head);
}

std::string HtmlTable::html() const {
  std::string out = fmt::format("<div class=\"table\"><table id=\"{}\">\n<caption>{}</caption>\n<thead><tr>",
                                html_escape(id_), html_escape(caption_));
  for (std::size_t i = 0; i < heads_.size(); ++i) {
    const bool number = !rows_.empty() && i < rows_[0].size() && rows_[0][i].number;
    out +=
        fmt::format("<th scope=\"col\"{}>{}</th>", number ? " class=\"number\"" : "", html_escape(heads_[i]));
  }
  out += "</tr></thead>\n<tbody>\n";
  for (const std::vector<TableCell>& row : rows_) {
    out += "<tr>";
    for (const TableCell& cell : row) {
      out += fmt::format("<td{}>{}</td>", cell.number ? " class=\"number\"" : "", cell.html);
    }
    out += "</tr>\n";
  }
  return out + "</tbody></table></div>\n";
}

}  // namespace terrane
