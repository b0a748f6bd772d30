#include "proxy/fastcgi_upstream.h"

#include <fmt/core.h>

#include <algorithm>

#include "net/fastcgi.h"
#include "proxy/access_record.h"

namespace badgate::proxy {
namespace {

namespace fastcgi = net::fastcgi;
using fastcgi::Type;

constexpr std::uint16_t kRequestId = 1;         // one request at a time on a connection
constexpr std::size_t kStdinPiece = 32 * 1024;  // of the body in one record
constexpr std::size_t kMostParams = fastcgi::max_content;

}  // namespace

// ngx_http_fastcgi_create_request
net::Result<std::string> FastcgiUpstream::create_request(const Client& client,
                                                         const net::Loop& loop) const {
  const auto& location = *request_.location;
  const auto params = location.fastcgi_params->encode(
      access_record(request_, client, loop),
      location.fastcgi.pass_request_headers ? &request_.head->headers : nullptr,
      request_.cycle->rules.join_headers);
  if (params.size() > kMostParams)
    return net::fail(fmt::format("fastcgi request record is too big: {}", params.size()));
  std::string out;
  fastcgi::append_begin_request(out, kRequestId, fastcgi::Role::responder,
                                location.fastcgi_keep_conn ? fastcgi::keep_conn : 0);
  fastcgi::append_record(out, Type::params, kRequestId, params, fastcgi::padding_of(params.size()));
  fastcgi::append_record(out, Type::params, kRequestId, {});
  return out;
}

void FastcgiUpstream::append_body(std::string& out, std::string_view piece) const {
  while (!piece.empty()) {
    const auto content = piece.substr(0, kStdinPiece);
    piece.remove_prefix(content.size());
    fastcgi::append_record(out, Type::stdin_data, kRequestId, content,
                           fastcgi::padding_of(content.size()));
  }
}

void FastcgiUpstream::append_body_end(std::string& out) const {
  fastcgi::append_record(out, Type::stdin_data, kRequestId, {});
}

// ngx_http_fastcgi_reinit_request
void FastcgiUpstream::reset() {
  parser_.reset();
  notes_logged_ = 0;
  records_ = {};
  any_stdout_ = false;
}

// ngx_http_fastcgi_process_header
UpstreamProtocol::Header FastcgiUpstream::process_header(std::string_view bytes,
                                                         std::size_t& consumed, RequestLog& log,
                                                         UpstreamState& state) {
  forgets_ = false;
  const auto size = bytes.size();
  Outcome outcome;
  while (!outcome) {
    if (records_.state == FastcgiRecords::State::padding) {
      if (!records_.skip_padding(bytes)) outcome = Header::need_more;
      continue;
    }
    if (records_.in_header() && (outcome = read_record(bytes, log))) break;
    outcome =
        records_.type == Type::stderr_data ? read_stderr(bytes, log) : read_stdout(bytes, log);
  }
  consumed = size - bytes.size();
  if (*outcome == Header::done && state.status == 0) state.status = parser_.head().status;
  return *outcome;
}

FastcgiUpstream::Outcome FastcgiUpstream::read_record(std::string_view& bytes, RequestLog& log) {
  switch (records_.read_header(bytes, log)) {
    case FastcgiRecords::Read::again:
      return Header::need_more;
    case FastcgiRecords::Read::invalid:
      return Header::invalid;
    case FastcgiRecords::Read::header:
      break;
  }
  if (records_.type == Type::end_request) {
    log.write(Level::error, fmt::format("upstream sent unexpected FastCGI record: {}",
                                        static_cast<unsigned>(records_.type)));
    return Header::invalid;
  }
  if (records_.type == Type::stdout_data && records_.length == 0) {
    log.write(Level::error, "upstream prematurely closed FastCGI stdout");
    return Header::invalid;
  }
  return std::nullopt;
}

FastcgiUpstream::Outcome FastcgiUpstream::read_stderr(std::string_view& bytes, RequestLog& log) {
  if (records_.length == 0) {
    records_.state = FastcgiRecords::State::padding;
    return std::nullopt;
  }
  const auto text = records_.log_stderr(bytes, log);
  const auto& caught = request_.location->fastcgi_catch_stderr;
  if (std::any_of(caught.begin(), caught.end(),
                  [text](const std::string& pattern) { return text.find(pattern) != text.npos; })) {
    return Header::invalid;
  }
  if (!bytes.empty()) return std::nullopt;
  // However much a script complains, its head still fits into the buffer.
  forgets_ = !any_stdout_;
  return Header::need_more;
}

FastcgiUpstream::Outcome FastcgiUpstream::read_stdout(std::string_view& bytes, RequestLog& log) {
  using State = net::http1::ResponseParser::State;
  any_stdout_ = true;
  const auto step = parser_.feed(bytes.substr(0, records_.length));
  log_notes(log);
  bytes.remove_prefix(step.consumed);
  records_.length -= step.consumed;
  if (records_.length == 0) records_.state = FastcgiRecords::State::padding;
  switch (step.state) {
    case State::done:
      return Header::done;
    case State::need_more:
      break;
    case State::invalid:
    case State::not_http:
      log.write(Level::error, parser_.error().text);
      return Header::invalid;
  }
  return bytes.empty() ? Outcome(Header::need_more) : std::nullopt;
}

// ngx_http_fastcgi_input_filter_init; of HEAD nothing is read.
BodyFilter& FastcgiUpstream::begin_body(BodyFilter::Relay relay) {
  const auto& head = parser_.head();
  const bool bodiless = head.status == 204 || head.status == 304;
  const auto rest = bodiless ? 0 : head.content_length.value_or(-1);
  return body_.emplace(records_, rest, request_.location->fastcgi_keep_conn, relay);
}

}  // namespace badgate::proxy
