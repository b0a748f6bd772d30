#include "harness/reports/steps.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <map>
#include <span>

namespace badgate::harness::reports {
namespace {

using enum StepKind;

// Between which lanes a step goes. A server's peer is the proxy, or the server that asks it.
enum class Way {
  stays,
  to_peer,     // from a server
  from_peer,   // to a server
  to_proxy,    // from a client
  from_proxy,  // to a client
  to_named,    // from the proxy or a server, to the server that its words name
  from_named,
};

// What a fact's words begin with, behind "connection N: " and "request N".
struct Row {
  std::string_view begins;
  StepKind kind;
  Way way = Way::stays;
};

constexpr Row kOfClient[] = {
    {"sends ", request, Way::to_proxy},
    {"receives ", response, Way::from_proxy},
    {"has sent its body", data, Way::to_proxy},
    {"says ", data, Way::to_proxy},
    {"hears ", data, Way::from_proxy},
    {"leaves", fin, Way::to_proxy},
    {"presses reload", retry, Way::to_proxy},
    {"stops after ", timer},
    {"has a tunnel", note},
    {"cannot connect ", note},
    {"TLS handshake failed", note},
};

constexpr Row kOfProxy[] = {
    {"accepts the client's connection", accept},
    {"has read the request", request},
    {"connects to ", connect, Way::to_named},
    {"is connected to ", connected, Way::from_named},
    {"takes a kept connection to ", connected},
    {"has sent the request to ", request, Way::to_named},
    {"has the response header of ", response},
    {"has done with ", note},
    {"tries the next server", retry},
    {"has answered ", response},
    {"sees that the client has left", note},
    {"may not connect to ", note},
};

// How the proxy gives up on a server, behind the server's name. What the server has sent itself
// is a step of its own; a refusal is the kernel's, and has none.
constexpr Row kGivesUp[] = {
    {"error: FIN", fin},  {"error: RST", rst},
    {"error: 104 ", rst}, {"error: 111 ", rst, Way::from_named},
    {"error: ", note},    {"timeout", timer},
    {"", note},
};

constexpr Row kOfServer[] = {
    {"listens", note},
    {"accepts connection ", accept},
    {"accepts nothing ", timer},
    {"reads request", request},
    {"cannot read request", note},
    {"executes request", note},
    {"sends response", response, Way::to_peer},
    {"FIN sent ", fin, Way::to_peer},
    {"RST ", rst, Way::to_peer},
    {"the peer closes", fin, Way::from_peer},
    {"the peer has closed it", fin, Way::from_peer},
    {"the peer ", rst, Way::from_peer},
    {"waits ", timer},
    {"nothing more ", timer},
    {"packets dropped ", drop},
    {"packets with more than ", drop},
    {"SYN dropped ", drop},
    {"connection not accepted ", drop},
    {"TLS", note},
    {"cannot send ", note},
    {"the response is ", note},
    {"switches protocols", note},
    {"is turned away", note},
    {"asks ", request, Way::to_named},
    {"has its answer from ", note},
    {"has no answer from ", note},
    {"logs ", log},
    {"process gone", event},
    {"starts again", event},
    {"cannot start again", note},
    {"will be started again ", timer},
    {"the master is killed", event},
    {"the network lets everything through again", event},
    {"connection refused ", note},
    {"no route", note},
    {"no such file", note},
    {"permission denied ", note},
    {"is asked for ", request, Way::from_peer},
    {"answers ", response, Way::to_peer},
    {"says nothing ", drop},
    {"refuses queries ", note},
};

// "sends 10 bytes each 1s", "reads …", and what takes the place of a response: told by their end.
constexpr Row kPaces[] = {
    {" bytes in place of the response", response, Way::to_peer},
    {" bytes each ", data, Way::to_peer},
};

// Proxies that are programs of their own tell what they have to say under their own names.
constexpr std::array<std::string_view, 5> kPrograms{"haproxy", "varnishd", "trafficserver", "squid",
                                                    "caddy"};

constexpr std::array<std::string_view, 14> kKinds{
    "connect", "connected", "accept", "request", "response", "data",  "fin",
    "rst",     "drop",      "timer",  "retry",   "log",      "event", "note"};

bool is_client(std::string_view who) {
  return who == "client" || who.starts_with("client ");
}

bool is_log(std::string_view who) {
  return who == "error.log" || who == "access.log";
}

std::size_t digits_at(std::string_view text) {
  const auto end = std::ranges::find_if_not(text, [](unsigned char c) { return std::isdigit(c); });
  return static_cast<std::size_t>(end - text.begin());
}

// Without "connection 3: ", "request 3 " and "request 3: ".
std::string_view without_number(std::string_view what) {
  for (const std::string_view noun : {"connection ", "request "}) {
    if (!what.starts_with(noun)) continue;
    auto rest = what.substr(noun.size());
    const auto digits = digits_at(rest);
    if (digits == 0) continue;
    rest.remove_prefix(digits);
    if (rest.starts_with(':')) rest.remove_prefix(1);
    if (rest.starts_with(' ')) return rest.substr(1);
  }
  return what;
}

const Row* row_of(std::span<const Row> rows, std::string_view what) {
  const auto at =
      std::ranges::find_if(rows, [&](const Row& r) { return what.starts_with(r.begins); });
  return at == rows.end() ? nullptr : &*at;
}

// What "gives up on unix:/run/app.sock: error: …" says behind the name.
std::size_t end_of_name(std::string_view what) {
  const auto error = what.find(": error: ");
  return error != what.npos ? error : what.rfind(": ");
}

const Row* row_of_proxy(std::string_view what) {
  if (!what.starts_with("gives up on ")) return row_of(kOfProxy, what);
  const auto end = end_of_name(what);
  return row_of(kGivesUp, end == what.npos ? std::string_view() : what.substr(end + 2));
}

const Row* row_of_server(std::string_view what) {
  const auto rest = without_number(what);
  if (rest.starts_with("sends ") || rest.starts_with("reads ") || rest.starts_with("hears ")) {
    static constexpr Row kReads{"", timer};
    static constexpr Row kHears{"", data, Way::from_peer};
    if (rest.starts_with("hears ")) return &kHears;
    for (const Row& row : kPaces) {
      if (rest.find(row.begins) == rest.npos) continue;
      return rest.starts_with("reads ") ? &kReads : &row;
    }
  }
  if (const Row* row = row_of(kOfServer, rest)) return row;
  static constexpr Row kStrikesAtNothing{"", note};
  static constexpr Row kShare{"", drop};
  if (rest.find(" had nothing to strike at ") != rest.npos) return &kStrikesAtNothing;
  return rest.find(" % of the packets dropped") != rest.npos ? &kShare : nullptr;
}

const Row* row_of(const Fact& fact) {
  static constexpr Row kLine{"", log};
  static constexpr Row kEvent{"", event};
  if (is_log(fact.who)) return &kLine;
  if (fact.who == "event") return &kEvent;
  if (is_client(fact.who)) return row_of(kOfClient, fact.what);
  if (fact.who == "proxy") return row_of_proxy(fact.what);
  const Row* row = row_of_server(fact.what);
  const bool program = std::ranges::find(kPrograms, fact.who) != kPrograms.end();
  return row == nullptr && program ? &kLine : row;
}

// The server in "connects to app[0]", "has sent the request to app[0], 77 bytes",
// "request 1 asks db", "gives up on app[0]: timeout".
std::string named(std::string_view what) {
  for (const std::string_view before : {"gives up on ", " asks ", " to "}) {
    const auto at = what.find(before);
    if (at == what.npos) continue;
    const bool gives_up = before == "gives up on ";
    const auto name = what.substr(0, gives_up ? end_of_name(what) : what.npos);
    const auto rest = name.substr(at + before.size());
    return std::string(gives_up ? rest : rest.substr(0, rest.find(", ")));
  }
  return {};
}

// "app[0] crashes", "a child of app[0] gets SIGSEGV", "the proxy is reloaded with …".
std::string lane_of_event(std::string_view what, const std::vector<std::string>& servers) {
  constexpr std::string_view kOf = " of ";
  if (const auto of = what.find(kOf); what.starts_with("a ") && of != what.npos)
    what.remove_prefix(of + kOf.size());
  const auto name = what.substr(0, what.find(' '));
  return std::ranges::find(servers, name) == servers.end() ? "proxy" : std::string(name);
}

class Steps {
 public:
  explicit Steps(const std::vector<Fact>& timeline) {
    for (const Fact& fact : timeline) {
      proxy_tells_ |= fact.who == "proxy";
      if (is_server(fact) && std::ranges::find(servers_, fact.who) == servers_.end())
        servers_.push_back(fact.who);
    }
  }

  Step of(const Fact& fact) {
    const Row* row = row_of(fact);
    Step step{fact.at, fact.who, fact.what, row == nullptr ? note : row->kind, {}, {}};
    step.from = step.to = lane_of(fact);
    if (row != nullptr) move(step, row->way);
    if (step.kind == request && fact.what.find(" asks ") != fact.what.npos)
      asked_by_[step.to] = step.from;
    if (!proxy_tells_ && is_server(fact)) speak_for_proxy(step);
    return step;
  }

 private:
  static bool is_server(const Fact& fact) {
    const bool other =
        is_client(fact.who) || is_log(fact.who) || fact.who == "proxy" || fact.who == "event";
    return !other && row_of_server(fact.what) != nullptr;
  }

  std::string lane_of(const Fact& fact) const {
    if (is_client(fact.who)) return "client";
    if (fact.who == "event") return lane_of_event(fact.what, servers_);
    return is_server(fact) ? fact.who : "proxy";
  }

  std::string peer_of(const std::string& server) const {
    const auto asker = asked_by_.find(server);
    return asker == asked_by_.end() ? "proxy" : asker->second;
  }

  void move(Step& step, Way way) const {
    const std::string own = step.from;
    switch (way) {
      case Way::stays:
        break;
      case Way::to_peer:
        step.to = peer_of(own);
        break;
      case Way::from_peer:
        step.from = peer_of(own);
        break;
      case Way::to_proxy:
        step.to = "proxy";
        break;
      case Way::from_proxy:
        step.from = "proxy";
        break;
      case Way::to_named:
        if (auto name = named(step.what); !name.empty()) step.to = std::move(name);
        break;
      case Way::from_named:
        if (auto name = named(step.what); !name.empty()) step.from = std::move(name);
        break;
    }
  }

  // Of a proxy that is another program there are no facts: what it sends is seen where it arrives.
  void speak_for_proxy(Step& step) const {
    if (step.from != step.to) return;
    if (step.kind == accept || (step.kind == request && step.what.starts_with("reads ")))
      step.from = peer_of(step.to);
  }

  std::vector<std::string> servers_;
  std::map<std::string, std::string> asked_by_;
  bool proxy_tells_ = false;
};

}  // namespace

std::string_view to_string(StepKind kind) {
  return kKinds.at(static_cast<std::size_t>(kind));
}

std::optional<StepKind> step_kind(std::string_view word) {
  const auto at = std::ranges::find(kKinds, word);
  if (at == kKinds.end()) return std::nullopt;
  return static_cast<StepKind>(at - kKinds.begin());
}

std::vector<Step> steps_of(const std::vector<Fact>& timeline) {
  Steps steps(timeline);
  std::vector<Step> all;
  all.reserve(timeline.size());
  for (const Fact& fact : timeline)
    all.push_back(steps.of(fact));
  return all;
}

bool is_known(const Fact& fact) {
  return row_of(fact) != nullptr;
}

}  // namespace badgate::harness::reports
