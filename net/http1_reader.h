// RequestReader and ResponseReader: whole messages for the proxy's peers, the fake upstream and the
// test client. Bodies are not stored but counted, hashed and handed to a sink.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "net/http1_chunked.h"
#include "net/http1_message.h"
#include "net/http1_request.h"
#include "net/http1_response.h"

namespace badgate::net::http1 {

// How far a message has come. All but `reading` are final.
enum class Reading {
  reading,
  complete,
  cut,       // the peer closed before the end of the head, the length or the final chunk
  empty,     // the peer closed without a byte
  not_http,  // raw bytes, as of HTTP/0.9; final when the peer has closed
  invalid,   // a head or a chunk that cannot be read, or a head that is too large
};
std::string_view to_string(Reading reading);

// Takes a body's bytes as they are read. May be empty.
using BodySink = std::function<void(std::string_view)>;

// A body of one of the four framings.
class BodyReader {
 public:
  explicit BodyReader(BodySink sink = {}) : sink_(std::move(sink)) {}

  void start(Framing framing);
  std::size_t feed(std::string_view bytes);  // how many were the body's
  void add(std::string_view data);           // counts, hashes and passes on
  void finish_on_eof();
  Reading reading() const { return reading_; }
  std::uint64_t size() const { return size_; }
  std::uint64_t hash() const { return hash_.value(); }

 private:
  std::size_t feed_chunked(std::string_view bytes);

  BodySink sink_;
  Framing framing_;
  std::int64_t left_ = 0;
  ChunkedDecoder chunks_;
  Fnv1a hash_;
  std::uint64_t size_ = 0;
  Reading reading_ = Reading::reading;
};

class RequestReader {
 public:
  explicit RequestReader(BodySink sink = {});

  // Returns how many bytes were this request's: fewer than given once it is complete.
  std::size_t feed(std::string_view bytes);
  void finish_on_eof();

  Reading reading() const { return reading_; }
  bool has_head() const { return parser_.state() == RequestParser::State::done; }
  const RequestHead& head() const { return parser_.head(); }  // if has_head
  const RequestParser& parser() const { return parser_; }
  std::uint64_t body_size() const { return body_.size(); }
  std::uint64_t body_hash() const { return body_.hash(); }

  void reset();  // for the next request of the connection

 private:
  BodySink sink_;
  RequestParser parser_;
  BodyReader body_;
  Reading reading_ = Reading::reading;
};

class ResponseReader {
 public:
  // `head_request`: the request was HEAD, so there is no body whatever the head says.
  explicit ResponseReader(bool head_request = false, BodySink sink = {});

  // Returns how many bytes were this response's. Interim responses (1xx but 101) are read over.
  // After a 101 the rest of the connection is not HTTP and is left to the caller.
  std::size_t feed(std::string_view bytes);
  void finish_on_eof();

  Reading reading() const { return reading_; }
  bool has_head() const { return has_head_; }
  const ResponseHead& head() const { return parser_.head(); }  // if has_head
  std::uint64_t body_size() const { return body_.size(); }     // of `not_http`: of all bytes
  std::uint64_t body_hash() const { return body_.hash(); }
  Framing framing() const { return framing_; }
  const std::vector<int>& interim() const { return interim_; }  // their status codes
  std::uint64_t bytes() const { return bytes_; }                // of the response in all
  // Whether another request may follow on the connection.
  bool reusable() const;

  void reset(bool head_request = false);

 private:
  std::size_t feed_head(std::string_view bytes);
  void take_head();

  BodySink sink_;
  bool head_request_;
  ResponseParser parser_;
  BodyReader body_;
  Reading reading_ = Reading::reading;
  bool has_head_ = false;
  bool raw_ = false;
  Framing framing_;
  std::vector<int> interim_;
  std::uint64_t head_bytes_ = 0;
  std::uint64_t bytes_ = 0;
};

}  // namespace badgate::net::http1
