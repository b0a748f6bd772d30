// RequestReader: reads what a client of FastCGI sends (FastCGI Specification 1.0), as php-fpm reads
// it (main/fastcgi.c, fcgi_read_request): BEGIN_REQUEST, PARAMS, and of STDIN as many bytes as
// CONTENT_LENGTH says. No sockets, no time. It keeps the parameters; the body goes to a sink.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/fastcgi.h"

namespace badgate::net::fastcgi {

using Params = std::vector<std::pair<std::string, std::string>>;

// The names and values in the content of PARAMS records, up to what is cut off or too long.
Params parse_params(std::string_view content);

class RequestReader {
 public:
  enum class Reading {
    reading,
    complete,  // further STDIN records, the empty one too, are not read: they stay with the caller
    aborted,   // ABORT_REQUEST in place of what was expected
    invalid,   // `error` says why
  };
  using BodySink = std::function<void(std::string_view)>;

  // All parameters of a request together; with more it is invalid.
  static constexpr std::size_t max_params = 1024 * 1024;

  explicit RequestReader(BodySink sink = {}) : sink_(std::move(sink)) {}

  // How many bytes complete the header or the record that is being read. Who reads no more from a
  // socket leaves there what php-fpm leaves: a close is a RST then.
  std::size_t wanted() const { return left_; }
  // Returns how many bytes were this request's: fewer than given once it is not `reading` any more.
  std::size_t feed(std::string_view bytes);

  Reading reading() const { return reading_; }
  const std::string& error() const { return error_; }
  bool has_params() const { return stage_ == Stage::body; }  // all of them
  const Params& params() const { return params_; }
  std::string_view param(std::string_view name) const;  // empty: not given
  std::uint16_t request_id() const { return request_id_; }
  Role role() const { return role_; }
  bool keeps_connection() const { return keep_; }
  std::uint64_t body_size() const { return body_size_; }

  void reset();  // for the next request of the connection

 private:
  enum class Stage { begin, params, body };
  enum class Part { header, content, padding };

  void take(std::string_view bytes);
  void part_done();
  void header_done();
  bool is_expected();
  void record_done();
  void begin_done();
  void params_done();
  void next_part(Part part, std::size_t bytes);
  void refuse(std::string why);

  BodySink sink_;
  Reading reading_ = Reading::reading;
  std::string error_;
  Stage stage_ = Stage::begin;
  Part part_ = Part::header;
  std::size_t left_ = header_size;
  Header header_;
  std::string text_;   // of the header, or of BEGIN_REQUEST
  std::string block_;  // of all PARAMS records
  Params params_;
  std::uint16_t request_id_ = 0;
  Role role_ = Role::responder;
  bool keep_ = false;
  std::uint64_t content_length_ = 0;
  std::uint64_t body_size_ = 0;
};

}  // namespace badgate::net::fastcgi
