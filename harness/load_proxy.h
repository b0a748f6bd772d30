// load_proxy: the configuration of `badgate proxy`, a TOML file with the [proxy], [group.NAME] and
// [[upstream.NAME]] of a scenario, whose servers have addresses in place of faults.
#pragma once

#include <string>
#include <vector>

#include "harness/diagnostics.h"
#include "harness/scenario.h"
#include "proxy/log_files.h"
#include "proxy/settings.h"

namespace badgate::harness {

struct ProxyConfig {
  proxy::Settings settings;
  proxy::LogFiles::Paths logs;
  DirectiveBlock directives;           // of [proxy], as written
  std::vector<DirectiveBlock> groups;  // [group.NAME] as written; the argument is the name
};

struct LoadedProxy {
  ProxyConfig config;
  std::vector<Diagnostic> diagnostics;  // empty: all is in order
};

LoadedProxy load_proxy(const std::string& path);

}  // namespace badgate::harness
