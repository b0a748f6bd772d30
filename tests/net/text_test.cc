#include "net/text.h"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

using namespace badgate::net;
using namespace std::chrono_literals;

TEST_CASE("times are read as nginx reads them") {
  CHECK(parse_duration("60s").value() == 60s);
  CHECK(parse_duration("60").value() == 60s);
  CHECK(parse_duration("1m30s").value() == 90s);
  CHECK(parse_duration("1h 30m").value() == 90min);
  CHECK(parse_duration("500ms").value() == 500ms);
  CHECK(parse_duration("0").value() == 0s);
  for (const auto bad :
       {"", "s", "60x", "30s1m", "1s1s", "-1s", "1.5s", "99999999999999y", "5 m"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_duration(bad).has_value());
  }
}

TEST_CASE("sizes are read as nginx reads them") {
  CHECK(parse_size("8k").value() == 8192);
  CHECK(parse_size("1M").value() == 1048576);
  CHECK(parse_size("2g").value() == 2147483648);
  CHECK(parse_size("17").value() == 17);
  for (const auto bad : {"", "k", "8kb", "-1", "8 k", "99999999999g"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_size(bad).has_value());
  }
}

TEST_CASE("ratios, flags and numbers") {
  CHECK(parse_ratio("5%").value() == doctest::Approx(0.05));
  CHECK(parse_ratio("0.5").value() == doctest::Approx(0.5));
  CHECK_FALSE(parse_ratio("2").has_value());
  CHECK_FALSE(parse_ratio("nan").has_value());
  CHECK(parse_flag("on").value());
  CHECK_FALSE(parse_flag("yes").has_value());
  CHECK_FALSE(parse_number("1x").has_value());
}

TEST_CASE("times are written in their shortest exact form") {
  CHECK(format_duration(60s) == "1m");
  CHECK(format_duration(90s) == "1m30s");
  CHECK(format_duration(59s) == "59s");
  CHECK(format_duration(1500ms) == "1.5s");
  CHECK(format_duration(500ms) == "500ms");
  CHECK(format_duration(0s) == "0ms");
  CHECK(format_seconds(60s) == "60.000");
  CHECK(format_seconds(1999us) == "0.001");
}

TEST_CASE("the nearest name is found where one is near") {
  const std::vector<std::string_view> names{
      "proxy_read_timeout", "proxy_send_timeout", "proxy_buffers", "weight", "on", "off"};
  const std::vector<std::pair<std::string_view, std::string_view>> table{
      {"proxy_read_timout", "proxy_read_timeout"},
      {"proxy_raed_timeout", "proxy_read_timeout"},
      {"Proxy_Buffers", "proxy_buffers"},
      {"proxy_buffer", "proxy_buffers"},
      {"wieght", "weight"},
      {"offf", "off"},
      {"of", "on"},  // as near as "off": the first wins
      {"on", "on"},
      {"zz", ""},
      {"banana", ""},
      {"", ""},
  };
  for (const auto& [name, expected] : table) {
    CAPTURE(name);
    CHECK(nearest(name, names) == expected);
  }
  CHECK(nearest(std::string(100000, 'a'), names).empty());
  CHECK(nearest("weight", {}).empty());
}

TEST_CASE("a list is joined with nothing before the first or after the last") {
  CHECK(join({}, ", ").empty());
  CHECK(join(std::vector<std::string>{"a"}, ", ") == "a");
  CHECK(join(std::vector<std::string>{"a", "", "a"}, ", ") == "a, , a");
}
