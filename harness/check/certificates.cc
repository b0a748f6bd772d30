// The certificates that a configuration serves: whether the files are there, belong together, are
// for the names of the server, and are not over.
#include <fmt/core.h>

#include <algorithm>
#include <cerrno>

#include "harness/check/check.h"
#include "harness/printable.h"
#include "harness/probe/report.h"
#include "net/certificate_facts.h"
#include "net/pem_file.h"
#include "net/text.h"
#include "net/tls_context.h"

namespace badgate::harness::check {
namespace {

using Level = Finding::Level;
using nginx_conf::Server;
using nginx_conf::Site;

bool is_plain_name(const std::string& name) {
  return !name.empty() && name != "_" && name.find_first_of("~$") == name.npos &&
         name.find('.') != name.npos;
}

// A name that a wildcard of nginx stands for.
std::string example_of(const std::string& name) {
  if (name.starts_with("*.")) return "any" + name.substr(1);
  return name.starts_with('.') ? name.substr(1) : name;
}

void judge_names(const std::string& file, const Server& server, Findings& into) {
  std::vector<std::string> missing;
  for (const auto& name : server.names) {
    if (!is_plain_name(name) || name.ends_with('*')) continue;
    const auto matches = net::certificate_file_matches(file, example_of(name));
    if (matches && !*matches) missing.push_back(name);
  }
  if (missing.empty()) return;
  into.push_back({Level::wrong,
                  fmt::format("it is not for {}", printable(net::join(missing, ", "), 60)),
                  "a certificate for all names of the server",
                  {}});
}

void judge_validity(const net::CertificateFacts& own, net::WallTime now, Findings& into) {
  const auto validity = probe::validity(own, now);
  if (now > own.until || now < own.from) {
    into.push_back({Level::wrong, validity, "renew it; nginx -s reload", {}});
  } else if (own.until - now < expires_soon) {
    into.push_back({Level::warning, validity, "renew it; nginx -s reload", {}});
  }
}

CertificateReport check_one(const Site& site, const Server& server, const nginx_conf::Said& said,
                            const std::string& key, net::WallTime now) {
  CertificateReport report;
  report.file = file_of(site, said.arguments.front().text);
  report.position = said.position;
  const auto chain = net::read_certificate_file(report.file);
  if (!chain) {
    const bool forbidden = chain.error().code == EACCES;
    report.findings.push_back({forbidden ? Level::warning : Level::wrong,
                               chain.error().message,
                               forbidden ? "run badgate check as root" : "",
                               {}});
    return report;
  }
  const auto& own = chain->front();
  report.well =
      fmt::format("for {}, {}", printable(own.names.empty() ? own.subject : own.names.front(), 40),
                  probe::validity(own, now));
  net::TlsContext context(net::TlsRole::server, net::tls_1_2 | net::tls_1_3);
  auto ok = net::check_pem_file(key);
  if (ok) ok = context.use_certificate(report.file, key);
  if (!ok) report.findings.push_back({Level::wrong, ok.error().message, {}, {}});
  judge_validity(own, now, report.findings);
  judge_names(report.file, server, report.findings);
  if (chain->size() == 1 && !own.self_signed)
    report.findings.push_back({Level::note,
                               "it is alone in its file: clients may miss the authority between",
                               "ssl_certificate fullchain.pem;",
                               {}});
  return report;
}

// Many servers may share a file, and what is wrong with it.
bool is_told(const CertificateReport& report, const std::vector<CertificateReport>& reports) {
  return std::ranges::any_of(reports, [&](const CertificateReport& other) {
    return other.file == report.file &&
           std::ranges::equal(other.findings, report.findings, {}, &Finding::what, &Finding::what);
  });
}

}  // namespace

std::vector<CertificateReport> check_certificates(const Site& site, net::WallTime now) {
  std::vector<CertificateReport> reports;
  for (const Server& server : site.servers) {
    const auto* certificates = site.find(server, "ssl_certificate");
    const auto* keys = site.find(server, "ssl_certificate_key");
    if (!server.tls() || certificates == nullptr || keys == nullptr) continue;
    for (std::size_t i = 0; i < certificates->said.size() && i < keys->said.size(); ++i) {
      const auto& said = certificates->said[i];
      if (said.arguments.empty() || keys->said[i].arguments.empty()) continue;
      const std::string& key = keys->said[i].arguments.front().text;
      // "data:", "engine:" and variables are not files.
      if (said.arguments.front().text.find_first_of(":$") != std::string::npos ||
          key.find_first_of(":$") != std::string::npos)
        continue;
      auto report = check_one(site, server, said, file_of(site, key), now);
      if (!is_told(report, reports)) reports.push_back(std::move(report));
    }
  }
  return reports;
}

}  // namespace badgate::harness::check
