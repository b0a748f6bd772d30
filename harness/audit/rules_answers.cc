#include <fmt/core.h>

#include <algorithm>
#include <cctype>
#include <chrono>
#include <iterator>

#include "harness/audit/rules.h"
#include "harness/nginx_conf/locate.h"
#include "net/text.h"

namespace badgate::harness::audit {

using namespace std::chrono_literals;

namespace {

constexpr auto kLocation = Fix::Where::location;

bool has_header(const Subject& subject, std::string_view name) {
  const nginx_conf::Setting* set = subject.plain("proxy_set_header");
  if (set == nullptr) return false;
  return std::ranges::any_of(set->said, [&](const nginx_conf::Said& said) {
    if (said.arguments.empty()) return false;
    return std::ranges::equal(said.arguments[0].text, name, [](unsigned char a, unsigned char b) {
      return std::tolower(a) == std::tolower(b);
    });
  });
}

// A client that opens a WebSocket and leaves after a time.
Trial websocket(const Subject& subject, std::string fault, std::string_view leaves) {
  Trial trial;
  trial.fault = std::move(fault);
  trial.whom = Whom::first_group;
  trial.upgrades = true;
  trial.requests = {subject.request()};
  trial.requests[0].more = fmt::format("upgrade = \"websocket\"\nleave_after = \"{}\"\n", leaves);
  return trial;
}

// Of those that error_page says, with its statuses and whether it changes them to a success.
struct ErrorPage {
  bool server_error = false;
  bool success = false;
  std::string uri;
  const nginx_conf::Said* said = nullptr;
};

std::vector<ErrorPage> error_pages(const Subject& subject) {
  std::vector<ErrorPage> pages;
  const nginx_conf::Setting* setting = subject.plain("error_page");
  if (setting == nullptr) return pages;
  for (const nginx_conf::Said& said : setting->said) {
    ErrorPage page;
    page.said = &said;
    for (const nginx_conf::Argument& argument : said.arguments) {
      page.server_error |= argument.text.starts_with('5');
      page.success |= argument.text.starts_with("=2");
    }
    if (!said.arguments.empty()) page.uri = said.arguments.back().text;
    pages.push_back(std::move(page));
  }
  return pages;
}

std::string text_of(const nginx_conf::Said& said, bool keep_status) {
  std::string out;
  for (const nginx_conf::Argument& argument : said.arguments) {
    if (!keep_status && argument.text.starts_with('=')) continue;
    out += (out.empty() ? "" : " ") + nginx_conf::to_text(argument);
  }
  return out;
}

}  // namespace

void find_small_buffer(const Subject& subject, Findings& into) {
  const Exposure* seen = subject.kind.find("big-header", Whom::first_group);
  if (seen == nullptr || !subject.kind.failed(*seen)) return;
  const bool tokens =
      subject.is_called({"auth", "authenticate", "authentication", "authorize", "login*", "signin",
                         "sso", "oidc", "saml*", "oauth*", "callback*", "keycloak*", "wp",
                         "account", "accounts", "admin*"}) ||
      subject.plain("auth_request") != nullptr ||
      subject.plain("large_client_header_buffers") != nullptr;
  if (!tokens) return;
  Finding finding = subject.at("buffer_size");
  finding.id = "small-buffer";
  finding.severity = Severity::medium;
  finding.title = "A response header of more than 4 KB is a 502 (\"too big header\")";
  if (const auto size = net::parse_size(subject.value("buffer_size")); size && *size != 4096)
    finding.title = fmt::format("A response header of 6 KB is a 502 (\"too big header\")");
  finding.detail =
      "Logins set cookies and tokens of several KB: such users cannot log in, and each try counts "
      "as a failure of a healthy server.";
  finding.fixes = {{kLocation, subject.name("buffer_size"), "16k"},
                   {kLocation, subject.name("buffers"), "8 16k"},
                   {kLocation, subject.name("busy_buffers_size"), "32k"}};
  finding.trial = subject.trial("big-header", Whom::first_group);
  finding.shown_by = "header-too-big";
  into.push_back(std::move(finding));
}

// Where connections are not kept, any end of one is the end of the page:
// ngx_http_fastcgi_input_filter_init.
void find_short_page(const Subject& subject, Findings& into) {
  const Exposure* seen = subject.kind.find("cut", Whom::first_group);
  if (seen == nullptr || !subject.traits().fastcgi || !is_short(seen->answer, subject.kind.healthy))
    return;
  Finding finding = subject.at("keep_conn");
  finding.id = "short-page";
  finding.severity = Severity::medium;
  finding.title = "Users get a page cut short that looks whole when PHP dies in the middle of it";
  finding.detail =
      "Its connection ends, nginx takes that for the end of the page and ends its response well: "
      "200, caches keep it, nothing is logged. With fastcgi_keep_conn only END_REQUEST ends a "
      "page; then the response is cut, and everybody notices.";
  finding.fixes = {{kLocation, "fastcgi_keep_conn", "on"}};
  finding.trial = subject.trial("cut", Whom::first_group);
  finding.shown_by = "fastcgi/cut-in-silence";
  into.push_back(std::move(finding));
}

void find_error_page_as_success(const Subject& subject, Findings& into) {
  for (const ErrorPage& page : error_pages(subject)) {
    if (!page.server_error || !page.success || page.uri.starts_with('@')) continue;
    Finding finding =
        subject.at_position(page.said->position, "error_page " + text_of(*page.said, true));
    finding.id = "error-page-cached";
    finding.severity = Severity::high;
    finding.title = "Errors are sent as 200: browsers, CDNs and programs take them for the page";
    finding.detail =
        "A success may be kept by every cache on the way: users see the error page long after the "
        "application is back, and no monitoring notices.";
    finding.fixes = {{kLocation, "error_page", text_of(*page.said, false)}};
    finding.trial = subject.trial("refused", Whom::first_group);
    finding.shown_by = "error-page";
    into.push_back(std::move(finding));
  }
}

// Whether proxy_cache_valid is of 5xx, too. Its last argument is a time.
bool caches_errors(const std::vector<nginx_conf::Argument>& arguments) {
  if (arguments.empty()) return false;
  return std::any_of(arguments.begin(), std::prev(arguments.end()), [](const auto& argument) {
    const std::string& text = argument.text;
    const bool number = text.find_first_not_of("0123456789") == text.npos;
    return text == "any" || (number && text.size() == 3 && text[0] == '5');
  });
}

// proxy_cache_valid any, or of 5xx; Cache-Control with `always`.
void find_errors_cached(const Subject& subject, Findings& into) {
  const nginx_conf::Setting* cache = subject.plain(subject.name("cache"));
  const nginx_conf::Setting* valid = subject.plain(subject.name("cache_valid"));
  const auto add = [&](const nginx_conf::Said& said, std::string text, std::string fix) {
    Finding finding = subject.at_position(said.position, std::move(text));
    finding.id = "error-page-cached";
    finding.severity = Severity::medium;
    finding.title = "Errors are cached: they go on when the application is back";
    finding.detail = "One short failure is answered from the cache to everybody until it expires.";
    finding.shown_by = "error-page";
    finding.fixes = {{Fix::Where::prose, {}, std::move(fix)}};
    into.push_back(std::move(finding));
  };
  if (cache != nullptr && cache->value != "off" && valid != nullptr) {
    for (const nginx_conf::Said& said : valid->said) {
      if (caches_errors(said.arguments))
        add(said, subject.name("cache_valid") + " " + text_of(said, true),
            subject.name("cache_valid") + " 200 301 302 " + said.arguments.back().text + ";");
    }
  }
  const nginx_conf::Setting* headers = subject.plain("add_header");
  if (headers == nullptr) return;
  for (const nginx_conf::Said& said : headers->said) {
    if (said.arguments.size() < 3 || said.arguments[2].text != "always") continue;
    const bool caching = said.arguments[0].text == "Cache-Control" &&
                         said.arguments[1].text.find("max-age=") != std::string::npos &&
                         said.arguments[1].text.find("max-age=0") == std::string::npos;
    if (caching)
      add(said, "add_header " + text_of(said, true),
          fmt::format("add_header Cache-Control {};  # without \"always\"",
                      nginx_conf::to_text(said.arguments[1])));
  }
}

void find_error_page_from_application(const Subject& subject, Findings& into) {
  for (const ErrorPage& page : error_pages(subject)) {
    if (!page.server_error || !page.uri.starts_with('/')) continue;
    const auto target = nginx_conf::find_location(subject.site.server(subject.ref),
                                                  page.uri.substr(0, page.uri.find('?')));
    if (!target) continue;
    const nginx_conf::LocationRef ref{subject.ref.server, *target};
    if (subject.site.group(ref) == nullptr || subject.site.group(ref) != subject.group()) continue;
    Finding finding =
        subject.at_position(page.said->position, "error_page " + text_of(*page.said, true));
    finding.id = "error-page-from-application";
    finding.severity = Severity::medium;
    finding.title = fmt::format("{} is asked of the very servers that have failed", page.uri);
    finding.detail =
        "Users get nginx's bare error page instead, after waiting twice: no location of its own "
        "has the page.";
    finding.fixes = {
        {Fix::Where::prose,
         {},
         fmt::format("location = {} {{ root /usr/share/nginx/html; internal; }}", page.uri)}};
    finding.trial = subject.trial("stuck", Whom::first_group);
    finding.shown_by = "error-page";
    into.push_back(std::move(finding));
  }
}

void find_errors_hidden(const Subject& subject, Findings& into) {
  if (!subject.is_on("intercept_errors") || error_pages(subject).empty()) return;
  if (!subject.is_called({"api", "apis", "rest", "graphql", "v1", "v2"})) return;
  Finding finding = subject.at("intercept_errors");
  finding.id = "errors-hidden";
  finding.title = "The API's own error answers are replaced by error pages";
  finding.detail =
      "Programs get HTML where they expect the application's JSON, and nobody sees what was wrong.";
  finding.fixes = {{kLocation, subject.name("intercept_errors"), "off"}};
  finding.shown_by = "error-page";
  into.push_back(std::move(finding));
}

void find_websocket_headers(const Subject& subject, Findings& into) {
  if (subject.pass().protocol != nginx_conf::Pass::Protocol::http || !subject.is_websocket())
    return;
  const bool old = subject.value("http_version") != "1.1";
  const bool upgrade = has_header(subject, "upgrade");
  const bool connection = has_header(subject, "connection");
  if (!old && upgrade && connection) return;
  Finding finding =
      upgrade && connection
          ? subject.at("http_version")
          : subject.at_position(subject.pass().position, "proxy_pass " + subject.pass().text);
  finding.id = "websocket-headers";
  finding.severity = Severity::medium;
  finding.title = "WebSockets cannot be opened: the upgrade is not passed on";
  finding.detail =
      "Upgrade and Connection are headers of one connection; nginx passes them on only where it is "
      "told to, over HTTP/1.1. The application answers 400 or 426, and clients try again and "
      "again.";
  if (old) finding.fixes.push_back({kLocation, "proxy_http_version", "1.1"});
  if (!upgrade) finding.fixes.push_back({kLocation, "proxy_set_header", "Upgrade $http_upgrade"});
  if (!connection) finding.fixes.push_back({kLocation, "proxy_set_header", "Connection upgrade"});
  if (!subject.location().settings.contains("proxy_set_header"))
    finding.detail += " A location with a proxy_set_header of its own has none of its server's.";
  // Not every server minds HTTP/1.0.
  if (!finding.fixes.empty() && !(upgrade && connection))
    finding.trial = websocket(subject, "{ websocket = \"echo\" }", "10s");
  finding.shown_by = "websocket";
  into.push_back(std::move(finding));
}

void find_websocket_idle(const Subject& subject, Findings& into) {
  if (subject.pass().protocol != nginx_conf::Pass::Protocol::http || !subject.is_websocket())
    return;
  const net::Duration wait = subject.time("read_timeout");
  if (wait > 2min || !has_header(subject, "upgrade")) return;
  Finding finding = subject.at("read_timeout");
  finding.id = "websocket-idle";
  finding.severity = Severity::medium;
  finding.title = fmt::format("A WebSocket that is quiet for {} is cut", spoken(wait));
  finding.detail =
      "nginx counts silence as a failure there, too, and logs it at level info only. Applications "
      "that ping more often are safe.";
  finding.fixes = {{kLocation, "proxy_read_timeout", "1h"}};
  finding.trial = websocket(subject, "{ websocket = \"silent\" }", "10m");
  finding.shown_by = "websocket";
  into.push_back(std::move(finding));
}

void find_limit_status(const Subject& subject, Findings& into) {
  for (const std::string_view limit : {"limit_req", "limit_conn"}) {
    const nginx_conf::Setting* said = subject.plain(limit);
    const std::string status = std::string(limit) + "_status";
    if (said == nullptr || subject.plain(status) != nullptr) continue;
    Finding finding = subject.at_plain(limit);
    finding.id = "limit-looks-like-outage";
    finding.title = "Clients that ask too often get 503, as if the application were down";
    finding.detail = "429 says what is wrong, and does not ring the alarm.";
    finding.fixes = {{kLocation, status, "429"}};
    finding.shown_by = "rate-limit";
    into.push_back(std::move(finding));
  }
}

void find_small_uploads(const Subject& subject, Findings& into) {
  if (!subject.is_called({"upload*", "media", "files", "import", "imports", "attachment*"})) return;
  const nginx_conf::Setting* most = subject.plain("client_max_body_size");
  if (most != nullptr) return;
  Finding finding = subject.at_plain("client_max_body_size");
  finding.id = "small-uploads";
  finding.title = "Uploads of more than 1 MB get 413";
  finding.detail = "The application never sees them.";
  finding.fixes = {{kLocation, "client_max_body_size", "50m"}};
  finding.trial = Trial{.fault = {}, .whom = Whom::nobody, .requests = {subject.request("POST")}};
  finding.trial->requests[0].more = "body = \"2m\"\n";
  finding.shown_by = "body-too-large";
  into.push_back(std::move(finding));
}

}  // namespace badgate::harness::audit
