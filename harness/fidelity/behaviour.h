// Behaviour: a scenario without expectations, made by chance, as the text of a scenario file. Two
// proxies are put under it and should come to the same. What the makers share is here.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

#include "net/rng.h"

namespace badgate::harness::fidelity {

// Chance with words. Every draw comes from the stream that it is given.
class Dice {
 public:
  explicit Dice(net::Rng rng) : rng_(rng) {}

  bool chance(double probability) { return rng_.chance(probability); }
  std::uint64_t below(std::uint64_t bound) { return rng_.below(bound); }
  std::uint64_t between(std::uint64_t low, std::uint64_t high) {
    return low + rng_.below(high - low + 1);
  }
  std::string_view pick(std::initializer_list<std::string_view> of) {
    return of.begin()[rng_.below(of.size())];
  }
  std::string bytes(std::size_t count) { return rng_.bytes(count); }

 private:
  net::Rng rng_;
};

// A response as bytes, in the parts that mutations work on.
struct Wire {
  std::string head;  // with the empty line
  std::string body;  // with its framing

  std::string whole() const { return head + body; }
};

// The text of a scenario file, table by table.
class Toml {
 public:
  explicit Toml(std::string_view title);

  void table(std::string_view header);  // "[proxy]", "[[request]]"
  void set(std::string_view key, std::string_view text);
  void number(std::string_view key, std::uint64_t value);
  void raw(std::string_view key, std::string_view value);  // as it is to stand in the file
  void lines(std::string_view lines);                      // the same, each with its key

  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

// "fault" that sends these bytes, then ends the connection so: an inline table.
std::string bytes_fault(std::string_view data, std::string_view then);

// What comes at the same moment as an RST may be read before it or be lost to it: that is for the
// kernel to decide, and another time in another way. A pause in front of it, as one more fault.
std::string before_reset(std::string_view wire, std::string_view then);

// [proxy] with the directives that matter to how a response is passed on, and short timeouts.
void proxy_settings(Toml& toml, Dice& dice);

// Perhaps PROTOCOL_next_upstream and its like; "proxy" or "fastcgi".
void next_upstream(Toml& toml, Dice& dice, std::string_view protocol);

// A well-formed response with a body of so many bytes.
Wire good_response(Dice& dice, std::size_t body_bytes);
std::string body_text(std::size_t bytes);
std::string as_chunks(Dice& dice, std::string_view body);

// What the connection may come to behind the last byte. Never `stall`, which costs a timeout.
std::string_view some_ending(Dice& dice);

}  // namespace badgate::harness::fidelity
