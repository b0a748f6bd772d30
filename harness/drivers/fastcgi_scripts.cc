#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "harness/drivers/expressed.h"

namespace badgate::harness::drivers {
namespace {

using Text = net::Result<std::string>;

constexpr std::string_view kScript = "$fastcgi_script_name";

// What every FastCGI client says of itself, and nginx only if it is told to.
bool is_said_anyhow(std::string_view param) {
  constexpr std::array<std::string_view, 3> kSame{
      "SCRIPT_FILENAME ", "REQUEST_METHOD $request_method", "REQUEST_URI $request_uri"};
  return std::ranges::any_of(kSame, [&](auto same) { return param.starts_with(same); });
}

net::Result<void> no_own_params(const Setup& setup, std::string_view proxy) {
  for (const auto& [name, text] : setup.directives.directives) {
    if (name != "fastcgi_param") continue;
    std::string_view rest = text;
    while (!rest.empty()) {
      const auto line = rest.substr(0, rest.find('\n'));
      if (!is_said_anyhow(line)) return not_expressed(proxy, fmt::format("fastcgi_param {}", line));
      rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    }
  }
  return {};
}

}  // namespace

Text scripts_folder(const Setup& setup, std::string_view proxy) {
  const auto& settings = setup.settings;
  if (auto ok = no_own_params(setup, proxy); !ok) return tl::unexpected(ok.error());
  std::string folder = settings.root;
  for (const auto& param : settings.fastcgi_params_in_force()) {
    if (param.name != "SCRIPT_FILENAME") continue;
    if (!param.value.ends_with(kScript))
      return not_expressed(proxy, fmt::format("fastcgi_param {} {}", param.name, param.value));
    folder = param.value.substr(0, param.value.size() - kScript.size());
    if (folder == "$document_root") folder = settings.root;
  }
  if (folder.find('$') != folder.npos) return not_expressed(proxy, "variables in SCRIPT_FILENAME");
  return folder;
}

}  // namespace badgate::harness::drivers
