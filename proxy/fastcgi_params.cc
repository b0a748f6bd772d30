#include "proxy/fastcgi_params.h"

#include <algorithm>

#include "net/fastcgi.h"

namespace badgate::proxy {
namespace {

constexpr std::string_view kPrefix = "HTTP_";

std::string param_name(std::string_view header) {
  std::string name(kPrefix);
  for (const char c : header)
    name += c == '-' ? '_' : c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return name;
}

// Of nginx's hash of headers: only names that are written HTTP_… are in it.
bool is_header(std::string_view param) {
  return param.size() > kPrefix.size() && param.starts_with(kPrefix);
}

}  // namespace

net::Result<FastcgiParams> FastcgiParams::compile(const std::vector<FastcgiParam>& params) {
  FastcgiParams out;
  for (const FastcgiParam& param : params) {
    auto value = ComplexValue::compile(param.value);
    if (!value) return tl::unexpected(value.error());
    out.params_.push_back({param.name, std::move(*value), param.if_not_empty,
                           param.value.empty() && is_header(param.name)});
  }
  return out;
}

bool FastcgiParams::replaces(std::string_view param) const {
  return std::any_of(params_.begin(), params_.end(), [param](const Param& own) {
    return is_header(own.name) && net::http1::iequals(own.name, param);
  });
}

std::string FastcgiParams::encode(const AccessRecord& record, const net::http1::HeaderList* headers,
                                  bool join) const {
  std::string out;
  for (const Param& param : params_) {
    if (param.only_hides) continue;
    const auto value = param.value.evaluate(record, join);
    if (param.if_not_empty && value.empty()) continue;
    net::fastcgi::append_param(out, param.name, value);
  }
  if (headers == nullptr) return out;
  std::vector<std::pair<std::string, std::string>> passed;
  for (const auto& header : *headers) {
    auto name = param_name(header.name);
    if (replaces(name)) continue;
    const auto same = std::find_if(passed.begin(), passed.end(),
                                   [&](const auto& other) { return other.first == name; });
    if (join && same != passed.end()) {
      same->second += (name == "HTTP_COOKIE" ? "; " : ", ") + header.value;
    } else {
      passed.emplace_back(std::move(name), header.value);
    }
  }
  for (const auto& [name, value] : passed)
    net::fastcgi::append_param(out, name, value);
  return out;
}

}  // namespace badgate::proxy
