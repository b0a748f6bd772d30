// Matrix: rows are scenarios, columns are proxies. Plain data; terminal, markdown, JSON and HTML
// are written from it.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "harness/matrix/cell.h"

namespace badgate::harness::matrix {

struct Column {
  std::string name;     // "nginx", as the driver is called
  std::string version;  // "1.22.1"
};

struct Row {
  std::string scenario;  // "slow-application/deadlock"
  std::string title;
  std::string cause;
  std::vector<Cell> cells;  // one for each column
};

struct Matrix {
  std::vector<Column> columns;
  std::vector<Row> rows;

  // Of one column: cells that were played, skipped, and broken.
  struct Count {
    std::size_t played = 0;
    std::size_t skipped = 0;
    std::size_t broken = 0;
  };
  Count count(std::size_t column) const;
  // Whether clients got something else than in the first column that was played.
  bool differs(const Row& row, std::size_t column) const;
};

// For a terminal that is so many letters wide; cells that differ stand out.
std::string to_terminal(const Matrix& matrix, std::size_t width, bool colour);
std::string to_markdown(const Matrix& matrix);
// `{"columns": […], "rows": […]}`, with the timelines.
std::string to_json(const Matrix& matrix);
// One page that needs nothing else: sortable, filterable, the timeline of a cell on a click.
std::string to_html(const Matrix& matrix);

}  // namespace badgate::harness::matrix
