#include "proxy/complex_value.h"

namespace badgate::proxy {

net::Result<ComplexValue> ComplexValue::compile(std::string_view text) {
  ComplexValue value;
  value.constant_ = text.find('$') == text.npos;
  if (value.constant_) {
    value.text_ = std::string(text);
    return value;
  }
  auto format = LogFormat::compile(text);
  if (!format) return tl::unexpected(format.error());
  value.format_ = std::move(*format);
  return value;
}

}  // namespace badgate::proxy
