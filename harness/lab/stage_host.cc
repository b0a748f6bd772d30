#include "harness/lab/stage_host.h"

#include <sys/socket.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <utility>

#include "harness/lab/child.h"
#include "harness/lab/frames.h"
#include "harness/lab/json_body.h"
#include "harness/lab/packed.h"
#include "harness/lab/stage_request.h"
#include "harness/reports/json.h"
#include "harness/scenario_needs.h"
#include "harness/stage.h"

namespace badgate::harness::lab {

using nlohmann::json;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t kLongestCommand = std::size_t{2} << 20;
constexpr auto kTrimEvery = 250ms;
constexpr std::size_t kMostFacts = 4000;
constexpr std::uint64_t kMostInFiles = std::uint64_t{256} << 20;

// What this process holds on the disk, in the proxy's temporary files.
std::uint64_t bytes_in_unnamed_files() {
  std::uint64_t bytes = 0;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd", ignored)) {
    struct stat file {};
    const bool there = ::stat(entry.path().c_str(), &file) == 0;
    if (there && S_ISREG(file.st_mode) && file.st_nlink == 0)
      bytes += static_cast<std::uint64_t>(file.st_blocks) * 512;
  }
  return bytes;
}

// Drops the oldest facts, and with them the lines of the logs that they tell of.
void trim(Outcome& outcome) {
  if (outcome.timeline.size() <= kMostFacts) return;
  const auto end = outcome.timeline.end() - kMostFacts / 2;
  const auto drop = [&](const char* who, auto& lines) {
    const auto of_log = std::count_if(outcome.timeline.begin(), end,
                                      [who](const Fact& fact) { return fact.who == who; });
    const auto all = static_cast<std::ptrdiff_t>(lines.size());
    lines.erase(lines.begin(), lines.begin() + std::min<std::ptrdiff_t>(of_log, all));
  };
  drop("error.log", outcome.error_log);
  drop("access.log", outcome.access);
  outcome.timeline.erase(outcome.timeline.begin(), end);
}

class Host {
 public:
  Host(Scenario scenario, std::uint64_t seed, std::string id, int channel)
      : scenario_(std::move(scenario)),
        seed_(seed),
        id_(std::move(id)),
        channel_(channel),
        clock_(net::make_real_clock()),
        loop_(*clock_),
        rights_(rights_for(scenario_)) {}

  net::Result<void> put_up() {
    stage_.reset();
    recorder_.emplace(loop_);
    StageOptions options;
    if (proxy_) options.proxy_address = *proxy_;
    options.addresses = addresses_;
    options.own_servers_only = true;
    auto stage = Stage::set(loop_, scenario_, net::Rng(seed_), *recorder_, options);
    if (!stage) return tl::unexpected(stage.error());
    stage_ = std::move(*stage);
    clock_->restart();
    for (Fact& fact : recorder_->outcome().timeline)
      fact.at = loop_.now();
    proxy_ = stage_->proxy_address();
    for (const BackendSpec& spec : scenario_.backends) {
      const auto at = stage_->address_of(spec.name);
      if (at && !at->is_unix()) addresses_.insert_or_assign(spec.name, *at);
    }
    stage_->play_events();
    return {};
  }

  void serve(int interrupt_fd) {
    const auto interrupt =
        loop_.watch(interrupt_fd, {.read = true}, [this](net::Ready) { loop_.stop(); });
    const auto commands =
        loop_.watch(channel_, {.read = true}, [this](net::Ready) { read_commands(); });
    tidy();
    answer({201, "application/json", to_text(where())});
    loop_.run();
  }

 private:
  json where() const {
    json backends = json::object();
    for (const BackendSpec& spec : scenario_.backends) {
      if (const auto at = stage_->address_of(spec.name)) backends[spec.name] = at->to_string();
    }
    return {{"id", id_}, {"proxy", proxy_->to_string()}, {"backends", std::move(backends)}};
  }

  void tidy() {
    if (bytes_in_unnamed_files() > kMostInFiles) return loop_.stop();
    trim(recorder_->outcome());
    tidy_ = loop_.after(kTrimEvery, [this] { tidy(); });
  }

  void answer(const HttpAnswer& answer) {
    if (!write_all(channel_, framed(packed(answer)))) loop_.stop();
  }

  void read_commands() {
    std::array<char, 65536> buffer;
    const ssize_t n = ::recv(channel_, buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (n <= 0) return loop_.stop();
    frames_.feed({buffer.data(), static_cast<std::size_t>(n)});
    while (const auto command = frames_.next())
      answer(obey(*command));
    if (frames_.broken()) loop_.stop();
  }

  HttpAnswer obey(std::string_view command) {
    if (command == "outcome") return outcome();
    if (command == "reset") return reset();
    command.remove_prefix(command.find(' ') + 1);
    return faults(command);
  }

  HttpAnswer outcome() {
    recorder_->outcome().backends.clear();
    stage_->report();
    Verdict verdict;
    verdict.name = scenario_.name;
    verdict.outcome = recorder_->outcome();
    const auto whole = json::parse(reports::case_json(reports::case_of(scenario_, verdict)));
    json body = where();
    body["seconds"] = std::chrono::duration<double>(loop_.now().time_since_epoch()).count();
    body["servers"] = whole.at("backends");
    for (const char* key : {"access", "error_log", "timeline", "timeline_cut"})
      body[key] = whole.at(key);
    return {200, "application/json", to_text(body)};
  }

  HttpAnswer reset() {
    const auto ok = put_up();
    if (ok) return {200, "application/json", to_text(where())};
    loop_.stop();
    return refused(500, "the stage could not be put up again: " + ok.error().message);
  }

  HttpAnswer faults(std::string_view body) {
    const auto request = read_faults_request(body);
    if (!request) return refused(400, request.error().message);
    const auto event = event_of(*request, scenario_);
    if (!event) return refused(422, event.error().message);
    stage_->play(*event);
    return {200, "application/json", to_text(where())};
  }

  Scenario scenario_;
  std::uint64_t seed_;
  std::string id_;
  int channel_;
  std::unique_ptr<net::Clock> clock_;
  net::Loop loop_;
  std::unique_ptr<fault_backends::OrdinaryFileRights> rights_;
  Frames frames_{kLongestCommand};
  std::optional<Recorder> recorder_;
  std::unique_ptr<Stage> stage_;
  std::optional<net::Address> proxy_;
  std::map<std::string, net::Address, std::less<>> addresses_;
  net::Timer tidy_;
};

// Why it cannot be put up for programs outside; nothing if it can.
std::optional<HttpAnswer> impossible(const Scenario& scenario) {
  if (starts_programs(scenario))
    return refused(422, "the lab starts no programs; `badgate serve` does");
  const auto needs = needs_of(scenario);
  if (!needs) return refused(422, needs.error().message);
  if (needs->network_namespace)
    return refused(422,
                   "this needs a network of its own, which programs outside cannot reach; "
                   "POST /api/play plays it");
  return std::nullopt;
}

}  // namespace

void host_stage(const PlayedText& played, const std::string& id, int channel, int interrupt_fd) {
  const auto say = [channel](const HttpAnswer& no) { write_all(channel, framed(packed(no))); };
  auto chosen = choose(played);
  if (!chosen) return say(chosen.error());
  if (const auto no = impossible(*chosen)) return say(*no);
  Host host(std::move(*chosen), played.seed, id, channel);
  if (auto ok = host.put_up(); !ok)
    return say(refused(422, "it cannot be put up: " + ok.error().message));
  host.serve(interrupt_fd);
}

}  // namespace badgate::harness::lab
