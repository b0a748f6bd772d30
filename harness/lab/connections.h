// Connections: how many there are at the lab's HTTP server, and for how long. evhttp bounds
// neither: whoever sends a byte now and then could keep a connection for ever.
#pragma once

#include <event2/bufferevent.h>
#include <event2/listener.h>

#include <chrono>
#include <functional>
#include <memory>
#include <vector>

#include "harness/lab/events.h"

namespace badgate::harness::lab {

class Connections {
 public:
  static constexpr std::size_t kMost = 512;
  // For a request to come in whole, or an answer to be taken, or to say nothing in between.
  static constexpr unsigned kSeconds = 60;

  explicit Connections(Events& events);
  ~Connections();
  Connections(const Connections&) = delete;
  Connections& operator=(const Connections&) = delete;

  // A new one, for evhttp to own. Of too many, that one ends which has been quiet longest.
  bufferevent* begin();
  // Its request is worked on from now on, which has bounds of its own. `left` is called once if its
  // peer closes meanwhile: evhttp does not look.
  void works(const bufferevent* connection, std::function<void()> left);
  void has_worked(const bufferevent* connection);

 private:
  struct Entry {
    bufferevent* connection;  // shared with evhttp, by bufferevent's count
    unsigned since = 0;       // in seconds of this server
    bool working = false;
    std::unique_ptr<Event> leaving = nullptr;
  };

  Entry* find(const bufferevent* connection);
  void look(const bufferevent* connection, const std::function<void()>& left);
  void forget_ended();
  void second();

  Events& events_;
  std::vector<Entry> entries_;
  unsigned seconds_ = 0;
  std::unique_ptr<Event> tick_;
};

}  // namespace badgate::harness::lab
