// A scenario of the catalogue with the request of a line laid over it, for messages that have no
// recipe.
#pragma once

#include <optional>
#include <string>

#include "harness/load/document.h"
#include "harness/reproduce/frame.h"

namespace badgate::harness::reproduce {

// The file of the catalogue's scenario "CAUSE/NAME"; nullopt: there is none, or it cannot be read.
std::optional<Node> catalogue_document(const std::string& name);

// Without title, explanation, expectations and remedies, and with the frame's request, names and
// kind of server.
std::string laid_over(Node document, const Frame& frame, const std::string& level);

// Changes made to requests so that they are those of the frame; used for remedies, too.
void lay_over_requests(Node& document, const Frame& frame);

void erase(Node& table, std::string_view key);
void put_text(Node& table, std::string_view key, const std::string& value);

}  // namespace badgate::harness::reproduce
