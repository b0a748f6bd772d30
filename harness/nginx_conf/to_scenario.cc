#include "harness/nginx_conf/to_scenario.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "harness/nginx_conf/locate.h"
#include "harness/nginx_conf/skeleton_parts.h"
#include "harness/toml_text.h"
#include "proxy/directives.h"

namespace badgate::harness::nginx_conf {
namespace {

// A header's name, in lower case.
std::string name_of(std::string_view header) {
  std::string lower(header.substr(0, header.find(' ')));
  for (char& c : lower)
    c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return lower;
}

bool is_of_connection(std::string_view header) {
  const std::string name = name_of(header);
  return name == "connection" || name == "upgrade" || name == "keep-alive";
}

net::Result<void> can_be_played(const Site& site, LocationRef ref) {
  const Pass& pass = site.pass(ref);
  if (!pass) return net::fail(site.location(ref).title() + " passes requests to nobody");
  if (pass.protocol != Pass::Protocol::http && pass.protocol != Pass::Protocol::fastcgi) {
    const auto prefix = pass.prefix();
    return net::fail(fmt::format("badgate's own proxy does not speak {} ({}pass)",
                                 prefix.substr(0, prefix.size() - 1), prefix));
  }
  if (!pass.group) {
    return net::fail(fmt::format("a variable decides whom {} passes to: {}",
                                 site.location(ref).title(), pass.text));
  }
  if (site.group(ref)->servers.empty())
    return net::fail(fmt::format("no servers are inside upstream \"{}\"", site.group(ref)->name));
  return {};
}

constexpr const char* kClose = "Connection close";

// Whether any fault depends on it; of the headers those that have to do with the connection stay.
bool make_bare(Line& line) {
  constexpr std::array<std::string_view, 8> kNothing{"add_header",
                                                     "fastcgi_param",
                                                     "include",
                                                     "root",
                                                     "proxy_hide_header",
                                                     "proxy_pass_header",
                                                     "fastcgi_hide_header",
                                                     "client_max_body_size"};
  if (std::ranges::find(kNothing, line.key) != kNothing.end()) return false;
  if (line.key != "proxy_set_header") return true;
  std::vector<std::string> kept;
  for (std::string& text : line.texts) {
    if (is_of_connection(text)) kept.push_back(std::move(text));
  }
  if (kept.empty()) return false;
  line.texts = std::move(kept);
  line.value = toml_value(line.texts);
  return true;
}

class Builder {
 public:
  Builder(const Site& site, LocationRef ref, Detail detail)
      : site_(site), ref_(ref), bare_(detail == Detail::bare) {}

  Skeleton build() {
    add_pass();
    for (Line& line : lines_of(site_, ref_, skeleton_.left_out)) {
      if (!bare_ || make_bare(line)) skeleton_.proxy.push_back(std::move(line));
    }
    for (Line& line : zone_lines(site_, ref_))
      skeleton_.proxy.push_back(std::move(line));
    add_files();
    add_connection_header();
    if (!bare_) add_server_name();
    add_error_pages();
    note_variables();
    return std::move(skeleton_);
  }

 private:
  // The group as this scenario calls it; made when it is first asked for.
  std::string group_name(LocationRef ref) {
    const std::size_t group = *site_.pass(ref).group;
    for (const SkeletonGroup& known : skeleton_.groups) {
      if (known.group == group) return known.name;
    }
    std::string name = bare_ ? "app" : scenario_name(site_.groups[group]);
    while (std::ranges::find(skeleton_.groups, name, &SkeletonGroup::name) !=
           skeleton_.groups.end())
      name += '2';
    skeleton_.groups.push_back(group_of(site_, ref, name, skeleton_.left_out));
    return name;
  }

  Line pass_line(LocationRef ref) {
    const Pass& pass = site_.pass(ref);
    const std::string name = group_name(ref);
    if (pass.protocol == Pass::Protocol::fastcgi)
      return {"fastcgi_pass", toml_string(name), pass.position};
    return {"proxy_pass", toml_string(fmt::format("{}://{}", pass.tls ? "https" : "http", name)),
            pass.position};
  }

  // What replaces the location's path needs the location.
  void add_pass() {
    const Location& location = site_.location(ref_);
    const Pass& pass = site_.pass(ref_);
    Line line = pass_line(ref_);
    const bool prefix = location.kind == Location::Kind::location && !location.is_regex() &&
                        !location.is_named() && location.pattern.starts_with('/');
    if (prefix) skeleton_.path = location.pattern;
    if (location.is_regex() && location.pattern.find("php") != location.pattern.npos)
      skeleton_.path = "/index.php";
    const bool fixed = pass.uri && pass.uri->find('$') == pass.uri->npos;
    if (bare_ || !prefix || !fixed || pass.variables)
      return skeleton_.proxy.push_back(std::move(line));
    Line whole = line;
    whole.value.pop_back();
    whole.value += toml_string(*pass.uri).substr(1);
    skeleton_.proxy.push_back(std::move(line));
    skeleton_.locations.push_back(
        {(location.modifier == "=" ? "= " : "") + location.pattern, {std::move(whole)}});
  }

  // Certificates are the run's.
  void add_files() {
    for (Line& line : skeleton_.proxy) {
      if (line.key == "proxy_ssl_trusted_certificate") line.value = toml_string("ca.pem");
      if (line.key == "proxy_ssl_certificate") line.value = toml_string("client.pem");
      if (line.key == "proxy_ssl_certificate_key") line.value = toml_string("client.key");
    }
  }

  // nginx's default (before 1.29.7), which scenarios leave out where connections are kept.
  void add_connection_header() {
    const auto set = std::ranges::find(skeleton_.proxy, "proxy_set_header", &Line::key);
    const bool pool = std::ranges::find(skeleton_.groups.front().lines, "keepalive", &Line::key) !=
                      skeleton_.groups.front().lines.end();
    const bool http = site_.pass(ref_).protocol == Pass::Protocol::http;
    if (!pool || !http) return;
    if (set == skeleton_.proxy.end()) {
      skeleton_.proxy.push_back({"proxy_set_header", toml_string(kClose), {}, {kClose}});
    } else if (std::ranges::none_of(set->texts, [](const std::string& header) {
                 return name_of(header) == "connection";
               })) {
      set->texts.emplace_back(kClose);
      set->value = toml_value(set->texts);
    }
  }

  void add_server_name() {
    const Server& server = site_.server(ref_);
    const auto* field = net::find_field(proxy::settings_fields(), "server_name");
    std::string names;
    for (const std::string& name : server.names) {
      proxy::Settings scratch;
      if (name.empty() || !field->apply(scratch, name)) continue;
      names += (names.empty() ? "" : " ") + name;
      const bool one = name != "_" && name.find('*') == name.npos && name.front() != '.';
      if (skeleton_.host.empty() && one) skeleton_.host = name;
    }
    if (!names.empty())
      skeleton_.proxy.push_back({"server_name", toml_string(names), server.position});
  }

  void add_error_pages() {
    const Setting* pages = site_.find(ref_, "error_page");
    if (pages == nullptr) return;
    const auto* field = net::find_field(proxy::settings_fields(), "error_page");
    std::vector<std::string> texts;
    for (const Said& said : pages->said) {
      std::string text;
      for (const Argument& argument : said.arguments)
        text += (text.empty() ? "" : " ") + to_text(argument);
      proxy::Settings scratch;
      if (const auto ok = field->apply(scratch, text); !ok) {
        skeleton_.left_out.push_back(
            {"error_page " + text, said.position, ok.error().message, true});
        continue;
      }
      texts.push_back(text);
      add_target(said);
    }
    if (texts.empty()) return;
    skeleton_.proxy.push_back({"error_page", toml_value(texts), pages->from});
    if (const Setting* recursive = site_.find(ref_, "recursive_error_pages"))
      skeleton_.proxy.push_back(
          {"recursive_error_pages", toml_string(recursive->value), recursive->from});
  }

  // The location that an error_page leads to.
  void add_target(const Said& said) {
    const std::string& uri = said.arguments.back().text;
    const bool named = uri.starts_with('@');
    if (!named && !uri.starts_with('/')) return;
    const auto found = find_location(site_.server(ref_), uri.substr(0, uri.find('?')));
    if (found && *found == ref_.location) return;
    SkeletonLocation block{(named ? "" : "= ") + uri, {}};
    const auto known = std::ranges::find(skeleton_.locations, block.path, &SkeletonLocation::path);
    if (known != skeleton_.locations.end()) return;
    block.lines = found ? target_lines({ref_.server, *found}) : page_lines(said.position);
    skeleton_.locations.push_back(std::move(block));
  }

  static std::vector<Line> page_lines(const Position& from) {
    return {{"return", toml_string("200 \"the error page\""), from}};
  }

  std::vector<Line> target_lines(LocationRef target) {
    if (can_be_played(site_, target)) {
      std::vector<LeftOut> ignored;
      std::vector<Line> lines{pass_line(target)};
      for (Line& line : lines_of(site_, target, ignored)) {
        const bool same = std::ranges::any_of(skeleton_.proxy, [&](const Line& known) {
          return known.key == line.key && known.value == line.value;
        });
        const bool here = net::find_field(proxy::location_fields(), std::string_view(line.key));
        if (!same && here) lines.push_back(std::move(line));
      }
      return lines;
    }
    const Location& location = site_.location(target);
    const auto returned = location.settings.find("return");
    if (returned == location.settings.end()) return page_lines(location.position);
    const auto* field = net::find_field(proxy::location_fields(), "return");
    proxy::Location scratch;
    if (!field->apply(scratch, returned->second.value)) return page_lines(location.position);
    return {{"return", toml_string(returned->second.value), returned->second.from}};
  }

  void note_variables() {
    const Pass& pass = site_.pass(ref_);
    if (!pass.variables) return;
    skeleton_.left_out.push_back({fmt::format("{}pass {}", pass.prefix(), pass.text), pass.position,
                                  fmt::format("played as if it said {}", pass.resolved), true});
  }

  const Site& site_;
  LocationRef ref_;
  bool bare_;
  Skeleton skeleton_;
};

}  // namespace

net::Result<Skeleton> skeleton_of(const Site& site, LocationRef ref, Detail detail) {
  if (const auto ok = can_be_played(site, ref); !ok) return tl::unexpected(ok.error());
  return Builder(site, ref, detail).build();
}

}  // namespace badgate::harness::nginx_conf
