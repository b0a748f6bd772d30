#include "proxy/health_check.h"

#include <fmt/core.h>

#include <array>
#include <cerrno>

#include "net/http1_writer.h"
#include "proxy/proxy_pass.h"

namespace badgate::proxy {

// The checks of one server: one after the other, each on a connection of its own.
class HealthChecks::Probe {
 public:
  Probe(net::Loop& loop, ErrorLog& log, const HealthCheck& settings, const Upstream& upstream,
        std::size_t index, std::shared_ptr<Group> group, const Location& timeouts)
      : loop_(loop),
        log_(log),
        settings_(settings),
        index_(index),
        group_(std::move(group)),
        connect_timeout_(timeouts.proxy.connect_timeout),
        read_timeout_(timeouts.proxy.read_timeout),
        address_(upstream.servers[index].address),
        whom_(fmt::format(", health check \"\" of peer {} in upstream \"{}\"", address_.to_string(),
                          upstream.name)),
        healthy_(!settings.mandatory) {
    if (settings.port != 0) address_ = with_port(address_, settings.port);
    request_ = net::http1::request_head("GET", settings.uri,
                                        {{"Host", upstream.name}, {"Connection", "close"}},
                                        net::http1::version_10);
    group_->set_healthy(index_, healthy_);
    next_ = loop_.soon([this] { begin(); });
  }

 private:
  void begin();
  void on_ready(net::Ready ready);
  void send();
  void receive();
  void judge();
  void failed(std::string_view message, int error = 0);
  void passed();
  void rest();
  void write(Level level, std::string_view message, int error);

  net::Loop& loop_;
  ErrorLog& log_;
  const HealthCheck settings_;
  std::size_t index_;
  std::shared_ptr<Group> group_;
  net::Duration connect_timeout_;
  net::Duration read_timeout_;
  net::Address address_;
  std::string whom_;
  std::string request_;
  bool healthy_;
  unsigned fails_ = 0;   // in a row
  unsigned passes_ = 0;  // in a row

  // The check under way.
  std::string_view action_;
  std::optional<net::Connection> connection_;
  std::size_t sent_ = 0;
  std::size_t received_ = 0;
  net::http1::ResponseParser parser_;
  net::Timer timeout_;
  net::Timer next_;
};

void HealthChecks::Probe::begin() {
  next_ = loop_.after(settings_.interval, [this] { begin(); });
  // A server that is slower than the interval would otherwise never be judged.
  if (connection_) return;
  action_ = "connecting to upstream";
  sent_ = received_ = 0;
  parser_.reset();
  auto connection = net::Connection::connect(loop_, address_);
  if (!connection) {
    const auto& error = connection.error();
    return failed(fmt::format("{}() failed", error.message), error.code);
  }
  connection_.emplace(std::move(*connection));
  connection_->on_ready([this](net::Ready ready) { on_ready(ready); });
  connection_->watch({.write = true});
  timeout_ = loop_.after(connect_timeout_, [this] { failed("upstream timed out", ETIMEDOUT); });
}

void HealthChecks::Probe::on_ready(net::Ready ready) {
  if (connection_->connecting()) {
    if (const int error = connection_->take_error(); error != 0) {
      return failed("connect() failed", error);
    }
  }
  if (ready.write) send();
  if (ready.read && connection_) receive();
}

void HealthChecks::Probe::send() {
  action_ = "sending request to upstream";
  const auto moved = connection_->write(std::string_view(request_).substr(sent_));
  if (moved.state == net::Transfer::State::error) return failed("send() failed", moved.code);
  sent_ += moved.bytes;
  if (sent_ < request_.size()) return;
  action_ = "reading response header from upstream";
  connection_->watch({.read = true});
  timeout_ = loop_.after(read_timeout_, [this] { failed("upstream timed out", ETIMEDOUT); });
}

// Only the head is looked at.
void HealthChecks::Probe::receive() {
  constexpr std::size_t longest_head = 4096;
  std::array<char, longest_head> buffer;
  const auto got = connection_->read(buffer);
  switch (got.state) {
    case net::Transfer::State::again:
      return;
    case net::Transfer::State::end:
      return failed("upstream prematurely closed connection");
    case net::Transfer::State::error:
      return failed("recv() failed", got.code);
    case net::Transfer::State::done:
      break;
  }
  received_ += got.bytes;
  switch (parser_.feed({buffer.data(), got.bytes}).state) {
    case net::http1::ResponseParser::State::need_more:
      if (received_ >= longest_head) failed("upstream sent too big header");
      return;
    case net::http1::ResponseParser::State::done:
      return judge();
    case net::http1::ResponseParser::State::not_http:
    case net::http1::ResponseParser::State::invalid:
      return failed(parser_.error().text);
  }
}

void HealthChecks::Probe::judge() {
  action_ = "checking status code";
  const int status = parser_.head().status;
  if (status >= settings_.status_from && status <= settings_.status_to) return passed();
  failed({});
}

// An empty message: the check came to its end, and the verdict is bad.
void HealthChecks::Probe::failed(std::string_view message, int error) {
  if (!message.empty()) write(Level::error, message, error);
  passes_ = 0;
  ++fails_;
  if (healthy_ && fails_ >= settings_.fails) {
    healthy_ = false;
    group_->set_healthy(index_, false);
    write(Level::warn, "peer is unhealthy", 0);
  }
  rest();
}

void HealthChecks::Probe::passed() {
  fails_ = 0;
  ++passes_;
  if (!healthy_ && passes_ >= settings_.passes) {
    healthy_ = true;
    group_->set_healthy(index_, true);
    write(Level::notice, "peer is healthy", 0);
  }
  rest();
}

void HealthChecks::Probe::rest() {
  timeout_.cancel();
  connection_.reset();
}

void HealthChecks::Probe::write(Level level, std::string_view message, int error) {
  const std::string action = std::string(action_) + whom_;
  LogContext context;
  context.action = action;
  log_.write(loop_.wall(), level, message, error, context);
}

HealthChecks::HealthChecks(net::Loop& loop, ErrorLog& log, const HealthCheck& settings,
                           const Upstream& upstream, std::shared_ptr<Group> group,
                           const Location& timeouts) {
  for (std::size_t i = 0; i < upstream.servers.size(); ++i) {
    if (upstream.servers[i].down) continue;
    probes_.push_back(std::make_unique<Probe>(loop, log, settings, upstream, i, group, timeouts));
  }
}

HealthChecks::~HealthChecks() = default;

}  // namespace badgate::proxy
