// Transfer: what one read from a stream socket, or one write to it, did.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace badgate::net {

struct Transfer {
  enum class State {
    done,   // `bytes` were moved (at least 1)
    again,  // nothing to do now: wait for readiness
    end,    // read only: the peer has sent FIN
    error,  // `code` is the errno
  };
  State state = State::again;
  std::size_t bytes = 0;
  int code = 0;
};

}  // namespace badgate::net
