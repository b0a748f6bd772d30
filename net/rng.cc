#include "net/rng.h"

#include <cmath>
#include <numbers>

namespace badgate::net {
namespace {

// SplitMix64 (Steele, Lea, Flood 2014): tiny, fast, and the same on every platform, which the
// distributions of <random> are not.
std::uint64_t mix(std::uint64_t z) {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

Duration scaled(Duration d, double factor) {
  return Duration(static_cast<Duration::rep>(static_cast<double>(d.count()) * factor));
}

}  // namespace

Rng Rng::stream(std::string_view name) const {
  std::uint64_t hash = 0xcbf29ce484222325ULL;  // FNV-1a
  for (const char c : name)
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return Rng(mix(state_ ^ hash));
}

std::uint64_t Rng::next() {
  return mix(state_ += 0x9e3779b97f4a7c15ULL);
}

double Rng::uniform() {
  return static_cast<double>(next() >> 11) * 0x1.0p-53;
}

// The bias of a remainder is below 2^-32 for the small bounds used here.
std::uint64_t Rng::below(std::uint64_t bound) {
  return next() % bound;
}

double Rng::normal() {
  const double radius = std::sqrt(-2.0 * std::log(1.0 - uniform()));
  return radius * std::cos(2.0 * std::numbers::pi * uniform());
}

Duration Rng::exponential(Duration mean) {
  return scaled(mean, -std::log(1.0 - uniform()));
}

Duration Rng::lognormal(Duration median, double sigma) {
  return scaled(median, std::exp(sigma * normal()));
}

std::string Rng::bytes(std::size_t count) {
  std::string out(count, '\0');
  for (char& c : out)
    c = static_cast<char>(next() & 0xff);
  return out;
}

}  // namespace badgate::net
