// Worker: what all client connections of one proxy share, as in one worker process of nginx.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/loop.h"
#include "proxy/client_output.h"
#include "proxy/cycle.h"
#include "proxy/event.h"
#include "proxy/memory.h"
#include "proxy/places.h"

namespace badgate::proxy {

struct Worker {
  Worker(net::Loop& the_loop, OnEvent listener)
      : loop(the_loop), on_event(std::move(listener)), scratch_(kScratch) {}

  net::Loop& loop;
  OnEvent on_event;
  Places places;
  MemoryPool buffers;                // of responses
  MemoryPool upstream_requests;      // the objects
  std::function<void()> reuse_idle;  // makes room where places are short
  std::shared_ptr<Cycle> cycle;      // for requests that begin now

  // nginx counts client and upstream connections in one row: *1, *3, …
  std::uint64_t next_connection() { return ++connections_; }
  // ngx_get_connection. Nothing: there is no place left.
  std::optional<Places::Place> take_place() {
    if (places.limit() != 0) reuse_idle();
    return places.take();
  }
  // Idle connections are numbered in the order in which they became so.
  std::uint64_t next_idle() { return ++idle_; }
  // Temporary files are numbered for the log lines that name them.
  std::uint64_t next_temp_file() { return ++temp_files_; }

  // Lists that are empty before and after each use, for their memory's sake.
  std::vector<std::string_view> pieces;
  std::vector<BodyPiece> batch;

  // For bytes on their way from one socket to somewhere else; good until the next use.
  std::span<char> scratch() { return scratch_; }

  // Keeps what has ended until the next thing ends: its own callbacks may still be returning.
  void retire(std::shared_ptr<void> request, std::shared_ptr<void> upstream) {
    retired_ = {std::move(upstream), std::move(request)};
  }

  void emit(Event event) const {
    if (!on_event) return;
    event.at = loop.now();
    on_event(event);
  }

 private:
  static constexpr std::size_t kScratch = 64 * 1024;

  std::uint64_t connections_ = 0;
  std::uint64_t temp_files_ = 0;
  std::uint64_t idle_ = 0;
  std::vector<char> scratch_;
  std::pair<std::shared_ptr<void>, std::shared_ptr<void>> retired_;
};

}  // namespace badgate::proxy
