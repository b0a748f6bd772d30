// What only servers that speak FastCGI do (ngx_http_fastcgi_process_header,
// ngx_http_fastcgi_input_filter).
#include <array>

#include "harness/reproduce/recipe.h"
#include "harness/toml_text.h"
#include "net/escapes.h"

namespace badgate::harness::reproduce {
namespace {

using evidence::Evidence;

// What the application has said, as `data`. nginx prints it as it comes, but for the line feeds at
// its end.
bool quote_stderr(const Evidence&, const Captures& captures, const Frame&, Values& values) {
  values["said"] = toml_escaped(net::escape(captures.at(0)));
  return true;
}

bool make_status(const Evidence&, const Captures& captures, const Frame&, Values& values) {
  const std::string lines = "Status: " + captures.at(0) + "\r\n\r\n";
  std::string record("\x01\x06\x00\x01", 4);  // FCGI_STDOUT of request 1
  record += static_cast<char>(lines.size() >> 8U);
  record += static_cast<char>(lines.size() & 0xFFU);
  values["data"] = toml_escaped(net::escape(record.append(2, '\0') + lines));
  return true;
}

// A record's header, whose first byte is its version.
bool make_version(const Evidence&, const Captures& captures, const Frame&, Values& values) {
  if (captures.at(0) == "72") {
    values["data"] = toml_escaped(R"(HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n)");
    return true;
  }
  const auto number = static_cast<unsigned>(std::atoi(captures.at(0).c_str()));
  std::string record(1, static_cast<char>(number & 0xFFU));
  record.append("\x06\x00\x01\x00\x00\x00\x00", 7);
  values["data"] = toml_escaped(net::escape(record));
  return number < 256;
}

constexpr auto kRecipes = std::to_array<Recipe>({
    {.scenario = "php-fpm/script-unknown",
     .message = "FastCGI sent in stderr: \"Primary script unknown\" while reading response header "
                "from upstream",
     .why = "It has no script of that name: SCRIPT_FILENAME leads to another folder.",
     .only = "fastcgi",
     .proxy = "fastcgi_param = \"SCRIPT_FILENAME /usr/share/nginx/html$fastcgi_script_name\"\n",
     .server = "fpm = { root = \"/srv/app\" }\n"},
    {.scenario = "php-fpm/fatal-error",
     .message = "FastCGI sent in stderr: \"*\" while reading response header from upstream",
     .why = "It says exactly this on STDERR, and answers 500.",
     .only = "fastcgi",
     .server = "status = 500\nfault = { fastcgi = \"stderr\", data = \"<<said>>\" }\n",
     .prepare = quote_stderr},
    {.scenario = "php-fpm/fatal-error-after-output",
     .message = "FastCGI sent in stderr: \"*\" while reading upstream",
     .why = "It says exactly this on STDERR, in the middle of its answer.",
     .only = "fastcgi",
     .server = "body = \"20k\"\nfault = { fastcgi = \"stderr\", data = \"<<said>>\", where = "
               "\"body\" }\n",
     .prepare = quote_stderr},
    {.scenario = "php-fpm/fatal-error-after-output",
     .message = "FastCGI sent in stderr: \"*\" while reading upstream",
     .why = "It says exactly this on STDERR, at the end of its answer.",
     .only = "fastcgi",
     .server = "body = \"20k\"\nfault = { fastcgi = \"stderr\", data = \"<<said>>\", where = "
               "\"end\" }\n",
     .prepare = quote_stderr},
    {.scenario = "fastcgi/no-output",
     .message = "upstream sent unexpected FastCGI record: 3 while reading response header from "
                "upstream",
     .why = "The script ends and has said nothing.",
     .only = "fastcgi",
     .server = "fault = { fastcgi = \"no-stdout\", app_status = 255 }\n"},
    {.scenario = "fastcgi/empty-stdout",
     .message = "upstream prematurely closed FastCGI stdout while reading response header from "
                "upstream",
     .why = "It ends its output before it has begun.",
     .only = "fastcgi",
     .server = "fault = { fastcgi = \"empty-stdout\" }\n"},
    {.scenario = "fastcgi/stdout-closed-too-early",
     .message = "upstream prematurely closed FastCGI stdout while reading upstream",
     .why = "It ends its output before Content-Length is reached.",
     .only = "fastcgi",
     .server = "body = \"100k\"\nframing = \"length\"\nfault = { fastcgi = \"stdout-closed\", at = "
               "\"50k\" }\n"},
    {.scenario = "fastcgi/http-on-the-fastcgi-port",
     .message = "upstream sent unsupported FastCGI protocol version: * while reading response "
                "header from upstream",
     .why = "It does not speak FastCGI.",
     .only = "fastcgi",
     .server = "fault = { garbage = \"bytes\", data = \"<<data>>\" }\n",
     .prepare = make_version},
    {.scenario = "fastcgi/bad-record-behind-the-header",
     .message = "upstream sent unsupported FastCGI protocol version: * while reading upstream",
     .why = "It sends a record of another version.",
     .only = "fastcgi",
     .server = "fault = { fastcgi = \"version\", value = <<1>>, number = 2, then = \"drain\" }\n"},
    {.scenario = "fastcgi/record-of-unknown-type",
     .message = "upstream sent invalid FastCGI record type: * while reading response header from "
                "upstream",
     .why = "It sends a record of a type that nobody knows.",
     .only = "fastcgi",
     .server = "fault = { fastcgi = \"type\", value = <<1>> }\n"},
    {.scenario = "fastcgi/another-request-id",
     .message = "upstream sent unexpected FastCGI request id low byte: * while reading response "
                "header from upstream",
     .why = "It answers another request.",
     .only = "fastcgi",
     .server = "fault = { fastcgi = \"id-low\", value = <<1>> }\n"},
    {.scenario = "fastcgi/another-request-id",
     .message = "upstream sent unexpected FastCGI request id high byte: * while reading response "
                "header from upstream",
     .why = "It answers another request.",
     .only = "fastcgi",
     .server = "fault = { fastcgi = \"id-high\", value = <<1>> }\n"},
    {.scenario = "fastcgi/invalid-status",
     .message = "upstream sent invalid status \"*\" while reading response header from upstream",
     .why = "It answers with this status.",
     .only = "fastcgi",
     .server = "fault = { garbage = \"bytes\", data = \"<<data>>\" }\n",
     .prepare = make_status},
});

}  // namespace

std::span<const Recipe> recipes_of_fastcgi() {
  return kRecipes;
}

}  // namespace badgate::harness::reproduce
