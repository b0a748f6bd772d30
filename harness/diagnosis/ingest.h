// Ingest: the lines of logs, one after the other, into a Digest. Lines of nginx's error log are not
// copied; where an access log is read as well, they wait for the line of their request there.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "harness/diagnosis/digest.h"
#include "harness/evidence/nginx_error.h"
#include "harness/evidence/reader.h"

namespace badgate::harness::diagnosis {

class Ingest {
 public:
  // `digest` must outlive it. `joins`: an access log is among what will be read.
  Ingest(Digest& digest, evidence::Reader reader, bool joins)
      : digest_(digest), reader_(std::move(reader)), joins_(joins), known_(kKnown) {}

  // A line without its line feed. Views into it are not kept.
  void add_line(std::string_view line);
  // What waited at the last call already, is told, and its request's line counts nothing more: a
  // log that is watched while it grows does not wait for the end of a request, which may be minutes
  // away.
  void tell_older();
  // Everything that still waits.
  void finish();

 private:
  // An error line that waits for its request's line in the access log.
  struct Waiting {
    std::string line;
    evidence::Evidence evidence;
    std::string connection;
    std::int64_t second = 0;
    std::uint64_t request = 0;
    bool told = false;   // it is in the digest
    bool taken = false;  // by its request's line
  };
  struct Known {
    std::uint64_t hash = 0;
    Verdict verdict;
  };
  static constexpr std::size_t kKnown = std::size_t{1} << 14;

  void add_error(const evidence::NginxErrorLine& split, std::string_view line);
  void add_evidence(const evidence::Evidence& evidence, std::string_view line);
  void join(const evidence::Evidence& access, std::string_view line);
  void pass_on(Waiting& waiting);
  void pass_on_before(std::int64_t second);
  void drop_first_waiting();
  // Those of a request, in the order of the log.
  std::vector<Waiting*> waiting_for(std::uint64_t request);
  // Those that may be of the one that this line is of.
  std::vector<Waiting*> candidates(const evidence::Evidence& access);
  Verdict classify(const evidence::NginxErrorLine& split);
  std::int64_t second_of(std::string_view date);

  Digest& digest_;
  evidence::Reader reader_;
  bool joins_;
  std::vector<Known> known_;  // verdicts by the hash of a line's message: direct-mapped
  std::string last_date_;
  std::int64_t last_second_ = 0;
  std::string stderr_;  // a FastCGI text of several lines, so far
  std::deque<Waiting> waiting_;
  std::uint64_t first_waiting_ = 0;   // the number of the first of them; they are numbered in a row
  std::uint64_t waiting_before_ = 0;  // of the first that has come since tell_older()
  std::unordered_map<std::uint64_t, std::deque<std::uint64_t>> by_request_;  // their numbers
};

}  // namespace badgate::harness::diagnosis
