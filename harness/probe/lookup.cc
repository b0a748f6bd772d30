#include "harness/probe/lookup.h"

#include <fmt/core.h>
#include <netdb.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <optional>
#include <string_view>

#include "harness/probe/url.h"
#include "harness/processes/program.h"
#include "net/retry_interrupted.h"

namespace badgate::harness::probe {
namespace {

constexpr std::size_t kMost = 64;         // addresses of a name
constexpr std::size_t kLongest = 16'384;  // of what the child says

// What the child writes: a line an address, and at the end "=CODE words".
std::string asked(const std::string& name) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int code = ::getaddrinfo(name.c_str(), nullptr, &hints, &found);
  const int number = errno;
  std::string out;
  std::size_t count = 0;
  for (const addrinfo* at = code == 0 ? found : nullptr; at != nullptr && count < kMost;
       at = at->ai_next, ++count) {
    out += net::Address::from(at->ai_addr, at->ai_addrlen).to_string() + "\n";
  }
  if (code == 0) ::freeaddrinfo(found);
  return out + fmt::format("={} {}", code,
                           code == EAI_SYSTEM ? std::strerror(number) : ::gai_strerror(code));
}

// It ends with badgate, and by the signals that badgate has blocked for itself.
[[noreturn]] void answer(const std::string& name, int into) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  const std::string text = asked(name);
  const ssize_t written = ::write(into, text.data(), text.size());
  ::_exit(written == static_cast<ssize_t>(text.size()) ? 0 : 1);
}

Answer understood(std::string_view text) {
  Answer answer;
  while (!text.empty() && !text.starts_with('=')) {
    const auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    const auto address = net::Address::parse(line);
    if (address) answer.addresses.push_back(*address);
  }
  const auto space = std::min(text.find(' '), text.size());
  const std::string code(text.substr(0, space));
  if (!answer.addresses.empty()) return answer;
  answer.error = space < text.size() ? std::string(text.substr(space + 1))
                                     : std::string("the process that asked for it died");
  answer.no_such_name = code == fmt::format("={}", EAI_NONAME) || code == "=-5";  // EAI_NODATA
  return answer;
}

}  // namespace

net::Result<std::unique_ptr<Lookup>> Lookup::start(net::Loop& loop, const std::string& name,
                                                   net::Duration patience, OnDone on_done) {
  std::unique_ptr<Lookup> lookup(new Lookup(loop, std::move(on_done)));
  lookup->begin_ = loop.soon([self = lookup.get()] { self->started_ = self->loop_.now(); });
  if (const auto address = net::Address::parse(host_and_port(name, 0))) {
    lookup->timer_ =
        loop.soon([self = lookup.get(), at = *address] { self->finish({.addresses = {at}}); });
    return lookup;
  }
  if (auto ok = lookup->ask(name, patience); !ok) return tl::unexpected(ok.error());
  return lookup;
}

net::Result<void> Lookup::ask(const std::string& name, net::Duration patience) {
  auto pipe = processes::make_pipe();
  if (!pipe) return tl::unexpected(pipe.error());
  child_ = ::fork();
  if (child_ < 0) return net::fail(fmt::format("fork failed: {}", std::strerror(errno)), errno);
  if (child_ == 0) answer(name, pipe->write.get());
  answers_ = std::move(pipe->read);
  watch_ = loop_.watch(answers_.get(), {.read = true}, [this](net::Ready) { read_more(); });
  timer_ = loop_.after(patience, [this] { finish({.error = "no answer", .timed_out = true}); });
  return {};
}

Lookup::~Lookup() {
  if (child_ <= 0) return;
  ::kill(child_, SIGKILL);
  (void)net::retry_interrupted([this] { return ::waitpid(child_, nullptr, 0); });
}

void Lookup::read_more() {
  std::array<char, 4096> buffer;
  const ssize_t n = ::read(answers_.get(), buffer.data(), buffer.size());
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (n > 0) text_.append(buffer.data(), static_cast<std::size_t>(n));
  if (n > 0 && text_.size() < kLongest) return;
  finish(understood(text_));
}

void Lookup::finish(Answer answer) {
  watch_.reset();
  timer_.cancel();
  answer.took = loop_.now() - started_;
  // Not from inside this object's own callbacks: the receiver may destroy it.
  timer_ = loop_.soon([this, answer = std::move(answer)] { on_done_(answer); });
}

}  // namespace badgate::harness::probe
