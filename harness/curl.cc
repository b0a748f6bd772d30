#include "harness/curl.h"

#include <fmt/core.h>

#include <chrono>

#include "harness/shell_quoted.h"
#include "net/text.h"

namespace badgate::harness {
namespace {

// The request as a person would send it. -i shows the status line, -w the time that it took.
std::string curl_command(const Request& request, std::string_view url) {
  std::string command = "curl -i -w '\\n%{http_code} after %{time_total} s\\n'";
  if (request.method == "HEAD") {
    command += " -I";
  } else if (request.method != "GET") {
    command += " -X " + shell_quoted(request.method);
  }
  if (request.http_version == "1.0") command += " -0";
  for (const auto& [name, value] : request.headers) {
    command += " -H " + shell_quoted(fmt::format("{}: {}", name, value));
  }
  if (request.chunked) command += " -H 'Transfer-Encoding: chunked'";
  if (!request.body.empty()) {
    command += " --data-binary " + shell_quoted(request.body);
  } else if (request.body_bytes > 0) {
    command =
        fmt::format("head -c {} /dev/zero | {} --data-binary @-", request.body_bytes, command);
  }
  if (request.leave_after) {
    command +=
        fmt::format(" --max-time {}", std::chrono::duration<double>(*request.leave_after).count());
  }
  if (request.upload_rate) command += fmt::format(" --limit-rate {}", *request.upload_rate);
  return fmt::format("{} {}", command, shell_quoted(fmt::format("{}{}", url, request.path)));
}

// What curl alone does not do.
std::string note_on(const Request& request) {
  std::vector<std::string> notes;
  if (request.at) {
    notes.push_back("at " + net::format_duration(request.at->time_since_epoch()));
  }
  if (request.pause > net::Duration::zero()) {
    notes.push_back(net::format_duration(request.pause) + " later");
  }
  if (request.concurrent > 1) {
    notes.push_back(fmt::format("{} at the same time", request.concurrent));
  }
  if (request.repeat > 1) {
    notes.push_back(fmt::format("{} times, one after the other", request.repeat));
  }
  if (request.reuse) notes.emplace_back("on the connection of the one before");
  return notes.empty() ? std::string() : fmt::format("  # {}", net::join(notes, ", "));
}

std::string note_on(const Load& load) {
  return fmt::format("  # {} a second for {}", load.rate, net::format_duration(load.duration));
}

}  // namespace

std::vector<std::string> curl_commands(const Scenario& scenario, std::string_view url) {
  std::vector<std::string> commands;
  for (const Request& request : scenario.requests) {
    auto command = curl_command(request, url) + note_on(request);
    if (commands.empty() || commands.back() != command) commands.push_back(std::move(command));
  }
  if (scenario.load)
    commands.push_back(curl_command(scenario.load->request, url) + note_on(*scenario.load));
  return commands;
}

}  // namespace badgate::harness
