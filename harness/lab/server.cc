#include "harness/lab/server.h"

#include <event2/buffer.h>
#include <event2/http_struct.h>
#include <event2/keyvalq_struct.h>
#include <fmt/core.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <new>
#include <utility>

#include "net/unique_fd.h"

namespace badgate::harness::lab {
namespace {

constexpr int kBacklog = 256;

// Nothing is loaded from anywhere else, nobody may frame the page, and nothing of it is kept.
constexpr std::array<std::pair<const char*, const char*>, 6> kHeaders{
    {{"Content-Security-Policy",
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
      "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
     {"X-Content-Type-Options", "nosniff"},
     {"Referrer-Policy", "no-referrer"},
     {"Cross-Origin-Resource-Policy", "same-origin"},
     {"Cross-Origin-Opener-Policy", "same-origin"},
     {"Cache-Control", "no-store"}}};

constexpr auto kEveryMethod =
    static_cast<ev_uint16_t>(EVHTTP_REQ_GET | EVHTTP_REQ_POST | EVHTTP_REQ_HEAD | EVHTTP_REQ_PUT |
                             EVHTTP_REQ_DELETE | EVHTTP_REQ_OPTIONS | EVHTTP_REQ_PATCH);

std::string method_of(evhttp_request* raw) {
  switch (evhttp_request_get_command(raw)) {
    case EVHTTP_REQ_GET:
      return "GET";
    case EVHTTP_REQ_POST:
      return "POST";
    case EVHTTP_REQ_HEAD:
      return "HEAD";
    case EVHTTP_REQ_PUT:
      return "PUT";
    case EVHTTP_REQ_DELETE:
      return "DELETE";
    case EVHTTP_REQ_OPTIONS:
      return "OPTIONS";
    case EVHTTP_REQ_PATCH:
      return "PATCH";
    default:
      return "?";
  }
}

std::string decoded(const char* text) {
  std::size_t size = 0;
  const std::unique_ptr<char, decltype(&std::free)> plain(evhttp_uridecode(text, 0, &size),
                                                          &std::free);
  return plain ? std::string(plain.get(), size) : std::string();
}

std::shared_ptr<Asker> asker_of(evhttp_request* raw) {
  auto asker = std::make_shared<Asker>();
  char* address = nullptr;
  ev_uint16_t port = 0;
  evhttp_connection_get_peer(evhttp_request_get_connection(raw), &address, &port);
  if (address != nullptr) asker->address = address;
  return asker;
}

// Nothing if its target is no path of this server: "http://elsewhere/", "*".
std::optional<HttpRequest> request_of(evhttp_request* raw) {
  const evhttp_uri* uri = evhttp_request_get_evhttp_uri(raw);
  const char* path = uri != nullptr ? evhttp_uri_get_path(uri) : nullptr;
  if (path == nullptr || *path != '/' || evhttp_uri_get_host(uri) != nullptr) return std::nullopt;
  HttpRequest request;
  request.method = method_of(raw);
  request.path = decoded(path);
  if (const char* query = evhttp_uri_get_query(uri)) request.query = query;
  const evkeyvalq* headers = evhttp_request_get_input_headers(raw);
  for (const evkeyval* at = headers->tqh_first; at != nullptr; at = at->next.tqe_next)
    request.headers.emplace_back(at->key, at->value);
  request.asker = asker_of(raw);
  evbuffer* body = evhttp_request_get_input_buffer(raw);
  request.body.resize(evbuffer_get_length(body));
  evbuffer_copyout(body, request.body.data(), request.body.size());
  return request;
}

}  // namespace

Server::Server(Events& events, OnRequest on_request)
    : connections_(events), on_request_(std::move(on_request)), http_(evhttp_new(events.base())) {
  if (!http_) throw std::bad_alloc();
  evhttp_set_max_headers_size(http_.get(), kMostHead);
  evhttp_set_max_body_size(http_.get(), kMostBody);
  evhttp_set_timeout(http_.get(), static_cast<int>(Connections::kSeconds));
  evhttp_set_allowed_methods(http_.get(), kEveryMethod);
  evhttp_set_flags(http_.get(), EVHTTP_SERVER_LINGERING_CLOSE);
  evhttp_set_bevcb(
      http_.get(),
      [](event_base*, void* self) { return static_cast<Server*>(self)->connections_.begin(); },
      this);
  evhttp_set_gencb(
      http_.get(),
      [](evhttp_request* raw, void* self) { static_cast<Server*>(self)->on_request(raw); }, this);
}

Server::~Server() = default;

net::Result<std::unique_ptr<Server>> Server::start(Events& events, const net::Address& at,
                                                   OnRequest on_request) {
  std::unique_ptr<Server> server(new Server(events, std::move(on_request)));
  if (auto ok = server->listen(at); !ok) return tl::unexpected(ok.error());
  return server;
}

net::Result<void> Server::listen(const net::Address& at) {
  const auto failed = [&at] {
    return net::fail(fmt::format("cannot listen at {}: {}", at.to_string(), std::strerror(errno)),
                     errno);
  };
  net::UniqueFd fd(::socket(at.family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return failed();
  const int on = 1;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (::bind(fd.get(), at.data(), at.size()) != 0 || ::listen(fd.get(), kBacklog) != 0)
    return failed();
  sockaddr_storage bound{};
  socklen_t size = sizeof bound;
  if (::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&bound), &size) != 0) return failed();
  address_ = net::Address::from(reinterpret_cast<const sockaddr*>(&bound), size);
  if (evhttp_accept_socket(http_.get(), fd.get()) != 0) return failed();
  fd.release();  // evhttp closes it
  return {};
}

void Server::on_request(evhttp_request* raw) {
  const bool head = evhttp_request_get_command(raw) == EVHTTP_REQ_HEAD;
  const auto request = request_of(raw);
  if (!request) {
    answer(raw, head, refused(400, "the target of a request is a path, such as /api/scenarios"));
    return;
  }
  connections_.works(evhttp_connection_get_bufferevent(evhttp_request_get_connection(raw)),
                     [asker = request->asker] {
                       if (asker->on_leave) asker->on_leave();
                     });
  on_request_(*request,
              [this, raw, head](const HttpAnswer& given) { this->answer(raw, head, given); });
}

void Server::answer(evhttp_request* raw, bool head, const HttpAnswer& answer) {
  evhttp_connection* connection = evhttp_request_get_connection(raw);
  connections_.has_worked(evhttp_connection_get_bufferevent(connection));
  evkeyvalq* headers = evhttp_request_get_output_headers(raw);
  if (!answer.body.empty()) evhttp_add_header(headers, "Content-Type", answer.type.c_str());
  for (const auto& [name, value] : kHeaders)
    evhttp_add_header(headers, name, value);
  for (const auto& [name, value] : answer.headers)
    evhttp_add_header(headers, name.c_str(), value.c_str());
  evbuffer* body = evhttp_request_get_output_buffer(raw);
  if (head) {
    evhttp_add_header(headers, "Content-Length", std::to_string(answer.body.size()).c_str());
  } else {
    evbuffer_add(body, answer.body.data(), answer.body.size());
  }
  evhttp_send_reply(raw, answer.status, std::string(reason_phrase(answer.status)).c_str(), nullptr);
}

}  // namespace badgate::harness::lab
