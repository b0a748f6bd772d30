// The files of certificates that a scenario's directives may name: a run makes those that it needs,
// in its own folder. Any proxy under test is given the same ones.
//
//   ca.pem                  the run's authority, which has signed every valid certificate
//   other-ca.pem            an authority that has signed none
//   client.pem, client.key  a client's certificate, for servers that ask the proxy for one
//   server.pem, server.key  a server's, for the proxy's clients
//   GROUP.pem               that of the group's first server, as if one had fetched it from there
//
// A name with a slash is a file of the user's own.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "fault_backends/certificates.h"
#include "harness/scenario.h"
#include "net/result.h"
#include "proxy/directives.h"

namespace badgate::harness {

// Gives every directive of the tree that names such a file to `change`, its value to be changed.
void for_each_certificate_file(DirectiveBlock& top,
                               const std::function<void(std::string& value)>& change);

// What in the tree names a file that no run makes.
std::vector<proxy::Contradiction> unknown_certificate_files(
    const DirectiveBlock& top, const std::vector<BackendSpec>& backends);

// Makes the files that the tree names in `folder`, and gives the tree their paths.
net::Result<void> place_certificate_files(DirectiveBlock& top,
                                          const std::vector<BackendSpec>& backends,
                                          fault_backends::Certificates& certificates,
                                          const std::string& folder);

}  // namespace badgate::harness
