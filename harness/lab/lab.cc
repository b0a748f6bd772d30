#include "harness/lab/lab.h"

#include <algorithm>
#include <csignal>
#include <thread>

#include "harness/lab/api.h"
#include "harness/lab/guard.h"
#include "harness/lab/server.h"
#include "net/self_check.h"
#include "net/signals.h"

namespace badgate::harness::lab {
namespace {

// The virtual clock stands on a loopback that delivers at once.
net::Result<void> check_loopback() {
  const auto check = net::check_loopback();
  if (!check) return net::fail("the self-check of the loopback failed: " + check.error().message);
  if (!check->settles_at_once()) return net::fail(check->to_string());
  return {};
}

}  // namespace

net::Result<void> serve_lab(const LabOptions& options,
                            const std::function<void(const net::Address&)>& on_listening) {
  if (auto fit = check_loopback(); !fit) return fit;
  auto shelf = Shelf::of_catalogue();
  if (!shelf) return tl::unexpected(shelf.error());
  std::signal(SIGPIPE, SIG_IGN);  // a browser that has gone costs an answer, not the server
  net::Signals signals({SIGINT, SIGTERM, SIGHUP});
  Events events;
  Jobs jobs(events, {.at_once = std::max(2U, std::thread::hardware_concurrency())});
  Stages stages(events);
  const Routes routes = make_routes({*shelf, jobs, stages});
  Guard guard({});
  auto server =
      Server::start(events, options.at, [&](const HttpRequest& request, const Reply& reply) {
        if (auto no = guard.refuses(request)) return reply(std::move(*no));
        routes.handle(request, reply);
      });
  if (!server) return tl::unexpected(server.error());
  guard = Guard({(*server)->address().port(), options.remote, options.hosts});
  const auto stop = events.on_readable(signals.fd(), [&events] { events.stop(); });
  on_listening((*server)->address());
  events.run();
  return {};
}

}  // namespace badgate::harness::lab
