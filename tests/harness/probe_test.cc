// badgate probe, without sockets: who wrote a page, and what is said of it.
#include "harness/probe/probe.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cerrno>
#include <string>

#include "harness/probe/report.h"
#include "harness/probe/verdict.h"

namespace badgate::harness::probe {
namespace {

// A response as it comes over the wire.
AddressReport report_of(std::string_view text, std::string_view at = "127.0.0.1:80") {
  AddressReport report;
  net::http1::ResponseReader reader(false,
                                    [&](std::string_view body) { report.seen.body += body; });
  reader.feed(text);
  reader.finish_on_eof();
  REQUIRE(reader.has_head());
  report.seen.to = net::Address::parse(at).value();
  report.seen.reached = Reached::complete;
  report.seen.connected = net::Duration(1);
  report.seen.head = reader.head();
  report.outcome = outcome_of(report.seen);
  report.who = who_answered({.status = reader.head().status,
                             .reason = reader.head().status_line,
                             .headers = reader.head().headers,
                             .body = report.seen.body});
  return report;
}

Report whole(std::vector<AddressReport> addresses) {
  Report report;
  report.url = parse_url("http://shop.example.com/").value();
  for (const auto& address : addresses)
    report.name.addresses.push_back(address.seen.to);
  report.addresses = std::move(addresses);
  return report;
}

AddressReport failed(int code, std::string_view at = "127.0.0.1:80") {
  AddressReport report;
  report.seen.to = net::Address::parse(at).value();
  report.seen.code = code;
  report.seen.failure = "failed";
  report.outcome = outcome_of(report.seen);
  return report;
}

struct Page {
  const char* author;
  const char* hop;  // a part of it
  std::string text;
};

const std::string nginx_page =
    "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad "
    "Gateway</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n";

// As the products write them; those that run on Debian 12 were looked at, the others are from their
// documentation.
std::vector<Page> pages() {
  const std::string plain = "HTTP/1.1 502 Bad Gateway\r\n";
  return {
      {"nginx", "the application", plain + "Server: nginx/1.22.1\r\n\r\n" + nginx_page},
      {"nginx", "the application", plain + "\r\n" + nginx_page},
      {"nginx", "the application",
       plain + "Server: cloudflare\r\nCF-RAY: 1-FRA\r\n\r\n" + nginx_page},
      {"OpenResty", "the application",
       plain + "Server: openresty\r\n\r\n<hr><center>openresty/1.25.3.1</center>"},
      {"HAProxy", "HAProxy and its server",
       "HTTP/1.1 503 Service Unavailable\r\ncontent-type: text/html\r\n\r\n<html><body><h1>503 "
       "Service "
       "Unavailable</h1>\nNo server is available to handle this request.\n</body></html>\n"},
      {"HAProxy", "HAProxy and its server",
       "HTTP/1.1 504 Gateway Time-out\r\n\r\n<html><body><h1>504 Gateway Time-out</h1>\nThe server "
       "didn't respond in time.\n</body></html>\n"},
      {"HAProxy", "HAProxy and its server",
       plain +
           "\r\n<html><body><h1>502 Bad Gateway</h1>\nThe server returned an invalid or incomplete "
           "response.\n</body></html>\n"},
      {"Apache httpd", "Apache",
       "HTTP/1.1 503 Service Unavailable\r\nServer: Apache/2.4.71 (Debian)\r\n\r\n<title>503 "
       "Service "
       "Unavailable</title>\n<p>The server is temporarily unable to service your\nrequest due to "
       "maintenance downtime or capacity\nproblems. Please try again later.</p>"},
      {"Apache httpd", "Apache",
       "HTTP/1.1 502 Proxy Error\r\n\r\n<h1>Proxy Error</h1>\n<p>The proxy server received an "
       "invalid\r\nresponse from an upstream server.<br />\r\n<address>Apache/2.4.57 (Debian) "
       "Server "
       "at x Port 80</address>"},
      {"Varnish", "Varnish and its backend",
       "HTTP/1.1 503 Backend fetch failed\r\nX-Varnish: 5\r\nServer: Varnish\r\n\r\n<h1>Error 503 "
       "Backend fetch failed</h1><h3>Guru Meditation:</h3>\n<p>XID: 6</p>\n<p>Varnish cache "
       "server</p>"},
      {"Fastly", "Fastly and the origin",
       "HTTP/1.1 503 first byte timeout\r\nX-Served-By: cache-fra-etou8220030-FRA\r\nX-Varnish: "
       "1\r\n\r\n<h3>Guru Mediation:</h3><p>Details: cache-fra-etou8220030-FRA 1</p><p>Varnish "
       "cache "
       "server</p>"},
      {"Envoy", "Envoy and its cluster",
       "HTTP/1.1 503 Service Unavailable\r\nserver: envoy\r\n\r\nupstream connect error or "
       "disconnect/reset before headers. reset reason: connection failure"},
      {"Envoy", "Envoy and its cluster",
       "HTTP/1.1 503 Service Unavailable\r\nserver: istio-envoy\r\n\r\nno healthy upstream"},
      {"Traefik (or another Go proxy)", "the service behind it",
       plain + "Content-Length: 11\r\n\r\nBad Gateway"},
      {"Caddy", "Caddy and its upstream", plain + "Server: Caddy\r\nContent-Length: 0\r\n\r\n"},
      {"lighttpd", "lighttpd",
       "HTTP/1.1 503 Service Unavailable\r\nServer: lighttpd/1.4.69\r\n\r\n<?xml version=\"1.0\" "
       "encoding=\"iso-8859-1\"?>\n<h1>503 Service Unavailable</h1>"},
      {"Squid", "Squid and the origin",
       "HTTP/1.1 503 Service Unavailable\r\nServer: squid/5.7\r\nX-Squid-Error: ERR_CONNECT_FAIL "
       "111\r\nVia: 1.1 h (squid/5.7)\r\n\r\nx"},
      {"Traffic Server", "Traffic Server and the origin",
       "HTTP/1.1 502 Connection refused\r\nServer: ATS/9.2.9\r\n\r\n<HTML>\n<HEAD>\n<TITLE>Could "
       "Not "
       "Connect</TITLE>"},
      {"IIS with ARR", "behind it",
       plain +
           "Server: Microsoft-IIS/10.0\r\n\r\n<h2>502 - Web server received an invalid response "
           "while acting as a gateway or proxy server.</h2>"},
      {"IIS (http.sys)", "itself",
       "HTTP/1.1 503 Service Unavailable\r\nServer: Microsoft-HTTPAPI/2.0\r\n\r\n<h2>Service "
       "Unavailable</h2>\r\n<hr><p>HTTP Error 503. The service is unavailable.</p>"},
      {"Apache Tomcat", "application",
       "HTTP/1.1 500 \r\n\r\n<title>HTTP Status 500 – Internal Server Error</title><h3>Apache "
       "Tomcat/9.0.70</h3>"},
      {"Jetty", "application",
       "HTTP/1.1 503 Service Unavailable\r\nServer: Jetty(9.4)\r\n\r\n<a "
       "href=\"https://eclipse.org/jetty\">Powered by Jetty:// 9.4</a>"},
      {"Cloudflare", "Cloudflare and the origin",
       "HTTP/1.1 522 \r\nServer: cloudflare\r\nCF-RAY: 8a-FRA\r\n\r\n<div "
       "id=\"cf-error-details\">Connection timed out</div>"},
      {"Cloudflare", "Cloudflare and the origin",
       "HTTP/1.1 521 Origin Down\r\nServer: cloudflare\r\nCF-RAY: 8a-FRA\r\n\r\nerror code: 521"},
      {"Amazon CloudFront", "CloudFront and its origin",
       plain + "Server: CloudFront\r\nX-Cache: Error from cloudfront\r\nVia: 1.1 a.cloudfront.net "
               "(CloudFront)\r\n\r\nGenerated by cloudfront (CloudFront)"},
      {"Akamai", "Akamai and the origin",
       "HTTP/1.1 503 Service Unavailable\r\nServer: AkamaiGHost\r\n\r\nReference&#32;&#35;9.1"},
      {"AWS load balancer (ALB)", "its targets",
       plain + "Server: awselb/2.0\r\n\r\n<center><h1>502 Bad Gateway</h1></center>"},
      {"AWS load balancer (classic)", "its targets",
       "HTTP/1.1 503 Service Unavailable: Back-end server is at capacity\r\nContent-Length: "
       "0\r\n\r\n"},
      {"Google load balancer", "its backends",
       plain + "Via: 1.1 google\r\n\r\n<title>502 Server Error</title>\n<h1>Error: Server "
               "Error</h1>\n<h2>The server encountered a temporary error</h2>"},
      {"Azure Front Door", "its origin",
       plain + "X-Azure-Ref: 20260101T\r\n\r\n<h2>Our services aren't available right now</h2>"},
      {"Azure Application Gateway", "backend pool",
       plain + "Server: Microsoft-Azure-Application-Gateway/v2\r\n\r\n<center><h1>502 Bad "
               "Gateway</h1></center>"},
      {"Vercel", "application",
       "HTTP/1.1 504 Gateway Timeout\r\nServer: Vercel\r\nX-Vercel-Error: "
       "FUNCTION_INVOCATION_TIMEOUT\r\n\r\nAn error occurred with your deployment"},
      {"Heroku", "application",
       "HTTP/1.1 503 Service Unavailable\r\nServer: Cowboy\r\nVia: 1.1 vegur\r\n\r\n<iframe "
       "src=\"//www.herokucdn.com/error-pages/application-error.html\">"},
      {"GitHub", "GitHub",
       "HTTP/1.1 503 Service Unavailable\r\nServer: GitHub.com\r\n\r\n<title>Unicorn! &middot; "
       "GitHub</title>"},
      {"Django", "application",
       "HTTP/1.1 500 Internal Server Error\r\nServer: nginx/1.22.1\r\n\r\n<h1>Server Error "
       "(500)</h1>"},
      {"WordPress", "application",
       "HTTP/1.1 500 Internal Server Error\r\nServer: Apache\r\n\r\n<h1>Error establishing a "
       "database "
       "connection</h1>"},
  };
}

TEST_CASE("error pages tell who wrote them") {
  for (const Page& page : pages()) {
    CAPTURE(page.text);
    const auto address = report_of(page.text);
    CHECK(address.who.author == page.author);
    const auto verdict = verdict_of(whole({address}), false);
    CHECK_FALSE(verdict.well);
    CHECK(verdict.headline.starts_with(std::string(page.author) + " says 5"));
    CHECK_MESSAGE(verdict.hop.find(page.hop) != std::string::npos, verdict.hop);
    CHECK_FALSE(verdict.next.empty());
    CHECK(verdict.whom == Whom::everybody);
  }
}

TEST_CASE("every author of 502 to 504 has a meaning, and every meaning an author") {
  for (const Meaning& meaning : meanings()) {
    const bool known = std::ranges::any_of(signatures(), [&](const Signature& signature) {
      return signature.role == Signature::Role::page &&
             (signature.who == meaning.who || signature.who.starts_with(meaning.who));
    });
    CHECK_MESSAGE(known, meaning.who);
    CHECK_FALSE(meaning.words.empty());
    CHECK_FALSE(meaning.next.empty());
    CHECK_FALSE(meaning.hop.empty());
  }
}

TEST_CASE("a page of the application behind a proxy is not the proxy's") {
  const auto address = report_of(
      "HTTP/1.1 502 Bad Gateway\r\nServer: nginx/1.22.1\r\nX-Powered-By: Express\r\n\r\n{\"error\":"
      "\"payment service\"}");
  CHECK(address.who.author.empty());
  CHECK(address.who.way == std::vector<std::string>{"nginx", "Express (Node.js)"});
  const auto verdict = verdict_of(whole({address}), false);
  CHECK(verdict.headline == "127.0.0.1:80 answers 502 Bad Gateway");
  CHECK(verdict.hop.starts_with("behind Express (Node.js)"));
}

TEST_CASE("who passed a page on is not blamed") {
  const auto address = report_of(
      "HTTP/1.1 502 Bad Gateway\r\nServer: cloudflare\r\nCF-RAY: "
      "8abc-FRA\r\n\r\n" +
      nginx_page);
  CHECK(address.who.way == std::vector<std::string>{"Cloudflare"});
  REQUIRE_FALSE(address.who.details.empty());
  CHECK(address.who.details.front().second == "8abc-FRA");
  const auto verdict = verdict_of(whole({address}), false);
  CHECK(verdict.headline == "nginx says 502 Bad Gateway");
  CHECK(verdict.meaning.back() == "Cloudflare passed it on and is not to blame.");
}

TEST_CASE("an answer below 500 is well, and where it points to is said") {
  const auto address =
      report_of("HTTP/1.1 301 Moved Permanently\r\nLocation: https://shop.example.com/\r\n\r\n");
  const auto verdict = verdict_of(whole({address}), false);
  CHECK(verdict.well);
  CHECK(verdict.whom == Whom::nobody);
  REQUIRE(verdict.next.size() == 1);
  CHECK(verdict.next.front() == "where it points to: badgate probe https://shop.example.com/");
}

TEST_CASE("what connect(2) says, and whom it concerns") {
  struct Row {
    int code;
    Outcome outcome;
    Whom whom;
  };
  for (const Row& row : {Row{ECONNREFUSED, Outcome::refused, Whom::everybody},
                         Row{ENETUNREACH, Outcome::unreachable, Whom::just_you},
                         Row{EHOSTUNREACH, Outcome::unreachable, Whom::just_you},
                         Row{EACCES, Outcome::unreachable, Whom::just_you},
                         Row{ETIMEDOUT, Outcome::silent_connect, Whom::unknown},
                         Row{ECONNRESET, Outcome::broken_connect, Whom::unknown}}) {
    const auto address = failed(row.code);
    CHECK(address.outcome == row.outcome);
    const auto verdict = verdict_of(whole({address}), false);
    CHECK_FALSE(verdict.well);
    CHECK(verdict.whom == row.whom);
  }
}

TEST_CASE("an address of a family that is not here says nothing; another one that fails does") {
  const auto good = report_of("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  CHECK(verdict_of(whole({failed(ENETUNREACH, "[2001:db8::7]:80"), good}), false).well);
  const auto verdict = verdict_of(whole({failed(ECONNREFUSED, "192.0.2.7:80"), good}), false);
  CHECK_FALSE(verdict.well);
  CHECK(verdict.whom == Whom::some);
  CHECK(verdict.headline.starts_with("1 of 2 addresses do not answer well: 192.0.2.7:80 refuses"));
}

TEST_CASE("a certificate counts, unless it is not to") {
  auto address = report_of("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  address.seen.tls =
      TlsSeen{.verify_error = 10, .verify_words = "certificate has expired", .name_matches = false};
  const auto verdict = verdict_of(whole({address}), false);
  CHECK_FALSE(verdict.well);
  CHECK(verdict.meaning.front() == "It is not for the name shop.example.com.");
  CHECK(verdict.meaning.at(1) == "OpenSSL says: certificate has expired.");
  CHECK(verdict_of(whole({address}), true).well);
}

TEST_CASE("a name that is not there, and name servers that are not") {
  Report report;
  report.url = parse_url("shop.example.com").value();
  report.name = {.error = "Name or service not known", .no_such_name = true};
  CHECK(verdict_of(report, false).whom == Whom::everybody);
  report.name = {.error = "no answer", .timed_out = true};
  CHECK(verdict_of(report, false).whom == Whom::just_you);
  CHECK(verdict_of(report, false).hop == "the name (DNS)");
}

TEST_CASE("URLs") {
  const auto url = parse_url("HTTPS://user:pw@Shop.Example.com:8443/a/b?c=d#e").value();
  CHECK(url.https);
  CHECK(url.host == "shop.example.com");
  CHECK(url.port == 8443);
  CHECK(url.path == "/a/b?c=d");
  CHECK(url.to_string() == "https://shop.example.com:8443/a/b?c=d");
  CHECK(parse_url("shop.example.com").value().to_string() == "http://shop.example.com/");
  CHECK(parse_url("http://[::1]:8080?x").value().to_string() == "http://[::1]:8080/?x");
  CHECK(parse_url("https://[2001:db8::1]").value().authority() == "[2001:db8::1]");
  for (const char* wrong :
       {"", "http://", "ftp://x", "http://x:0", "http://x:65536", "http://x:1a", "http://[::1",
        "http://[::1]8", "http://[x]", "http://[[::1]", "http://a[::1]", "http://[127.0.0.1]",
        "http://a b/", "http://müller.de/"}) {
    CAPTURE(wrong);
    CHECK_FALSE(parse_url(wrong).has_value());
  }
  CHECK_FALSE(parse_url("http://x/" + std::string(10'000, 'a')).has_value());
}

TEST_CASE("where a Location points to") {
  const auto base = parse_url("http://x:8080/a/b?c").value();
  CHECK(resolve_url(base, "https://y/").value().to_string() == "https://y/");
  CHECK(resolve_url(base, "//y/z").value().to_string() == "http://y/z");
  CHECK(resolve_url(base, "/z").value().to_string() == "http://x:8080/z");
  CHECK(resolve_url(base, "z").value().to_string() == "http://x:8080/a/z");
  CHECK(resolve_url(base, "?d").value().to_string() == "http://x:8080/a/b?d");
  CHECK_FALSE(resolve_url(base, "").has_value());
}

TEST_CASE("how long a certificate is good for") {
  using std::chrono::hours;
  const net::WallTime now(std::chrono::seconds(1'767'225'600));  // 2026-01-01
  const auto at = [&](int from_days, int until_days) {
    return validity({.from = now + hours(24 * from_days), .until = now + hours(24 * until_days)},
                    now);
  };
  CHECK(at(-10, 41) == "41 days left");
  CHECK(at(-10, -3) == "expired 3 days ago");
  CHECK(at(5, 41) == "not valid before 2026-01-06");
}

TEST_CASE("bytes of a server are shown, not obeyed") {
  auto address =
      report_of("HTTP/1.1 502 \x1b[31mBad\r\nServer: nginx\r\nVia: \x1b]0;x\x07\r\n\r\nx");
  const auto report = whole({address});
  const auto text = to_text(report, verdict_of(report, false), false);
  CHECK(text.find('\x1b') == std::string::npos);
  CHECK(text.find("<1B>[31mBad") != std::string::npos);
  CHECK(to_json(report, verdict_of(report, false)).find('\x1b') == std::string::npos);
}

}  // namespace
}  // namespace badgate::harness::probe
