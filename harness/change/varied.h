// Varied: a scenario in which one thing has one value after the other: a directive, as in
// setting.h, or a key of its file: "fault.delay", "app[1].fault.delay", "app.service_time",
// "request.body_bytes", "load.rate", "db.fpm.max_children".
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "harness/change/quantity.h"
#include "harness/scenario.h"
#include "net/result.h"

namespace badgate::harness::change {

class Varied {
 public:
  virtual ~Varied() = default;

  // The scenario with that value. The Error says what the value cannot be.
  virtual net::Result<Scenario> with(const Value& value, Unit unit) const = 0;
  // What its values are, by its name alone; word: that is not known.
  virtual Unit usual_unit() const = 0;
  // What it is in the scenario as it stands; empty: not said.
  virtual std::string own_value() const = 0;
};

// `name` in that scenario, which was loaded from a file. The Error names the nearest that there is.
net::Result<std::unique_ptr<Varied>> varied(const Scenario& scenario, std::string_view name);

}  // namespace badgate::harness::change
