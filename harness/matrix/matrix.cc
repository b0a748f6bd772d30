#include "harness/matrix/matrix.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace badgate::harness::matrix {

Matrix::Count Matrix::count(std::size_t column) const {
  Count count;
  for (const Row& row : rows) {
    const Cell& cell = row.cells[column];
    ++(!cell.broken.empty() ? count.broken : cell.skipped.empty() ? count.played : count.skipped);
  }
  return count;
}

bool Matrix::differs(const Row& row, std::size_t column) const {
  const auto first = std::ranges::find_if(row.cells, &Cell::played);
  const Cell& cell = row.cells[column];
  return cell.played() && first != row.cells.end() && !same_answers(*first, cell);
}

std::string to_json(const Matrix& matrix) {
  using nlohmann::json;
  json columns = json::array();
  for (const Column& column : matrix.columns)
    columns.push_back({{"proxy", column.name}, {"version", column.version}});
  json rows = json::array();
  for (const Row& row : matrix.rows) {
    json cells = json::array();
    for (std::size_t i = 0; i < row.cells.size(); ++i) {
      json cell = json::parse(to_json(row.cells[i]));
      cell["text"] = answers_text(row.cells[i]);
      cell["differs"] = matrix.differs(row, i);
      cells.push_back(std::move(cell));
    }
    rows.push_back({{"scenario", row.scenario},
                    {"title", row.title},
                    {"cause", row.cause},
                    {"cells", std::move(cells)}});
  }
  return json{{"columns", columns}, {"rows", rows}}.dump(1, ' ', false,
                                                         json::error_handler_t::replace) +
         "\n";
}

}  // namespace badgate::harness::matrix
