#include "harness/reproduce/limits.h"

#include <array>

#include "harness/reproduce/pattern.h"

namespace badgate::harness::reproduce {
namespace {

struct Limit {
  std::string_view message;
  std::string_view why;
};

constexpr std::string_view kLate =
    "The kernel found that out seconds after connect(), on its own clock, which badgate cannot "
    "make; "
    "where it knows at once the line says \"connect() to ADDRESS failed\".";
constexpr std::string_view kChance =
    "Whether the proxy reads or writes first when a connection is reset is chance; badgate's "
    "reads: "
    "then the line says \"recv() failed … while reading response header\".";
constexpr std::string_view kProtocol = "badgate's proxy speaks neither HTTP/2 nor gRPC to servers.";

constexpr auto kLimits = std::to_array<Limit>({
    {"connect() failed (113: *", kLate},
    {"connect() failed (110: *", kLate},
    {"connect() failed (101: *", kLate},
    {"recv() failed (110: *", kLate},
    {"writev() failed (*", kChance},
    {"sendfile() failed (*", kChance},
    {"send() failed (* while sending request to upstream", kChance},
    {"recv() failed (* while sending request to upstream", kChance},
    {"connect() to * failed (99: *",
     "The machine had no free port left; badgate does not take all ports of a machine."},
    {"pwritev() * failed (28: *", "The disk was full; badgate does not fill one."},
    {"pwrite() * failed (28: *", "The disk was full; badgate does not fill one."},
    {"auth request unexpected status*", "badgate's proxy has no auth_request."},
    {"upstream sent too large http2 frame*", kProtocol},
    {"upstream rejected request with error*", kProtocol},
    {"upstream sent goaway with error*", kProtocol},
    {"upstream sent no :status header*", kProtocol},
});

}  // namespace

std::string_view why_not(const evidence::Evidence& line) {
  if (!line.subrequest.empty()) return "badgate's proxy makes no subrequests (auth_request, SSI).";
  if (line.upstream_scheme == "grpc" || line.upstream_scheme == "grpcs") return kProtocol;
  if (line.upstream_scheme == "uwsgi" || line.upstream_scheme == "scgi" ||
      line.upstream_scheme == "suwsgi")
    return "badgate's proxy speaks HTTP and FastCGI, not uwsgi or SCGI.";
  for (const Limit& limit : kLimits) {
    if (match(limit.message, line.message)) return limit.why;
  }
  return {};
}

}  // namespace badgate::harness::reproduce
