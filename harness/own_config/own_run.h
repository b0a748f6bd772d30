// OwnRun: a reproduction played on the user's own configuration, and what is told of it.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "harness/own_config/own_proxy.h"

namespace badgate::harness::own_config {

class OwnRun {
 public:
  explicit OwnRun(std::unique_ptr<OwnProxy> proxy) : proxy_(std::move(proxy)) {}

  // In the process that plays it, which must have one thread: takes a network of its own if there
  // is one to be had.
  void begin();

  const drivers::Driver& driver() const { return *proxy_; }

  // For people: "On nginx 1.22.1 your own nginx.conf ran, …", and a line for each difference in the
  // file's order, all logs in one; ends with a newline.
  std::string report() const;
  // One JSON object.
  std::string report_json() const;

 private:
  std::unique_ptr<OwnProxy> proxy_;
  std::string why_not_;  // there is no network of its own
  // Of the configuration that ran last.
  std::shared_ptr<std::vector<Difference>> differences_ =
      std::make_shared<std::vector<Difference>>();
};

}  // namespace badgate::harness::own_config
