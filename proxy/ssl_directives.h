// The directives about TLS: of a location, for its upstreams, and of a server, for its clients.
// Only directives.cc needs it.
#pragma once

#include <array>
#include <string_view>

#include "net/field.h"
#include "proxy/directive_values.h"
#include "proxy/settings.h"

namespace badgate::proxy {

template <auto member, typename T>
net::Result<void> set_protocols(T& into, std::string_view text) {
  return store(into.*member, net::parse_tls_protocols(text));
}

// A list that OpenSSL understands: nginx finds out at start.
template <auto member, typename T>
net::Result<void> set_ciphers(T& into, std::string_view text) {
  into.*member = std::string(text);
  return net::TlsContext(net::TlsRole::client, net::tls_1_2).set_ciphers(into.*member);
}

// The name may be a variable of nginx's, which are not known here.
template <auto member, typename T>
net::Result<void> set_ssl_name(T& into, std::string_view text) {
  if (text.find('$') != text.npos) {
    return net::fail(fmt::format("\"{}\": variables are not supported; write the name", text));
  }
  return set_word<member>(into, text);
}

// T: a Location, or what is one among other things.
template <typename T>
inline constexpr std::array kProxySslFields{
    net::Field<T>{"proxy_ssl_server_name", "on | off", "off",
                  "Whether the server is told which name is meant (SNI).",
                  set_flag<&T::proxy_ssl_server_name>},
    net::Field<T>{"proxy_ssl_name", "name", "",
                  "The name that is told and that the certificate must be for; else that of "
                  "proxy_pass.",
                  set_ssl_name<&T::proxy_ssl_name, T>},
    net::Field<T>{"proxy_ssl_verify", "on | off", "off",
                  "Whether servers need a certificate that is trusted, in time and for the name.",
                  set_flag<&T::proxy_ssl_verify>},
    net::Field<T>{"proxy_ssl_verify_depth", "number", "1",
                  "How many certificates may stand between a trusted one and the server's.",
                  set_count<&T::proxy_ssl_verify_depth>},
    net::Field<T>{"proxy_ssl_trusted_certificate", "file", "",
                  "Whose certificates are trusted; in scenarios ca.pem is the run's authority.",
                  set_word<&T::proxy_ssl_trusted_certificate>},
    net::Field<T>{"proxy_ssl_certificate", "file", "",
                  "The proxy's own certificate for servers; in scenarios client.pem.",
                  set_word<&T::proxy_ssl_certificate>},
    net::Field<T>{"proxy_ssl_certificate_key", "file", "", "Its key; in scenarios client.key.",
                  set_word<&T::proxy_ssl_certificate_key>},
    net::Field<T>{"proxy_ssl_protocols", "TLSv1 | TLSv1.1 | TLSv1.2 | TLSv1.3 …",
                  "TLSv1.2 TLSv1.3 (before nginx 1.23.4: no TLSv1.3)",
                  "Which versions are spoken to servers.",
                  set_protocols<&T::proxy_ssl_protocols, T>},
    net::Field<T>{"proxy_ssl_ciphers", "list", "DEFAULT",
                  "Which ciphers are offered to servers, in OpenSSL's words; not for TLSv1.3.",
                  set_ciphers<&T::proxy_ssl_ciphers, T>},
    net::Field<T>{"proxy_ssl_session_reuse", "on | off", "on",
                  "Whether a session with a server shortens the next handshake.",
                  set_flag<&T::proxy_ssl_session_reuse>},
};

// T: a VirtualServer, or what is one among other things.
template <typename T>
inline constexpr std::array kSslFields{
    net::Field<T>{"ssl_certificate", "file", "",
                  "The server's certificate for its clients; in scenarios server.pem.",
                  set_word<&T::ssl_certificate>},
    net::Field<T>{"ssl_certificate_key", "file", "", "Its key; in scenarios server.key.",
                  set_word<&T::ssl_certificate_key>},
    net::Field<T>{"ssl_protocols", "TLSv1 | TLSv1.1 | TLSv1.2 | TLSv1.3 …",
                  "TLSv1.2 TLSv1.3 (before nginx 1.23.4: no TLSv1.3)",
                  "Which versions clients may speak.", set_protocols<&T::ssl_protocols, T>},
    net::Field<T>{"ssl_ciphers", "list", "HIGH:!aNULL:!MD5",
                  "Which ciphers clients may use, in OpenSSL's words; not for TLSv1.3.",
                  set_ciphers<&T::ssl_ciphers, T>},
};

}  // namespace badgate::proxy
