#include "proxy/request_log.h"

namespace badgate::proxy {

void RequestLog::begin_request(const net::http1::RequestHead& head, std::string_view server_name) {
  head_ = &head;
  server_name_ = server_name;
  peer_.clear();
}

void RequestLog::end_request() {
  head_ = nullptr;
  peer_.clear();
}

void RequestLog::set_upstream(std::string_view scheme, std::string_view peer,
                              std::string_view uri) {
  address_known_ = true;
  scheme_ = scheme;
  peer_ = peer;
  uri_ = uri;
}

void RequestLog::write(Level level, std::string_view message, int error) {
  if (log_ == nullptr || !log_->wants(level)) return;
  std::string upstream;
  LogContext context;
  context.connection = connection_;
  context.action = action_;
  context.client = client_;
  context.server = listening_;
  if (head_ != nullptr) {
    context.server = server_name_;
    context.request = head_->request_line;
    if (!peer_.empty()) upstream = upstream_name(scheme_, peer_, uri_, address_known_);
    context.upstream = upstream;
    if (head_->host_header) context.host = *head_->host_header;
    if (const auto* referrer = net::http1::find_header(head_->headers, "Referer")) {
      context.referrer = referrer->value;
    }
  }
  log_->write(loop_.wall(), level, message, error, context);
}

void RequestLog::write_bare(Level level, std::string_view message, int error) {
  if (log_ == nullptr || !log_->wants(level)) return;
  LogContext context;
  context.connection = connection_;
  log_->write(loop_.wall(), level, message, error, context);
}

void RequestLog::connection_error(Level usual, int error, std::string_view message) {
  write(connection_error_level(error, usual), message, error);
}

}  // namespace badgate::proxy
