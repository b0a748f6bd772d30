// Files that hold certificates and keys, named by somebody else's configuration: nobody waits for a
// pipe or a device there, and they are small.
#pragma once

#include <string>

#include "net/openssl_owners.h"
#include "net/result.h"

namespace badgate::net {

// The file's text, in memory. The Error names the file and has errno.
Result<BioOwner> read_pem_file(const std::string& path);

// The Error: it is there, but OpenSSL had better not open it, for it is no ordinary file or larger
// than 1 MB. What cannot be looked at, OpenSSL tells of itself.
Result<void> check_pem_file(const std::string& path);

}  // namespace badgate::net
