#include "proxy/error_page.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

namespace badgate::proxy {
namespace {

struct Page {
  int code;    // nginx's
  int status;  // as sent
  std::string_view title;
  std::string_view heading;  // differs from the title where there is a second line
  std::string_view detail;
};

constexpr Page page(int status, std::string_view title) {
  return {status, status, title, title, {}};
}

// 494 to 497 are nginx's own codes: all are sent as 400.
constexpr Page bad_request(int code, std::string_view title, std::string_view detail) {
  return {code, 400, title, "400 Bad Request", detail};
}

constexpr std::array kPages{
    page(301, "301 Moved Permanently"),
    page(302, "302 Found"),
    page(303, "303 See Other"),
    page(307, "307 Temporary Redirect"),
    page(308, "308 Permanent Redirect"),
    page(400, "400 Bad Request"),
    page(401, "401 Authorization Required"),
    page(402, "402 Payment Required"),
    page(403, "403 Forbidden"),
    page(404, "404 Not Found"),
    page(405, "405 Not Allowed"),
    page(406, "406 Not Acceptable"),
    page(408, "408 Request Time-out"),
    page(409, "409 Conflict"),
    page(410, "410 Gone"),
    page(411, "411 Length Required"),
    page(412, "412 Precondition Failed"),
    page(413, "413 Request Entity Too Large"),
    page(414, "414 Request-URI Too Large"),
    page(415, "415 Unsupported Media Type"),
    page(416, "416 Requested Range Not Satisfiable"),
    page(421, "421 Misdirected Request"),
    page(429, "429 Too Many Requests"),
    bad_request(494, "400 Request Header Or Cookie Too Large",
                "Request Header Or Cookie Too Large"),
    bad_request(495, "400 The SSL certificate error", "The SSL certificate error"),
    bad_request(496, "400 No required SSL certificate was sent",
                "No required SSL certificate was sent"),
    bad_request(497, "400 The plain HTTP request was sent to HTTPS port",
                "The plain HTTP request was sent to HTTPS port"),
    page(500, "500 Internal Server Error"),
    page(501, "501 Not Implemented"),
    page(502, "502 Bad Gateway"),
    page(503, "503 Service Temporarily Unavailable"),
    page(504, "504 Gateway Time-out"),
    page(505, "505 HTTP Version Not Supported"),
    page(507, "507 Insufficient Storage"),
};

constexpr std::string_view kPadding =
    "<!-- a padding to disable MSIE and Chrome friendly error page -->\r\n";
constexpr int kPaddingLines = 6;

// ngx_http_process_user_agent.
bool wants_padding(std::string_view user_agent) {
  if (user_agent.find("Opera") != user_agent.npos) return false;
  const auto msie = user_agent.find("MSIE ");
  if (msie != user_agent.npos && msie + 7 < user_agent.size()) return true;
  return user_agent.find("Gecko/") == user_agent.npos &&
         user_agent.find("Chrome/") != user_agent.npos;
}

bool is_one_of(int code, std::initializer_list<int> codes) {
  return std::find(codes.begin(), codes.end(), code) != codes.end();
}

std::string body_of(const Page& page, std::string_view nginx_version) {
  std::string body = fmt::format(
      "<html>\r\n<head><title>{}</title></head>\r\n<body>\r\n<center><h1>{}</h1></center>\r\n",
      page.title, page.heading);
  if (!page.detail.empty()) body += fmt::format("<center>{}</center>\r\n", page.detail);
  body += fmt::format("<hr><center>nginx/{}</center>\r\n</body>\r\n</html>\r\n", nginx_version);
  return body;
}

}  // namespace

ErrorPage error_page(int status, std::string_view nginx_version,
                     std::optional<std::string_view> user_agent, bool http_09) {
  ErrorPage result;
  result.status = status;
  result.closes_connection = is_one_of(status, {400, 413, 414, 495, 496, 497, 500, 501});
  result.no_lingering = is_one_of(status, {400, 495, 496, 497});
  const int code = status == 498 ? 404 : status;  // "canceled" borrows that page
  const auto page = std::find_if(kPages.begin(), kPages.end(),
                                 [code](const Page& each) { return each.code == code; });
  if (page == kPages.end()) return result;
  if (page->status == 400) result.status = 400;
  result.content_type = "text/html";
  result.body = body_of(*page, nginx_version);
  if (status >= 400 && !http_09 && user_agent && wants_padding(*user_agent)) {
    for (int i = 0; i < kPaddingLines; ++i)
      result.body += kPadding;
  }
  return result;
}

}  // namespace badgate::proxy
