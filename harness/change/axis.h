// Axis: values to places in a picture, and the marks along it.
#pragma once

#include <string>
#include <vector>

#include "harness/change/quantity.h"

namespace badgate::harness::change {

struct Tick {
  double value = 0;  // as Value::amount has it
  std::string label;
};

class Axis {
 public:
  // From `low` at `start` to `high` at `end`, both in the picture's units.
  Axis(double low, double high, bool logarithmic, double start, double end);

  double at(double value) const;
  double low() const { return low_; }
  double high() const { return high_; }
  // At most `most` marks at round values.
  std::vector<Tick> ticks(Unit unit, std::size_t most) const;

 private:
  double low_;
  double high_;
  bool logarithmic_;
  double start_;
  double end_;
};

}  // namespace badgate::harness::change
