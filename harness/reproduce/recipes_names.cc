// What goes wrong while a name is resolved (ngx_resolver.c, ngx_http_upstream_resolve_handler,
// ngx_http_proxy_eval), and at the start.
#include <array>

#include "harness/reproduce/recipe.h"

namespace badgate::harness::reproduce {
namespace {

using evidence::Evidence;

// The name server breaks as <<dns>> says; the second one is for those who ask several.
constexpr std::string_view kResolver =
    "resolver = \"{ns}\"\nset = \"$target <<name>>\"\n"
    "proxy_pass = \"http://$target:{app.port}\"\n";
constexpr std::string_view kQuickly =
    "resolver = \"{ns}\"\nresolver_timeout = \"7s\"\nset = \"$target <<name>>\"\n"
    "proxy_pass = \"http://$target:{app.port}\"\n";
constexpr std::string_view kNameServer =
    "# The name server. <<says>>\n[dns.ns]\nrecords = { \"<<name>>\" = \"app\" }\n"
    "fault = { dns = \"<<dns>>\" }\n\n[[backend.app]]\naddress = \"127.0.0.2\"\n";

struct Answer {
  std::string_view words;
  std::string_view fault;
  std::string_view says;
};
constexpr auto kAnswers = std::to_array<Answer>({
    {"(3: Host not found)", "nxdomain", "It knows no such name."},
    {"(2: Server failure)", "servfail", "It cannot find out."},
    {"(5: Operation refused)", "refused", "It does not answer this client."},
    {"(4: Unimplemented)", "notimp", "It does not know such queries."},
    {"(110: Operation timed out)", "silent", "It never answers."},
});

bool choose_answer(const Evidence&, const Captures& captures, const Frame&, Values& values) {
  values["name"] = values["1"];
  for (const Answer& answer : kAnswers) {
    if (captures.at(1) != answer.words) continue;
    values["dns"] = answer.fault;
    values["says"] = answer.says;
    return true;
  }
  return false;
}

bool any_name(const Evidence&, const Captures&, const Frame&, Values& values) {
  values["name"] = "app.internal";
  return true;
}

bool format_error(const Evidence&, const Captures& captures, const Frame&, Values& values) {
  values["name"] = values["2"];
  values["dns"] = "formerr";
  values["says"] = "It does not understand the query.";
  return captures.size() == 2;
}

bool wrong_id(const Evidence&, const Captures&, const Frame&, Values& values) {
  values["name"] = values["2"];
  values["dns"] = "wrong-id";
  values["says"] = "It answers another query.";
  return true;
}

bool cut_answer(const Evidence& line, const Captures& captures, const Frame& frame,
                Values& values) {
  values["dns"] = "malformed";
  values["says"] = "Its answer ends in the middle.";
  return any_name(line, captures, frame, values);
}

bool nobody_there(const Evidence& line, const Captures& captures, const Frame& frame,
                  Values& values) {
  values["dns"] = "down";
  values["says"] = "Nobody listens there.";
  return any_name(line, captures, frame, values);
}

// "app.internal:8080": the name without the port, which is another in each run.
bool without_port(const Evidence&, const Captures&, const Frame&, Values& values) {
  auto name = values["1"];
  const auto colon = name.rfind(':');
  if (colon == name.npos) {
    values["target"] = name;
  } else {
    values["target"] = name.substr(0, colon) + ":{app.port}";
  }
  values["name"] = "app.internal";
  return true;
}

constexpr std::string_view kHealthyNames =
    "[dns.ns]\nrecords = { \"<<name>>\" = \"app\" }\n\n"
    "[[backend.app]]\naddress = \"127.0.0.2\"\n";

constexpr auto kRecipes = std::to_array<Recipe>({
    {.scenario = "name-resolution/no-such-name",
     .message = "* could not be resolved *",
     .why = {},
     .proxy = kQuickly,
     .servers = 0,
     .more = kNameServer,
     .prepare = choose_answer},
    {.scenario = "name-resolution/name-without-address",
     .message = "* could not be resolved *",
     .why = {},
     .proxy = kResolver,
     .servers = 0,
     .more = "# The name server. It knows the name, and no address of it.\n[dns.ns]\n"
             "records = { \"<<name>>\" = [] }\n\n[[backend.app]]\naddress = \"127.0.0.2\"\n",
     .prepare = choose_answer},
    {.scenario = "name-resolution/no-resolver",
     .message = "no resolver defined to resolve *",
     .why = {},
     .proxy = "set = \"$target <<1>>\"\nproxy_pass = \"http://$target:{app.port}\"\n",
     .servers = 0,
     .more = kHealthyNames,
     .prepare =
         [](const Evidence&, const Captures&, const Frame&, Values& values) {
           values["name"] = values["1"];
           return true;
         }},
    {.scenario = "name-resolution/format-error",
     .message = "DNS error (1: Format error), query id:*, name:\"*\"",
     .why = {},
     .proxy = kQuickly,
     .servers = 0,
     .more = kNameServer,
     .prepare = format_error},
    {.scenario = "name-resolution/answer-of-another-query",
     .message = "wrong ident * in DNS response for *, expect *",
     .why = {},
     .proxy = kQuickly,
     .servers = 0,
     .more = kNameServer,
     .prepare = wrong_id},
    {.scenario = "name-resolution/cut-off-answer",
     .message = "short DNS response",
     .why = {},
     .proxy = kQuickly,
     .servers = 0,
     .more = kNameServer,
     .prepare = cut_answer},
    {.scenario = "name-resolution/name-server-down",
     .message = "* failed (111: *) while resolving, resolver: *",
     .why = {},
     .proxy = kQuickly,
     .servers = 0,
     .more = kNameServer,
     .prepare = nobody_there},
    {.scenario = "name-resolution/variable-without-scheme",
     .message = "invalid URL prefix in \"*\"",
     .why = {},
     .proxy = "resolver = \"{ns}\"\nset = \"$target <<target>>\"\nproxy_pass = \"$target\"\n",
     .servers = 0,
     .more = kHealthyNames,
     .prepare = without_port},
    {.scenario = "name-resolution/variable-without-value",
     .message = "no host in upstream \"*\"",
     .why = {},
     .proxy = "resolver = \"{ns}\"\nproxy_pass = \"http://$http_x_target<<target>>\"\n",
     .servers = 0,
     .more = kHealthyNames,
     .prepare = without_port},
});

}  // namespace

std::span<const Recipe> recipes_of_names() {
  return kRecipes;
}

}  // namespace badgate::harness::reproduce
