// Servers of a user's own haproxy.cfg: those of the played backend are the fakes, of all others one
// that answers everything.
#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "harness/own_config/haproxy_adapter.h"
#include "harness/own_config/haproxy_kept.h"

namespace badgate::harness::own_config {
namespace {

// "10.0.0.1:80", "unix@/run/a.sock".
std::string as_haproxy(const net::Address& address) {
  return address.is_unix() ? "unix@" + address.path() : address.to_string();
}

// As it is written, but one word in any case.
std::string one_word(const haproxy_cfg::Line& line, std::size_t n) {
  return may_be_many(line.word(n)) ? haproxy_cfg::quoted(line.word(n)) : std::string(line.raw(n));
}

}  // namespace

// Of the other backends, one line tells of all.
void HaproxyAdapter::add_servers(const Line& line) {
  const bool templated = line.word(0) == "server-template";
  const std::size_t parameters = templated ? 4 : 3;
  if (line.words.size() < parameters) return leave_out(line, "it has no address");
  if (!back_now_) {
    put_others(line, parameters, templated);
    if (!std::exchange(others_told_, true))
      tell(line, fmt::format("server {} OTHERS", line.word(1)),
           "somebody else answers for backends that are not played");
    return;
  }
  // `disabled` and so on are of the line; the names are of the site.
  std::size_t count = 1;
  if (templated) {
    const auto& all = *servers_;
    count = 0;
    while (next_ + count < all.size() && all[next_ + count].position.line == line.position.line)
      ++count;
  }
  for (std::size_t i = 0; i < count; ++i)
    put_fake(line, parameters, templated);
}

void HaproxyAdapter::put_others(const Line& line, std::size_t parameters, bool templated) {
  std::string out = fmt::format("  {} {} ", line.word(0), one_word(line, 1));
  if (templated) out += one_word(line, 2) + " ";
  out += surroundings_.others;
  std::string_view ignored;
  put(out + parameters_of(line, parameters, false, ignored));
}

void HaproxyAdapter::put_fake(const Line& line, std::size_t parameters, bool templated) {
  const std::size_t nth = next_++;
  const std::string name = templated && nth < servers_->size()
                               ? haproxy_cfg::quoted((*servers_)[nth].name)
                               : one_word(line, 1);
  const std::string written(line.word(parameters - 1));
  const auto fake = fake_at(nth);
  std::string address = fake ? as_haproxy(*fake) : surroundings_.others;
  const bool leads = fake && here_.leads(written, fake->to_string());
  if (leads) address = written;
  std::string_view why = leads ? "" : "a fake's address";
  const auto rest = parameters_of(line, parameters, true, why);
  const auto by = fmt::format("  server {} {}{}", name, haproxy_cfg::quoted(address), rest);
  if (leads && why.empty() && !templated && !may_be_many(line.word(1))) return put(line.text);
  put(by);
  if (templated && nth > 0 && (*servers_)[nth - 1].position.line == line.position.line) return;
  tell(line, by, why.empty() ? "the servers that it means" : why);
}

std::optional<net::Address> HaproxyAdapter::fake_at(std::size_t nth) const {
  const auto& groups = setup_.settings.upstreams;
  if (groups.empty() || nth >= groups.front().servers.size()) return std::nullopt;
  return groups.front().servers[nth].address;
}

std::string HaproxyAdapter::parameters_of(const Line& line, std::size_t from, bool played,
                                          std::string_view& why) const {
  std::string out;
  const bool tls = played && setup_.settings.proxy_pass.starts_with("https");
  for (std::size_t i = from; i < line.words.size();) {
    const auto [reason, words, of_tls] = parameter_at(line, i);
    const auto name = line.word(i);
    if (!reason.empty()) {
      why = reason;
    } else if (of_tls && !tls) {
      why = "this server's fake speaks plain HTTP";
    } else if ((name == "crt" || name == "crl-file") && !can_read(line.word(i + 1))) {
      why = no_file_here;
    } else if (name == "ca-file") {
      why = "the authority of this run";
      out += " ca-file " + authority();
    } else {
      for (std::size_t word = i; word < std::min(i + words, line.words.size()); ++word)
        out.append(" ").append(line.raw(word));
    }
    i += words;
  }
  return out;
}

std::string HaproxyAdapter::authority() const {
  const auto& told = setup_.settings.proxy_ssl_trusted_certificate;
  return told.empty() ? "@system-ca" : haproxy_cfg::quoted(told);
}

void HaproxyAdapter::add_default_server(const Line& line) {
  std::string_view why;
  const auto rest = parameters_of(line, 1, true, why);
  if (why.empty()) return put(line.text);
  if (rest.empty()) return leave_out(line, why);
  replace(line, "  default-server" + rest, why);
}

}  // namespace badgate::harness::own_config
