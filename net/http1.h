// The HTTP/1 codec: bytes in, messages out, read exactly as nginx reads them. No sockets, no time.
//
//   http1_message.h   headers, log notes, body framing: what the other parts speak of
//   http1_request.h   RequestParser: request heads, as nginx reads them from clients
//   http1_response.h  ResponseParser: response heads, as nginx reads them from upstreams
//   http1_chunked.h   ChunkedDecoder: chunked bodies of both
//   http1_reader.h    RequestReader, ResponseReader: whole messages, for the peers of a proxy
//   http1_writer.h    serialising
//
// Everything is incremental: however the bytes are cut into pieces, the outcome is the same. The
// few exceptions are nginx's own and are told where they are.
#pragma once

#include "net/http1_chunked.h"
#include "net/http1_message.h"
#include "net/http1_reader.h"
#include "net/http1_request.h"
#include "net/http1_response.h"
#include "net/http1_writer.h"
