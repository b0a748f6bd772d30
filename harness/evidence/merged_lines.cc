#include "harness/evidence/merged_lines.h"

#include <fmt/core.h>

#include <cstring>

#include "harness/evidence/nginx_error.h"

namespace badgate::harness::evidence {

MergedLines::MergedLines(std::vector<LogLines> logs, Reader reader) : reader_(std::move(reader)) {
  logs_.reserve(logs.size());
  for (LogLines& lines : logs)
    logs_.push_back({std::move(lines), {}, {}, false});
}

void MergedLines::advance(Log& log) {
  log.line = log.lines.next();
  if (!log.line && !log.ended) {
    log.line = log.lines.rest();
    log.ended = true;
  }
  // With one log alone there is nothing to compare.
  if (!log.line || logs_.size() == 1) return;
  if (const auto error = split_nginx_error(*log.line)) {
    if (const auto time = nginx_time(error->date)) log.time = *time;
  } else if (const auto other = reader_.read(*log.line); other && other->time) {
    log.time = *other->time;
  }
}

std::optional<std::string_view> MergedLines::next() {
  if (handed_out_ != nullptr) {
    advance(*handed_out_);
  } else {
    for (Log& log : logs_)
      advance(log);
  }
  handed_out_ = nullptr;
  for (Log& log : logs_) {
    if (log.line && (handed_out_ == nullptr || log.time < handed_out_->time)) handed_out_ = &log;
  }
  return handed_out_ == nullptr ? std::nullopt : handed_out_->line;
}

std::uint64_t MergedLines::bytes_read() const {
  std::uint64_t sum = 0;
  for (const Log& log : logs_)
    sum += log.lines.bytes_read();
  return sum;
}

std::optional<std::uint64_t> MergedLines::size() const {
  std::uint64_t sum = 0;
  for (const Log& log : logs_) {
    const auto size = log.lines.size();
    if (!size) return std::nullopt;
    sum += *size;
  }
  return sum;
}

std::string MergedLines::error() const {
  for (const Log& log : logs_) {
    if (log.lines.error() != 0)
      return fmt::format("cannot read {}: {}", log.lines.path(), std::strerror(log.lines.error()));
  }
  return {};
}

}  // namespace badgate::harness::evidence
