#include "fault_backends/request_reader.h"

#include <limits>

namespace badgate::fault_backends {

RequestReader::RequestReader(Protocol protocol, const BodySink& sink) : http_(sink) {
  if (protocol == Protocol::fastcgi) fastcgi_.emplace(sink);
}

std::size_t RequestReader::wanted() const {
  return fastcgi_ ? fastcgi_->wanted() : std::numeric_limits<std::size_t>::max();
}

std::size_t RequestReader::feed(std::string_view bytes) {
  return fastcgi_ ? fastcgi_->feed(bytes) : http_.feed(bytes);
}

RequestReader::Reading RequestReader::reading() const {
  if (fastcgi_) {
    using State = net::fastcgi::RequestReader::Reading;
    const auto state = fastcgi_->reading();
    return state == State::reading    ? Reading::reading
           : state == State::complete ? Reading::complete
                                      : Reading::refused;
  }
  using State = net::http1::Reading;
  const auto state = http_.reading();
  return state == State::reading    ? Reading::reading
         : state == State::complete ? Reading::complete
                                    : Reading::refused;
}

bool RequestReader::has_head() const {
  return fastcgi_ ? fastcgi_->has_params() : http_.has_head();
}

void RequestReader::reset() {
  if (fastcgi_) {
    fastcgi_->reset();
  } else {
    http_.reset();
  }
}

std::string_view RequestReader::method() const {
  return fastcgi_ ? fastcgi_->param("REQUEST_METHOD") : std::string_view(http_.head().method);
}

std::string_view RequestReader::uri() const {
  if (!fastcgi_) return http_.head().raw_uri;
  const auto uri = fastcgi_->param("REQUEST_URI");
  return uri.empty() ? fastcgi_->param("SCRIPT_NAME") : uri;
}

bool RequestReader::http10() const {
  return !fastcgi_ && http_.head().version < net::http1::version_11;
}

bool RequestReader::keepalive() const {
  return fastcgi_ ? fastcgi_->keeps_connection() : http_.head().keepalive;
}

bool RequestReader::upgrade() const {
  return !fastcgi_ && http_.head().upgrade;
}

std::uint64_t RequestReader::body_size() const {
  return fastcgi_ ? fastcgi_->body_size() : http_.body_size();
}

}  // namespace badgate::fault_backends
