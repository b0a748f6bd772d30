// RequestReader: reads requests in the protocol that the backend speaks, and says what the rest of
// it wants to know of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "fault_backends/answer.h"
#include "net/fastcgi_request.h"
#include "net/http1_reader.h"

namespace badgate::fault_backends {

class RequestReader {
 public:
  enum class Reading { reading, complete, refused };
  using BodySink = std::function<void(std::string_view)>;

  RequestReader(Protocol protocol, const BodySink& sink);

  // How many bytes may be read from the socket at once. With FastCGI what comes behind a request
  // stays in the kernel, as with php-fpm, and makes a RST of a close.
  std::size_t wanted() const;
  std::size_t feed(std::string_view bytes);  // how many were this request's
  Reading reading() const;
  bool has_head() const;
  void reset();

  // If has_head:
  std::string_view method() const;
  std::string_view uri() const;
  bool http10() const;
  bool keepalive() const;
  bool upgrade() const;
  std::uint64_t body_size() const;
  // nullptr: it is HTTP.
  const net::fastcgi::RequestReader* fastcgi() const { return fastcgi_ ? &*fastcgi_ : nullptr; }

 private:
  net::http1::RequestReader http_;
  std::optional<net::fastcgi::RequestReader> fastcgi_;
};

}  // namespace badgate::fault_backends
