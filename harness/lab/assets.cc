#include "harness/lab/assets.h"

#include <algorithm>
#include <array>

namespace badgate::harness::lab {
namespace {

struct Asset {
  std::string_view path;
  std::string_view content;
};

constexpr Asset kAssets[] = {
#include "harness/lab_assets.inc"
};

std::string_view type_of(std::string_view path) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 5> types{
      {{".html", "text/html; charset=utf-8"},
       {".js", "text/javascript; charset=utf-8"},
       {".css", "text/css; charset=utf-8"},
       {".svg", "image/svg+xml"},
       {".json", "application/json"}}};
  const auto at =
      std::ranges::find_if(types, [&](const auto& entry) { return path.ends_with(entry.first); });
  return at == types.end() ? "text/plain; charset=utf-8" : at->second;
}

}  // namespace

std::optional<HttpAnswer> asset(std::string_view path) {
  if (path == "/") path = "/assets/index.html";
  const auto at = std::ranges::find(kAssets, path, &Asset::path);
  if (at == std::end(kAssets)) return std::nullopt;
  return HttpAnswer{200, std::string(type_of(path)), std::string(at->content)};
}

}  // namespace badgate::harness::lab
