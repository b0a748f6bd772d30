// What came out of a play, as expectations of the file that was played.
#include <fmt/core.h>

#include <algorithm>

#include "harness/lab/compose.h"
#include "harness/lab/tables.h"
#include "harness/reproduce/toml_document.h"

namespace badgate::harness::lab {
namespace {

constexpr std::size_t kMaxLines = 50;  // of the error log; more of them say no more

Node number_node(std::uint64_t number) {
  Node node;
  node.kind = Node::Kind::integer;
  node.integer = static_cast<std::int64_t>(number);
  return node;
}

using Responses = std::vector<const Response*>;

template <typename Property>
bool alike(const Responses& responses, Property property) {
  return std::ranges::all_of(responses, [&](const Response* response) {
    return property(*response) == property(*responses.front());
  });
}

// Only what all responses to the request have in common.
Node expected_of(const Responses& responses) {
  Node node;
  const Response& first = *responses.front();
  const auto status = [](const Response& response) { return response.status; };
  const auto end = [](const Response& response) { return response.completeness; };
  const bool left = std::ranges::any_of(responses, &Response::client_left);
  if (first.status >= 100 && alike(responses, status))
    put(node, "status", number_node(static_cast<std::uint64_t>(first.status)));
  if (alike(responses, end))
    put(node, "completeness", text_node(std::string(to_string(first.completeness))));
  if (responses.size() == 1 && !left) put(node, "elapsed", text_node(time_text(first.elapsed)));
  return node;
}

// Where a line ends for expectations: before the client, numbers that depend on milliseconds, a
// script's own words of several lines, and braces, which stand for addresses there.
std::string what_is_alike(const std::string& message) {
  const auto end = std::min(
      {message.find(", client: "), message.find(" excess: "), message.find_first_of("\n{")});
  return message.substr(0, end);
}

// The error log from level `error` on, each line up to what differs in each run.
Node expected_log(const Outcome& outcome) {
  Node list;
  list.kind = Node::Kind::list;
  for (const LogLine& line : outcome.error_log) {
    if (line.level == "info" || line.level == "notice" || line.level == "warn") continue;
    list.items.push_back(text_node(what_is_alike(line.message)));
  }
  return list;
}

Node expected_backends(const Outcome& outcome) {
  Node all;
  for (const BackendSeen& seen : outcome.backends) {
    if (!seen.counted) continue;
    Node one;
    put(one, "requests", number_node(seen.requests));
    put(one, "executed", number_node(seen.executed));
    put(all, seen.name, std::move(one));
  }
  return all;
}

std::string comments_of(const std::string& text) {
  std::size_t end = 0;
  while (end < text.size() && text[end] == '#')
    end = std::min(text.find('\n', end), text.size() - 1) + 1;
  return text.substr(0, end);
}

}  // namespace

std::string with_expectations(const std::string& text, const Outcome& outcome) {
  Diagnostics diagnostics("saved", text);
  auto document = parse_document(text, diagnostics);
  if (!document || outcome.responses.empty()) return text;
  Node* requests = at_path(*document, "request");
  if (requests == nullptr) return text;
  for (std::size_t i = 0; i < requests->items.size(); ++i) {
    Responses own;
    for (const Response& response : outcome.responses) {
      if (response.index == i) own.push_back(&response);
    }
    if (!own.empty()) put(requests->items[i], "expect", expected_of(own));
  }
  Node expected;
  if (Node lines = expected_log(outcome); lines.items.size() <= kMaxLines)
    put(expected, "error_log", std::move(lines));
  if (Node backends = expected_backends(outcome); !backends.members.empty())
    put(expected, "backend", std::move(backends));
  put(*document, "expect", std::move(expected));
  return comments_of(text) + reproduce::toml_document(*document, "");
}

}  // namespace badgate::harness::lab
