#include "harness/reproduce/remedies.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <optional>

#include "harness/diagnostics.h"
#include "harness/load.h"
#include "harness/reproduce/adapt.h"
#include "harness/reproduce/expectations.h"
#include "harness/reproduce/from_catalogue.h"
#include "harness/reproduce/toml_document.h"
#include "harness/toml_text.h"

namespace badgate::harness::reproduce {
namespace {

using evidence::Evidence;

constexpr std::size_t kMostHelping = 2;
constexpr std::size_t kMostInVain = 1;

// "proxy.proxy_read_timeout = …" in place of a table of its own.
std::string dotted(const Node& table) {
  std::string out;
  for (const Member& member : table.members) {
    const bool inner = member.value.is(Node::Kind::table) && member.key != "expect" &&
                       !member.value.members.empty();
    if (!inner) {
      out += fmt::format("{} = {}\n", toml_key(member.key), toml_value(member.value));
      continue;
    }
    for (const Member& m : member.value.members)
      out +=
          fmt::format("{}.{} = {}\n", toml_key(member.key), toml_key(m.key), toml_value(m.value));
  }
  return out;
}

// All requests, with what is expected of the last one; nullopt: there is but one.
std::optional<Node> requests_with(const Node& base, const Node& changes, const Node& expected) {
  const Member* requests = changes.find("request");
  if (requests == nullptr || !requests->value.is(Node::Kind::list)) requests = base.find("request");
  if (requests == nullptr || requests->value.items.size() < 2) return std::nullopt;
  Node list = requests->value;
  for (Node& request : list.items)
    erase(request, "expect");
  if (!expected.members.empty()) list.items.back().members.push_back({"expect", {}, expected});
  return list;
}

class Proof {
 public:
  Proof(const Attempt& reproduction, const Evidence& line, const RunOptions& run)
      : reproduction_(reproduction), line_(line), run_(run) {
    Diagnostics ignored("reproduction", reproduction.text);
    if (auto base = parse_document(reproduction.text, ignored)) base_ = std::move(*base);
  }

  const Node& base() const { return base_; }

  // Nothing: it is not what the catalogue says of it, here.
  std::optional<ProvenRemedy> of(const Draft& draft) const {
    const auto played = play_with(text_of(draft, {}, {}, {}));
    if (!played) return std::nullopt;
    ProvenRemedy proven{draft.name,       draft.title,      draft.helps,
                        last_of(*played), logs_it(*played), {}};
    if (draft.helps != works(proven, *played)) return std::nullopt;
    proven.text =
        line_.source == evidence::Source::haproxy
            ? text_of(draft, {}, {}, played->cell)
            : text_of(draft, expected_of(proven.last), expected_of_run(proven, *played), {});
    return proven;
  }

 private:
  Node expected_of_run(const ProvenRemedy& proven, const Played& played) const {
    Node run;
    if (proven.same_line) {
      put_text(run, "error_log_contains",
               expected_line(reproduction_.played.error_log.at(*reproduction_.same)));
    } else if (!has_failures(played)) {
      Node none;
      none.kind = Node::Kind::list;
      run.members.push_back({"error_log", {}, none});
    }
    return run;
  }

  // `cell` is what HAProxy comes to; empty: nginx is expected to do something.
  std::string text_of(const Draft& draft, const Node& response, Node run,
                      const std::string& cell) const {
    Node table;
    put_text(table, "title", draft.title);
    Node helps;
    helps.kind = Node::Kind::flag;
    helps.flag = draft.helps;
    table.members.push_back({"helps", {}, helps});
    for (const Member& member : draft.changes.members)
      table.members.push_back(member);
    if (auto requests = requests_with(base_, draft.changes, response)) {
      erase(table, "request");
      table.members.push_back({"request", {}, std::move(*requests)});
    } else {
      run.members.insert(run.members.begin(), response.members.begin(), response.members.end());
    }
    if (!run.members.empty()) table.members.push_back({"expect", {}, std::move(run)});
    if (!cell.empty()) {
      Node on;
      put_text(on, "haproxy", cell);
      table.members.push_back({"on", {}, std::move(on)});
    }
    return fmt::format("\n[remedy.{}]\n{}", toml_key(draft.name), dotted(table));
  }

  std::optional<Played> play_with(const std::string& remedy) const {
    const auto loaded = load_text("title = \"reproduction\"\n" + reproduction_.text + remedy,
                                  "reproduction", "reproduction");
    if (!loaded.ok() || loaded.scenarios.size() != 2) return std::nullopt;
    auto played = play(loaded.scenarios.back(), run_);
    if (!played.problem.empty() || !played.start_error.empty()) return std::nullopt;
    return played;
  }

  bool logs_it(const Played& played) const {
    const auto& lines = log_of(played, line_.source);
    return std::any_of(lines.begin(), lines.end(), [&](const Logged& line) {
      const auto got = evidence::read_line(line.written);
      return got && differences(line_, *got).empty();
    });
  }

  bool works(const ProvenRemedy& remedy, const Played& played) const {
    if (remedy.same_line || has_failures(played)) return false;
    const Ended before = last_of(reproduction_.played);
    if (before.left) return true;
    return remedy.last.whole && remedy.last.status >= 100 && remedy.last.status < 400;
  }

  const Attempt& reproduction_;
  const Evidence& line_;
  const RunOptions& run_;
  Node base_;
};

}  // namespace

std::vector<ProvenRemedy> prove_remedies(const Attempt& reproduction, const Evidence& line,
                                         const Frame& frame, const RunOptions& run) {
  std::vector<ProvenRemedy> out;
  const auto scenario = catalogue_document(reproduction.scenario);
  const Member* remedies = scenario ? scenario->find("remedy") : nullptr;
  if (remedies == nullptr) return out;
  const Proof proof(reproduction, line, run);
  std::array<std::size_t, 2> left{kMostInVain, kMostHelping};
  for (const bool helps : {true, false}) {
    for (const Member& remedy : remedies->value.members) {
      const auto draft = draft_of(remedy, *scenario, proof.base(), frame);
      if (!draft || draft->helps != helps || left[helps ? 1 : 0] == 0) continue;
      auto proven = proof.of(*draft);
      if (!proven) continue;
      --left[helps ? 1 : 0];
      out.push_back(std::move(*proven));
    }
  }
  return out;
}

}  // namespace badgate::harness::reproduce
