#include "harness/lab/events.h"

#include <new>
#include <utility>

namespace badgate::harness::lab {
namespace {

// Holds on to the function while it runs: it may destroy its own Event.
void call(evutil_socket_t, short, void* argument) {
  const auto callback = *static_cast<std::shared_ptr<std::function<void()>>*>(argument);
  (*callback)();
}

timeval to_timeval(net::Duration delay) {
  const auto us = std::chrono::duration_cast<std::chrono::microseconds>(delay).count();
  return {us / 1'000'000, us % 1'000'000};
}

}  // namespace

Event::Event(event_base* base, int fd, short what, std::function<void()> callback)
    : callback_(std::make_shared<std::function<void()>>(std::move(callback))),
      event_(event_new(base, fd, what, call, &callback_)) {
  if (event_ == nullptr) throw std::bad_alloc();
}

Events::Events() : base_(event_base_new()) {
  if (base_ == nullptr) throw std::bad_alloc();
}

std::unique_ptr<Event> Events::on_readable(int fd, std::function<void()> callback) {
  auto made = std::make_unique<Event>(base_.get(), fd, static_cast<short>(EV_READ | EV_PERSIST),
                                      std::move(callback));
  event_add(made->event_.get(), nullptr);
  return made;
}

std::unique_ptr<Event> Events::on_writable(int fd, std::function<void()> callback) {
  auto made = std::make_unique<Event>(base_.get(), fd, static_cast<short>(EV_WRITE | EV_PERSIST),
                                      std::move(callback));
  event_add(made->event_.get(), nullptr);
  return made;
}

std::unique_ptr<Event> Events::after(net::Duration delay, std::function<void()> callback) {
  auto made = std::make_unique<Event>(base_.get(), -1, short{0}, std::move(callback));
  const auto time = to_timeval(delay);
  event_add(made->event_.get(), &time);
  return made;
}

std::unique_ptr<Event> Events::every(net::Duration period, std::function<void()> callback) {
  auto made =
      std::make_unique<Event>(base_.get(), -1, static_cast<short>(EV_PERSIST), std::move(callback));
  const auto time = to_timeval(period);
  event_add(made->event_.get(), &time);
  return made;
}

void Events::run() {
  event_base_dispatch(base_.get());
}

void Events::stop() {
  event_base_loopbreak(base_.get());
}

}  // namespace badgate::harness::lab
