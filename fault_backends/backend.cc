#include "fault_backends/backend.h"

#include <utility>

#include "fault_backends/process.h"

namespace badgate::fault_backends {

struct Backend::Impl {
  std::unique_ptr<Process> process;
};

Backend::Backend(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Backend::~Backend() = default;

net::Result<std::unique_ptr<Backend>> Backend::start(net::Loop& loop, Settings settings,
                                                     net::Rng rng, OnEvent on_event) {
  auto process = Process::start(loop, std::move(settings), rng, std::move(on_event));
  if (!process) return tl::unexpected(process.error());
  return std::unique_ptr<Backend>(new Backend(std::make_unique<Impl>(Impl{std::move(*process)})));
}

const net::Address& Backend::address() const {
  return impl_->process->address();
}

void Backend::crash() {
  impl_->process->crash("crash");
}

void Backend::restart() {
  impl_->process->restart();
}

void Backend::signal(int number, bool child) {
  impl_->process->signal(number, child);
}

void Backend::set_faults(std::vector<Fault> faults) {
  impl_->process->set_faults(std::move(faults));
}

const Counts& Backend::counts() const {
  return impl_->process->counts();
}

const std::vector<std::string>& Backend::receipt() const {
  return impl_->process->receipt();
}

const std::vector<std::string>& Backend::log() const {
  return impl_->process->log();
}

}  // namespace badgate::fault_backends
