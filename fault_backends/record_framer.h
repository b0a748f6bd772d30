// RecordFramer: puts what the application says into FastCGI records, as php-fpm does
// (main/fastcgi.c, fcgi_write and fcgi_end_request).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace badgate::fault_backends {

class RecordFramer {
 public:
  explicit RecordFramer(std::uint16_t request_id) : request_id_(request_id) {}

  // All append to `out`.
  void add(std::string& out, std::string_view bytes);  // STDOUT
  void end(std::string& out);                          // END_REQUEST
  bool ended() const { return ended_; }

 private:
  std::uint16_t request_id_;
  bool ended_ = false;
};

}  // namespace badgate::fault_backends
