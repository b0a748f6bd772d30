#include "net/http1_uri.h"

#include <algorithm>

namespace badgate::net::http1 {

namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// The character that a '%' begins; takes it off `rest`. Nothing: not an escape, or NUL.
std::optional<char> take_escape(std::string_view& rest) {
  if (rest.size() < 3) return std::nullopt;
  const int high = hex_digit(rest[1]);
  const int low = hex_digit(rest[2]);
  if (high < 0 || low < 0 || (high == 0 && low == 0)) return std::nullopt;
  rest.remove_prefix(3);
  return static_cast<char>(high * 16 + low);
}

bool ends_in_dots(std::string_view path) {
  return path.ends_with("/.") || path.ends_with("/..");
}

// Takes a last segment of "." or ".." back, up to the slash before. False: above the root.
bool resolve_dots(std::string& path) {
  if (path.ends_with("/.")) {
    path.pop_back();
    return true;
  }
  path.resize(path.size() - 3);
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return false;
  path.resize(slash + 1);
  return true;
}

bool plain(std::string_view path) {
  return path.find('%') == std::string_view::npos && path.find("//") == std::string_view::npos &&
         path.find("/.") == std::string_view::npos;
}

std::optional<std::string> normalise_path(std::string_view raw, bool merge_slashes) {
  if (plain(raw)) return std::string(raw);
  std::string path;
  path.reserve(raw.size());
  while (!raw.empty()) {
    // Escaped dots and slashes are worth as much as plain ones.
    char c = raw.front();
    if (c == '%') {
      const auto escaped = take_escape(raw);
      if (!escaped) return std::nullopt;
      c = *escaped;
    } else {
      raw.remove_prefix(1);
    }
    if (c == '/' && ends_in_dots(path)) {
      if (!resolve_dots(path)) return std::nullopt;
    } else if (c != '/' || !merge_slashes || !path.ends_with('/')) {
      path += c;
    }
  }
  if (ends_in_dots(path) && !resolve_dots(path)) return std::nullopt;
  return path;
}

// Where host ends and port begins; an address in brackets may hold colons.
std::size_t host_length(std::string_view host) {
  if (host.starts_with('[')) {
    const std::size_t bracket = host.find(']');
    return bracket == std::string_view::npos ? host.size() : bracket + 1;
  }
  return std::min(host.find(':'), host.size());
}

bool host_char(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte > 0x20 && byte != 0x7f && c != '/';
}

}  // namespace

std::optional<Uri> normalise_uri(std::string_view uri, bool merge_slashes) {
  const std::string_view before_fragment = uri.substr(0, uri.find('#'));
  const std::size_t question = before_fragment.find('?');
  const std::string_view raw_path = before_fragment.substr(0, question);
  auto path = normalise_path(raw_path.empty() ? "/" : raw_path, merge_slashes);
  if (!path) return std::nullopt;
  Uri result{std::move(*path), {}};
  if (question != std::string_view::npos) result.args = before_fragment.substr(question + 1);
  return result;
}

std::optional<std::string> normalise_host(std::string_view host) {
  if (!std::all_of(host.begin(), host.end(), host_char)) return std::nullopt;
  if (host.find("..") != std::string_view::npos) return std::nullopt;
  std::string name(host.substr(0, host_length(host)));
  if (!name.empty() && host.rfind('.') == name.size() - 1) name.pop_back();
  if (name.empty()) return std::nullopt;
  for (char& c : name) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
  }
  return name;
}

std::string escape_uri(std::string_view path) {
  constexpr std::string_view hex = "0123456789ABCDEF";
  constexpr std::string_view unsafe = "\"#%<>?\\^`{|}";
  std::string out;
  for (const char c : path) {
    const auto u = static_cast<unsigned char>(c);
    if (u <= 0x20 || u >= 0x7f || unsafe.find(c) != std::string_view::npos) {
      out += '%';
      out += hex[u >> 4];
      out += hex[u & 15];
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace badgate::net::http1
