// Check: every upstream address of a configuration, and every certificate that it serves, looked at
// from this machine as nginx would. Contacts the upstreams and the name servers of this machine.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "harness/check/examine.h"
#include "harness/check/findings.h"
#include "harness/check/target.h"
#include "harness/nginx_conf/site.h"
#include "net/loop.h"

namespace badgate::harness::check {

struct TargetReport {
  Target target;
  Seen seen;
  std::string well;  // if there is nothing to find
  Findings findings;
};

// A certificate that the configuration itself serves.
struct CertificateReport {
  std::string file;
  Position position;
  std::string well;
  Findings findings;
};

struct Report {
  std::string file;
  Surroundings around;
  std::vector<TargetReport> targets;
  std::vector<CertificateReport> certificates;

  // Whether anything is wrong: warnings are not.
  bool well() const;
};

struct Options {
  net::Duration longest{};  // that one connection is waited for
  std::string user;         // of nginx's workers; empty: as the configuration or the running nginx
};

class Check {
 public:
  using OnDone = std::function<void(Report)>;

  // `on_done` is called once, from the loop. The Error: there is no user of that name.
  static net::Result<std::unique_ptr<Check>> start(net::Loop& loop, const nginx_conf::Site& site,
                                                   const Options& options, OnDone on_done);

 private:
  Check(net::Loop& loop, OnDone on_done) : loop_(loop), on_done_(std::move(on_done)) {}
  net::Result<void> look_around(const nginx_conf::Site& site, const Options& options);
  void begin_more();
  void take(std::size_t index, Seen seen);
  void finish();

  net::Loop& loop_;
  OnDone on_done_;
  Report report_;
  Limits limits_;
  std::vector<std::unique_ptr<Examination>> examinations_;
  std::size_t begun_ = 0;
  std::size_t done_ = 0;
  net::Timer soon_;
};

// certificates.cc: the ssl_certificate files of all servers that speak TLS.
std::vector<CertificateReport> check_certificates(const nginx_conf::Site& site, net::WallTime now);

}  // namespace badgate::harness::check
