#include "harness/own_config/own_proxy.h"

namespace badgate::harness::own_config {

net::Result<void> OwnProxy::enter_network() {
  if (auto ok = OwnNetwork::available(); !ok) return ok;
  auto network = OwnNetwork::enter(wanted());
  if (!network) return tl::unexpected(network.error());
  network_ = std::move(*network);
  return {};
}

}  // namespace badgate::harness::own_config
