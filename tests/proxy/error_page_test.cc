#include "proxy/error_page.h"

#include <doctest/doctest.h>

#include <vector>

using namespace badgate::proxy;

namespace {

constexpr std::string_view kMsie = "Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 6.0)";
constexpr std::string_view kChrome =
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/108.0.0.0 "
    "Safari/537.36";

}  // namespace

TEST_CASE("the page of a 502, byte for byte") {
  const ErrorPage page = error_page(502, "1.22.1");
  CHECK(page.status == 502);
  CHECK(page.content_type == "text/html");
  CHECK_FALSE(page.closes_connection);
  CHECK(page.body ==
        "<html>\r\n"
        "<head><title>502 Bad Gateway</title></head>\r\n"
        "<body>\r\n"
        "<center><h1>502 Bad Gateway</h1></center>\r\n"
        "<hr><center>nginx/1.22.1</center>\r\n"
        "</body>\r\n"
        "</html>\r\n");
}

TEST_CASE("nginx's own codes are sent as 400, with a second line") {
  const ErrorPage page = error_page(497, "1.22.1");
  CHECK(page.status == 400);
  CHECK(page.body ==
        "<html>\r\n"
        "<head><title>400 The plain HTTP request was sent to HTTPS port</title></head>\r\n"
        "<body>\r\n"
        "<center><h1>400 Bad Request</h1></center>\r\n"
        "<center>The plain HTTP request was sent to HTTPS port</center>\r\n"
        "<hr><center>nginx/1.22.1</center>\r\n"
        "</body>\r\n"
        "</html>\r\n");
}

TEST_CASE("every page is as long as nginx 1.22.1's") {
  struct Row {
    int code;
    int status;
    std::size_t bytes;
  };
  // Measured, but for 408, which nginx has and never sends.
  const std::vector<Row> table{
      {301, 301, 169}, {302, 302, 145}, {303, 303, 153}, {307, 307, 171}, {308, 308, 171},
      {400, 400, 157}, {401, 401, 179}, {402, 402, 167}, {403, 403, 153}, {404, 404, 153},
      {405, 405, 157}, {406, 406, 163}, {407, 407, 0},   {408, 408, 167}, {409, 409, 151},
      {410, 410, 143}, {411, 411, 165}, {412, 412, 173}, {413, 413, 183}, {414, 414, 177},
      {415, 415, 179}, {416, 416, 197}, {418, 418, 0},   {421, 421, 173}, {429, 429, 169},
      {494, 400, 233}, {495, 400, 215}, {496, 400, 237}, {497, 400, 255}, {498, 498, 153},
      {499, 499, 0},   {500, 500, 177}, {501, 501, 165}, {502, 502, 157}, {503, 503, 197},
      {504, 504, 167}, {505, 505, 187}, {506, 506, 0},   {507, 507, 175},
  };
  for (const auto& row : table) {
    CAPTURE(row.code);
    const ErrorPage page = error_page(row.code, "1.22.1");
    CHECK(page.status == row.status);
    CHECK(page.body.size() == row.bytes);
    CHECK(page.content_type == (row.bytes == 0 ? "" : "text/html"));
    const std::size_t padding = row.bytes != 0 && row.code >= 400 ? 402 : 0;
    CHECK(error_page(row.code, "1.22.1", kMsie).body.size() == row.bytes + padding);
    CHECK(error_page(row.code, "1.22.1", kChrome).body.size() == row.bytes + padding);
  }
}

TEST_CASE("only MSIE and Chrome get the padding, and not with HTTP/0.9") {
  const auto bytes = [](std::string_view agent) {
    return error_page(404, "1.22.1", agent).body.size();
  };
  CHECK(bytes("curl/7.88.1") == 153);
  CHECK(bytes("") == 153);
  CHECK(bytes("MSIE 7") == 153);  // too short for a version
  CHECK(bytes("Opera/9 (compatible; MSIE 6.0; Chrome/1)") == 153);
  CHECK(bytes("Gecko/2010 Chrome/1") == 153);
  CHECK(error_page(404, "1.22.1", kMsie, true).body.size() == 153);
  const std::string padded = error_page(404, "1.22.1", kMsie).body;
  CHECK(
      padded.ends_with("</html>\r\n"
                       "<!-- a padding to disable MSIE and Chrome friendly error page -->\r\n"
                       "<!-- a padding to disable MSIE and Chrome friendly error page -->\r\n"
                       "<!-- a padding to disable MSIE and Chrome friendly error page -->\r\n"
                       "<!-- a padding to disable MSIE and Chrome friendly error page -->\r\n"
                       "<!-- a padding to disable MSIE and Chrome friendly error page -->\r\n"
                       "<!-- a padding to disable MSIE and Chrome friendly error page -->\r\n"));
}

TEST_CASE("which errors end the connection") {
  for (const int status : {400, 413, 414, 495, 496, 497, 500, 501}) {
    CAPTURE(status);
    CHECK(error_page(status, "1.22.1").closes_connection);
  }
  for (const int status : {404, 405, 494, 502, 503, 504}) {
    CAPTURE(status);
    CHECK_FALSE(error_page(status, "1.22.1").closes_connection);
  }
  CHECK(error_page(400, "1.22.1").no_lingering);
  CHECK_FALSE(error_page(413, "1.22.1").no_lingering);
}
