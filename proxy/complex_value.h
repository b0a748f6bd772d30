// ComplexValue: an argument with $variables, compiled once (ngx_http_compile_complex_value).
#pragma once

#include <string>
#include <string_view>

#include "net/result.h"
#include "proxy/access_log.h"

namespace badgate::proxy {

class ComplexValue {
 public:
  // The Error names the unknown variable and the nearest known one.
  static net::Result<ComplexValue> compile(std::string_view text);

  // A variable without a value is empty.
  std::string evaluate(const AccessRecord& record, bool join_headers) const {
    return constant_ ? text_ : format_.evaluate(record, join_headers);
  }
  bool constant() const { return constant_; }
  // Nothing but emptiness: a header of this value is not sent.
  bool empty() const { return constant_ && text_.empty(); }

 private:
  bool constant_ = true;
  std::string text_;
  LogFormat format_;
};

}  // namespace badgate::proxy
