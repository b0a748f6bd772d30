// LogFormat: a string of nginx's `log_format`, read the other way round.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/evidence/evidence.h"
#include "net/result.h"

namespace badgate::harness::evidence {

class LogFormat {
 public:
  // "$remote_addr [$time_local] \"$request\" $status". The Error says what is wrong with it.
  static net::Result<LogFormat> parse(std::string_view text);

  // nullopt: the line is of another format.
  std::optional<Evidence> read(std::string_view line) const;

 private:
  // A text, and the variable behind it.
  struct Part {
    std::string before;
    std::string variable;  // nginx's own name, or any
    bool list = false;     // of the upstream's tries: "502, 200 : 504"
  };

  std::vector<Part> parts_;
  std::string end_;  // what stands behind the last variable
};

// What badgate asks people to log: all that tells causes apart.
inline constexpr std::string_view kRecommendedFormat =
    "$remote_addr [$time_local] \"$request\" $status $upstream_status $upstream_addr "
    "$upstream_connect_time $upstream_header_time $upstream_response_time $request_time "
    "$upstream_bytes_sent $upstream_bytes_received $body_bytes_sent $sent_http_content_length "
    "$connection_requests";

}  // namespace badgate::harness::evidence
