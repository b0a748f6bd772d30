#include "fault_backends/response_stream.h"

#include <fmt/core.h>

#include <algorithm>

#include "fault_backends/body_pattern.h"

namespace badgate::fault_backends {

ResponseStream::ResponseStream(Response response)
    : response_(std::move(response)), header_(response_.raw ? *response_.raw : response_.head()) {
  const bool bodiless = response_.raw || !response_.has_body;
  body_size_ = bodiless ? 0 : response_.body_size();
  body_cut_ = std::min(body_size_, response_.body_cut.value_or(body_size_));
  chunked_ = !bodiless && response_.framing == Answer::Framing::chunked;
  if (header_.empty()) begin_body();
}

std::string_view ResponseStream::peek() const {
  switch (part_) {
    case Part::header:
      return std::string_view(header_).substr(header_sent_);
    case Part::frame:
    case Part::after:
      return std::string_view(text_).substr(text_at_);
    case Part::body: {
      const auto left = std::min(chunked_ ? chunk_left_ : body_size_, body_cut_ - body_sent_);
      if (response_.body.empty()) return pattern_at(body_sent_, left);
      return std::string_view(response_.body).substr(body_sent_, left);
    }
    case Part::end:
      break;
  }
  return {};
}

void ResponseStream::advance(std::size_t sent) {
  switch (part_) {
    case Part::header:
      header_sent_ += sent;
      if (header_sent_ == header_.size()) begin_body();
      break;
    case Part::frame:
    case Part::after:
      text_at_ += sent;
      if (text_at_ == text_.size()) end_of_text();
      break;
    case Part::body:
      body_sent_ += sent;
      if (chunked_) chunk_left_ -= sent;
      if (body_sent_ == body_cut_ && (!chunked_ || body_cut_ < body_size_)) {
        finish();
      } else if (chunked_ && chunk_left_ == 0) {
        show(Part::frame, "\r\n");
      }
      break;
    case Part::end:
      break;
  }
}

void ResponseStream::begin_body() {
  if (chunked_) {
    begin_chunk();
  } else if (body_cut_ > 0) {
    part_ = Part::body;
  } else {
    finish();
  }
}

void ResponseStream::begin_chunk() {
  const auto left = body_size_ - body_sent_;
  if (left == 0) {
    last_shown_ = true;
    if (response_.last_chunk) {
      show(Part::frame, "0\r\n\r\n");
    } else {
      finish();
    }
    return;
  }
  chunk_left_ = std::min<std::uint64_t>(left, response_.chunk_bytes);
  const auto& odd = response_.odd_chunk;
  const bool is_odd = odd && odd->number == chunks_sent_ + 1;
  show(Part::frame, (is_odd ? odd->line : fmt::format("{:x}", chunk_left_)) + "\r\n");
}

void ResponseStream::end_of_text() {
  if (part_ == Part::after) {
    part_ = Part::end;
  } else if (last_shown_) {
    finish();
  } else if (chunk_left_ > 0) {
    part_ = Part::body;
    if (body_sent_ == body_cut_) finish();
  } else {
    ++chunks_sent_;
    begin_chunk();
  }
}

void ResponseStream::finish() {
  if (response_.raw || response_.after.empty()) {
    part_ = Part::end;
  } else {
    show(Part::after, response_.after);
  }
}

void ResponseStream::show(Part part, std::string text) {
  part_ = part;
  text_ = std::move(text);
  text_at_ = 0;
}

}  // namespace badgate::fault_backends
