#include "proxy/error_log.h"

#include <fmt/chrono.h>
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "net/text.h"

namespace badgate::proxy {
namespace {

constexpr std::size_t kMaxLine = 2048;  // NGX_MAX_ERROR_STR, line feed included
constexpr std::size_t kErrnoRoom = 50;  // what ngx_log_errno keeps free for itself

constexpr std::array<std::string_view, 8> kLevels{"emerg", "alert",  "crit", "error",
                                                  "warn",  "notice", "info", "debug"};

// As nginx writes it: into a buffer of a fixed size, and what does not fit is left out.
class Line {
 public:
  void add(std::string_view text) { text_ += text.substr(0, kMaxLine - text_.size()); }
  void add(std::string_view before, std::string_view text, std::string_view after = {}) {
    add(before);
    add(text);
    add(after);
  }

  void add_errno(int error) {
    if (text_.size() > kMaxLine - kErrnoRoom) {
      text_.resize(kMaxLine - kErrnoRoom);
      add("...");
    }
    const char* words = strerrordesc_np(error);
    add(fmt::format(" ({}: {})", error, words != nullptr ? words : "Unknown error"));
  }

  std::string take() {
    if (text_.size() > kMaxLine - 1) text_.resize(kMaxLine - 1);
    return std::move(text_);
  }

 private:
  std::string text_;
};

void add_context(Line& line, const LogContext& context) {
  if (!context.action.empty()) line.add(" while ", context.action);
  if (context.client.empty()) return;
  line.add(", client: ", context.client);
  line.add(", server: ", context.server);
  if (!context.request.empty()) line.add(", request: \"", context.request, "\"");
  if (!context.upstream.empty()) line.add(", upstream: \"", context.upstream, "\"");
  if (context.host) line.add(", host: \"", *context.host, "\"");
  if (context.referrer) line.add(", referrer: \"", *context.referrer, "\"");
}

}  // namespace

std::string_view to_string(Level level) {
  return kLevels.at(static_cast<std::size_t>(level));
}

net::Result<Level> parse_level(std::string_view text) {
  for (std::size_t i = 0; i < kLevels.size(); ++i) {
    if (kLevels[i] == text) return static_cast<Level>(i);
  }
  constexpr auto what = "is not one of debug, info, notice, warn, error, crit, alert or emerg";
  const auto near = net::nearest(text, kLevels);
  if (near.empty()) return net::fail(fmt::format("\"{}\" {}", text, what));
  return net::fail(fmt::format("\"{}\" {}; did you mean \"{}\"?", text, what, near));
}

Level connection_error_level(int error, Level usual) {
  switch (error) {
    case 0:
    case ECONNRESET:
    case EPIPE:
    case ENOTCONN:
    case ETIMEDOUT:
    case ECONNREFUSED:
    case ENETDOWN:
    case ENETUNREACH:
    case EHOSTDOWN:
    case EHOSTUNREACH:
      return usual;
    default:
      return Level::alert;
  }
}

std::string compose_error_line(net::WallTime now, Level level, int pid, int tid,
                               std::string_view message, int error, const LogContext& context) {
  Line line;
  const auto second = std::chrono::floor<std::chrono::seconds>(now);
  line.add(fmt::format("{:%Y/%m/%d %H:%M:%S} [{}] {}#{}: ", second, to_string(level), pid, tid));
  if (context.connection != 0) line.add(fmt::format("*{} ", context.connection));
  line.add(message);
  if (error != 0) line.add_errno(error);
  add_context(line, context);
  return line.take();
}

std::string upstream_name(std::string_view scheme, std::string_view peer, std::string_view uri,
                          bool address_known) {
  const std::string_view separator = address_known && peer.starts_with("unix:") ? ":" : "";
  std::string name(scheme);
  return name.append(peer).append(separator).append(uri);
}

ErrorLog::ErrorLog(LogSink& sink, Level level, int pid, int tid)
    : sink_(sink), level_(level), pid_(pid), tid_(tid) {}

void ErrorLog::write(net::WallTime now, Level level, std::string_view message, int error,
                     const LogContext& context) {
  if (!wants(level)) return;
  sink_.error_line(level, compose_error_line(now, level, pid_, tid_, message, error, context));
}

}  // namespace badgate::proxy
