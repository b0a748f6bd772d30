// ServerNames: which of several servers at one address a Host is for, after
// ngx_http_find_virtual_server and ngx_http_server_names.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "net/result.h"

namespace badgate::proxy {

// Checks one name of a server_name directive as nginx does at start; returns it in lower case.
net::Result<std::string> parse_server_name(std::string_view text);

class ServerNames {
 public:
  // `name` as parse_server_name returns it; "" stands for a missing Host. False: another server has
  // that name already, and keeps it.
  bool add(const std::string& name, std::size_t server);

  // `host` in lower case, without a port. Exact names win, then the longest "*.suffix", then the
  // longest "prefix.*". Nothing: the default server.
  std::optional<std::size_t> find(std::string_view host) const;

 private:
  using Names = std::map<std::string, std::size_t, std::less<>>;

  Names exact_;
  Names suffixes_;  // ".example.com" of "*.example.com"
  Names prefixes_;  // "www.example." of "www.example.*"
};

}  // namespace badgate::proxy
