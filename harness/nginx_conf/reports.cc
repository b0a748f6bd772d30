#include "harness/nginx_conf/reports.h"

#include <iterator>
#include <utility>

namespace badgate::harness::nginx_conf {

void Reports::add(const std::string& file, Place place, std::string message, std::string expected,
                  std::string suggestion) {
  auto at = files_.find(file);
  if (at == files_.end()) {
    const auto text = sources_.text(file);
    at = files_.emplace(file, Diagnostics(file, text.value_or(std::string_view()))).first;
    order_.push_back(file);
  }
  at->second.add(place, std::move(message), std::move(expected), std::move(suggestion));
}

void Reports::add(const Position& position, std::string message, std::string expected) {
  add(position.file, {position.line, position.column, 1}, std::move(message), std::move(expected));
}

std::vector<Diagnostic> Reports::take() {
  std::vector<Diagnostic> all;
  for (const std::string& file : order_) {
    auto found = files_.at(file).take();
    std::move(found.begin(), found.end(), std::back_inserter(all));
  }
  return all;
}

}  // namespace badgate::harness::nginx_conf
