// HttpDate: the time as the Date header says it, "Mon, 28 Sep 1970 06:00:00 GMT"; composed once a
// second, as ngx_time_update does.
#pragma once

#include <string>

#include "net/time.h"

namespace badgate::proxy {

class HttpDate {
 public:
  // Good until the next call.
  const std::string& at(net::WallTime now);

 private:
  std::chrono::sys_seconds second_{};
  std::string text_;  // empty: none was asked for
};

}  // namespace badgate::proxy
