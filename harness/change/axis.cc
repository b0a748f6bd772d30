#include "harness/change/axis.h"

#include <algorithm>
#include <cmath>

namespace badgate::harness::change {
namespace {

// Round steps, in rising order: of times 1, 2, 5 … 30 seconds, minutes, hours, days; of sizes the
// powers of two; of numbers 1, 2, 5 and their tens.
std::vector<double> round_values(Unit unit) {
  std::vector<double> out;
  if (unit == Unit::size) {
    for (double v = 1; v < 1e15; v *= 2)
      out.push_back(v);
    return out;
  }
  const double tens_up_to = unit == Unit::time ? 1000 : 1e15;
  for (double ten = 1; ten < tens_up_to; ten *= 10) {
    for (const double digit : {1.0, 2.0, 5.0})
      out.push_back(digit * ten);
  }
  if (unit != Unit::time) return out;
  for (const double seconds :
       {1.,   2.,    5.,    10.,   15.,    30.,    60.,    120.,   300.,    600.,
        900., 1800., 3600., 7200., 14400., 28800., 43200., 86400., 604800., 2592000.})
    out.push_back(1000 * seconds);
  return out;
}

Tick tick(double value, Unit unit) {
  return {value, shown({.amount = std::llround(value)}, unit)};
}

}  // namespace

Axis::Axis(double low, double high, bool logarithmic, double start, double end)
    : low_(low), high_(high), logarithmic_(logarithmic), start_(start), end_(end) {}

double Axis::at(double value) const {
  const auto part = logarithmic_ ? std::log(value / low_) / std::log(high_ / low_)
                                 : (value - low_) / (high_ - low_);
  return start_ + part * (end_ - start_);
}

std::vector<Tick> Axis::ticks(Unit unit, std::size_t most) const {
  std::vector<Tick> out;
  if (logarithmic_) {
    for (const double value : round_values(unit)) {
      if (value >= low_ && value <= high_) out.push_back(tick(value, unit));
    }
    while (out.size() > most) {
      std::vector<Tick> fewer;
      for (std::size_t i = 0; i < out.size(); i += 2)
        fewer.push_back(out[i]);
      out = std::move(fewer);
    }
    return out;
  }
  const auto steps = round_values(unit);
  const auto step = std::ranges::find_if(
      steps, [&](double s) { return (high_ - low_) / s <= static_cast<double>(most) - 1; });
  if (step == steps.end()) return {tick(low_, unit), tick(high_, unit)};
  for (double value = std::ceil(low_ / *step) * *step; value <= high_; value += *step)
    out.push_back(tick(value, unit));
  return out;
}

}  // namespace badgate::harness::change
