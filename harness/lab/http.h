// What the lab's server is asked and answers, as plain data: the rules about it (guard.h, routes.h)
// and the API know no sockets.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace badgate::harness::lab {

using Headers = std::vector<std::pair<std::string, std::string>>;

// Whoever sent a request, for as long as its answer is worked on.
struct Asker {
  std::string address;             // "192.0.2.7"
  std::function<void()> on_leave;  // called at most once, when it has closed its connection
};

struct HttpRequest {
  std::string method = "GET";
  std::string path = "/";  // decoded, without the query
  std::string query;       // as it was written, without the "?"
  Headers headers;
  std::string body;
  std::shared_ptr<Asker> asker = {};  // null: nobody who could leave
};

// The value of a header, whatever the case of its name; nothing if it is not there, or twice.
std::optional<std::string_view> header(const HttpRequest& request, std::string_view name);
std::size_t count_headers(const HttpRequest& request, std::string_view name);

// The value of `name` in "a=1&b=2", decoded; nothing if it is not there.
std::optional<std::string> query_value(std::string_view query, std::string_view name);

struct HttpAnswer {
  int status = 200;
  std::string type = "application/json";
  std::string body;
  Headers headers = {};
};

// Gives the answer, now or later, once.
using Reply = std::function<void(HttpAnswer)>;

std::string_view reason_phrase(int status);

// {"error": words}.
HttpAnswer refused(int status, std::string_view words);

}  // namespace badgate::harness::lab
