#include "harness/fidelity/fastcgi_stream.h"

#include <fmt/core.h>

#include <algorithm>

namespace badgate::harness::fidelity {

using net::fastcgi::ProtocolStatus;
using net::fastcgi::Type;

namespace {

constexpr std::uint16_t kRequestId = 1;
constexpr std::size_t kMostCrumbs = 300;  // bytes that may come a few in each record

}  // namespace

FastcgiStream::FastcgiStream(Dice& dice)
    : dice_(dice),
      padding_(dice.chance(0.5)   ? Padding::aligned
               : dice.chance(0.5) ? Padding::none
                                  : Padding::any),
      spread_(dice.chance(0.5)   ? Spread::whole
              : dice.chance(0.6) ? Spread::pieces
                                 : Spread::crumbs) {}

void FastcgiStream::record(Type type, std::string_view content) {
  const auto any = static_cast<std::uint8_t>(dice_.below(256));
  const auto aligned = net::fastcgi::padding_of(content.size());
  starts_.push_back(bytes_.size());
  net::fastcgi::append_record(bytes_, type, kRequestId, content,
                              padding_ == Padding::none      ? std::uint8_t{0}
                              : padding_ == Padding::aligned ? aligned
                                                             : any);
}

void FastcgiStream::out(std::string_view text) {
  const auto spread =
      spread_ == Spread::crumbs && text.size() > kMostCrumbs ? Spread::pieces : spread_;
  while (!text.empty()) {
    std::uint64_t size = net::fastcgi::max_content;
    if (spread == Spread::pieces)
      size = dice_.between(1, std::max<std::size_t>(text.size() / 2, 1));
    if (spread == Spread::crumbs) size = dice_.between(1, 4);
    const auto content = text.substr(0, std::min(size, net::fastcgi::max_content));
    record(Type::stdout_data, content);
    text.remove_prefix(content.size());
  }
}

void FastcgiStream::err(std::string_view text) {
  record(Type::stderr_data, text);
}

void FastcgiStream::close_out() {
  record(Type::stdout_data, {});
}

void FastcgiStream::end() {
  end(0, ProtocolStatus::request_complete);
}

void FastcgiStream::end(std::uint32_t app_status, ProtocolStatus status) {
  std::string whole;
  net::fastcgi::append_end_request(whole, kRequestId, app_status, status);
  record(Type::end_request, std::string_view(whole).substr(net::fastcgi::header_size));
}

std::string fastcgi_head(Dice& dice, std::size_t body_bytes, bool length) {
  std::string head;
  if (dice.chance(0.4)) head += "X-Powered-By: PHP/8.2\r\n";
  if (length) head += fmt::format("Content-Length: {}\r\n", body_bytes);
  return head + "Content-Type: text/plain\r\n";
}

FastcgiStream good_stream(Dice& dice, std::size_t body_bytes) {
  FastcgiStream stream(dice);
  const bool length = dice.chance(0.4);
  const auto head = fastcgi_head(dice, body_bytes, length);
  stream.out(head + "\r\n" + body_text(body_bytes));
  if (dice.chance(0.3)) stream.close_out();
  stream.end();
  return stream;
}

std::string_view fastcgi_ending(Dice& dice) {
  return dice.pick({"drain", "drain", "drain", "drain", "reset", "keep"});
}

void fastcgi_settings(Toml& toml, Dice& dice) {
  toml.table("[proxy]");
  toml.set("fastcgi_pass", "app");
  toml.set("include", "fastcgi_params");
  toml.set("fastcgi_connect_timeout", "1s");
  toml.set("fastcgi_read_timeout", "1s");
  toml.set("fastcgi_send_timeout", "1s");
  toml.set("keepalive_timeout", "1s");
  if (dice.chance(0.4)) toml.set("fastcgi_buffering", "off");
  if (dice.chance(0.4)) toml.set("fastcgi_keep_conn", "on");
  if (!dice.chance(0.4)) return;
  const auto size = dice.pick({"1k", "2k", "8k"});
  toml.set("fastcgi_buffer_size", size);
  if (dice.chance(0.5) || size == "8k") {
    toml.set("fastcgi_buffers", fmt::format("{} {}", dice.between(4, 8), size));
    toml.set("fastcgi_busy_buffers_size", size == "1k" ? "2k" : size == "2k" ? "4k" : "16k");
  }
}

}  // namespace badgate::harness::fidelity
