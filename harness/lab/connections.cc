#include "harness/lab/connections.h"

#include <sys/socket.h>

#include <algorithm>
#include <utility>

namespace badgate::harness::lab {
namespace {

// That evhttp has not taken yet: more than a whole request, which it waits for. Nobody reads what
// comes in after it has let go.
constexpr std::size_t kMostUnread = std::size_t{2} << 20;

// evhttp takes its callbacks off a connection that it has closed.
bool has_ended(bufferevent* connection) {
  bufferevent_event_cb callback = nullptr;
  bufferevent_getcb(connection, nullptr, nullptr, &callback, nullptr);
  return callback == nullptr;
}

// evhttp sees an end of its own accord, and closes.
void end(bufferevent* connection) {
  ::shutdown(bufferevent_getfd(connection), SHUT_RDWR);
}

}  // namespace

Connections::Connections(Events& events) : events_(events) {
  tick_ = events_.every(std::chrono::seconds(1), [this] { second(); });
}

Connections::~Connections() {
  for (Entry& entry : entries_) {
    entry.leaving.reset();
    bufferevent_decref(entry.connection);
  }
}

bufferevent* Connections::begin() {
  forget_ended();
  if (entries_.size() >= kMost) {
    const auto quiet = [](const Entry& entry) { return std::pair(entry.working, entry.since); };
    end(std::ranges::min_element(entries_, {}, quiet)->connection);
  }
  // Closed with the last who holds it, not by evhttp: else its descriptor's number would already be
  // another's while it is still watched here, and the other's watch would never be set.
  bufferevent* connection = bufferevent_socket_new(events_.base(), -1, BEV_OPT_CLOSE_ON_FREE);
  if (connection == nullptr) return nullptr;
  bufferevent_setwatermark(connection, EV_READ, 0, kMostUnread);
  bufferevent_incref(connection);
  entries_.push_back({.connection = connection, .since = seconds_});
  return connection;
}

Connections::Entry* Connections::find(const bufferevent* connection) {
  const auto at = std::ranges::find(entries_, connection, &Entry::connection);
  return at == entries_.end() ? nullptr : &*at;
}

void Connections::works(const bufferevent* connection, std::function<void()> left) {
  Entry* entry = find(connection);
  if (entry == nullptr) return;
  entry->working = true;
  entry->leaving =
      events_.on_readable(bufferevent_getfd(entry->connection),
                          [this, connection, left = std::move(left)] { look(connection, left); });
}

// Bytes are the next request, behind which an end is not seen.
void Connections::look(const bufferevent* connection, const std::function<void()>& left) {
  Entry* entry = find(connection);
  entry->leaving.reset();
  char byte = 0;
  const auto n = ::recv(bufferevent_getfd(entry->connection), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  if (n <= 0) left();
}

void Connections::has_worked(const bufferevent* connection) {
  Entry* entry = find(connection);
  if (entry == nullptr) return;
  entry->leaving.reset();
  entry->working = false;
  entry->since = seconds_;
}

void Connections::forget_ended() {
  std::erase_if(entries_, [](Entry& entry) {
    const bool ended = has_ended(entry.connection);
    if (!ended) return false;
    entry.leaving.reset();
    bufferevent_decref(entry.connection);
    return true;
  });
}

void Connections::second() {
  ++seconds_;
  forget_ended();
  for (const Entry& entry : entries_) {
    if (!entry.working && seconds_ - entry.since > kSeconds) end(entry.connection);
  }
}

}  // namespace badgate::harness::lab
