// Adapter: the walk over a configuration that adapt() does. One directive is one decision; what
// concerns addresses is in adapt_addresses.cc, files in adapt_files.cc.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "harness/own_config/adapt.h"

namespace badgate::harness::own_config {

class Adapter {
 public:
  Adapter(const OwnConfig& own, const drivers::Setup& setup,
          const drivers::NginxSurroundings& surroundings, const Others& others, const Here& here);
  Adapted adapt();

 private:
  using Directive = nginx_conf::Directive;
  using Directives = std::vector<Directive>;
  enum class Where { main, http, server, location, upstream };

  Directives main_block(const Directives& block);
  Directives http_block(const Directives& block);
  Directives server_block(const Directive& server);
  Directives block(const Directives& block, Where where);
  void add(const Directive& directive, Where where, Directives& into);
  Directives preamble();
  Directives http_preamble() const;

  // Each returns whether it has decided; what is to run is in `into` then.
  bool add_address(const Directive& directive, Where where, Directives& into);
  void add_listen(const Directive& directive, Directives& into);
  void add_pass(const Directive& directive, Directives& into);
  void add_upstream(const Directive& block, Directives& into);
  void add_resolver(const Directive& directive, Directives& into);
  void add_bind(const Directive& directive, Directives& into);
  bool add_log(const Directive& directive, Where where, Directives& into);
  bool add_file(const Directive& directive, Where where, Directives& into);
  void add_certificate(const Directive& directive, Directives& into);
  void add_missing_include(const Directive& directive, Directives& into);

  bool lacks_certificates(const Directives& block) const;
  const proxy::Upstream* fakes() const;
  const std::string* told(std::string_view directive) const;  // by the scenario
  std::string full_path(std::string_view name) const;
  std::string own_file(std::string_view name);  // in the run's folder

  void keep(const Directive& directive, Directives& into) { into.push_back(directive); }
  void replace(const Directive& directive, Directive by, std::string why, Directives& into);
  void leave_out(const Directive& directive, std::string why);

  const OwnConfig& own_;
  const drivers::Setup& setup_;
  const drivers::NginxSurroundings& surroundings_;
  const Others& others_;
  const Here& here_;
  std::string played_listen_;                   // as normal_listen has it
  const nginx_conf::Group* group_ = nullptr;    // of the played location
  std::vector<std::string> names_;              // of the server that is walked through
  std::map<std::string, std::string> sockets_;  // of other listens, by their addresses
  bool certificates_missing_ = false;           // of the block that is walked through
  std::size_t files_ = 0;
  Adapted adapted_;
};

// "80", "0.0.0.0:80" and "*:80" are one: "*:80".
std::string normal_listen(std::string_view address);

}  // namespace badgate::harness::own_config
