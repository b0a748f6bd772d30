// FastcgiStream: what a FastCGI server sends, record by record, as bytes; and what the makers of
// such behaviours share.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "harness/fidelity/behaviour.h"
#include "net/fastcgi.h"

namespace badgate::harness::fidelity {

class FastcgiStream {
 public:
  // How many bytes of padding follow a record, and how a text is spread over records, is drawn.
  explicit FastcgiStream(Dice& dice);

  void record(net::fastcgi::Type type, std::string_view content);
  void out(std::string_view text);  // in one record or in several
  void err(std::string_view text);
  void close_out();  // an empty STDOUT
  void end();        // END_REQUEST
  void end(std::uint32_t app_status, net::fastcgi::ProtocolStatus status);

  const std::string& bytes() const { return bytes_; }
  std::string& bytes() { return bytes_; }
  // Where records begin.
  const std::vector<std::size_t>& starts() const { return starts_; }

 private:
  enum class Padding { none, aligned, any };
  enum class Spread { whole, pieces, crumbs };

  Dice& dice_;
  Padding padding_;
  Spread spread_;
  std::string bytes_;
  std::vector<std::size_t> starts_;
};

// The head of a response without its empty line: "Content-Type", and Content-Length if `length`.
std::string fastcgi_head(Dice& dice, std::size_t body_bytes, bool length);
// A response as it should be, with END_REQUEST behind it.
FastcgiStream good_stream(Dice& dice, std::size_t body_bytes);

// What the connection may come to behind the last byte. A server of FastCGI leaves the empty STDIN
// unread, so that its `close` is an RST: that one comes only after a pause (see before_reset).
std::string_view fastcgi_ending(Dice& dice);

// [proxy] with fastcgi_pass, the directives that matter to how a response is passed on, and short
// timeouts.
void fastcgi_settings(Toml& toml, Dice& dice);

}  // namespace badgate::harness::fidelity
