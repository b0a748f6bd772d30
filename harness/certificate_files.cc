#include "harness/certificate_files.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>

namespace badgate::harness {
namespace {

using fault_backends::CertificateKind;
using fault_backends::Certificates;

constexpr std::array<std::string_view, 5> kDirectives{
    "proxy_ssl_trusted_certificate", "proxy_ssl_certificate", "proxy_ssl_certificate_key",
    "ssl_certificate", "ssl_certificate_key"};

constexpr std::array<std::string_view, 6> kFiles{"ca.pem",     "other-ca.pem", "client.pem",
                                                 "client.key", "server.pem",   "server.key"};

bool takes_file(std::string_view directive) {
  return std::ranges::find(kDirectives, directive) != kDirectives.end();
}

bool is_users_own(std::string_view file) {
  return file.find('/') != file.npos;
}

std::string_view group_of(std::string_view backend) {
  return backend.substr(0, backend.find('['));
}

// The first server of the group that the file is called after, if it speaks TLS.
const BackendSpec* server_of(std::string_view file, const std::vector<BackendSpec>& backends) {
  if (!file.ends_with(".pem")) return nullptr;
  const auto group = file.substr(0, file.size() - 4);
  const auto at = std::ranges::find_if(backends, [&](const BackendSpec& backend) {
    return group_of(backend.name) == group && backend.settings.tls.has_value();
  });
  return at == backends.end() ? nullptr : &*at;
}

bool is_made(std::string_view file, const std::vector<BackendSpec>& backends) {
  return std::ranges::find(kFiles, file) != kFiles.end() || server_of(file, backends) != nullptr;
}

net::Result<const net::Certificate*> certificate_of(std::string_view file,
                                                    const std::vector<BackendSpec>& backends,
                                                    Certificates& certificates) {
  if (file == "ca.pem") return certificates.authority();
  if (file == "other-ca.pem") return certificates.other_authority();
  if (file.starts_with("client.")) return certificates.client();
  if (file.starts_with("server.")) {
    return certificates.server(CertificateKind::valid, {"localhost"});
  }
  const BackendSpec& backend = *server_of(file, backends);
  return certificates.server(*backend.settings.tls, std::string(group_of(backend.name)));
}

net::Result<void> write_file(const std::string& path, const std::string& text) {
  std::ofstream out(path, std::ios::binary);
  out << text;
  out.close();
  if (out) return {};
  return net::fail(fmt::format("cannot write {}: {}", path, std::strerror(errno)), errno);
}

void find_unknown(const DirectiveBlock& block, const std::vector<BackendSpec>& backends,
                  proxy::Contradiction where, std::vector<proxy::Contradiction>& out) {
  for (const auto& [name, value] : block.directives) {
    if (!takes_file(name) || is_users_own(value) || is_made(value, backends)) continue;
    where.directive = name;
    where.message = fmt::format(
        "\"{}\" is no certificate of this run: ca.pem, other-ca.pem, client.pem, client.key, "
        "server.pem, server.key or that of a group which speaks TLS, GROUP.pem",
        value);
    out.push_back(where);
  }
  std::size_t servers = 0;
  std::size_t locations = 0;
  for (const DirectiveBlock& child : block.blocks) {
    proxy::Contradiction inside = where;
    (child.name == "server" ? inside.server : inside.location) =
        child.name == "server" ? servers++ : locations++;
    find_unknown(child, backends, inside, out);
  }
}

}  // namespace

void for_each_certificate_file(DirectiveBlock& top,
                               const std::function<void(std::string& value)>& change) {
  for (auto& [name, value] : top.directives) {
    if (takes_file(name)) change(value);
  }
  for (DirectiveBlock& child : top.blocks)
    for_each_certificate_file(child, change);
}

std::vector<proxy::Contradiction> unknown_certificate_files(
    const DirectiveBlock& top, const std::vector<BackendSpec>& backends) {
  std::vector<proxy::Contradiction> out;
  find_unknown(top, backends, {}, out);
  return out;
}

net::Result<void> place_certificate_files(DirectiveBlock& top,
                                          const std::vector<BackendSpec>& backends,
                                          Certificates& certificates, const std::string& folder) {
  net::Result<void> result;
  for_each_certificate_file(top, [&](std::string& value) {
    if (!result || !is_made(value, backends)) return;
    const auto certificate = certificate_of(value, backends, certificates);
    if (!certificate) {
      result = tl::unexpected(certificate.error());
      return;
    }
    const bool key = value.ends_with(".key");
    value = fmt::format("{}/{}", folder, value);
    result = write_file(value, key ? (*certificate)->key_pem() : (*certificate)->pem());
  });
  return result;
}

}  // namespace badgate::harness
