#include "proxy/reason.h"

#include <doctest/doctest.h>

#include <utility>
#include <vector>

using namespace badgate::proxy;

TEST_CASE("reasons are spelled and answered as nginx does") {
  struct Row {
    Reason reason;
    std::string_view name;
    int status;
  };
  const std::vector<Row> table{
      {Reason::error, "error", 502},
      {Reason::timeout, "timeout", 504},
      {Reason::invalid_header, "invalid_header", 502},
      {Reason::http_500, "http_500", 500},
      {Reason::http_502, "http_502", 502},
      {Reason::http_503, "http_503", 503},
      {Reason::http_504, "http_504", 504},
      {Reason::http_403, "http_403", 403},
      {Reason::http_404, "http_404", 404},
      {Reason::http_429, "http_429", 429},
      {Reason::non_idempotent, "non_idempotent", 502},
      {Reason::no_live, "no_live", 502},
  };
  for (const auto& row : table) {
    CAPTURE(row.name);
    CHECK(to_string(row.reason) == row.name);
    CHECK(status_of(row.reason) == row.status);
  }
}

TEST_CASE("a server's own status is a reason only where the directive has a word for it") {
  for (int status = 0; status < 1000; ++status) {
    CAPTURE(status);
    const bool listed = status == 403 || status == 404 || status == 429 || status == 500 ||
                        (status >= 502 && status <= 504);
    const auto reason = reason_of_status(status);
    REQUIRE(reason.has_value() == listed);
    if (reason) CHECK(status_of(*reason) == status);
  }
}

TEST_CASE("proxy_next_upstream is read") {
  CHECK(parse_reasons("error timeout").value() == default_next_upstream);
  CHECK(parse_reasons(" http_503  error ").value() == (bit(Reason::http_503) | bit(Reason::error)));
  CHECK(parse_reasons("error error").value() == bit(Reason::error));
  CHECK(parse_reasons("off").value() == 0);
  CHECK(parse_reasons("timeout off").value() == 0);  // as nginx: off wins
  CHECK(to_string(default_next_upstream) == "error timeout");
  CHECK(to_string(ReasonSet{0}) == "off");
  CHECK(to_string(parse_reasons("non_idempotent http_429 error").value()) ==
        "error http_429 non_idempotent");
}

TEST_CASE("a wrong word is named, with the nearest right one") {
  const std::string words =
      "error, timeout, invalid_header, http_500, http_502, http_503, http_504, http_403, "
      "http_404, http_429, non_idempotent or off";
  const std::vector<std::pair<std::string, std::string>> table{
      {"errr", "\"errr\" is not one of " + words + "; did you mean \"error\"?"},
      {"error http503", "\"http503\" is not one of " + words + "; did you mean \"http_503\"?"},
      {"updating", "\"updating\" is not one of " + words},
      {"no_live", "\"no_live\" is not one of " + words},
      {"error,timeout", "\"error,timeout\" is not one of " + words},
      {"", "\"\" names no reason; expected " + words},
      {"  ", "\"\" names no reason; expected " + words},
  };
  for (const auto& [text, message] : table) {
    CAPTURE(text);
    const auto result = parse_reasons(text);
    REQUIRE_FALSE(result.has_value());
    CHECK(result.error().message == message);
  }
}
