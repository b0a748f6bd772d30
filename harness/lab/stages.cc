#include "harness/lab/stages.h"

#include <fmt/core.h>
#include <sys/random.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <deque>
#include <utility>

#include "harness/lab/child.h"
#include "harness/lab/frames.h"
#include "harness/lab/packed.h"
#include "harness/lab/stage_host.h"

namespace badgate::harness::lab {

using namespace std::chrono_literals;

namespace {

constexpr auto kPatience = 10s;  // for an answer of a stage
constexpr auto kIdle = 1h;
constexpr auto kFarewell = 1000ms;
constexpr std::size_t kMostWaiting = 16;  // commands of one stage
constexpr std::size_t kLongestAnswer = std::size_t{16} << 20;
constexpr Child::Limits kLimits{.memory = std::size_t{1} << 30, .cpu_seconds = 0};

// Nobody guesses it, so that everybody has but their own stages.
std::string new_id() {
  std::array<unsigned char, 12> bytes{};
  while (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
  }
  std::string id;
  for (const unsigned char byte : bytes)
    id += fmt::format("{:02x}", byte);
  return id;
}

HttpAnswer unknown() {
  return refused(404, "there is no stage of this id (any more)");
}

}  // namespace

struct Stages::Live {
  Live(std::string name, Child process) : id(std::move(name)), child(std::move(process)) {}

  std::string id;
  Child child;
  Frames frames{kLongestAnswer};
  std::string unsent;         // of commands
  std::deque<Reply> waiting;  // for an answer, in the order of their commands
  std::deque<Reply> leaving;  // for its end
  std::unique_ptr<Event> readable;
  std::unique_ptr<Event> writable;  // while something is unsent
  std::unique_ptr<Event> end;
  std::unique_ptr<Event> patience;
  std::unique_ptr<Event> idle;
};

Stages::Stages(Events& events) : events_(events) {}

Stages::~Stages() {
  for (const auto& [id, stage] : stages_)
    stage->child.interrupt();
  auto patience = kFarewell;  // with all of them together
  for (const auto& [id, stage] : stages_) {
    if (!stage->child.end_within(patience)) patience = 0ms;
  }
}

Stages::Live* Stages::find(const std::string& id) {
  const auto at = stages_.find(id);
  return at == stages_.end() || !at->second->leaving.empty() ? nullptr : at->second.get();
}

void Stages::begin(PlayedText played, Reply reply) {
  if (stages_.size() >= kMost) {
    reply(refused(503, fmt::format("there are {} stages, and no more at once: delete one", kMost)));
    return;
  }
  auto id = new_id();
  auto child = Child::start(
      [&](int channel, int interrupt_fd) { host_stage(played, id, channel, interrupt_fd); },
      kLimits);
  if (!child) {
    reply(refused(500, child.error().message));
    return;
  }
  auto& stage = *stages_.emplace(id, std::make_unique<Live>(id, std::move(*child))).first->second;
  stage.readable = events_.on_readable(stage.child.channel(), [this, &stage] { read(stage); });
  stage.end = events_.on_readable(stage.child.ended_fd(), [this, &stage] { ended(stage); });
  stage.waiting.push_back(std::move(reply));
  wait_for_answer(stage);
}

void Stages::ask(const std::string& id, std::string_view command, Reply reply) {
  Live* stage = find(id);
  if (stage == nullptr) {
    reply(unknown());
    return;
  }
  if (stage->waiting.size() >= kMostWaiting) {
    reply(refused(503, "the stage is busy; try again in a moment"));
    return;
  }
  stage->unsent += framed(command);
  stage->waiting.push_back(std::move(reply));
  send(*stage);
  wait_for_answer(*stage);
}

// What its channel takes; the rest when it has room. A stage that is gone is seen by its end.
void Stages::send(Live& stage) {
  const auto n =
      ::send(stage.child.channel(), stage.unsent.data(), stage.unsent.size(), MSG_NOSIGNAL);
  if (n > 0) stage.unsent.erase(0, static_cast<std::size_t>(n));
  if (n < 0 && errno != EAGAIN && errno != EINTR) stage.unsent.clear();
  if (stage.unsent.empty()) {
    stage.writable.reset();
  } else if (!stage.writable) {
    stage.writable = events_.on_writable(stage.child.channel(), [this, &stage] { send(stage); });
  }
}

void Stages::end(const std::string& id, Reply reply) {
  Live* stage = find(id);
  if (stage == nullptr) {
    reply(unknown());
    return;
  }
  stage->leaving.push_back(std::move(reply));
  stage->child.interrupt();
  stage->patience = events_.after(kFarewell, [stage] { stage->child.kill(); });
}

void Stages::wait_for_answer(Live& stage) {
  stage.patience.reset();
  if (!stage.waiting.empty())
    stage.patience = events_.after(kPatience, [&stage] { stage.child.kill(); });
  stage.idle = events_.after(kIdle, [&stage] { stage.child.interrupt(); });
}

void Stages::read(Live& stage) {
  std::array<char, 65536> buffer;
  for (;;) {
    const ssize_t n = ::recv(stage.child.channel(), buffer.data(), buffer.size(), 0);
    if (n == 0) stage.readable.reset();  // what follows is its end
    if (n <= 0) break;
    stage.frames.feed({buffer.data(), static_cast<std::size_t>(n)});
  }
  while (!stage.waiting.empty()) {
    const auto frame = stage.frames.next();
    if (!frame) break;
    const auto reply = std::move(stage.waiting.front());
    stage.waiting.pop_front();
    if (stage.leaving.empty()) wait_for_answer(stage);
    reply(unpacked(*frame));
  }
  if (stage.frames.broken()) stage.child.kill();
}

void Stages::ended(Live& stage) {
  read(stage);
  const auto how = stage.child.reap();
  const auto gone = std::move(stages_.extract(stage.id).mapped());
  for (const auto& reply : gone->waiting)
    reply(refused(500, "the stage has ended" + (how.empty() ? "" : ": its process " + how)));
  for (const auto& reply : gone->leaving)
    reply({204, "application/json", ""});
}

}  // namespace badgate::harness::lab
