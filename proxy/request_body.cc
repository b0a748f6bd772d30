#include "proxy/request_body.h"

namespace badgate::proxy {

void RequestBody::begin(std::size_t memory_limit, const std::string& folder) {
  memory_.clear();
  file_.reset();
  folder_ = folder;
  limit_ = memory_limit;
  size_ = 0;
}

net::Result<void> RequestBody::append(std::string_view bytes) {
  size_ += bytes.size();
  memory_ += bytes;
  if (memory_.size() > limit_) return spill();
  return {};
}

net::Result<void> RequestBody::finish() {
  if (file_ && !memory_.empty()) return spill();
  return {};
}

net::Result<void> RequestBody::spill() {
  if (!file_) {
    auto file = TempFile::create(folder_);
    if (!file) return tl::unexpected(file.error());
    file_ = std::move(*file);
  }
  auto written = file_->append(memory_);
  memory_.clear();
  return written;
}

}  // namespace badgate::proxy
