#include "harness/real_backends.h"

#include <fmt/core.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "harness/processes/signal_names.h"
#include "harness/run.h"

namespace badgate::harness {
namespace {

using processes::ProcessBackend;
using processes::ProcessSpec;
using processes::Whom;

// A program that writes without end must not fill the memory.
constexpr std::size_t kMaxLines = 10'000;

std::string replaced(std::string text, std::string_view what, const std::string& with) {
  for (auto at = text.find(what); at != text.npos; at = text.find(what, at + with.size()))
    text.replace(at, what.size(), with);
  return text;
}

// `root` in `text` replaced, where it is a whole folder: not "/srv/app" in "/srv/application".
std::string moved(std::string text, const std::string& root, const std::string& folder) {
  if (root.empty()) return text;
  for (auto at = text.find(root); at != text.npos; at = text.find(root, at)) {
    const std::size_t end = at + root.size();
    const bool whole = end == text.size() ||
                       std::string_view("/$ ;\"\n").find(text[end]) != std::string_view::npos;
    if (whole) text.replace(at, root.size(), folder);
    at += whole ? folder.size() : root.size();
  }
  return text;
}

void fill(ProcessSpec& spec, const net::Address& listen, const std::string& folder) {
  const auto filled = [&](std::string& text) {
    text = replaced(std::move(text), "{port}", std::to_string(listen.port()));
    text = replaced(std::move(text), "{socket}", listen.path());
    text = replaced(std::move(text), "{folder}", folder);
  };
  std::ranges::for_each(spec.command, filled);
  for (auto& [name, value] : spec.environment)
    filled(value);
  for (auto& [name, text] : spec.files)
    filled(text);
}

net::Result<void> write_files(const ProcessSpec& spec, const std::string& folder) {
  std::error_code error;
  std::filesystem::create_directory(folder, error);
  if (error) return net::fail(fmt::format("cannot make {}: {}", folder, error.message()));
  for (const auto& [name, text] : spec.files) {
    const std::string path = folder + "/" + name;
    std::ofstream file(path);
    file << text;
    file.close();
    if (!file) return net::fail(fmt::format("cannot write {}: {}", path, std::strerror(errno)));
  }
  return {};
}

std::string_view in_words(Whom whom) {
  switch (whom) {
    case Whom::program:
      return "";
    case Whom::child:
      return "a child of ";
    case Whom::everybody:
      return "every process of ";
  }
  return "";
}

}  // namespace

// All are asked before the first is waited for.
RealBackends::~RealBackends() {
  for (auto& [name, entry] : backends_)
    entry.backend->end();
}

net::Result<void> RealBackends::begin(const BackendSpec& spec, const net::Address& listen,
                                      const std::string& folder) {
  std::string own = spec.name;
  std::erase_if(own, [](char c) { return c == '[' || c == ']' || c == '/'; });
  own = fmt::format("{}/{}", folder, own);
  ProcessBackend::Settings settings{*spec.process, listen, folder};
  fill(settings.spec, listen, own);
  if (auto ok = write_files(settings.spec, own); !ok) return ok;
  ProcessBackend::Callbacks callbacks;
  callbacks.on_event = [this, name = spec.name](std::string what) {
    recorder_.fact(name, recorder_.names().replace_in(std::move(what)));
  };
  callbacks.on_line = [this, name = spec.name](std::string_view line) { on_line(name, line); };
  callbacks.on_change = [this] {
    if (waiting_ && all_settled()) loop_.stop();
  };
  recorder_.names().add(listen, spec.name);
  if (!settings.spec.root.empty()) recorder_.names().add_text(own + "/", settings.spec.root + "/");
  const std::string root = settings.spec.root;
  auto backend = ProcessBackend::start(loop_, std::move(settings), std::move(callbacks));
  if (!backend)
    return net::fail(fmt::format("{}: {}", spec.name, backend.error().message),
                     backend.error().code);
  Entry& entry = backends_[spec.name];
  entry.backend = std::move(*backend);
  entry.root = root;
  entry.folder = own;
  return {};
}

bool RealBackends::all_settled() const {
  const auto failed = [](const auto& entry) { return !entry.second.backend->failure().empty(); };
  const auto listened = [](const auto& entry) { return entry.second.backend->has_listened(); };
  return std::ranges::any_of(backends_, failed) || std::ranges::all_of(backends_, listened);
}

net::Result<void> RealBackends::wait_until_ready(int interrupt_fd) {
  bool interrupted = false;
  std::unique_ptr<net::Watch> interrupt;
  if (interrupt_fd >= 0) {
    interrupt = loop_.watch(interrupt_fd, {.read = true}, [&](net::Ready) {
      interrupted = true;
      loop_.stop();
    });
  }
  waiting_ = true;
  if (!all_settled()) loop_.run();
  waiting_ = false;
  if (interrupted) return net::fail(std::string(kInterrupted));
  for (const auto& [name, entry] : backends_) {
    if (const std::string& failure = entry.backend->failure(); !failure.empty())
      return net::fail(fmt::format("{}: {}", name, failure));
  }
  return {};
}

DirectiveBlock RealBackends::with_folders(DirectiveBlock block) const {
  for (const auto& [name, entry] : backends_) {
    for (auto& [directive, value] : block.directives)
      value = moved(std::move(value), entry.root, entry.folder);
  }
  for (DirectiveBlock& child : block.blocks)
    child = with_folders(std::move(child));
  return block;
}

const net::Address* RealBackends::address_of(std::string_view name) const {
  const auto at = backends_.find(name);
  return at == backends_.end() ? nullptr : &at->second.backend->address();
}

void RealBackends::play(const TimelineEvent& event) {
  ProcessBackend& backend = *backends_.find(event.backend)->second.backend;
  switch (event.kind) {
    case TimelineEvent::Kind::crash:
      recorder_.fact("event", event.backend + " is killed");
      backend.crash();
      break;
    case TimelineEvent::Kind::restart:
      recorder_.fact("event", event.backend + " is started again");
      backend.restart();
      break;
    case TimelineEvent::Kind::signal:
      recorder_.fact("event", fmt::format("{}{} gets {}", in_words(event.whom), event.backend,
                                          processes::signal_name(event.signal)));
      backend.signal(event.signal, event.whom);
      break;
    default:
      break;  // the loader has refused the others
  }
}

void RealBackends::on_line(const std::string& name, std::string_view line) {
  auto& log = backends_[name].log;
  if (log.size() > kMaxLines) return;
  log.push_back(log.size() < kMaxLines ? recorder_.names().replace_in(std::string(line))
                                       : "… and more, which is left out");
  recorder_.fact(name, log.back());
}

bool RealBackends::has_written(const std::vector<ExpectedBackend>& expected) const {
  return std::ranges::all_of(expected, [&](const ExpectedBackend& one) {
    const auto at = backends_.find(one.name);
    return at == backends_.end() || std::ranges::all_of(one.log_contains, [&](const auto& text) {
             std::string plain = text;  // names stand without braces in the outcome, as in judge.cc
             std::erase_if(plain, [](char c) { return c == '{' || c == '}'; });
             return std::ranges::any_of(at->second.log, [&](const std::string& line) {
               return line.find(plain) != std::string::npos;
             });
           });
  });
}

void RealBackends::report(const std::string& name) {
  Entry& entry = backends_.find(name)->second;
  entry.backend->drain();
  BackendSeen seen;
  seen.name = name;
  seen.log = entry.log;
  seen.counted = false;
  recorder_.outcome().backends.push_back(std::move(seen));
}

net::Result<void> RealBackends::end() {
  for (auto& [name, entry] : backends_)
    entry.backend->end();
  net::Result<void> all;
  for (auto& [name, entry] : backends_) {
    auto ended = entry.backend->wait_ended();
    if (!ended && all) all = net::fail(fmt::format("{}: {}", name, ended.error().message));
  }
  return all;
}

}  // namespace badgate::harness
