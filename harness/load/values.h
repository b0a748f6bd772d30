// Values: single values of a scenario file, from nodes to C++ types. Each function returns nothing
// after it has told the reader what is wrong with the value and what was expected.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/load/document.h"
#include "harness/load/reader.h"
#include "harness/scenario.h"
#include "net/time.h"

namespace badgate::harness {

using Headers = std::vector<std::pair<std::string, std::string>>;

std::optional<std::string> read_text(Reader& reader, const Node& node);
std::optional<std::vector<std::string>> read_texts(Reader& reader, const Node& node);
std::optional<bool> read_flag(Reader& reader, const Node& node);
std::optional<std::uint64_t> read_count(Reader& reader, const Node& node);
std::optional<unsigned> read_positive(Reader& reader, const Node& node);  // 1 … 100000
std::optional<double> read_rate(Reader& reader, const Node& node);        // > 0, ≤ 1e6
std::optional<double> read_ratio(Reader& reader, const Node& node);       // 0 … 1
std::optional<net::Duration> read_time(Reader& reader, const Node& node);
std::optional<net::Duration> read_positive_time(Reader& reader, const Node& node);
std::optional<net::TimePoint> read_moment(Reader& reader, const Node& node);
std::optional<std::uint64_t> read_size(Reader& reader, const Node& node);
std::optional<std::uint64_t> read_byte_rate(Reader& reader, const Node& node);  // > 0
std::optional<int> read_status(Reader& reader, const Node& node);               // 100 … 999
std::optional<Headers> read_headers(Reader& reader, const Node& node);

std::optional<Range<std::uint64_t>> read_count_range(Reader& reader, const Node& node);
std::optional<Range<std::uint64_t>> read_size_range(Reader& reader, const Node& node);
std::optional<Range<net::Duration>> read_time_range(Reader& reader, const Node& node);
std::optional<Range<double>> read_ratio_range(Reader& reader, const Node& node);

// One of `words`.
std::optional<std::string> read_word(Reader& reader, const Node& node,
                                     std::span<const std::string_view> words);
// "a, b or c".
std::string listed(std::span<const std::string_view> words);

// A scalar, or a list of scalars joined by spaces, as nginx would read it: booleans are on and off.
// Nothing, without a diagnostic, for what has no such form.
std::optional<std::string> as_words(const Node& node);
// The same for what may be given several times: the items of a list are lines.
std::optional<std::string> as_lines(const Node& node);

// Says that the value is of a kind that cannot stand where it stands.
void say_wrong_kind(Reader& reader, const Node& node, std::string_view expected);

// False after saying that `node` is not `expected`, if it is not of that kind.
bool expect_kind(Reader& reader, const Node& node, Node::Kind kind, std::string_view expected);

}  // namespace badgate::harness
