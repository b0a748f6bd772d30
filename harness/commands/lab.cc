#include "harness/lab/lab.h"

#include <fmt/core.h>
#include <ifaddrs.h>
#include <netdb.h>
#include <netinet/in.h>

#include <cerrno>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "harness/commands/commands.h"
#include "harness/diagnostics.h"

namespace badgate::harness::commands {
namespace {

struct Arguments {
  std::uint16_t port = 8090;
  std::string bind = "127.0.0.1";
  bool remote = false;
  std::vector<std::string> hosts;
};

bool is_loopback(const net::Address& address) {
  return address.host().starts_with("127.") || address.host() == "[::1]";
}

// "127.0.0.1", "::1" or "[::1]", with the port; nothing after having said what is wrong.
std::optional<net::Address> address_of(const Arguments& arguments) {
  const bool bare_v6 = arguments.bind.find(':') != std::string::npos && arguments.bind[0] != '[';
  const auto host = bare_v6 ? fmt::format("[{}]", arguments.bind) : arguments.bind;
  const auto address = net::Address::parse(fmt::format("{}:{}", host, arguments.port));
  if (!address || address->is_unix()) {
    fmt::print(stderr, "badgate: --bind takes an IP address, and {} is none\n",
               in_quotes(arguments.bind));
    return std::nullopt;
  }
  if (!is_loopback(*address) && !arguments.remote) {
    fmt::print(stderr,
               "badgate: {} is not a loopback address: whoever reaches this machine there could\n"
               "use the lab, without a password, and read what is sent to it. If that is meant,\n"
               "add --allow-remote.\n",
               arguments.bind);
    return std::nullopt;
  }
  return *address;
}

struct FreeInterfaces {
  void operator()(ifaddrs* list) const { ::freeifaddrs(list); }
};

// The addresses of this machine at that port, of the same family: what to type where it listens at
// all of them. Those of one link alone need more than an address, and are left out.
std::vector<std::string> reachable_at(const net::Address& any) {
  ifaddrs* list = nullptr;
  if (::getifaddrs(&list) != 0) return {};
  const std::unique_ptr<ifaddrs, FreeInterfaces> owner(list);
  std::vector<std::string> out;
  for (const ifaddrs* one = list; one != nullptr; one = one->ifa_next) {
    if (one->ifa_addr == nullptr || one->ifa_addr->sa_family != any.family()) continue;
    char host[NI_MAXHOST];
    const socklen_t size = any.family() == AF_INET6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in);
    if (::getnameinfo(one->ifa_addr, size, host, sizeof host, nullptr, 0, NI_NUMERICHOST) != 0 ||
        std::string_view(host).find('%') != std::string_view::npos)
      continue;
    out.push_back(any.family() == AF_INET6 ? fmt::format("[{}]:{}", host, any.port())
                                           : fmt::format("{}:{}", host, any.port()));
  }
  return out;
}

bool is_any(const net::Address& at) {
  return at.host() == "0.0.0.0" || at.host() == "[::]";
}

void introduce(const net::Address& at, bool remote) {
  const auto places = is_any(at) ? reachable_at(at) : std::vector<std::string>();
  if (places.empty()) fmt::print("The lab is at http://{}/\n", at.to_string());
  for (const std::string& place : places)
    fmt::print("The lab is at http://{}/\n", place);
  if (remote) fmt::print("Others than this machine can reach it there, without a password.\n");
  fmt::print("Ctrl-C ends it.\n");
  std::fflush(stdout);
}

int lab_command(const Arguments& arguments) {
  const auto at = address_of(arguments);
  if (!at) return Exit::usage;
  const bool remote = arguments.remote && !is_loopback(*at);
  const auto served =
      lab::serve_lab({.at = *at, .remote = remote, .hosts = arguments.hosts},
                     [remote](const net::Address& where) { introduce(where, remote); });
  if (served) return Exit::all_passed;
  fmt::print(stderr, "badgate: {}\n", served.error().message);
  if (served.error().code == EADDRINUSE)
    fmt::print(stderr, "Another program has that port: choose with --port, or 0 for any.\n");
  return Exit::badgate_failed;
}

}  // namespace

void add_lab(CLI::App& app, int& exit_code) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* command = app.add_subcommand("lab", "Learn with a web page: lessons, incidents");
  command->add_option("-p,--port", arguments->port, "Where it listens; 0: any free port")
      ->check(CLI::Range(0, 65535))
      ->option_text("PORT=8090");
  command->add_option("--bind", arguments->bind, "At which address of this machine")
      ->option_text("ADDRESS=127.0.0.1");
  command->add_flag("--allow-remote", arguments->remote,
                    "Others may use it: --bind may be any address");
  command
      ->add_option("--allow-host", arguments->hosts,
                   "A name that it is reached by, beside localhost")
      ->allow_extra_args(false)
      ->option_text("NAME[:PORT]");
  command->footer(
      "Examples:\n"
      "  badgate lab                     http://127.0.0.1:8090/ in a browser\n"
      "  badgate lab --port 0            at a free port, which it prints\n"
      "  badgate lab --bind 192.0.2.10 --allow-remote\n"
      "                                  for a class in the same network\n"
      "\n"
      "The page needs no internet. Programs can use it as the page does: its JSON API\n"
      "is described at /api/openapi.json. Ctrl-C ends it and leaves nothing.");
  command->callback([arguments, &exit_code] { exit_code = lab_command(*arguments); });
}

}  // namespace badgate::harness::commands
