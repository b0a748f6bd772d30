#include "proxy/fastcgi_body_filter.h"

#include <fmt/core.h>

#include <algorithm>

namespace badgate::proxy {

using net::fastcgi::Type;
using State = FastcgiRecords::State;

// ngx_http_fastcgi_input_filter_init, which knows of the buffered way alone.
FastcgiBodyFilter::FastcgiBodyFilter(FastcgiRecords records, std::int64_t rest, bool keep_conn,
                                     Relay relay)
    : records_(records), rest_(rest), keep_conn_(keep_conn), relay_(relay) {
  if (keep_conn_ && relay_ == Relay::buffered) length_ = net::fastcgi::header_size;
}

bool FastcgiBodyFilter::feed(std::string_view bytes, std::vector<std::string_view>& pieces,
                             RequestLog& log) {
  if (bytes.empty()) return true;
  if (relay_ == Relay::buffered && (done_ || failed_)) {
    keepalive_ = false;
    return true;
  }
  Step went = Step::next;
  while (went == Step::next)
    went = step(bytes, pieces, log);
  if (went == Step::broken) return false;
  note_length();
  return true;
}

FastcgiBodyFilter::Step FastcgiBodyFilter::step(std::string_view& bytes,
                                                std::vector<std::string_view>& pieces,
                                                RequestLog& log) {
  if (records_.in_header()) return read_header(bytes, log);
  if (records_.state == State::padding) return read_padding(bytes, log);
  if (records_.length == 0) {
    records_.state = State::padding;
    return Step::next;
  }
  if (records_.type == Type::end_request) {
    records_.take_data(bytes);
    return records_.state == State::padding ? Step::next : Step::stop;
  }
  if (bytes.empty()) return Step::stop;
  if (records_.type == Type::stdout_data) return read_stdout(bytes, pieces, log);
  records_.log_stderr(bytes, log);
  return Step::next;
}

FastcgiBodyFilter::Step FastcgiBodyFilter::read_header(std::string_view& bytes, RequestLog& log) {
  const auto read = records_.read_header(bytes, log);
  if (read == FastcgiRecords::Read::invalid) return Step::broken;
  if (read == FastcgiRecords::Read::again) return Step::stop;
  if (relay_ == Relay::streamed) return Step::next;
  const bool closed = records_.type == Type::stdout_data && records_.length == 0;
  const bool ended = records_.type == Type::end_request;
  if (!closed && !ended) return Step::next;
  if (rest_ > 0) return end_too_early(closed ? "FastCGI stdout" : "FastCGI request", log);
  if (keep_conn_) return Step::next;
  done_ = true;
  return ended ? Step::stop : Step::next;
}

FastcgiBodyFilter::Step FastcgiBodyFilter::read_padding(std::string_view& bytes, RequestLog& log) {
  if (records_.type != Type::end_request)
    return records_.skip_padding(bytes) ? Step::next : Step::stop;
  if (relay_ == Relay::streamed && rest_ > 0) return end_too_early("FastCGI request", log);
  if (records_.padding > bytes.size()) {
    records_.padding -= bytes.size();
    return Step::stop;
  }
  keepalive_ = records_.padding == bytes.size();
  finish();
  return Step::stop;
}

FastcgiBodyFilter::Step FastcgiBodyFilter::read_stdout(std::string_view& bytes,
                                                       std::vector<std::string_view>& pieces,
                                                       RequestLog& log) {
  constexpr std::string_view too_much =
      "upstream sent more data than specified in \"Content-Length\" header";
  if (rest_ == 0) {
    log.write(Level::warn, too_much);
    finish();
    return Step::stop;
  }
  auto data = records_.take_data(bytes);
  const bool over = rest_ > 0 && data.size() > static_cast<std::uint64_t>(rest_);
  if (over) {
    log.write(Level::warn, too_much);
    data = data.substr(0, static_cast<std::size_t>(rest_));
  }
  pieces.push_back(data);
  if (over) {
    finish();
    return Step::stop;
  }
  if (rest_ > 0) rest_ -= static_cast<std::int64_t>(data.size());
  return Step::next;
}

FastcgiBodyFilter::Step FastcgiBodyFilter::end_too_early(std::string_view what, RequestLog& log) {
  log.write(Level::error, fmt::format("upstream prematurely closed {}", what));
  failed_ = true;
  return Step::stop;
}

void FastcgiBodyFilter::finish() {
  if (relay_ == Relay::buffered) {
    done_ = true;
  } else {
    length_ = 0;
  }
}

void FastcgiBodyFilter::note_length() {
  if (!keep_conn_ || relay_ == Relay::streamed) return;
  length_ = static_cast<std::int64_t>(records_.in_header()               ? 1
                                      : records_.state == State::padding ? records_.padding
                                                                         : records_.length);
}

}  // namespace badgate::proxy
