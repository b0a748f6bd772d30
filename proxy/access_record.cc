#include "proxy/access_record.h"

namespace badgate::proxy {
namespace {

std::string_view protocol_name(int version) {
  if (version == net::http1::version_10) return "HTTP/1.0";
  return version == net::http1::version_11 ? "HTTP/1.1" : "";
}

void describe_client(AccessRecord& record, const Client& client) {
  record.connection = client.log.connection();
  record.connection_requests = client.requests;
  record.remote_addr = client.log.client();
  record.remote_port = client.connection.peer().port();
  record.server_addr = client.local_host;
  record.server_port = client.local_port;
  record.ssl = client.connection.tls() != nullptr;
}

void describe_head(AccessRecord& record, const Request& request) {
  const auto& head = *request.head;
  if (!head.request_line.empty()) record.request = head.request_line;
  record.method = head.method;
  record.uri = head.path;
  record.args = head.args;
  record.request_uri = head.raw_uri;
  if (request.parsed) record.protocol = protocol_name(head.version);
  record.host = head.host;
  record.request_length = head.length + request.body_reader.wire();
  if (head.chunked && !request.reading_body) record.body_length = request.body_reader.received();
  record.request_headers = &head.headers;
}

}  // namespace

AccessRecord access_record(const Request& request, const Client& client, const net::Loop& loop) {
  AccessRecord record;
  record.now = loop.wall();
  record.started = request.started;
  record.request_time = loop.now() - request.started;
  record.pipelined = request.pipelined;
  record.server_name = request.server->settings.server_name();
  if (request.pass != nullptr) record.proxy_host = request.pass->host_header;
  record.document_root = request.location->root;
  record.fastcgi_script_name = request.fastcgi.script_name;
  record.fastcgi_path_info = request.fastcgi.path_info;
  record.nginx_version = request.cycle->settings.nginx_version;
  describe_client(record, client);
  describe_head(record, request);
  record.status = request.err_status != 0 ? request.err_status : request.status;
  if (record.status == 0 && request.version == net::http1::version_9) record.status = 9;
  record.bytes_sent = client.output.sent();
  record.header_size = request.header_size;
  record.complete = request.complete;
  record.response_headers = &request.sent_headers;
  record.upstream_states = &request.states;
  return record;
}

}  // namespace badgate::proxy
