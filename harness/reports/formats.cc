#include "harness/reports/formats.h"

#include <algorithm>
#include <array>

#include "harness/reports/html.h"
#include "harness/reports/json.h"

namespace badgate::harness::reports {
namespace {

constexpr std::array kFormats{
    Format{"junit", "JUnit XML, for Jenkins, GitLab and others", junit_report},
    Format{"tap", "TAP version 14", tap_report},
    Format{"json", "all that is known; `badgate report` reads it", json_report},
    Format{"github", "annotations of GitHub Actions", github_report},
    Format{"markdown", "a job's summary", markdown_report},
    Format{"html", "one page for a browser, with diagrams", html_report},
};

}  // namespace

std::span<const Format> formats() {
  return kFormats;
}

const Format* find_format(std::string_view name) {
  const auto at = std::ranges::find(kFormats, name, &Format::name);
  return at == kFormats.end() ? nullptr : &*at;
}

std::vector<std::string> format_names() {
  std::vector<std::string> names;
  for (const Format& format : kFormats)
    names.emplace_back(format.name);
  return names;
}

}  // namespace badgate::harness::reports
