// The matrix as one HTML page. The data stand in it as JSON; a few lines of script make the table.
#include <string>
#include <string_view>

#include "harness/matrix/matrix.h"

namespace badgate::harness::matrix {
namespace {

constexpr std::string_view kHead = R"page(<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>badgate: who answers what</title>
<style>
:root { color-scheme: light dark; --line: #8884; --mark: #fa03; --ink: CanvasText; }
body { font: 15px/1.5 system-ui, sans-serif; margin: 1.5rem; color: var(--ink); background: Canvas; }
h1 { font-size: 1.4rem; margin: 0 0 .5rem; }
form { display: flex; gap: 1rem; flex-wrap: wrap; align-items: center; margin: 1rem 0; }
input[type=search] { font: inherit; padding: .3rem .5rem; min-width: 16rem; }
.scroll { overflow: auto; max-height: 75vh; border: 1px solid var(--line); }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .3rem .6rem; border-bottom: 1px solid var(--line); white-space: nowrap; vertical-align: top; }
thead th { position: sticky; top: 0; background: Canvas; }
tbody th { font-weight: normal; }
th button, td button { font: inherit; color: inherit; background: none; border: 0; padding: 0; cursor: pointer; text-align: left; }
thead button { font-weight: bold; }
td.differs { background: var(--mark); }
td.skipped, .code { opacity: .7; }
.code { display: block; font-size: .85em; }
dialog { max-width: min(70rem, 94vw); }
pre { overflow: auto; max-height: 60vh; font-size: .85rem; }
@media print { .scroll { max-height: none; overflow: visible; } form { display: none; } }
</style>
</head>
<body>
<h1>Who answers what</h1>
<p id="about"></p>
<form>
  <label>Filter <input type="search" id="filter" placeholder="a part of a name, or a status"></label>
  <label><input type="checkbox" id="only"> only rows that differ</label>
  <output id="count"></output>
</form>
<div class="scroll"><table><thead><tr id="head"></tr></thead><tbody id="body"></tbody></table></div>
<dialog id="story"><h2 id="story-title"></h2><p id="story-about"></p><pre id="story-lines"></pre>
<form method="dialog"><button>Close</button></form></dialog>
<script id="data" type="application/json">)page";

constexpr std::string_view kTail = R"page(</script>
<script>
'use strict';
const data = JSON.parse(document.getElementById('data').textContent);
const by = id => document.getElementById(id);
const make = (tag, text, parent) => {
  const element = document.createElement(tag);
  if (text) element.textContent = text;
  if (parent) parent.append(element);
  return element;
};
let order = 0, down = false;
const label = column => column.version ? column.proxy + ' ' + column.version : column.proxy;
const textOf = (row, i) => i === 0 ? row.scenario : row.cells[i - 1].text;
const seconds = ns => (ns / 1e9).toFixed(3);

function tell(row, i) {
  const cell = row.cells[i];
  by('story-title').textContent = row.scenario + ': ' + label(data.columns[i]);
  by('story-about').textContent = cell.skipped || cell.broken || cell.start_error ||
    row.title + '. ' + cell.text + '; servers saw ' + cell.connections +
    ' connections and worked on ' + cell.executed + ' requests.';
  by('story-lines').textContent =
    cell.timeline.map(f => seconds(f[0]).padStart(11) + '  ' + f[1].padEnd(12) + '  ' + f[2]).join('\n');
  by('story').showModal();
}

function fill() {
  const wanted = by('filter').value.toLowerCase();
  const rows = data.rows
    .filter(row => !by('only').checked || row.cells.some(cell => cell.differs))
    .filter(row => (row.scenario + ' ' + row.title + ' ' + row.cells.map(c => c.text + ' ' + c.codes.join(' ')).join(' '))
      .toLowerCase().includes(wanted))
    .sort((a, b) => textOf(a, order).localeCompare(textOf(b, order), 'en', {numeric: true}) * (down ? -1 : 1));
  by('body').replaceChildren();
  for (const row of rows) {
    const line = make('tr', '', by('body'));
    const name = make('th', row.scenario, line);
    name.scope = 'row';
    name.title = row.title;
    row.cells.forEach((cell, i) => {
      const place = make('td', '', line);
      place.className = cell.differs ? 'differs' : cell.skipped ? 'skipped' : '';
      const button = make('button', cell.text, place);
      button.type = 'button';
      button.title = cell.skipped || 'What happened, step by step';
      if (cell.codes.length) make('span', cell.codes.join(' '), button).className = 'code';
      button.onclick = () => tell(row, i);
    });
  }
  by('count').textContent = rows.length + ' of ' + data.rows.length + ' scenarios';
}

['scenario', ...data.columns.map(label)].forEach((text, i) => {
  const place = make('th', '', by('head'));
  place.scope = 'col';
  const button = make('button', text, place);
  button.type = 'button';
  button.onclick = () => {
    down = order === i && !down;
    order = i;
    for (const other of by('head').children) other.removeAttribute('aria-sort');
    place.setAttribute('aria-sort', down ? 'descending' : 'ascending');
    fill();
  };
});
by('about').textContent = 'Each scenario, played on each proxy. Cells that differ from the first column are marked; ' +
  'a cell opens its story. Made by badgate matrix.';
by('filter').oninput = fill;
by('only').onchange = fill;
fill();
</script>
</body>
</html>
)page";

// "</script>" in the data would end them.
std::string for_script(std::string json) {
  for (auto at = json.find("</"); at != json.npos; at = json.find("</", at + 3))
    json.insert(at + 1, 1, '\\');
  return json;
}

}  // namespace

std::string to_html(const Matrix& matrix) {
  return std::string(kHead) + for_script(to_json(matrix)) + std::string(kTail);
}

}  // namespace badgate::harness::matrix
