#include "harness/reference.h"

#include <fmt/core.h>

#include "fault_backends/presets.h"
#include "harness/load/read_backend.h"
#include "harness/load/read_dns.h"
#include "harness/load/read_event.h"
#include "harness/load/read_expect.h"
#include "harness/load/read_process.h"
#include "harness/load/read_proxy.h"
#include "harness/load/read_request.h"
#include "harness/load/read_scenario.h"
#include "harness/load/remedy.h"
#include "proxy/directives.h"

namespace badgate::harness {
namespace {

template <typename T>
void append(ReferenceTable& table, std::span<const Key<T>> keys) {
  for (const Key<T>& key : keys)
    table.entries.push_back({key.doc.name, key.doc.syntax, key.doc.fallback, key.doc.doc});
}

template <typename T>
void append(ReferenceTable& table, std::span<const net::Field<T>> fields) {
  for (const net::Field<T>& field : fields)
    table.entries.push_back({field.name, field.syntax, field.fallback, field.doc});
}

template <typename... Lists>
ReferenceTable make_table(std::string topic, std::string name, std::string doc,
                          const Lists&... lists) {
  ReferenceTable table{std::move(topic), std::move(name), std::move(doc), {}};
  (append(table, lists), ...);
  return table;
}

void add_scenario_tables(std::vector<ReferenceTable>& out) {
  out.push_back(
      make_table("scenario", "the top level", "One file is one scenario.", scenario_keys()));
  out.push_back(make_table("explain", "[explain]", "For people who want to understand the cause.",
                           explanation_keys()));
  out.push_back(make_table("proxy", "[proxy]", "The proxy's directives, spelled as in nginx.",
                           proxy::settings_fields(), top_block_keys()));
  out.push_back(make_table("location", "[proxy.location]",
                           "What a location alone may say, beside the directives of [proxy].",
                           proxy::location_only_fields()));
  out.push_back(make_table("group", "[group]", "Directives of an upstream block, [group.NAME].",
                           proxy::upstream_fields()));
  out.push_back(make_table("upstream", "[[upstream]]",
                           "One server of a group, [[upstream.NAME]]: the parameters of nginx's "
                           "`server`, beside all keys of [[backend]].",
                           proxy::server_fields()));
  out.push_back(make_table("backend", "[[backend]]", "One fake server, [[backend.NAME]].",
                           backend_keys(), fault_backends::fields()));
  out.push_back(make_table("process", "process = { … }",
                           "A backend that is a real program, and how it is started.",
                           process_keys()));
  out.push_back(make_table("dns", "[dns]", "One name server, [dns.NAME].", dns_keys()));
  out.push_back(make_table("fpm", "fpm = { … }", "A backend that is a PHP-FPM, and its pool.",
                           fault_backends::fpm_fields()));
  out.push_back(make_table("tls", "tls = { … }", "A backend that speaks TLS, and how.",
                           fault_backends::tls_fields()));
}

void add_run_tables(std::vector<ReferenceTable>& out) {
  out.push_back(make_table("request", "[[request]]", "What a client requests.", request_keys()));
  out.push_back(make_table("load", "[load]", "Many requests at a rate.", load_keys()));
  out.push_back(make_table("event", "[[event]]", "What is done at some time.", event_keys()));
  out.push_back(
      make_table("response", "[request.expect]", "What a response should be.", response_keys()));
  out.push_back(make_table("attempt", "attempts", "One try at a server.", attempt_keys()));
  out.push_back(make_table("expect", "[expect]", "What the whole run should come to.", run_keys()));
  out.push_back(make_table("seen", "[expect.backend]",
                           "What one backend saw, [expect.backend.\"app[0]\"].",
                           expected_backend_keys()));
  out.push_back(make_table("remedy", "[remedy]",
                           "The same scenario with something changed, [remedy.NAME]: any key of a "
                           "scenario, and these.",
                           remedy_keys()));
}

void add_fault_tables(std::vector<ReferenceTable>& out) {
  out.push_back(make_table("faults", "a fault", "What every fault can say.",
                           fault_backends::common_parameters()));
  for (const fault_backends::FaultPreset& preset : fault_backends::presets())
    out.push_back(make_table("faults", fmt::format("{} = \"{}\"", preset.family, preset.kind),
                             std::string(preset.doc), preset.parameters));
}

// "|" would end a cell of the table.
std::string cell(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '|') out += '\\';
    out += c;
  }
  return out;
}

std::string code(std::string_view text) {
  return text.empty() ? "" : fmt::format("`{}`", cell(text));
}

std::string markdown_table(const ReferenceTable& table) {
  if (table.entries.empty()) return {};
  std::string out = "| key | value | default | |\n|---|---|---|---|\n";
  for (const ReferenceEntry& entry : table.entries)
    out += fmt::format("| `{}` | {} | {} | {} |\n", entry.name, cell(entry.syntax),
                       code(entry.fallback), cell(entry.doc));
  return out;
}

}  // namespace

std::vector<ReferenceTable> reference() {
  std::vector<ReferenceTable> out;
  add_scenario_tables(out);
  add_run_tables(out);
  add_fault_tables(out);
  return out;
}

std::string markdown(std::string_view topic) {
  std::string out;
  for (const ReferenceTable& table : reference()) {
    if (table.topic != topic) continue;
    if (topic == "faults") out += fmt::format("**`{}`** {}\n\n", table.name, table.doc);
    const std::string entries = markdown_table(table);
    if (!entries.empty()) out += entries + '\n';
  }
  return out;
}

}  // namespace badgate::harness
