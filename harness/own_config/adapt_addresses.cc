// Addresses: where nginx listens, whom it asks, and who resolves names for it.
#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "harness/own_config/adapter.h"
#include "harness/own_config/print.h"
#include "net/sock_diag.h"
#include "net/text.h"

namespace badgate::harness::own_config {
namespace {

using nginx_conf::Directive;

constexpr std::array<std::string_view, 6> kPasses{"proxy_pass", "fastcgi_pass",   "uwsgi_pass",
                                                  "scgi_pass",  "memcached_pass", "grpc_pass"};
constexpr std::string_view kNobody = "127.0.0.1:9";  // discard: nobody answers

bool is_pass(std::string_view name) {
  return std::ranges::find(kPasses, name) != kPasses.end();
}

// Addresses of the machine's own that are not there would have to be made.
bool is_everywhere(std::string_view normal) {
  return normal.starts_with("*:") || normal.starts_with("[::]:") || normal.starts_with("127.") ||
         normal.starts_with("localhost:");
}

// "http://10.0.0.1:8080/api/" in its parts.
struct PassText {
  std::string scheme;  // "http://"; empty of fastcgi_pass
  std::string target;  // "10.0.0.1:8080"
  std::string uri;
};
PassText parts_of(std::string_view text) {
  PassText parts;
  if (const auto end = text.find("://"); end != text.npos) {
    parts.scheme = text.substr(0, end + 3);
    text.remove_prefix(end + 3);
  }
  auto end = text.size();
  if (text.starts_with("unix:")) {
    end = std::min(end, text.find(':', 5));
    parts.uri = text.substr(std::min(text.size(), end + 1));
  } else if (!parts.scheme.empty()) {
    end = std::min(end, text.find_first_of("/?"));
    for (const std::string_view variable : {"$request_uri", "$uri", "$document_uri", "$is_args"})
      end = std::min(end, text.find(variable));
    parts.uri = text.substr(end);
  }
  parts.target = text.substr(0, end);
  return parts;
}

bool is_same(const Position& a, const Position& b) {
  return a.file == b.file && a.line == b.line && a.column == b.column;
}

// What a pass with variables leads to, as far as the configuration tells; otherwise as it is
// written.
PassText leads_to(const nginx_conf::Site& site, const Directive& directive) {
  const auto text = directive.argument(0);
  std::string resolved(text);
  for (const auto& server : site.servers) {
    for (const auto& location : server.locations) {
      if (location.pass.variables && is_same(location.pass.position, directive.position))
        resolved = location.pass.resolved;
    }
  }
  auto parts = parts_of(resolved);
  if (directive.name == "proxy_pass" && parts.scheme.empty()) parts.scheme = "http://";
  // With variables the URI is sent as it stands there (ngx_http_proxy_create_request); a variable
  // that is empty keeps it so.
  const bool as_it_stands = text.find('$') != text.npos && !parts.uri.empty();
  if (as_it_stands && parts.uri.find('$') == parts.uri.npos) parts.uri += "$http_x_badgate_nothing";
  return parts;
}

std::string joined_pass(const PassText& parts, const std::string& address) {
  const bool unix_socket = address.starts_with("unix:");
  return parts.scheme + address + (unix_socket && !parts.uri.empty() ? ":" : "") + parts.uri;
}

}  // namespace

std::string normal_listen(std::string_view address) {
  std::string text(address);
  if (net::parse_number(text)) return "*:" + text;
  if (text.starts_with("0.0.0.0:")) return "*" + text.substr(7);
  if (text.starts_with("unix:")) return text;
  const bool has_port =
      text.starts_with('[') ? text.find("]:") != text.npos : text.find(':') != text.npos;
  return has_port ? text : text + ":80";
}

// The scenario's servers that stand for those of the played location.
const proxy::Upstream* Adapter::fakes() const {
  const auto& all = setup_.settings.upstreams;
  if (all.empty() || group_ == nullptr) return nullptr;
  const auto same = std::ranges::find(all, group_->name, &proxy::Upstream::name);
  return same != all.end() ? &*same : &all.front();
}

bool Adapter::add_address(const Directive& directive, Where where, Directives& into) {
  if (directive.name == "listen" && where == Where::server) {
    add_listen(directive, into);
  } else if (is_pass(directive.name)) {
    add_pass(directive, into);
  } else if (directive.name == "resolver") {
    add_resolver(directive, into);
  } else if (directive.name.ends_with("_bind")) {
    add_bind(directive, into);
  } else if (directive.name == "ssl_stapling") {
    replace(directive, made("ssl_stapling", {"off"}), "nobody outside is asked", into);
  } else if (directive.name == "ssl" && where == Where::server) {
    if (setup_.settings.listen.front().ssl) return false;
    leave_out(directive, "the client speaks plain HTTP here");
  } else {
    return false;
  }
  return true;
}

void Adapter::add_listen(const Directive& directive, Directives& into) {
  const auto normal = normal_listen(directive.argument(0));
  const bool played = normal == played_listen_;
  Directive by = made("listen", {});
  const auto written = directive.argument(0);
  const bool stays =
      normal_listen(surroundings_.listen.to_string()) == normal ||
      (!played && here_.own_network && !written.starts_with("unix:") && is_everywhere(normal));
  if (stays) {
    by.arguments.push_back({.text = std::string(written)});
  } else if (played) {
    by.arguments.push_back({.text = surroundings_.listen.to_string()});
  } else {
    const auto [at, is_new] = sockets_.try_emplace(normal);
    if (is_new)
      at->second = fmt::format("unix:{}/listen-{}.sock", surroundings_.folder, sockets_.size());
    by.arguments.push_back({.text = at->second});
  }
  const bool tls = setup_.settings.listen.front().ssl;
  std::string why = played ? "where the scenario's client connects to" : "nobody is to get there";
  for (std::size_t i = 1; i < directive.arguments.size(); ++i) {
    const auto& word = directive.arguments[i].text;
    const bool keeps = word == "default_server" || word == "default" ||
                       ((word == "ssl" || word == "http2") && (tls || !played));
    if (keeps) by.arguments.push_back({.text = word});
    if (word == "ssl" && !keeps) why += "; it speaks plain HTTP";
  }
  replace(directive, std::move(by), std::move(why), into);
}

// A variable may lead anywhere while nginx runs: without a network of its own it is replaced, too,
// for the user's servers are not to be asked.
void Adapter::add_pass(const Directive& directive, Directives& into) {
  const nginx_conf::Pass& pass = own_.site.pass(own_.played);
  const bool played = is_same(pass.position, directive.position);
  const auto text = directive.argument(0);
  if (here_.own_network && text.find('$') != text.npos) return keep(directive, into);
  const auto parts = leads_to(own_.site, directive);
  const bool block = std::ranges::any_of(own_.site.groups, [&](const nginx_conf::Group& g) {
    return g.is_block && g.name == parts.target;
  });
  if (block && parts_of(text).target == parts.target) return keep(directive, into);
  if (block)
    return replace(directive, made(directive.name, {joined_pass(parts, parts.target)}),
                   "the group that it leads to", into);
  const proxy::Upstream* servers = fakes();
  if (played && servers != nullptr && !servers->servers.empty()) {
    if (here_.leads(group_->servers.front().address, servers->servers.front().address.to_string()))
      return keep(directive, into);
    if (pass.tls && own_.site.find(own_.played, "proxy_ssl_name") == nullptr) {
      const auto host = parts.target.substr(0, parts.target.rfind(':'));
      adapted_.differences.push_back({{}, {}, "proxy_ssl_name " + host, "its own name stays"});
      into.push_back(made("proxy_ssl_name", {host}));
    }
    return replace(
        directive,
        made(directive.name, {joined_pass(parts, servers->servers.front().address.to_string())}),
        "the fake that breaks", into);
  }
  const auto& other = directive.name == "fastcgi_pass" ? others_.fastcgi : others_.http;
  replace(directive, made(directive.name, {joined_pass(parts, other)}), "a fake that is well",
          into);
}

void Adapter::add_upstream(const Directive& block, Directives& into) {
  const bool played = group_ != nullptr && group_->is_block && group_->name == block.argument(0);
  const proxy::Upstream* servers = played ? fakes() : nullptr;
  bool fastcgi = false;
  for (const auto ref : own_.site.passing()) {
    const auto* group = own_.site.group(ref);
    fastcgi |= group != nullptr && group->name == block.argument(0) &&
               own_.site.pass(ref).protocol == nginx_conf::Pass::Protocol::fastcgi;
  }
  Directive copy = block;
  copy.block.clear();
  std::size_t next = 0;
  for (const Directive& inner : block.block) {
    if (inner.name == "resolver") {
      add_resolver(inner, copy.block);
      continue;
    }
    if (inner.name != "server" || inner.arguments.empty()) {
      copy.block.push_back(inner);
      continue;
    }
    const bool has = servers != nullptr && next < servers->servers.size();
    if (servers != nullptr && !has) {
      leave_out(inner, "the scenario has fewer servers");
      continue;
    }
    Directive by = inner;
    std::erase_if(by.arguments, [](const auto& a) { return a.text == "resolve"; });
    auto address = has       ? servers->servers[next++].address.to_string()
                   : fastcgi ? others_.fastcgi
                             : others_.http;
    if (has && here_.leads(inner.argument(0), address)) address = inner.argument(0);
    by.arguments.front().text = std::move(address);
    replace(inner, std::move(by), has ? "the scenario's fake" : "a fake that is well", copy.block);
  }
  for (; servers != nullptr && next < servers->servers.size(); ++next) {
    Directive more = made("server", {servers->servers[next].address.to_string()});
    adapted_.differences.push_back({{}, {}, nginx_conf::to_text(more), "the scenario has it"});
    copy.block.push_back(std::move(more));
  }
  into.push_back(std::move(copy));
}

void Adapter::add_resolver(const Directive& directive, Directives& into) {
  Directive by = made("resolver", {});
  for (const net::Address& server : setup_.settings.resolver.servers)
    by.arguments.push_back({.text = server.to_string()});
  if (by.arguments.empty()) by.arguments.push_back({.text = std::string(kNobody)});
  for (const auto& argument : directive.arguments) {
    if (argument.text.find('=') != std::string::npos) by.arguments.push_back(argument);
  }
  replace(directive, std::move(by),
          setup_.settings.resolver.servers.empty() ? "nobody outside is asked"
                                                   : "the scenario's name server",
          into);
}

// An address that this machine does not have would break everything.
void Adapter::add_bind(const Directive& directive, Directives& into) {
  if (const std::string* value = told(directive.name))
    return replace(directive, made(directive.name, {*value}), "as the scenario has it", into);
  const auto text = directive.argument(0);
  if (text == "off" || text.find('$') != text.npos) return keep(directive, into);
  const auto address = net::Address::parse(fmt::format("{}:0", text));
  if (address && net::is_local(*address)) return keep(directive, into);
  leave_out(directive, "this machine does not have the address");
}

}  // namespace badgate::harness::own_config
