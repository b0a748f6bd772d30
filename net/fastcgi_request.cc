#include "net/fastcgi_request.h"

#include <fmt/core.h>

#include <algorithm>

#include "net/text.h"

namespace badgate::net::fastcgi {
namespace {

constexpr std::size_t kBeginSize = 8;

std::uint8_t byte_at(std::string_view bytes, std::size_t at) {
  return static_cast<std::uint8_t>(bytes[at]);
}

// Takes a length of one or four bytes off the front. False if it is cut off.
bool take_length(std::string_view& content, std::size_t& length) {
  if (content.empty()) return false;
  const bool is_long = byte_at(content, 0) > 127;
  const std::size_t size = is_long ? 4 : 1;
  if (content.size() < size) return false;
  length = byte_at(content, 0) & 0x7fU;
  for (std::size_t i = 1; i < size; ++i)
    length = length << 8 | byte_at(content, i);
  content.remove_prefix(size);
  return true;
}

bool is_type(const Header& header, Type type) {
  return header.type == static_cast<std::uint8_t>(type);
}

}  // namespace

Params parse_params(std::string_view content) {
  Params params;
  std::size_t name = 0;
  std::size_t value = 0;
  while (take_length(content, name) && take_length(content, value)) {
    if (name > content.size() || value > content.size() - name) break;
    params.emplace_back(content.substr(0, name), content.substr(name, value));
    content.remove_prefix(name + value);
  }
  return params;
}

std::size_t RequestReader::feed(std::string_view bytes) {
  std::size_t used = 0;
  while (reading_ == Reading::reading && used < bytes.size()) {
    const auto piece = bytes.substr(used, left_);
    take(piece);
    used += piece.size();
    left_ -= piece.size();
    while (left_ == 0 && reading_ == Reading::reading)
      part_done();
  }
  return used;
}

void RequestReader::take(std::string_view bytes) {
  if (part_ == Part::padding) return;
  if (part_ == Part::header || stage_ == Stage::begin) {
    text_ += bytes;
  } else if (stage_ == Stage::params) {
    block_ += bytes;
  } else {
    const auto wanted = static_cast<std::size_t>(
        std::min<std::uint64_t>(bytes.size(), content_length_ - body_size_));
    body_size_ += wanted;
    if (sink_) sink_(bytes.substr(0, wanted));
  }
}

void RequestReader::part_done() {
  switch (part_) {
    case Part::header:
      header_done();
      break;
    case Part::content:
      next_part(Part::padding, header_.padding_length);
      break;
    case Part::padding:
      record_done();
      break;
  }
}

void RequestReader::header_done() {
  header_ = *parse_header(text_);
  text_.clear();
  if (is_expected()) next_part(Part::content, header_.content_length);
}

bool RequestReader::is_expected() {
  if (header_.version < version_1) {
    refuse(fmt::format("FastCGI version {}", header_.version));
  } else if (stage_ == Stage::begin) {
    // What is left of the request before it on this connection: fcgi_read_request skips it.
    const bool leftover = is_type(header_, Type::stdin_data) && header_.content_length == 0;
    const bool begins =
        is_type(header_, Type::begin_request) && header_.content_length == kBeginSize;
    if (!leftover && !begins) {
      refuse(fmt::format("a record of type {} and {} bytes in place of BEGIN_REQUEST", header_.type,
                         header_.content_length));
    }
  } else if (header_.request_id != request_id_) {
    refuse(fmt::format("request id {} within request {}", header_.request_id, request_id_));
  } else if (is_type(header_, Type::abort_request)) {
    reading_ = Reading::aborted;
  } else if (!is_type(header_, stage_ == Stage::params ? Type::params : Type::stdin_data)) {
    refuse(fmt::format("a record of type {} in place of {}", header_.type,
                       stage_ == Stage::params ? "PARAMS" : "STDIN"));
  } else if (stage_ == Stage::params && block_.size() + header_.content_length > max_params) {
    refuse(fmt::format("more than {} bytes of parameters", max_params));
  }
  return reading_ == Reading::reading;
}

void RequestReader::record_done() {
  next_part(Part::header, header_size);
  switch (stage_) {
    case Stage::begin:
      if (is_type(header_, Type::begin_request)) begin_done();
      break;
    case Stage::params:
      if (header_.content_length == 0) params_done();
      break;
    case Stage::body:
      if (header_.content_length == 0 || body_size_ == content_length_)
        reading_ = Reading::complete;
      break;
  }
}

void RequestReader::begin_done() {
  const unsigned role = byte_at(text_, 0) << 8 | byte_at(text_, 1);
  keep_ = (byte_at(text_, 2) & keep_conn) != 0;
  text_.clear();
  request_id_ = header_.request_id;
  if (role < static_cast<unsigned>(Role::responder) || role > static_cast<unsigned>(Role::filter)) {
    refuse(fmt::format("role {}", role));
    return;
  }
  role_ = static_cast<Role>(role);
  stage_ = Stage::params;
}

void RequestReader::params_done() {
  params_ = parse_params(block_);
  block_.clear();
  stage_ = Stage::body;
  content_length_ = parse_number(param("CONTENT_LENGTH")).value_or(0);
  if (content_length_ == 0) reading_ = Reading::complete;
}

void RequestReader::next_part(Part part, std::size_t bytes) {
  part_ = part;
  left_ = bytes;
}

void RequestReader::refuse(std::string why) {
  reading_ = Reading::invalid;
  error_ = std::move(why);
}

std::string_view RequestReader::param(std::string_view name) const {
  const auto it = std::ranges::find(params_, name, &Params::value_type::first);
  return it == params_.end() ? std::string_view() : std::string_view(it->second);
}

void RequestReader::reset() {
  *this = RequestReader(std::move(sink_));
}

}  // namespace badgate::net::fastcgi
