#include "harness/lab/frames.h"

#include <cstdint>

namespace badgate::harness::lab {
namespace {

constexpr std::size_t kHead = 4;  // bytes of the length, the highest first

}  // namespace

std::string framed(std::string_view text) {
  std::string out;
  for (std::size_t i = kHead; i-- > 0;)
    out += static_cast<char>(text.size() >> (8 * i) & 0xff);
  return out.append(text);
}

std::optional<std::string> Frames::next() {
  if (broken_ || buffer_.size() < kHead) return std::nullopt;
  std::size_t length = 0;
  for (std::size_t i = 0; i < kHead; ++i)
    length = length << 8 | static_cast<unsigned char>(buffer_[i]);
  broken_ = length > longest_;
  if (broken_ || buffer_.size() - kHead < length) return std::nullopt;
  auto text = buffer_.substr(kHead, length);
  buffer_.erase(0, kHead + length);
  return text;
}

}  // namespace badgate::harness::lab
