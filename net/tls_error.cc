#include "net/tls_error.h"

#include <openssl/err.h>

#include <array>

namespace badgate::net {

TlsErrors take_tls_errors() {
  TlsErrors errors;
  const char* data = nullptr;
  int flags = 0;
  while (const unsigned long code = ERR_get_error_all(nullptr, nullptr, nullptr, &data, &flags)) {
    std::array<char, 256> words{};
    ERR_error_string_n(code, words.data(), words.size());
    if (errors.text.empty()) {
      errors.text = "SSL:";
      errors.first_reason = ERR_GET_REASON(code);
    }
    errors.last_reason = ERR_GET_REASON(code);
    errors.text += ' ';
    errors.text += words.data();
    if ((flags & ERR_TXT_STRING) != 0 && data != nullptr && *data != '\0') {
      errors.text += ':';
      errors.text += data;
    }
  }
  return errors;
}

}  // namespace badgate::net
