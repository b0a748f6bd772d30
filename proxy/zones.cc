#include "proxy/zones.h"

#include <fmt/core.h>

#include <algorithm>
#include <vector>

namespace badgate::proxy {
namespace {

constexpr std::size_t kLongestKey = 65535;
constexpr std::int64_t kLongAgo = 1'000'000'000;  // milliseconds
constexpr std::size_t kNodeSize = 128;            // of the zone's memory, for an address as the key

std::int64_t milliseconds(net::TimePoint now) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count();
}

}  // namespace

// ---- limit_req

net::Result<std::shared_ptr<RateZone>> RateZone::create(const LimitZone& setting) {
  std::shared_ptr<RateZone> zone(new RateZone(setting));
  auto key = ComplexValue::compile(setting.key);
  if (!key) return tl::unexpected(key.error());
  zone->key_ = std::move(*key);
  return zone;
}

std::int64_t RateZone::excess_of(const Node& node, std::int64_t now, std::int64_t& passed) const {
  passed = std::max<std::int64_t>(now - node.last, 0);
  const auto rate = static_cast<std::int64_t>(setting_.rate);
  return std::max<std::int64_t>(node.excess - rate * passed / 1000 + 1000, 0);
}

// ngx_http_limit_req_lookup
RateZone::Found RateZone::look_up(const std::string& key, net::TimePoint now, std::int64_t burst,
                                  bool account) {
  const auto at = by_key_.find(key);
  if (at == by_key_.end()) {
    if (by_key_.size() >= std::max<std::size_t>(setting_.size / kNodeSize, 1)) {
      by_key_.erase(nodes_.back().key);
      nodes_.pop_back();
    }
    nodes_.push_front({key, 0, milliseconds(now) - (account ? 0 : kLongAgo)});
    by_key_.emplace(key, nodes_.begin());
    return {};
  }
  nodes_.splice(nodes_.begin(), nodes_, at->second);
  Node& node = nodes_.front();
  std::int64_t passed = 0;
  const std::int64_t excess = excess_of(node, milliseconds(now), passed);
  if (excess > burst) return {excess, true};
  if (account) {
    node.excess = excess;
    if (passed != 0) node.last = milliseconds(now);
  }
  return {excess, false};
}

// ngx_http_limit_req_account
std::int64_t RateZone::count(const std::string& key, net::TimePoint now) {
  const auto at = by_key_.find(key);
  if (at == by_key_.end()) return 0;
  Node& node = *at->second;
  std::int64_t passed = 0;
  node.excess = excess_of(node, milliseconds(now), passed);
  if (passed != 0) node.last = milliseconds(now);
  return node.excess;
}

RateVerdict limit_requests(std::span<const RateLimit> limits, const AccessRecord& record,
                           bool join_headers, net::TimePoint now) {
  using Kind = RateVerdict::Kind;
  RateVerdict verdict;
  std::vector<std::pair<const RateLimit*, std::string>> counted_later;
  const auto wait_for = [&](const RateLimit& limit, std::int64_t excess) {
    if (excess <= limit.delay) return;
    const auto delay = std::chrono::milliseconds(
        (excess - limit.delay) * 1000 / static_cast<std::int64_t>(limit.zone->setting().rate));
    if (delay <= verdict.delay) return;
    verdict = {Kind::delayed, excess, limit.zone->setting().name, delay};
  };
  for (const RateLimit& limit : limits) {
    const std::string key = limit.zone->key().evaluate(record, join_headers);
    if (key.empty() || key.size() > kLongestKey) continue;
    const bool last = &limit == &limits.back();
    const auto found = limit.zone->look_up(key, now, limit.burst, last);
    if (found.busy) return {Kind::rejected, found.excess, limit.zone->setting().name, {}};
    if (verdict.kind == Kind::none) verdict.kind = Kind::passed;
    if (last) {
      wait_for(limit, found.excess);
    } else {
      counted_later.emplace_back(&limit, key);
    }
  }
  for (auto at = counted_later.rbegin(); at != counted_later.rend(); ++at)
    wait_for(*at->first, at->first->zone->count(at->second, now));
  return verdict;
}

// ---- limit_conn

net::Result<std::shared_ptr<ConnectionZone>> ConnectionZone::create(const LimitZone& setting) {
  std::shared_ptr<ConnectionZone> zone(new ConnectionZone(setting));
  auto key = ComplexValue::compile(setting.key);
  if (!key) return tl::unexpected(key.error());
  zone->key_ = std::move(*key);
  return zone;
}

bool ConnectionZone::take(const std::string& key, unsigned most) {
  unsigned& count = counts_[key];
  // nginx lets the first one pass, whatever the limit.
  if (count > 0 && count >= most) return false;
  ++count;
  return true;
}

ConnectionZone::Slot::~Slot() {
  if (!zone_) return;
  const auto at = zone_->counts_.find(key_);
  if (at != zone_->counts_.end() && --at->second == 0) zone_->counts_.erase(at);
}

// ---- all of them

namespace {

// The zone of the configuration before, if it is the same one.
template <typename Zone>
net::Result<void> add_zones(const std::vector<LimitZone>& settings,
                            const std::map<std::string, std::shared_ptr<Zone>, std::less<>>* before,
                            std::map<std::string, std::shared_ptr<Zone>, std::less<>>& into) {
  for (const LimitZone& setting : settings) {
    if (before != nullptr) {
      const auto old = before->find(setting.name);
      if (old != before->end() && old->second->setting() == setting) {
        into.emplace(setting.name, old->second);
        continue;
      }
    }
    auto zone = Zone::create(setting);
    if (!zone) return tl::unexpected(zone.error());
    into.emplace(setting.name, std::move(*zone));
  }
  return {};
}

}  // namespace

net::Result<Zones> Zones::create(const Settings& settings, const Zones* before) {
  Zones zones;
  const auto* rates = before != nullptr ? &before->rates : nullptr;
  if (auto ok = add_zones(settings.limit_req_zone, rates, zones.rates); !ok)
    return tl::unexpected(ok.error());
  const auto* connections = before != nullptr ? &before->connections : nullptr;
  if (auto ok = add_zones(settings.limit_conn_zone, connections, zones.connections); !ok)
    return tl::unexpected(ok.error());
  return zones;
}

}  // namespace badgate::proxy
