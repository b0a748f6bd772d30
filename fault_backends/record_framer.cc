#include "fault_backends/record_framer.h"

#include <algorithm>
#include <utility>

namespace badgate::fault_backends {

using namespace net::fastcgi;
using Break = RecordShape::Break;

RecordFramer::RecordFramer(std::uint16_t request_id, RecordShape shape, std::uint64_t header_size)
    : request_id_(request_id), shape_(std::move(shape)) {
  if (shape_.err.empty()) return;
  if (shape_.err_at == RecordShape::ErrAt::before) err_offset_ = 0;
  if (shape_.err_at == RecordShape::ErrAt::header) err_offset_ = header_size / 2;
  if (shape_.err_at == RecordShape::ErrAt::body) err_offset_ = header_size;
}

void RecordFramer::begin(std::string& out) {
  if (std::exchange(begun_, true)) return;
  if (err_offset_ == 0) say_err(out);
  if (shape_.empty_stdout_first) record(out, Type::stdout_data, {});
}

void RecordFramer::say_err(std::string& out) {
  std::string_view left = shape_.err;
  for (; !left.empty(); left.remove_prefix(std::min(left.size(), max_content)))
    record(out, Type::stderr_data, left.substr(0, max_content));
  shape_.err.clear();
}

void RecordFramer::add(std::string& out, std::string_view bytes) {
  begin(out);
  while (!bytes.empty()) {
    std::uint64_t limit = shape_.record_bytes;
    if (said_ < err_offset_) limit = std::min(limit, err_offset_ - said_);
    const auto content = bytes.substr(0, static_cast<std::size_t>(limit));
    if (!shape_.no_stdout) record(out, Type::stdout_data, content);
    bytes.remove_prefix(content.size());
    said_ += content.size();
    if (said_ == err_offset_) say_err(out);
  }
}

void RecordFramer::end(std::string& out) {
  begin(out);
  ended_ = true;
  if (!shape_.err.empty()) say_err(out);
  if (shape_.empty_stdout_last) record(out, Type::stdout_data, {});
  if (shape_.no_end) return;
  std::string whole;
  append_end_request(whole, request_id_, shape_.app_status, shape_.status);
  record(out, Type::end_request, std::string_view(whole).substr(header_size));
  if (shape_.stdout_after_end) record(out, Type::stdout_data, "more");
}

void RecordFramer::record(std::string& out, Type type, std::string_view content) {
  if (cut_) return;
  const bool broken = ++records_ == shape_.number && shape_.what != Break::none;
  const auto padding = shape_.padding.value_or(padding_of(content.size()));
  if (!broken) {
    append_record(out, type, request_id_, content, padding);
    return;
  }
  broken_record(out,
                {.type = static_cast<std::uint8_t>(type),
                 .request_id = request_id_,
                 .content_length = static_cast<std::uint16_t>(content.size()),
                 .padding_length = padding},
                content);
}

void RecordFramer::broken_record(std::string& out, Header header, std::string_view content) {
  const auto value = shape_.value;
  const auto byte = static_cast<std::uint8_t>(value);
  const auto content_size = static_cast<std::uint32_t>(content.size());
  const auto start = out.size();
  std::size_t size = header_size + content.size() + header.padding_length;
  switch (shape_.what) {
    case Break::none:
      break;
    case Break::version:
      header.version = byte;
      break;
    case Break::type:
      header.type = byte;
      break;
    case Break::id_high:
      header.request_id = static_cast<std::uint16_t>((header.request_id & 0xff) | byte << 8);
      break;
    case Break::id_low:
      header.request_id = static_cast<std::uint16_t>((header.request_id & 0xff00) | byte);
      break;
    case Break::length_long:
      header.content_length = static_cast<std::uint16_t>(
          std::min<std::uint64_t>(std::uint64_t{content_size} + value, max_content));
      break;
    case Break::length_short:
      header.content_length =
          static_cast<std::uint16_t>(content_size - std::min(value, content_size));
      break;
    case Break::cut_header:
      size = std::min<std::size_t>(value, header_size - 1);
      break;
    case Break::cut_content:
      size = header_size + std::min(value, content_size);
      break;
    case Break::cut_padding:
      if (header.padding_length == 0) header.padding_length = 8;
      size = header_size + content.size();
      break;
  }
  append_header(out, header);
  out += content;
  if (size > out.size() - start) out.append(size - (out.size() - start), '\0');
  if (size < out.size() - start) out.resize(start + size);
  cut_ = shape_.what >= Break::cut_header;
}

}  // namespace badgate::fault_backends
