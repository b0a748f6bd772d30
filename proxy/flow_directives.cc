#include "proxy/flow_directives.h"

#include <fmt/core.h>

#include <optional>
#include <string>

#include "net/text.h"
#include "proxy/complex_value.h"
#include "proxy/directive_values.h"

namespace badgate::proxy {
namespace {

using Words = std::vector<std::string>;

std::optional<unsigned> number_of(std::string_view text) {
  const auto number = parse_count(text);
  return number ? std::optional<unsigned>(*number) : std::nullopt;
}

template <typename T>
net::Result<std::vector<T>> parse_lines(std::string_view text,
                                        net::Result<T> (*parse)(const Words&)) {
  std::vector<T> out;
  for (const auto line : lines_of(text)) {
    auto words = arguments_of(line);
    if (!words) return tl::unexpected(words.error());
    auto one = parse(*words);
    if (!one) return tl::unexpected(one.error());
    out.push_back(std::move(*one));
  }
  if (out.empty()) return net::fail("expected arguments, not an empty text");
  return out;
}

net::Result<int> parse_error_status(std::string_view word) {
  const auto status = number_of(word);
  if (!status || *status == 499) return net::fail(fmt::format("invalid value \"{}\"", word));
  if (*status < 300 || *status > 599)
    return net::fail(fmt::format("value \"{}\" must be between 300 and 599", word));
  return static_cast<int>(*status);
}

net::Result<ErrorPageSetting> parse_error_page(const Words& words) {
  if (words.size() < 2) return net::fail("expected statuses and a URI: 502 504 =200 /sorry");
  ErrorPageSetting page;
  page.uri = words.back();
  std::size_t count = words.size() - 1;
  const std::string& answer = words[count - 1];
  if (answer.starts_with('=')) {
    const auto status =
        answer.size() == 1 ? std::optional<unsigned>(0) : number_of(answer.substr(1));
    if (count == 1 || !status) return net::fail(fmt::format("invalid value \"{}\"", answer));
    page.overwrite = static_cast<int>(*status);
    --count;
  }
  for (std::size_t i = 0; i < count; ++i) {
    const auto status = parse_error_status(words[i]);
    if (!status) return tl::unexpected(status.error());
    page.statuses.push_back(*status);
  }
  if (auto uri = ComplexValue::compile(page.uri); !uri) return tl::unexpected(uri.error());
  return page;
}

// "burst=5" → 5, if the word begins with "burst=".
std::optional<std::string_view> value_of(std::string_view word, std::string_view name) {
  if (!word.starts_with(name)) return std::nullopt;
  return word.substr(name.size());
}

net::Result<LimitReq> parse_one_limit_req(const Words& words) {
  LimitReq limit;
  for (const std::string& word : words) {
    if (const auto zone = value_of(word, "zone=")) {
      limit.zone = std::string(*zone);
    } else if (const auto burst = value_of(word, "burst=")) {
      limit.burst = number_of(*burst).value_or(0);
      if (limit.burst == 0) return net::fail(fmt::format("invalid burst value \"{}\"", word));
    } else if (const auto delay = value_of(word, "delay=")) {
      limit.delay = number_of(*delay).value_or(0);
      if (limit.delay == 0) return net::fail(fmt::format("invalid delay value \"{}\"", word));
    } else if (word == "nodelay") {
      limit.delay = LimitReq::no_delay;
    } else {
      return net::fail(fmt::format("invalid parameter \"{}\"", word));
    }
  }
  if (limit.zone.empty()) return net::fail("\"limit_req\" must have \"zone\" parameter");
  return limit;
}

net::Result<LimitConn> parse_one_limit_conn(const Words& words) {
  if (words.size() != 2) return net::fail("expected a zone and a number: one 5");
  const unsigned number = number_of(words[1]).value_or(0);
  if (number == 0) return net::fail(fmt::format("invalid number of connections \"{}\"", words[1]));
  if (number > 65535) return net::fail("connection limit must be less 65536");
  return LimitConn{words[0], number};
}

net::Result<void> set_zone(LimitZone& zone, const std::string& word, std::string_view value) {
  constexpr std::uint64_t smallest = 8 * 4096;
  const auto colon = value.find(':');
  const auto size = net::parse_size(colon == value.npos ? "" : value.substr(colon + 1));
  if (!size) return net::fail(fmt::format("invalid zone size \"{}\"", word));
  if (*size < smallest) return net::fail(fmt::format("zone \"{}\" is too small", word));
  zone.name = std::string(value.substr(0, colon));
  zone.size = *size;
  return {};
}

net::Result<void> set_rate(LimitZone& zone, const std::string& word, std::string_view value) {
  const bool minute = value.ends_with("r/m");
  if (minute || value.ends_with("r/s")) value.remove_suffix(3);
  const unsigned rate = number_of(value).value_or(0);
  if (rate == 0 || rate > 1'000'000) return net::fail(fmt::format("invalid rate \"{}\"", word));
  zone.rate = std::max(rate * 1000 / (minute ? 60U : 1U), 1U);
  return {};
}

template <bool with_rate>
net::Result<LimitZone> parse_zone(const Words& words) {
  LimitZone zone;
  if (words.empty()) return net::fail("expected a key and a zone");
  zone.key = words.front();
  if (auto key = ComplexValue::compile(zone.key); !key) return tl::unexpected(key.error());
  for (std::size_t i = 1; i < words.size(); ++i) {
    net::Result<void> ok;
    if (const auto value = value_of(words[i], "zone=")) {
      ok = set_zone(zone, words[i], *value);
    } else if (const auto rate = value_of(words[i], "rate="); rate && with_rate) {
      ok = set_rate(zone, words[i], *rate);
    } else {
      ok = net::fail(fmt::format("invalid parameter \"{}\"", words[i]));
    }
    if (!ok) return tl::unexpected(ok.error());
  }
  if (zone.name.empty())
    return net::fail(
        fmt::format("\"limit_{}_zone\" must have \"zone\" parameter", with_rate ? "req" : "conn"));
  return zone;
}

}  // namespace

net::Result<std::vector<ErrorPageSetting>> parse_error_pages(std::string_view text) {
  return parse_lines(text, parse_error_page);
}

net::Result<ReturnSetting> parse_return(std::string_view text) {
  const auto words = arguments_of(text);
  if (!words) return tl::unexpected(words.error());
  if (words->empty() || words->size() > 2)
    return net::fail("expected a status, a text or a URL: 503 \"Sorry\"");
  ReturnSetting setting;
  const std::string& first = words->front();
  const auto status = number_of(first);
  const bool url =
      first.starts_with("http://") || first.starts_with("https://") || first.starts_with("$scheme");
  if (!status && words->size() == 1 && url) {
    setting.status = 302;
    setting.text = first;
  } else if (!status || *status > 999 || *status < 100) {
    return net::fail(fmt::format("invalid return code \"{}\"", first));
  } else {
    setting.status = static_cast<int>(*status);
    if (words->size() == 2) setting.text = words->back();
  }
  if (auto value = ComplexValue::compile(setting.text); !value)
    return tl::unexpected(value.error());
  return setting;
}

net::Result<std::vector<LimitReq>> parse_limit_req(std::string_view text) {
  return parse_lines(text, parse_one_limit_req);
}
net::Result<std::vector<LimitConn>> parse_limit_conn(std::string_view text) {
  return parse_lines(text, parse_one_limit_conn);
}
net::Result<std::vector<LimitZone>> parse_limit_req_zone(std::string_view text) {
  return parse_lines(text, parse_zone<true>);
}
net::Result<std::vector<LimitZone>> parse_limit_conn_zone(std::string_view text) {
  return parse_lines(text, parse_zone<false>);
}

net::Result<int> parse_refusal_status(std::string_view text) {
  const unsigned status = number_of(text).value_or(0);
  if (status < 400 || status > 599)
    return net::fail(fmt::format("value \"{}\" must be between 400 and 599", text));
  return static_cast<int>(status);
}

}  // namespace badgate::proxy
