#include "harness/drive.h"

#include <fmt/core.h>

#include <algorithm>

namespace badgate::harness {

Drive::Drive(net::Loop& loop, const Scenario& scenario, net::Address proxy, net::Rng rng,
             OnStep on_step, OnEnded on_ended, OnDone on_done)
    : loop_(loop),
      scenario_(scenario),
      proxy_(std::move(proxy)),
      rng_(rng),
      on_step_(std::move(on_step)),
      on_ended_(std::move(on_ended)),
      on_done_(std::move(on_done)) {}

Drive::~Drive() = default;

void Drive::start() {
  const auto& requests = scenario_.requests;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    if (i == 0 || requests[i].at) {
      chains_.push_back(std::make_unique<Chain>());
      chains_.back()->next = i;
    }
    chains_.back()->end = i + 1;
  }
  chains_open_ = chains_.size();
  for (auto& chain : chains_) {
    const auto at = requests[chain->next].at.value_or(loop_.now());
    chain->timer = loop_.at(at, [this, &chain = *chain] { run_next(chain); });
  }
  if (scenario_.load) {
    load_open_ = true;
    load_last_ = loop_.now();
    load_until_ = load_last_ + scenario_.load->duration;
    next_arrival();
  }
  if (chains_.empty() && !load_open_) on_done_();
}

// ---- requests in sequence

void Drive::run_next(Chain& chain) {
  if (chain.next == chain.end) {
    chain.kept.reset();
    --chains_open_;
    ended();
    return;
  }
  const Request& request = scenario_.requests[chain.next];
  if (!request.reuse) chain.kept.reset();
  chain.under_way = request.concurrent;
  for (unsigned i = 0; i < request.concurrent; ++i)
    send(chain, request, chain.next);
}

void Drive::send(Chain& chain, const Request& request, std::size_t index) {
  begin(&chain, request, index, 0, std::exchange(chain.kept, std::nullopt));
}

void Drive::begin(Chain* chain, const Request& request, std::size_t index, unsigned refreshed,
                  std::optional<ClientConnection> kept) {
  const std::uint64_t number = ++exchanges_made_;
  const std::string who = number == 1 ? "client" : fmt::format("client {}", number);
  if (request.https && !tls_) tls_.emplace(net::TlsRole::client, net::tls_1_2 | net::tls_1_3);
  auto exchange = std::make_unique<Exchange>(
      loop_, proxy_, tls_ ? &*tls_ : nullptr, request, std::move(kept),
      [this, who](std::string what) { on_step_(who, std::move(what)); },
      [=, this, &request](Response response, std::optional<ClientConnection> connection) {
        const auto self = exchanges_.extract(number);  // alive until this callback returns
        response.index = index;
        response.request = name_of(request, index);
        if (chain != nullptr) {
          on_response(*chain, request, index, refreshed, std::move(response),
                      std::move(connection));
        } else {
          responses_.push_back(std::move(response));
          ended();
        }
      });
  Exchange& started = *exchange;
  exchanges_.emplace(number, std::move(exchange));
  started.start();
}

void Drive::on_response(Chain& chain, const Request& request, std::size_t index, unsigned refreshed,
                        Response response, std::optional<ClientConnection> kept) {
  const bool again = request.refresh_after && response.client_left && refreshed < request.refreshes;
  responses_.push_back(std::move(response));
  if (again) {
    begin(&chain, request, index, refreshed + 1, std::nullopt);
    return;
  }
  if (kept) chain.kept = std::move(kept);
  if (--chain.under_way > 0) return;
  net::Duration pause = request.pause;
  if (++chain.repeated >= request.repeat) {
    chain.repeated = 0;
    ++chain.next;
    on_ended_(name_of(request, index));
    pause = chain.next < chain.end ? scenario_.requests[chain.next].pause : net::Duration::zero();
  }
  chain.timer = loop_.after(pause, [this, &chain] { run_next(chain); });
}

// ---- open-loop load

void Drive::next_arrival() {
  const Load& load = *scenario_.load;
  const net::Duration mean(static_cast<net::Duration::rep>(1e9 / load.rate));
  const net::Duration gap = load.poisson ? rng_.exponential(mean) : mean;
  // From the plan, not from now: being late once makes no other arrival late.
  const net::TimePoint due = load_last_ + gap;
  if (due > load_until_) {
    load_open_ = false;
    load_timer_ = loop_.soon([this] { ended(); });
    return;
  }
  load_last_ = due;
  load_timer_ = loop_.at(due, [this] {
    begin(nullptr, scenario_.load->request, 0, 0, std::nullopt);
    next_arrival();
  });
}

void Drive::ended() {
  if (chains_open_ == 0 && !load_open_ && exchanges_.empty()) on_done_();
}

std::vector<Response> Drive::take_responses() {
  std::stable_sort(responses_.begin(), responses_.end(),
                   [](const Response& a, const Response& b) { return a.index < b.index; });
  return std::move(responses_);
}

}  // namespace badgate::harness
