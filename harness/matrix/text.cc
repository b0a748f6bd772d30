// The matrix as text: for a terminal, and as Markdown.
#include <fmt/core.h>

#include <algorithm>

#include "harness/matrix/matrix.h"
#include "net/text.h"

namespace badgate::harness::matrix {
namespace {

constexpr std::size_t kWidestScenario = 52;
constexpr std::size_t kNarrowestColumn = 10;
constexpr std::size_t kGap = 2;

std::string heading(const Column& column) {
  return column.version.empty() ? column.name : column.name + " " + column.version;
}

// Letters as people count them: UTF-8's first bytes.
std::size_t letters(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

// Exactly so many letters: filled up, or cut with "…".
std::string fitted(std::string text, std::size_t width) {
  while (letters(text) > width) {
    while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0xc0) == 0x80)
      text.pop_back();
    if (!text.empty()) text.pop_back();
    if (letters(text) < width) return text + "…";
  }
  return text + std::string(width - letters(text), ' ');
}

// What failed where, and why cells are empty: each reason once, with how many there are.
std::string reasons(const Matrix& matrix, std::size_t column) {
  std::string errors;
  std::vector<std::pair<std::string, std::size_t>> found;
  for (const Row& row : matrix.rows) {
    const Cell& cell = row.cells[column];
    if (!cell.broken.empty()) errors += fmt::format("  {}: {}\n", row.scenario, cell.broken);
    const std::string& why = cell.skipped;
    if (why.empty()) continue;
    const auto known = std::ranges::find(found, why, &std::pair<std::string, std::size_t>::first);
    if (known == found.end()) {
      found.emplace_back(why, 1);
    } else {
      ++known->second;
    }
  }
  std::ranges::stable_sort(found, std::greater<>(), &std::pair<std::string, std::size_t>::second);
  std::string out = errors;
  for (const auto& [why, times] : found)
    out += fmt::format("  {:4} {}\n", times, why);
  return out;
}

std::string for_table(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '|') out += '\\';
    out += c == '\n' ? ' ' : c;
  }
  return out;
}

// A cell says no more than "error".
std::string errors_below_table(const Matrix& matrix) {
  std::string out;
  for (const Row& row : matrix.rows) {
    for (std::size_t i = 0; i < row.cells.size(); ++i) {
      if (row.cells[i].broken.empty()) continue;
      out += fmt::format("{}- {}, {}: {}\n", out.empty() ? "\n" : "", row.scenario,
                         heading(matrix.columns[i]), for_table(row.cells[i].broken));
    }
  }
  return out;
}

}  // namespace

std::string to_terminal(const Matrix& matrix, std::size_t width, bool colour) {
  std::size_t first = 8;
  for (const Row& row : matrix.rows)
    first = std::max(first, letters(row.scenario));
  first = std::min(first, kWidestScenario);
  const auto columns = std::max<std::size_t>(matrix.columns.size(), 1);
  const auto left = width > first ? width - first : 0;
  const auto each = std::max(left / columns, kNarrowestColumn + kGap) - kGap;
  std::string out = fitted("scenario", first);
  for (const Column& column : matrix.columns)
    out += "  " + fitted(heading(column), each);
  out += "\n";
  for (const Row& row : matrix.rows) {
    out += fitted(row.scenario, first);
    for (std::size_t i = 0; i < row.cells.size(); ++i) {
      const bool stands_out = colour && (matrix.differs(row, i) || !row.cells[i].broken.empty());
      const auto text = fitted(text_of(row.cells[i]), each);
      out += stands_out ? "  \x1b[1;33m" + text + "\x1b[0m" : "  " + text;
    }
    out += "\n";
  }
  for (std::size_t i = 0; i < matrix.columns.size(); ++i) {
    const auto count = matrix.count(i);
    std::size_t differ = 0;
    for (const Row& row : matrix.rows)
      differ += matrix.differs(row, i) ? 1 : 0;
    out +=
        fmt::format("\n{}: {} played, {} skipped, {} errors; {} differ from the first column\n{}",
                    heading(matrix.columns[i]), count.played, count.skipped, count.broken, differ,
                    reasons(matrix, i));
  }
  return out;
}

std::string to_markdown(const Matrix& matrix) {
  std::string out = "| scenario |";
  std::string line = "|---|";
  for (const Column& column : matrix.columns) {
    out += fmt::format(" {} |", heading(column));
    line += "---|";
  }
  out += "\n" + line + "\n";
  for (const Row& row : matrix.rows) {
    out += fmt::format("| {} |", for_table(row.scenario));
    for (std::size_t i = 0; i < row.cells.size(); ++i) {
      const auto text = for_table(text_of(row.cells[i]));
      out += matrix.differs(row, i) ? fmt::format(" **{}** |", text) : fmt::format(" {} |", text);
    }
    out += "\n";
  }
  return out + errors_below_table(matrix);
}

}  // namespace badgate::harness::matrix
