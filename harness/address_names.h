// AddressNames: stable names ("app[0]") in place of addresses that differ from run to run.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/address.h"

namespace badgate::harness {

class AddressNames {
 public:
  void add(const net::Address& address, std::string name);
  // The same for any other text, as a folder of this run.
  void add_text(std::string text, std::string name);
  // The name of an address; its text if it has none.
  std::string of(const net::Address& address) const;
  std::string of(std::string_view address_text) const;
  // Every known address within `text` replaced by its name, and every port of one that stands
  // behind something else.
  std::string replace_in(std::string text) const;

 private:
  std::vector<std::pair<std::string, std::string>> names_;  // address text → name
  std::vector<std::pair<std::string, std::string>> ports_;  // ":40123" → ":{app[0].port}"
};

}  // namespace badgate::harness
