#include "net/sock_diag.h"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

#include "net/unique_fd.h"

namespace badgate::net {
namespace {

// Goes with what is in it, however the test ends.
struct TempFolder {
  std::string path = (std::filesystem::temp_directory_path() / "badgate-test-XXXXXX").string();
  TempFolder() { REQUIRE(::mkdtemp(path.data()) != nullptr); }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  ~TempFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
};

UniqueFd bound(const Address& at) {
  UniqueFd fd(::socket(at.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  REQUIRE(::bind(fd.get(), at.data(), at.size()) == 0);
  return fd;
}

Address name_of(int fd) {
  sockaddr_storage name{};
  socklen_t size = sizeof name;
  REQUIRE(::getsockname(fd, reinterpret_cast<sockaddr*>(&name), &size) == 0);
  return Address::from(reinterpret_cast<const sockaddr*>(&name), size);
}

// Connections that nobody accepts.
std::vector<UniqueFd> waiting_at(const Address& at, std::size_t count) {
  std::vector<UniqueFd> all;
  for (std::size_t i = 0; i < count; ++i) {
    all.emplace_back(::socket(at.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    (void)::connect(all.back().get(), at.data(), at.size());
  }
  return all;
}

void check_queue(const Address& at) {
  const auto listener = bound(at);
  const Address name = at.is_unix() ? at : name_of(listener.get());
  const auto before = listen_queue(name);
  REQUIRE(before.has_value());
  CHECK_FALSE(before->has_value());
  REQUIRE(::listen(listener.get(), 3) == 0);
  const auto connections = waiting_at(name, 2);
  const auto queue = listen_queue(name);
  REQUIRE(queue.has_value());
  REQUIRE(queue->has_value());
  CHECK((*queue)->waiting == 2);
  CHECK((*queue)->limit == 3);
  CHECK((*queue)->inode != 0);
  CHECK_FALSE((*queue)->full());
  const auto more = waiting_at(name, 3);
  CHECK(listen_queue(name)->value().full());
}

TEST_CASE("the accept queue of a listener") {
  check_queue(Address::loopback());
  check_queue(Address::loopback6());
  const TempFolder folder;
  check_queue(Address::unix_path(folder.path + "/a.sock").value());
}

TEST_CASE("who listens everywhere, listens at each address") {
  const auto listener = bound(Address::parse("[::]:0").value());
  REQUIRE(::listen(listener.get(), 3) == 0);
  const auto port = name_of(listener.get()).port();
  CHECK(listen_queue(Address::loopback(port))->has_value());
  CHECK(listen_queue(Address::loopback6(port))->has_value());
  CHECK(listen_queue(Address::parse("127.0.0.9:" + std::to_string(port)).value())->has_value());
}

TEST_CASE("which addresses are this machine's") {
  CHECK(is_local(Address::loopback(80)));
  CHECK(is_local(Address::parse("127.9.9.9:80").value()));
  CHECK(is_local(Address::unix_path("/nowhere").value()));
  CHECK_FALSE(is_local(Address::parse("192.0.2.1:80").value()));
}

}  // namespace
}  // namespace badgate::net
