// Subject: one location as the rules look at it: its settings, its group, and what was played
// against it. A rule is a function that adds what it finds.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/audit/audit.h"
#include "net/time.h"

namespace badgate::harness::audit {

struct Subject {
  const nginx_conf::Site& site;
  nginx_conf::LocationRef ref;
  const LocationKind& kind;

  const nginx_conf::Location& location() const { return site.location(ref); }
  const nginx_conf::Pass& pass() const { return site.pass(ref); }
  const nginx_conf::Group* group() const { return site.group(ref); }
  const Traits& traits() const { return kind.traits; }

  // "read_timeout" → "proxy_read_timeout", "fastcgi_read_timeout" …
  std::string name(std::string_view directive) const;
  nginx_conf::Setting setting(std::string_view directive) const;
  std::string value(std::string_view directive) const { return setting(directive).value; }
  net::Duration time(std::string_view directive) const;
  bool is_on(std::string_view directive) const { return value(directive) == "on"; }
  // Among the words of "next_upstream".
  bool has_word(std::string_view directive, std::string_view word) const;
  // The same of a directive without the protocol's prefix.
  const nginx_conf::Setting* plain(std::string_view directive) const {
    return site.find(ref, directive);
  }

  // Its path is one of WebSockets.
  bool is_websocket() const;
  // Its requests become tunnels, or streams that have no end.
  bool is_tunnel() const;
  // A whole word of the path, the server's name or the group's, in lower case; words end at what is
  // no letter and no digit. "oauth*": what begins so.
  bool is_called(std::initializer_list<std::string_view> words) const;

  // A finding at the directive, or where its default could be changed.
  Finding at(std::string_view directive) const;
  Finding at_plain(std::string_view directive) const;
  // … at a place of its own.
  Finding at_position(const Position& position, std::string said) const;

  // What is called so in `badgate list faults`, or in faults.h.
  Trial trial(std::string_view fault, Whom whom, std::string method = "GET") const;
  // The request that this location gets.
  TrialRequest request(std::string method = "GET") const;
};

// "60s", "1m30s" as people say it: "60 s", "90 s", "5 min".
std::string spoken(net::Duration time);

// What users got: "504 after 60 s", "200, cut at once", "200, short at once". `healthy` is what
// they get when all is well.
std::string spoken(const change::Answer& answer, const change::Answer& healthy);

}  // namespace badgate::harness::audit
