// Rng: the only source of randomness. A run has one seed; every part that needs chance gets its
// own stream, named after the part, so that a new use of chance does not shift the others.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "net/time.h"

namespace badgate::net {

class Rng {
 public:
  explicit Rng(std::uint64_t seed) : state_(seed) {}

  // An independent stream for `name`; the same seed and name give the same stream.
  Rng stream(std::string_view name) const;

  std::uint64_t next();                      // all 64 bits
  double uniform();                          // [0, 1)
  std::uint64_t below(std::uint64_t bound);  // [0, bound); bound > 0
  bool chance(double probability) { return uniform() < probability; }
  double normal();                      // mean 0, deviation 1
  Duration exponential(Duration mean);  // gaps of a Poisson process
  // The median and the sigma of the logarithm, as service times are usually described.
  Duration lognormal(Duration median, double sigma);
  std::string bytes(std::size_t count);

 private:
  std::uint64_t state_;
};

}  // namespace badgate::net
