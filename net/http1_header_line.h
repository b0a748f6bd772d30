// HeaderLineScanner: one header line at a time, with what nginx accepts and where it stops
// (ngx_http_parse.c, ngx_http_parse_header_line). Both parsers of heads stand on it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "net/http1_message.h"

namespace badgate::net::http1 {

class HeaderLineScanner {
 public:
  enum class State {
    need_more,
    line,     // a header line is complete: see name() and value()
    end,      // the empty line after the last header
    invalid,  // see offence()
  };
  struct Step {
    State state = State::need_more;
    std::size_t consumed = 0;
  };

  struct Rules {
    bool underscores = true;        // '_' in a name is a usual character
    bool skip_status_lines = true;  // upstreams only: IIS may repeat its "HTTP/1.1 …" line
  };

  explicit HeaderLineScanner(Rules rules) : rules_(rules) {}

  Step scan(std::string_view bytes);
  void reset();
  // What `other` has read its lines into, which is at its end.
  void take_memory(HeaderLineScanner& other) {
    line_.swap(other.line_);
    line_.clear();
  }

  // After State::line, until the next scan.
  std::string_view name() const { return std::string_view(line_).substr(0, name_end_); }
  std::string_view value() const {
    return std::string_view(line_).substr(value_start_, value_end_ - value_start_);
  }
  std::string_view line() const { return line_; }  // whole, as sent, with its line end
  // From the name to the end of the value: what nginx logs of an unusual line.
  std::string_view content() const { return std::string_view(line_).substr(0, value_end_); }
  bool unusual() const { return unusual_; }  // the name has characters that clients may not use
  bool hashed() const { return hashed_; }    // the name has at least one usual character
  Header header() const { return {std::string(name()), std::string(value()), !hashed_}; }

  // Nothing of the next line has been read.
  bool at_line_start() const { return place_ == Place::start; }
  std::size_t line_size() const { return line_.size(); }

  // After State::invalid: the line up to the byte that nginx blames, and that byte as it prints
  // both: `bad name\x20...`.
  std::string offence() const;

 private:
  enum class Place : std::uint8_t {
    start,
    name,
    before_value,
    value,
    after_value,
    skipped,
    after_cr,
    end_after_cr
  };
  enum class Verdict : std::uint8_t { more, line, end, invalid };

  void begin_line();
  bool take_usual_line();
  std::size_t walk(std::size_t at, Verdict& verdict);
  std::size_t skip_usual(std::size_t at);
  Verdict step(unsigned char c, std::size_t at);
  Verdict first_byte(unsigned char c, std::size_t at);
  Verdict name_byte(unsigned char c, std::size_t at);
  Verdict before_value_byte(unsigned char c, std::size_t at);
  Verdict value_byte(unsigned char c, std::size_t at);
  Verdict after_value_byte(unsigned char c, std::size_t at);
  Verdict refuse(std::size_t at);

  Rules rules_;
  Place place_ = Place::start;
  std::string line_;
  std::size_t name_end_ = 0;
  std::size_t value_start_ = 0;
  std::size_t value_end_ = 0;
  bool unusual_ = false;
  bool hashed_ = false;
};

}  // namespace badgate::net::http1
