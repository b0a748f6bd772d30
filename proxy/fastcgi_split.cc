#include "proxy/fastcgi_split.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

namespace badgate::proxy {
namespace {

constexpr std::uint32_t kCaptures = 2;

struct FreeMatch {
  void operator()(pcre2_match_data* match) const { pcre2_match_data_free(match); }
};

PCRE2_SPTR bytes_of(std::string_view text) {
  return reinterpret_cast<PCRE2_SPTR>(text.data());
}

}  // namespace

struct FastcgiSplit::Code {
  explicit Code(pcre2_code* the_regex) : regex(the_regex) {}
  ~Code() { pcre2_code_free(regex); }
  Code(const Code&) = delete;
  Code& operator=(const Code&) = delete;

  pcre2_code* regex;
};

// ngx_regex_compile, ngx_http_fastcgi_split_path_info
net::Result<FastcgiSplit> FastcgiSplit::compile(const std::string& pattern) {
  FastcgiSplit out;
  if (pattern.empty()) return out;
  int error = 0;
  PCRE2_SIZE at = 0;
  auto code = std::make_shared<const Code>(
      pcre2_compile(bytes_of(pattern), pattern.size(), 0, &error, &at, nullptr));
  if (code->regex == nullptr) {
    std::array<PCRE2_UCHAR, 128> text{};
    pcre2_get_error_message(error, text.data(), text.size());
    return net::fail(fmt::format("pcre2_compile() failed: {} in \"{}\" at \"{}\"",
                                 reinterpret_cast<const char*>(text.data()), pattern,
                                 std::string_view(pattern).substr(std::min(at, pattern.size()))));
  }
  std::uint32_t captures = 0;
  pcre2_pattern_info(code->regex, PCRE2_INFO_CAPTURECOUNT, &captures);
  if (captures != kCaptures)
    return net::fail(fmt::format("pattern \"{}\" must have 2 captures", pattern));
  out.code_ = std::move(code);
  return out;
}

FastcgiNames FastcgiSplit::names(std::string_view uri, std::string_view index) const {
  FastcgiNames out{.script_name = std::string(uri), .path_info = {}};
  if (code_) {
    const std::unique_ptr<pcre2_match_data, FreeMatch> match(
        pcre2_match_data_create_from_pattern(code_->regex, nullptr));
    const int found =
        pcre2_match(code_->regex, bytes_of(uri), uri.size(), 0, 0, match.get(), nullptr);
    const PCRE2_SIZE* at = pcre2_get_ovector_pointer(match.get());
    const auto capture = [&](std::size_t number) {
      const auto begin = at[2 * number];
      return begin == PCRE2_UNSET ? std::string()
                                  : std::string(uri.substr(begin, at[2 * number + 1] - begin));
    };
    if (found > 0) out = {capture(1), found > 2 ? capture(2) : std::string()};
  }
  if (out.script_name.ends_with('/')) out.script_name += index;
  return out;
}

}  // namespace badgate::proxy
