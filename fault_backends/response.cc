#include "fault_backends/response.h"

#include <fmt/core.h>

#include <algorithm>

#include "net/http1_message.h"
#include "net/http1_writer.h"

namespace badgate::fault_backends {
namespace {

bool is_named(std::string_view line, std::string_view name) {
  return line.size() > name.size() && line[name.size()] == ':' &&
         net::http1::iequals(line.substr(0, name.size()), name);
}

bool has_no_body(int status, std::string_view method) {
  return method == "HEAD" || status / 100 == 1 || status == 204 || status == 304;
}

void set_frame_lines(Response& response) {
  response.remove_header("Content-Length");
  response.remove_header("Transfer-Encoding");
  switch (response.framing) {
    case Answer::Framing::length:
      response.set_header("Content-Length", std::to_string(response.body_size()));
      break;
    case Answer::Framing::chunked:
      response.set_header("Transfer-Encoding", "chunked");
      break;
    case Answer::Framing::close:
      if (response.asked.protocol == Protocol::fastcgi) break;
      response.remove_header("Connection");
      response.set_header("Connection", "close");
      response.ending = Ending::close;
      break;
  }
}

}  // namespace

std::uint64_t Response::body_size() const {
  return body.empty() ? body_bytes : body.size();
}

void Response::set_header(std::string_view name, std::string_view value) {
  const auto named = [&](const std::string& line) { return is_named(line, name); };
  const auto line = fmt::format("{}: {}", name, value);
  const auto first = std::find_if(lines.begin(), lines.end(), named);
  if (first == lines.end()) {
    lines.push_back(line);
    return;
  }
  *first = line;
  lines.erase(std::remove_if(first + 1, lines.end(), named), lines.end());
}

void Response::remove_header(std::string_view name) {
  std::erase_if(lines, [&](const std::string& line) { return is_named(line, name); });
}

void Response::set_status(int status) {
  const auto reason = net::http1::reason_phrase(status);
  status_line = fmt::format("HTTP/1.1 {:03}{}{}", status, reason.empty() ? "" : " ", reason);
  has_body = !has_no_body(status, asked.method);
  if (status == 204 || status == 304 || status / 100 == 1) remove_header("Content-Length");
}

void Response::set_body(std::uint64_t pattern_bytes) {
  body.clear();
  body_bytes = pattern_bytes;
  set_frame_lines(*this);
}

void Response::set_body(std::string text) {
  body = std::move(text);
  body_bytes = 0;
  set_frame_lines(*this);
}

void Response::set_framing(Answer::Framing how) {
  framing = how;
  set_frame_lines(*this);
}

std::string Response::first_line() const {
  constexpr std::string_view version = "HTTP/1.1 ";
  if (asked.protocol == Protocol::http || !status_line.starts_with(version)) return status_line;
  if (asked.php && status_line == "HTTP/1.1 200 OK") return {};
  return "Status: " + status_line.substr(version.size());
}

std::string Response::head() const {
  const auto first = first_line();
  std::string text = before + first + (first.empty() && asked.php ? "" : line_end);
  for (const auto& line : lines)
    text += line + line_end;
  return text + line_end;
}

Response make_response(const Answer& answer, Asked asked) {
  Response response;
  response.asked = std::move(asked);
  response.chunk_bytes = std::max<std::size_t>(answer.chunk_bytes, 1);
  if (response.asked.php) {
    response.lines = {"X-Powered-By: PHP/8.2.36", "Content-type: text/html; charset=UTF-8"};
  } else {
    response.lines.push_back("Content-Type: text/plain");
  }
  const bool fastcgi = response.asked.protocol == Protocol::fastcgi;
  const bool keep = answer.keepalive && response.asked.keepalive;
  if (fastcgi) {
    // fcgi_close: shutdown(), and what still comes is read.
    response.ending = keep ? Ending::keep : Ending::drain;
    response.cause = "no FCGI_KEEP_CONN";
  } else if (!keep) {
    response.ending = Ending::close;
    response.set_header("Connection", "close");
  } else if (response.asked.http10) {
    response.set_header("Connection", "keep-alive");
  }
  using Framing = Answer::Framing;
  response.framing = answer.framing.value_or(fastcgi ? Framing::close : Framing::length);
  if (answer.echo) {
    response.set_body(response.asked.body);
  } else if (!answer.body.empty()) {
    response.set_body(answer.body);
  } else {
    response.set_body(answer.body_bytes);
  }
  for (const auto& [name, value] : answer.headers)
    response.set_header(name, value);
  response.set_status(answer.status);
  return response;
}

Response make_error(int status, Asked asked) {
  Answer answer;
  answer.status = status;
  const auto reason = net::http1::reason_phrase(status);
  answer.body = fmt::format("{} {}\n", status, reason.empty() ? "Error" : reason);
  return make_response(answer, std::move(asked));
}

}  // namespace badgate::fault_backends
