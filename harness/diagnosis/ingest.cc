#include "harness/diagnosis/ingest.h"

#include <algorithm>

#include "harness/diagnosis/hash.h"
#include "harness/evidence/uri.h"
#include "net/http1_message.h"

namespace badgate::harness::diagnosis {
namespace {

using evidence::Evidence;
using evidence::NginxErrorLine;
using evidence::Source;

constexpr std::size_t kMostWaiting = 20'000;
// How long before its request's end an error may have been logged: two timeouts of a minute.
constexpr std::int64_t kLongestRequest = 130;
// nginx cuts a line at 2048 bytes, an application's text of many lines included.
constexpr std::size_t kLongestText = 4096;
// A FastCGI application writes any number of these lines in one try.
constexpr std::string_view kScriptsWords = "FastCGI sent in stderr";

std::int64_t seconds_of(const std::optional<evidence::LogTime>& time) {
  if (!time) return 0;
  return std::chrono::duration_cast<std::chrono::seconds>(time->time_since_epoch()).count();
}

// "/path" of "GET /path?query HTTP/1.1".
std::string_view path_of_request(std::string_view request) {
  const auto space = request.find(' ');
  if (space == request.npos) return {};
  request.remove_prefix(space + 1);
  return request.substr(0, request.find_first_of(" ?"));
}

std::uint64_t request_key(const Evidence& e) {
  return mixed(hash_of(e.uri), hash_of(e.method));
}

Event event_of(const Evidence& e, const Verdict& verdict, std::string_view line) {
  Event event;
  event.verdict = verdict;
  event.second = seconds_of(e.time);
  event.server = e.server;
  event.upstream = e.upstream_address;
  event.path = evidence::path_of(e.uri);
  event.line = line;
  if (!e.tries.empty()) event.took = e.tries.back().response_time;
  return event;
}

// "Shop.example:8080" and $host's "shop.example" are the same one.
std::string_view without_port(std::string_view host) {
  const auto colon = host.rfind(':');
  return colon == host.npos || host.ends_with(']') ? host : host.substr(0, colon);
}

bool differ(std::string_view a, std::string_view b) {
  return !a.empty() && !b.empty() && !net::http1::iequals(a, b);
}

enum class Fit : std::uint8_t { none, loose, exact };

// Whether an error line can be of this request, by what both lines know. An error is logged before
// its request's end: `loose` if it fits only because clocks and rounding may be off by 2 s.
Fit fit_of(const Evidence& error, const Evidence& access) {
  if (differ(error.client, access.client) || differ(error.http_version, access.http_version) ||
      differ(without_port(error.host), without_port(access.host)))
    return Fit::none;
  const auto when = seconds_of(error.time);
  const auto end = seconds_of(access.time);
  if (when == 0 || end == 0) return Fit::exact;
  const auto took = access.request_time.value_or(net::Duration::zero());
  const auto begin = end - std::chrono::duration_cast<std::chrono::seconds>(took).count();
  if (when < begin - 2 || when > end + 2) return Fit::none;
  return when >= begin - 1 && when <= end ? Fit::exact : Fit::loose;
}

bool is_success(const evidence::Try& one) {
  return one.status.value_or(0) / 100 == 2;
}

// Whether the line says that a try ended before its status was known.
bool came_before_status(const Evidence& error) {
  return error.level != "warn" && (error.action == "connecting to upstream" ||
                                   error.action == "reading response header from upstream");
}

// Whether a request has the same line again only for another of its tries, where it has one a
// server: then the second one is of the next request of the connection.
bool says_the_same(const Evidence& a, const Evidence& b) {
  return a.level != "warn" && !a.message.starts_with(kScriptsWords) && a.message == b.message &&
         a.action == b.action && a.upstream_address == b.upstream_address;
}

// The try that the line speaks of: the first failed one of its server that no other line has taken.
// None, and not a failure of the request's own: false, for then it is of another request, as a
// client's with many on one connection.
bool find_try(Evidence& error, const Evidence& access, std::vector<bool>& taken) {
  // A success whose tries are not logged: more likely the line is of a failure beside it.
  if (access.tries.empty() && access.status.value_or(0) / 100 == 2 && came_before_status(error))
    return false;
  bool all_taken = false;
  for (std::size_t i = 0; i < access.tries.size(); ++i) {
    if (access.tries[i].address != error.upstream_address) continue;
    all_taken |= taken[i];
    if (taken[i]) continue;
    if (access.tries.size() > 1 && is_success(access.tries[i])) continue;
    if (is_success(access.tries[i]) && came_before_status(error)) return false;
    error.try_of_line = i;
    // A warning has a partner that speaks of the same try.
    if (error.level != "warn") taken[i] = true;
    return true;
  }
  return !all_taken || error.level == "warn" || error.message.starts_with(kScriptsWords);
}

// Adds what the access log tells of the request. False: the line is of another one.
bool refine(Evidence& error, const Evidence& access, std::vector<bool>& taken) {
  if (!find_try(error, access, taken)) return false;
  error.status = access.status;
  error.request_time = access.request_time;
  error.upstream_logged = access.upstream_logged;
  error.redirected = access.redirected;
  error.bytes_sent = access.bytes_sent;
  error.content_length = access.content_length;
  error.tries = access.tries;
  return true;
}

}  // namespace

std::int64_t Ingest::second_of(std::string_view date) {
  if (date != last_date_) {
    last_date_ = date;
    last_second_ = seconds_of(evidence::nginx_time(date));
  }
  return last_second_;
}

// The same message of the same kind of upstream and method has the same verdict.
Verdict Ingest::classify(const NginxErrorLine& split) {
  const auto upstream = evidence::split_upstream(split.upstream);
  const std::string_view method = split.request.substr(0, 3);
  auto hash = mixed(hash_of(split.message), hash_of(upstream.scheme));
  hash = mixed(hash, hash_of(method));
  const bool is_unix = upstream.address.starts_with("unix:") || upstream.address.ends_with(':');
  hash += upstream.address.starts_with('[') ? 1U : is_unix ? 2U : 0U;
  Known& slot = known_[hash % kKnown];
  if (slot.hash != hash || hash == 0) {
    slot.hash = hash;
    slot.verdict = verdict_of({evidence::evidence_of(split), {}});
  }
  return slot.verdict;
}

void Ingest::add_error(const NginxErrorLine& split, std::string_view line) {
  if (joins_ && !split.request.empty()) {
    Waiting& waiting = waiting_.emplace_back();
    waiting.line = line;
    waiting.evidence = evidence::evidence_of(split);
    waiting.connection = split.connection;
    waiting.second = seconds_of(waiting.evidence.time);
    waiting.request = request_key(waiting.evidence);
    by_request_[waiting.request].push_back(first_waiting_ + waiting_.size() - 1);
    if (waiting_.size() > kMostWaiting) {
      pass_on(waiting_.front());
      drop_first_waiting();
    }
    return;
  }
  const Verdict verdict = classify(split);
  if (verdict.rule == nullptr) {
    digest_.add_other(true);
    return;
  }
  Event event;
  event.verdict = verdict;
  event.second = second_of(split.date);
  event.connection = split.connection;
  event.server = split.server;
  event.upstream = evidence::split_upstream(split.upstream).address;
  event.path = path_of_request(split.request);
  event.line = line;
  digest_.add(event);
}

void Ingest::pass_on(Waiting& waiting) {
  if (waiting.told) return;
  waiting.told = true;
  Event event = event_of(waiting.evidence, verdict_of({waiting.evidence, {}}), waiting.line);
  event.connection = waiting.connection;
  if (event.verdict.rule == nullptr) {
    digest_.add_other(true);
  } else {
    digest_.add(event);
  }
}

void Ingest::pass_on_before(std::int64_t second) {
  while (!waiting_.empty() && (waiting_.front().taken || waiting_.front().second < second)) {
    pass_on(waiting_.front());
    drop_first_waiting();
  }
}

void Ingest::drop_first_waiting() {
  const auto at = by_request_.find(waiting_.front().request);
  if (at != by_request_.end() && !at->second.empty() && at->second.front() == first_waiting_)
    at->second.pop_front();
  if (at != by_request_.end() && at->second.empty()) by_request_.erase(at);
  waiting_.pop_front();
  ++first_waiting_;
}

std::vector<Ingest::Waiting*> Ingest::waiting_for(std::uint64_t request) {
  // Of one that is asked thousands of times within two minutes, the first.
  constexpr std::size_t kMost = 256;
  std::vector<Waiting*> out;
  const auto of_request = by_request_.find(request);
  if (of_request == by_request_.end()) return out;
  auto& numbers = of_request->second;
  for (auto it = numbers.begin(); it != numbers.end() && out.size() < kMost;) {
    Waiting& waiting = waiting_[*it - first_waiting_];
    if (waiting.taken) {
      it = numbers.erase(it);
      continue;
    }
    out.push_back(&waiting);
    ++it;
  }
  return out;
}

std::vector<Ingest::Waiting*> Ingest::candidates(const Evidence& access) {
  std::vector<Waiting*> loose;
  std::vector<Waiting*> exact;
  for (Waiting* waiting : waiting_for(request_key(access))) {
    const Fit fit = fit_of(waiting->evidence, access);
    if (fit != Fit::none) (fit == Fit::exact ? exact : loose).push_back(waiting);
  }
  return exact.empty() ? loose : exact;
}

// The error lines of the request that has ended now; if there are none, its own line speaks. They
// are of one connection: what the same client asked for on another one is another request.
void Ingest::join(const Evidence& access, std::string_view line) {
  bool any = false;
  std::vector<const Waiting*> own;
  std::vector<bool> tries_taken(access.tries.size());
  for (Waiting* waiting : candidates(access)) {
    if (!own.empty() && waiting->connection != own.front()->connection) continue;
    const auto is_again = [&](const Waiting* known) {
      return says_the_same(waiting->evidence, known->evidence);
    };
    if (access.tries.empty() && std::ranges::any_of(own, is_again)) break;
    if (!refine(waiting->evidence, access, tries_taken)) continue;
    own.push_back(waiting);
    any |= verdict_of({waiting->evidence, {}}).rule != nullptr;
    pass_on(*waiting);
    waiting->taken = true;
  }
  const auto end = seconds_of(access.time);
  if (end != 0) pass_on_before(end - kLongestRequest);
  Event event = event_of(access, verdict_of({access, {}}), line);
  if (any) event.verdict = {};
  if (event.verdict.rule == nullptr && access.status.value_or(0) / 100 != 2) event.upstream = {};
  digest_.add(event);
}

void Ingest::add_evidence(const Evidence& e, std::string_view line) {
  if (e.source == Source::nginx_access) {
    join(e, line);
    return;
  }
  const Event event = event_of(e, verdict_of({e, {}}), line);
  if (event.verdict.rule == nullptr) {
    digest_.add_other(true);
  } else {
    digest_.add(event);
  }
}

void Ingest::add_line(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (line.empty()) return;
  auto split = evidence::split_nginx_error(line);
  if (!stderr_.empty()) {
    // The rest of an application's words, unless another line has begun.
    if (!split && stderr_.size() + line.size() < kLongestText) {
      stderr_ += '\n';
      stderr_ += line;
      const auto whole = evidence::split_nginx_error(stderr_);
      if (whole && !evidence::goes_on(*whole)) {
        add_error(*whole, stderr_);
        stderr_.clear();
      }
      return;
    }
    const std::string text = std::move(stderr_);
    stderr_.clear();
    if (const auto whole = evidence::split_nginx_error(text)) add_error(*whole, text);
  }
  if (split) {
    if (evidence::goes_on(*split)) {
      stderr_ = line;
    } else {
      add_error(*split, line);
    }
    return;
  }
  if (const auto e = reader_.read(line)) {
    add_evidence(*e, line);
  } else {
    digest_.add_other(false);
  }
}

void Ingest::tell_older() {
  for (std::size_t i = 0; i < waiting_.size() && first_waiting_ + i < waiting_before_; ++i)
    pass_on(waiting_[i]);
  waiting_before_ = first_waiting_ + waiting_.size();
}

void Ingest::finish() {
  if (!stderr_.empty()) {
    if (const auto whole = evidence::split_nginx_error(stderr_)) add_error(*whole, stderr_);
    stderr_.clear();
  }
  for (Waiting& waiting : waiting_)
    pass_on(waiting);
  first_waiting_ += waiting_.size();
  waiting_.clear();
  by_request_.clear();
}

}  // namespace badgate::harness::diagnosis
