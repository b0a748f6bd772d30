#include "harness/nginx_conf/locate.h"

#include <algorithm>
#include <memory>
#include <string>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

namespace badgate::harness::nginx_conf {
namespace {

constexpr std::uint32_t kMostSteps = 100'000;  // of a regular expression: the file is foreign

struct FreeCode {
  void operator()(pcre2_code* code) const { pcre2_code_free(code); }
};
struct FreeMatch {
  void operator()(pcre2_match_data* match) const { pcre2_match_data_free(match); }
};
struct FreeContext {
  void operator()(pcre2_match_context* context) const { pcre2_match_context_free(context); }
};

PCRE2_SPTR bytes_of(std::string_view text) {
  return reinterpret_cast<PCRE2_SPTR>(text.data());
}

bool matches(std::string_view pattern, std::string_view text, bool caseless) {
  int error = 0;
  PCRE2_SIZE at = 0;
  const std::unique_ptr<pcre2_code, FreeCode> code(pcre2_compile(
      bytes_of(pattern), pattern.size(), caseless ? PCRE2_CASELESS : 0, &error, &at, nullptr));
  if (!code) return false;
  const std::unique_ptr<pcre2_match_data, FreeMatch> match(
      pcre2_match_data_create_from_pattern(code.get(), nullptr));
  const std::unique_ptr<pcre2_match_context, FreeContext> context(
      pcre2_match_context_create(nullptr));
  pcre2_set_match_limit(context.get(), kMostSteps);
  return pcre2_match(code.get(), bytes_of(text), text.size(), 0, 0, match.get(), context.get()) > 0;
}

bool is_wildcard_of(std::string_view name, std::string_view host) {
  if (name.starts_with("*.")) return host.ends_with(name.substr(1)) && host.size() >= name.size();
  if (name.starts_with('.')) return host.ends_with(name) || host == name.substr(1);
  return name.ends_with(".*") && host.starts_with(name.substr(0, name.size() - 1));
}

template <typename Test>
std::optional<std::size_t> first_server(const Site& site, Test test) {
  for (std::size_t i = 0; i < site.servers.size(); ++i) {
    if (std::ranges::any_of(site.servers[i].names, test)) return i;
  }
  return std::nullopt;
}

// Those that stand in `parent`.
struct Level {
  const Server& server;
  std::string_view path;
  std::size_t parent;

  template <typename F>
  std::optional<std::size_t> find(F wanted) const {
    for (std::size_t i = parent == Location::none ? 0 : parent + 1; i < server.locations.size();
         ++i) {
      const Location& location = server.locations[i];
      const bool here = location.parent == parent && location.kind == Location::Kind::location;
      if (here && wanted(location)) return i;
    }
    return std::nullopt;
  }
};

std::optional<std::size_t> find_in(const Server& server, std::string_view path,
                                   std::size_t parent) {
  const Level level{server, path, parent};
  if (const auto exact = level.find([&](const Location& location) {
        const bool whole = location.modifier == "=" || location.is_named();
        return whole && location.pattern == path;
      }))
    return exact;
  std::optional<std::size_t> best;
  level.find([&](const Location& location) {
    const bool prefix = location.modifier.empty() || location.modifier == "^~";
    if (!prefix || location.is_named() || !path.starts_with(location.pattern)) return false;
    const auto index = static_cast<std::size_t>(&location - server.locations.data());
    if (!best || location.pattern.size() > server.locations[*best].pattern.size()) best = index;
    return false;
  });
  if (best) {
    if (const auto inner = find_in(server, path, *best)) return inner;
    if (server.locations[*best].modifier == "^~") return best;
  }
  const auto regex = level.find([&](const Location& location) {
    return location.is_regex() && matches(location.pattern, path, location.modifier == "~*");
  });
  if (!regex) return best;
  const auto inner = find_in(server, path, *regex);
  return inner ? inner : regex;
}

// A text like those that a regular expression is for: the first of what may be, each thing once.
// Only a guess: matches() tells.
class Sample {
 public:
  explicit Sample(std::string_view pattern) : rest_(pattern) {}

  std::string take() {
    while (!rest_.empty())
      step();
    return std::move(text_);
  }

 private:
  char next() {
    const char c = rest_.front();
    rest_.remove_prefix(1);
    return c;
  }

  void step() {
    const char c = next();
    if (c == '\\' && !rest_.empty()) return escaped(next());
    if (c == '(') return group();
    if (c == '[') return set();
    if (c == '|') return skip_alternatives();
    if (c == '{') return skip_behind('}');
    if (c == '.') text_ += 'x';
    if (std::string_view("^$)*+?.").find(c) == std::string_view::npos) text_ += c;
  }

  void escaped(char c) {
    if (c == 'd' || c == 'w') c = '1';
    text_ += c;
  }

  // "(?:", "(?<name>"
  void group() {
    if (rest_.starts_with("?:")) return rest_.remove_prefix(2);
    if (rest_.starts_with("?<") || rest_.starts_with("?P<")) skip_behind('>');
  }

  void set() {
    text_ += rest_.starts_with('^') || rest_.empty() ? 'x' : rest_.front();
    skip_behind(']');
  }

  void skip_behind(char end) {
    rest_.remove_prefix(std::min(rest_.size(), std::min(rest_.find(end), rest_.size() - 1) + 1));
  }

  // To the end of the group that they are in.
  void skip_alternatives() {
    std::size_t depth = 0;
    while (!rest_.empty()) {
      const char c = rest_.front();
      if (c == ')' && depth == 0) return;
      depth += c == '(' ? 1 : 0;
      depth -= c == ')' ? 1 : 0;
      rest_.remove_prefix(c == '\\' && rest_.size() > 1 ? 2 : 1);
    }
  }

  std::string_view rest_;
  std::string text_;
};

std::string path_for_regex(const Location& location) {
  const std::string sample = Sample(location.pattern).take();
  for (const std::string& path :
       {sample.starts_with('.') ? "/index" + sample : sample, "/" + sample, "/index" + sample}) {
    if (path.starts_with('/') && matches(location.pattern, path, location.modifier == "~*"))
      return path;
  }
  return "/";
}

}  // namespace

std::string path_for(const Server& server, std::size_t location) {
  const Location* at = &server.locations[location];
  while (at->kind != Location::Kind::location && at->parent != Location::none)
    at = &server.locations[at->parent];
  if (at->is_regex()) return path_for_regex(*at);
  return at->pattern.starts_with('/') ? at->pattern : "/";
}

std::optional<std::size_t> find_server(const Site& site, std::string_view host) {
  if (site.servers.empty()) return std::nullopt;
  const auto bracket = host.rfind(']');
  const auto colon = host.find(':', bracket == host.npos ? 0 : bracket);
  host = host.substr(0, colon);
  if (const auto exact = first_server(site, [&](const std::string& name) { return name == host; }))
    return exact;
  if (const auto wildcard =
          first_server(site, [&](const std::string& name) { return is_wildcard_of(name, host); }))
    return wildcard;
  if (const auto regex = first_server(site, [&](const std::string& name) {
        return name.starts_with('~') && matches(name.substr(1), host, true);
      }))
    return regex;
  const auto chosen = std::ranges::find_if(site.servers, [](const Server& server) {
    return std::ranges::any_of(server.listen, &Listen::default_server);
  });
  if (chosen == site.servers.end()) return 0;
  return static_cast<std::size_t>(chosen - site.servers.begin());
}

std::optional<std::size_t> find_location(const Server& server, std::string_view path) {
  return find_in(server, path, Location::none);
}

std::optional<LocationRef> locate(const Site& site, std::string_view host, std::string_view uri) {
  const auto server = find_server(site, host);
  if (!server) return std::nullopt;
  const auto location = find_location(site.servers[*server], uri.substr(0, uri.find('?')));
  if (!location) return std::nullopt;
  return LocationRef{*server, *location};
}

}  // namespace badgate::harness::nginx_conf
