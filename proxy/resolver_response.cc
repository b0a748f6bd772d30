// Resolver: what becomes of a name server's responses (ngx_resolver_process_response,
// ngx_resolver_process_a), and what nginx says about those that it does not like.
#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "proxy/resolver.h"

namespace badgate::proxy {
namespace {

namespace dns = net::dns;

constexpr std::uint16_t kResponseMask = 0xf870;  // QR, opcode, and bits that must be 0
constexpr unsigned kMostNamed = 100;             // names that a format error is looked for in

}  // namespace

void Resolver::log(std::string_view message) {
  log_.write(loop_.wall(), Level::error, message);
}

void Resolver::take_message(std::string_view message, bool tcp) {
  const auto header = dns::read_header(message);
  if (!header) return log(header.error().message);
  const bool truncated = (header->flags & dns::flag_truncated) != 0;
  if ((header->flags & kResponseMask) != dns::flag_response || (truncated && tcp)) {
    return log(fmt::format("invalid {} DNS response {} fl:{:04X}", tcp ? "TCP" : "UDP", header->id,
                           header->flags));
  }
  const auto code = header->code();
  if (code == dns::format_error || code > dns::refused) return log_format_error(header->id, code);
  const auto question = dns::read_question(message, *header);
  if (!question) return log(question.error().message);
  if (question->klass != dns::class_in)
    return log(fmt::format("unknown query class {} in DNS response", question->klass));
  switch (question->type) {
    case dns::type_a:
    case dns::type_aaaa:
      return take_response(message, *header, *question);
    case dns::type_srv:
      return log(fmt::format("unexpected DNS response for {}", question->name));
    default:
      return log(fmt::format("unknown query type {} in DNS response", question->type));
  }
}

// The name is known only by the query's id. Nobody who waits is told: the next server may do
// better.
void Resolver::log_format_error(std::uint16_t id, std::uint16_t code) {
  std::string text = fmt::format("DNS error ({}: {}), query id:{}", code, error_text(code), id);
  unsigned looked_at = 0;
  for (const Node* node : resend_) {
    if (code != dns::format_error || looked_at++ == kMostNamed) break;
    const auto asked = [&](const Family& family) {
      return !family.query.empty() && family.id == id;
    };
    if (!asked(node->v4) && !asked(node->v6)) continue;
    text += fmt::format(", name:\"{}\"", node->name);
    break;
  }
  log(text);
}

void Resolver::take_response(std::string_view message, const dns::Header& header,
                             const dns::Question& question) {
  const auto at = nodes_.find(question.name);
  const bool ipv6 = question.type == dns::type_aaaa;
  Family* family = at == nodes_.end() ? nullptr : ipv6 ? &at->second.v6 : &at->second.v4;
  if (family == nullptr || !family->pending())
    return log(fmt::format("unexpected DNS response for {}", question.name));
  Node& node = at->second;
  const bool truncated = (header.flags & dns::flag_truncated) != 0;
  if (truncated && family->tcp) return;
  if (header.id != family->id) {
    return log(fmt::format("wrong ident {} in DNS response for {}, expect {}", header.id,
                           question.name, family->id));
  }
  if (truncated) return ask_over_tcp(node, *family);
  const Family& other = ipv6 ? node.v4 : node.v6;
  const auto code = header.code() == 0 ? node.code : header.code();
  if (code != 0) return failed(node, *family, other, code);
  if (header.answers == 0) {
    family->addresses.emplace();
    if (other.pending()) return;
    if (other.count() > 0) return complete(node);
    return failed(node, *family, other, dns::host_not_found);
  }
  answered(node, *family, other, dns::read_answers(message, header, question));
}

void Resolver::ask_over_tcp(Node& node, Family& family) {
  if (node.waiting.empty()) return forget(node);
  family.tcp = true;
  servers_[node.server]->send_tcp(family.query);
  node.expire = seconds() + resend_after;
  move(node, true);
}

// One bad answer of the two spoils the other.
void Resolver::failed(Node& node, Family& family, const Family& other, std::uint16_t code) {
  family.addresses.emplace();
  if (other.pending()) {
    node.code = code;
    return;
  }
  auto waiting = std::exchange(node.waiting, {});
  forget(node);
  deliver(std::move(waiting), {.state = code, .valid = valid_until(failure_valid)});
}

void Resolver::answered(Node& node, Family& family, const Family& other, dns::Answers answers) {
  for (const auto& note : answers.notes)
    log(note);
  node.ttl = std::min(node.ttl, answers.ttl);
  if (answers.error) return log(answers.error->message);
  const bool any = !answers.addresses.empty();
  family.addresses = std::move(answers.addresses);
  if (other.pending() && (any || answers.cname)) return;
  if (!other.pending() && family.count() + other.count() > 0) return complete(node);
  if (answers.cname) return follow(node, std::move(*answers.cname));
  log("no A or CNAME types in DNS response");
}

void Resolver::remember(Node& node) {
  node.valid = valid_until(node.ttl);
  node.expire = seconds() + forget_after;
  move(node, false);
  node.v4.query.clear();
  node.v6.query.clear();
}

void Resolver::complete(Node& node) {
  remember(node);
  deliver(std::exchange(node.waiting, {}),
          {.addresses = addresses_of(node, false), .valid = node.valid});
}

void Resolver::follow(Node& node, std::string cname) {
  node.cname = std::move(cname);
  remember(node);
  auto waiting = std::exchange(node.waiting, {});
  if (waiting.empty()) return;
  for (Lookup* lookup : waiting)
    lookup->waiting_ = false;
  if (waiting.front()->recursion_++ >= most_recursion)
    return deliver(std::move(waiting), {.state = dns::host_not_found});
  find(std::move(waiting), node.cname);
}

}  // namespace badgate::proxy
