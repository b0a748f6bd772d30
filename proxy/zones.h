// Zones: what limit_req and limit_conn count by, one number for each value of a key, shared by all
// locations that name the zone (ngx_http_limit_req_module.c, ngx_http_limit_conn_module.c). Time is
// passed in; nothing here waits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>

#include "net/result.h"
#include "net/time.h"
#include "proxy/complex_value.h"
#include "proxy/settings.h"

namespace badgate::proxy {

// limit_req_zone. Excesses and rates are in thousandths of a request, as nginx counts.
class RateZone {
 public:
  static net::Result<std::shared_ptr<RateZone>> create(const LimitZone& setting);

  const LimitZone& setting() const { return setting_; }
  const ComplexValue& key() const { return key_; }

  struct Found {
    std::int64_t excess = 0;
    bool busy = false;  // more than `burst`
  };
  // One more request. `account`: it is counted now if it is not too much, and otherwise by `count`.
  Found look_up(const std::string& key, net::TimePoint now, std::int64_t burst, bool account);
  std::int64_t count(const std::string& key, net::TimePoint now);  // the excess that it leads to

 private:
  explicit RateZone(const LimitZone& setting) : setting_(setting) {}

  struct Node {
    std::string key;
    std::int64_t excess = 0;
    std::int64_t last = 0;  // milliseconds
  };
  std::int64_t excess_of(const Node& node, std::int64_t now, std::int64_t& passed) const;

  LimitZone setting_;
  ComplexValue key_;
  std::list<Node> nodes_;  // the last used in front
  std::unordered_map<std::string, std::list<Node>::iterator> by_key_;
};

// limit_conn_zone: how many requests are worked on.
class ConnectionZone {
 public:
  static net::Result<std::shared_ptr<ConnectionZone>> create(const LimitZone& setting);

  const LimitZone& setting() const { return setting_; }
  const ComplexValue& key() const { return key_; }

  // One of the requests that the zone counts, until it is destroyed.
  class Slot {
   public:
    Slot() = default;
    Slot(std::shared_ptr<ConnectionZone> zone, std::string key)
        : zone_(std::move(zone)), key_(std::move(key)) {}
    Slot(Slot&& other) noexcept = default;
    Slot& operator=(Slot&&) = delete;
    ~Slot();

   private:
    std::shared_ptr<ConnectionZone> zone_;
    std::string key_;
  };
  // False: there are `most` already.
  bool take(const std::string& key, unsigned most);

 private:
  explicit ConnectionZone(const LimitZone& setting) : setting_(setting) {}

  LimitZone setting_;
  ComplexValue key_;
  std::map<std::string, unsigned, std::less<>> counts_;
};

// The zones of a configuration, by name; they outlive it if the next one has the same.
struct Zones {
  static net::Result<Zones> create(const Settings& settings, const Zones* before);

  std::map<std::string, std::shared_ptr<RateZone>, std::less<>> rates;
  std::map<std::string, std::shared_ptr<ConnectionZone>, std::less<>> connections;
};

// A limit_req of a location.
struct RateLimit {
  std::shared_ptr<RateZone> zone;
  std::int64_t burst = 0;  // thousandths
  std::int64_t delay = 0;
};

struct RateVerdict {
  enum class Kind : std::uint8_t { none, passed, delayed, rejected };
  Kind kind = Kind::none;  // none: no limit had a key
  std::int64_t excess = 0;
  std::string zone;
  net::Duration delay{};
};

// ngx_http_limit_req_handler
RateVerdict limit_requests(std::span<const RateLimit> limits, const AccessRecord& record,
                           bool join_headers, net::TimePoint now);

}  // namespace badgate::proxy
