#include "fault_backends/record_framer.h"

#include "net/fastcgi.h"

namespace badgate::fault_backends {

using namespace net::fastcgi;

void RecordFramer::add(std::string& out, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto content = bytes.substr(0, max_content);
    append_record(out, Type::stdout_data, request_id_, content, padding_of(content.size()));
    bytes.remove_prefix(content.size());
  }
}

void RecordFramer::end(std::string& out) {
  ended_ = true;
  append_end_request(out, request_id_, 0, ProtocolStatus::request_complete);
}

}  // namespace badgate::fault_backends
