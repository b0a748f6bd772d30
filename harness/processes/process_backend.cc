#include "harness/processes/process_backend.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "harness/processes/installed.h"
#include "harness/processes/listening.h"
#include "harness/processes/signal_names.h"
#include "net/text.h"

namespace badgate::harness::processes {
namespace {

using namespace std::chrono_literals;

constexpr net::Duration kProbeEvery = 10ms;
constexpr std::size_t kLastLines = 5;

// badgate's own, with those of the scenario in place of its.
std::vector<std::string> environment_of(const ProcessSpec& spec) {
  std::vector<std::string> out;
  for (char** entry = ::environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const auto name = text.substr(0, text.find('='));
    const bool replaced =
        std::ranges::any_of(spec.environment, [&](const auto& own) { return own.first == name; });
    if (!replaced) out.emplace_back(text);
  }
  for (const auto& [name, value] : spec.environment)
    out.push_back(fmt::format("{}={}", name, value));
  return out;
}

}  // namespace

net::Result<std::unique_ptr<ProcessBackend>> ProcessBackend::start(net::Loop& loop,
                                                                   Settings settings,
                                                                   Callbacks callbacks) {
  std::unique_ptr<ProcessBackend> backend(
      new ProcessBackend(loop, std::move(settings), std::move(callbacks)));
  if (auto ok = backend->begin(); !ok) return tl::unexpected(ok.error());
  return backend;
}

ProcessBackend::~ProcessBackend() {
  end();
}

net::Result<void> ProcessBackend::begin() {
  const ProcessSpec& spec = settings_.spec;
  auto path = installed(spec.command.front());
  if (!path) return tl::unexpected(path.error());
  if (settings_.listen.is_unix()) ::unlink(settings_.listen.path().c_str());
  auto program = Program::start({.path = *path,
                                 .arguments = {spec.command.begin() + 1, spec.command.end()},
                                 .environment = environment_of(spec),
                                 .output = true,
                                 .directory = spec.directory,
                                 .memory_limit = spec.memory_limit,
                                 .files_limit = spec.files_limit,
                                 .folders = {settings_.folder}});
  if (!program) return tl::unexpected(program.error());
  program_ = std::move(*program);
  lines_.emplace(program_->error_fd(), [this](std::string_view line) { on_line(line); });
  lines_->watch(loop_);
  notices_ =
      loop_.watch(program_->notice_fd(), {.read = true}, [this](net::Ready) { take_notices(); });
  state_ = State::starting;
  over_ = false;
  begun_ = loop_.now();
  probe_ = loop_.after(kProbeEvery, [this] { probe(); });
  return {};
}

void ProcessBackend::probe() {
  const auto& spec = settings_.spec;
  if (somebody_listens(settings_.listen)) {
    state_ = State::ready;
    has_listened_ = true;
    callbacks_.on_event("listens");
    callbacks_.on_change();
  } else if (loop_.now() - begun_ >= spec.ready_timeout) {
    fail(fmt::format("{} does not listen at {} after {}", name(), settings_.listen.to_string(),
                     net::format_duration(spec.ready_timeout)));
  } else {
    probe_ = loop_.after(kProbeEvery, [this] { probe(); });
  }
}

void ProcessBackend::on_line(std::string_view line) {
  last_lines_.emplace_back(line);
  if (last_lines_.size() > kLastLines) last_lines_.erase(last_lines_.begin());
  callbacks_.on_line(line);
}

void ProcessBackend::take_notices() {
  std::vector<Notice> notices;
  const bool open = program_->take_notices(notices);
  for (const Notice& notice : notices)
    on_notice(notice);
  if (open) return;
  notices_->set({});
  over_ = true;
  if (begin_again_) begin_again();
}

// Not from inside the callback of what is thrown away here.
void ProcessBackend::begin_again() {
  begin_again_ = false;
  probe_ = loop_.soon([this] {
    drain();
    notices_.reset();
    lines_.reset();
    program_.reset();
    if (auto ok = begin(); !ok) fail(ok.error().message);
  });
}

void ProcessBackend::on_notice(const Notice& notice) {
  switch (notice.kind) {
    case Notice::Kind::cannot_execute:
      fail(fmt::format("{} cannot be started: {}", name(), std::strerror(notice.value)));
      break;
    case Notice::Kind::ended:
      gone(how_it_ended(notice.value));
      break;
    case Notice::Kind::nobody:
      callbacks_.on_event(
          fmt::format("has no process that {} could be sent to", signal_name(notice.value)));
      break;
    case Notice::Kind::all_ended:
      break;
  }
}

void ProcessBackend::gone(std::string how) {
  drain();
  if (state_ == State::starting && failure_.empty() && !begin_again_) {
    fail(fmt::format("{} {} before it listened", name(), how));
    return;
  }
  state_ = State::gone;
  if (!begin_again_) probe_.cancel();
  callbacks_.on_event(std::move(how));
}

void ProcessBackend::fail(const std::string& how) {
  state_ = State::gone;
  probe_.cancel();
  drain();
  failure_ = how;
  if (!last_lines_.empty()) failure_ += "; its last words:\n  " + net::join(last_lines_, "\n  ");
  callbacks_.on_event(how);
  callbacks_.on_change();
}

void ProcessBackend::crash() {
  probe_.cancel();
  if (state_ == State::starting) state_ = State::ready;  // it was killed, and did not fail
  if (program_) program_->signal(SIGKILL, Whom::everybody);
}

void ProcessBackend::restart() {
  probe_.cancel();
  begin_again_ = true;
  if (over_) {
    begin_again();
  } else {
    end();
  }
}

void ProcessBackend::signal(int number, Whom whom) {
  if (program_) program_->signal(number, whom);
}

// There is no program where it could not be begun.
void ProcessBackend::end() {
  if (program_ == nullptr) return;
  program_->end(settings_.spec.stop_signal,
                std::chrono::duration_cast<std::chrono::milliseconds>(settings_.spec.stop_timeout));
}

net::Result<void> ProcessBackend::wait_ended() {
  drain();
  if (program_ == nullptr || program_->wait_ended()) return {};
  return net::fail(fmt::format("{} did not end {} after {}, and was killed", name(),
                               net::format_duration(settings_.spec.stop_timeout),
                               signal_name(settings_.spec.stop_signal)));
}

void ProcessBackend::drain() {
  if (lines_) lines_->drain();
}

}  // namespace badgate::harness::processes
