#include "harness/probe/who_answered.h"

#include <algorithm>

namespace badgate::harness::probe {
namespace {

using net::http1::icontains;

// Headers in which a product says a word of its own about this request.
constexpr std::array<std::string_view, 17> kDetails{
    "CF-RAY",          "X-Amz-Cf-Id",          "X-Cache",        "X-Served-By",
    "X-Azure-Ref",     "X-Squid-Error",        "X-Vercel-Error", "X-Vercel-Id",
    "Fly-Request-Id",  "X-GitHub-Request-Id",  "X-Varnish",      "x-amzn-ErrorType",
    "X-Nf-Request-Id", "X-Railway-Request-Id", "X-Request-Id",   "Via",
    "Retry-After"};

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const auto begin = text.find_first_not_of(kSpace);
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

bool holds(const Mark& mark, const Seen& seen) {
  const auto is_it = [&](const net::http1::Header& header) {
    return net::http1::iequals(header.name, mark.name) && icontains(header.value, mark.text);
  };
  switch (mark.where) {
    case Mark::Where::nowhere:
      return true;
    case Mark::Where::header:
      return std::ranges::any_of(seen.headers, is_it);
    case Mark::Where::no_header:
      return net::http1::find_header(seen.headers, mark.name) == nullptr;
    case Mark::Where::body:
      return icontains(seen.body, mark.text);
    case Mark::Where::body_is:
      return net::http1::iequals(trimmed(seen.body), mark.text);
    case Mark::Where::reason:
      return icontains(seen.reason, mark.text);
    case Mark::Where::empty_body:
      return seen.body.empty();
  }
  return false;
}

bool fits(const Signature& signature, const Seen& seen) {
  return std::ranges::all_of(signature.marks, [&](const Mark& mark) { return holds(mark, seen); });
}

const Meaning* meaning_of(std::string_view who, const Seen& seen) {
  const auto all = meanings();
  const auto at = std::ranges::find_if(all, [&](const Meaning& meaning) {
    return meaning.who == who && (meaning.status == 0 || meaning.status == seen.status) &&
           (icontains(seen.body, meaning.text) || icontains(seen.reason, meaning.text));
  });
  return at == all.end() ? nullptr : &*at;
}

}  // namespace

Who who_answered(const Seen& seen) {
  constexpr int kServerError = 500;
  Who who;
  for (const Signature& signature : signatures()) {
    const bool page = signature.role == Signature::Role::page;
    if (page && (!who.author.empty() || seen.status < kServerError)) continue;
    if (!page && std::ranges::find(who.way, signature.who) != who.way.end()) continue;
    if (!fits(signature, seen)) continue;
    if (page) {
      who.author = signature.who;
    } else {
      who.way.emplace_back(signature.who);
    }
  }
  for (const auto name : kDetails) {
    const auto* header = net::http1::find_header(seen.headers, name);
    if (header != nullptr) who.details.emplace_back(name, header->value);
  }
  if (!who.author.empty()) who.meaning = meaning_of(who.author, seen);
  return who;
}

}  // namespace badgate::harness::probe
