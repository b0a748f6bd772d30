// The picture of a sweep.
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <map>
#include <optional>

#include "harness/change/axis.h"
#include "harness/change/report.h"
#include "harness/change/sweep_report.h"
#include "harness/printable.h"

namespace badgate::harness::change {
namespace {

constexpr double kWidth = 880;
constexpr double kHeight = 520;
constexpr double kLeft = 84;
constexpr double kRight = kWidth - 28;
constexpr double kTop = 104;
constexpr double kBottom = kHeight - 104;
constexpr double kLetter = 7.2;  // about how wide one is
constexpr std::size_t kTicks = 9;
constexpr std::size_t kTitleLetters = 76;
constexpr double kLeastTime = 10;  // milliseconds that the axis of time has at least

// Colours are told apart by people who see few of them; shapes by everybody.
constexpr auto kStyle = R"(
    svg { --paper: #ffffff; --ink: #1f2328; --soft: #59636e; --grid: #d8dee4; --band: #f3f5f8;
          --good: #00795c; --bad: #c2410c; --late: #b45f06; --busy: #8b3a94; --odd: #1d5fbf;
          --none: #57606a; --cut: #8a6d00;
          font: 13px system-ui, "Segoe UI", "DejaVu Sans", sans-serif; }
    @media (prefers-color-scheme: dark) {
      svg { --paper: #0d1117; --ink: #e6edf3; --soft: #9da7b3; --grid: #30363d; --band: #161b22;
            --good: #34d399; --bad: #fb7d5b; --late: #fbbf4b; --busy: #e29bf0; --odd: #7cb7ff;
            --none: #b1bac4; --cut: #e3d06b; } }
    .paper { fill: var(--paper); } .band { fill: var(--band); }
    text { fill: var(--ink); } .soft { fill: var(--soft); }
    .title { font-size: 17px; font-weight: 600; } .strong { font-weight: 600; }
    .grid { stroke: var(--grid); } .axis { stroke: var(--soft); }
    .edge { stroke: var(--ink); stroke-dasharray: 5 4; }
    .run { fill: none; stroke: var(--c); stroke-width: 1.5; opacity: .55; }
    .mark { fill: var(--c); stroke: var(--c); stroke-width: 2; stroke-linejoin: round; }
    .open { fill: var(--paper); } .line { fill: none; stroke-width: 2.5; }
)";

// How one kind of answer looks.
struct Look {
  const char* colour;
  const char* shape;
};

Look look_of(const Answer& answer) {
  switch (harm_of(answer)) {
    case Harm::good:
      return {"good", "circle"};
    case Harm::cut:
      return {"cut", "half"};
    case Harm::nothing:
      return {"none", "cross"};
    default:
      break;
  }
  switch (answer.status) {
    case 502:
      return {"bad", "square"};
    case 503:
      return {"busy", "diamond"};
    case 504:
      return {"late", "triangle"};
    default:
      return {"odd", "valley"};
  }
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : printable(text, 200)) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

// Around the place (0, 0), about 10 wide.
std::string_view path_of(std::string_view shape) {
  if (shape == "square") return "M-4.5,-4.5H4.5V4.5H-4.5Z";
  if (shape == "diamond") return "M0,-6.5L6,0L0,6.5L-6,0Z";
  if (shape == "triangle") return "M0,-6L5.8,4.5H-5.8Z";
  if (shape == "valley") return "M0,6L5.8,-4.5H-5.8Z";
  if (shape == "half") return "M-5,0A5,5 0 0 1 5,0Z";
  if (shape == "cross") return "M-5,-5L5,5M-5,5L5,-5";
  return "M-5,0A5,5 0 1 1 5,0A5,5 0 1 1 -5,0Z";
}

std::string mark(const Look& look, double x, double y, const std::string& tip) {
  const bool line = std::string_view(look.shape) == "cross";
  return fmt::format(
      "<path class=\"mark{}\" style=\"--c:var(--{})\" transform=\"translate({:.1f},{:.1f})\" "
      "d=\"{}\"><title>{}</title></path>\n",
      line ? " line" : "", look.colour, x, y, path_of(look.shape), escaped(tip));
}

std::string text_at(double x, double y, std::string_view anchor, std::string_view classes,
                    std::string_view text) {
  return fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\" class=\"{}\">{}</text>\n",
                     x, y, anchor, classes, escaped(text));
}

double milliseconds(net::Duration time) {
  return std::chrono::duration<double, std::milli>(time).count();
}

double wide(std::string_view text) {
  return kLetter * static_cast<double>(glyphs(text).size());
}

// Answers of one value that are alike: the latest of them is drawn.
struct Drawn {
  std::size_t point = 0;
  Answer latest;
};

std::vector<const SweepPoint*> points_of(const Sweep& sweep) {
  std::vector<const SweepPoint*> points;
  for (const SweepPoint& point : sweep.points)
    points.push_back(&point);
  for (const Threshold& threshold : sweep.thresholds) {
    points.push_back(&threshold.below);
    points.push_back(&threshold.from);
  }
  if (sweep.unit == Unit::word) return points;
  const auto amount = [](const SweepPoint* point) { return point->value.amount; };
  std::ranges::stable_sort(points, {}, amount);
  // clang 14 does not understand this library's std::ranges::unique.
  const auto same = [&](const SweepPoint* a, const SweepPoint* b) {
    return amount(a) == amount(b);
  };
  points.erase(std::unique(points.begin(), points.end(), same), points.end());
  return points;
}

class Plot {
 public:
  Plot(const Scenario& scenario, const Sweep& sweep)
      : scenario_(scenario),
        sweep_(sweep),
        points_(points_of(sweep)),
        x_(axis_of_values()),
        y_(axis_of_times()) {
    for (std::size_t i = 0; i < points_.size(); ++i)
      collect(i);
  }

  std::string svg() {
    begin();
    regions();
    axes();
    own_value();
    runs();
    marks();
    legend();
    return out_ + "</svg>\n";
  }

 private:
  bool words() const { return sweep_.unit == Unit::word; }

  double value(std::size_t point) const {
    return words() ? static_cast<double>(point) : static_cast<double>(points_[point]->value.amount);
  }

  Axis axis_of_values() const {
    double low = value(0);
    double high = value(points_.size() - 1);
    if (words() || low == high) {
      low -= 0.5;
      high += 0.5;
    }
    return {low, high, sweep_.logarithmic, kLeft, kRight};
  }

  Axis axis_of_times() const {
    double longest = kLeastTime;
    for (const SweepPoint* point : points_) {
      for (const Answer& answer : point->seen.answers)
        longest = std::max(longest, milliseconds(answer.elapsed));
    }
    return {0, 1.08 * longest, false, kBottom, kTop + 24};
  }

  void collect(std::size_t point) {
    for (const Answer& answer : points_[point]->seen.answers) {
      auto& drawn = kinds_[what(answer)];
      if (drawn.empty() || drawn.back().point != point) {
        drawn.push_back({point, answer});
      } else if (answer.elapsed > drawn.back().latest.elapsed) {
        drawn.back().latest = answer;
      }
    }
  }

  void begin() {
    const auto heading = fmt::format("{} over {}", scenario_.name, sweep_.name);
    out_ += fmt::format(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {} {}\" role=\"img\" "
        "aria-labelledby=\"t d\">\n<title id=\"t\">{}</title>\n<desc id=\"d\">{}</desc>\n"
        "<style>{}</style>\n<rect class=\"paper\" width=\"{}\" height=\"{}\"/>\n",
        kWidth, kHeight, escaped(heading), escaped(description()), kStyle, kWidth, kHeight);
    out_ += text_at(kLeft, 34, "start", "title", printable(scenario_.title, kTitleLetters));
    out_ += text_at(kLeft, 58, "start", "soft", heading);
    out_ += text_at(kLeft, 82, "start", "", description());
  }

  std::string description() const {
    if (words()) return fmt::format("Answers and their times for {} values", sweep_.points.size());
    if (sweep_.thresholds.empty())
      return fmt::format("{} comes to {} everywhere", sweep_.name,
                         outcome_text(sweep_.points.front().seen));
    std::string text = sweep_.name;
    for (const Threshold& threshold : sweep_.thresholds) {
      const auto more = (text == sweep_.name ? ": " : "; ") + to_text(threshold, sweep_.unit);
      if (text.size() + more.size() > 118) return text + " …";
      text += more;
    }
    return text;
  }

  // What it comes to between the thresholds, written above.
  void regions() {
    if (words()) return;
    double from = kLeft;
    const Seen* seen = &sweep_.points.front().seen;
    for (std::size_t i = 0; i <= sweep_.thresholds.size(); ++i) {
      const bool last = i == sweep_.thresholds.size();
      const double to =
          last ? kRight : x_.at(static_cast<double>(sweep_.thresholds[i].from.value.amount));
      region(from, to, outcome_text(*seen), i % 2 == 1);
      if (last) break;
      out_ += fmt::format("<path class=\"edge\" d=\"M{:.1f},{}V{}\"/>\n", to, kTop, kBottom);
      seen = &sweep_.thresholds[i].from.seen;
      from = to;
    }
  }

  void region(double from, double to, const std::string& text, bool shaded) {
    if (shaded) {
      out_ += fmt::format(
          "<rect class=\"band\" x=\"{:.1f}\" y=\"{}\" width=\"{:.1f}\" "
          "height=\"{}\"/>\n",
          from, kTop, to - from, kBottom - kTop);
    }
    if (wide(text) + 8 <= to - from)
      out_ += text_at((from + to) / 2, kTop + 15, "middle", "strong", text);
  }

  void axes() {
    for (const Tick& tick : y_.ticks(Unit::time, kTicks - 2)) {
      const double y = y_.at(tick.value);
      out_ += fmt::format("<path class=\"grid\" d=\"M{},{:.1f}H{}\"/>\n", kLeft, y, kRight);
      out_ += text_at(kLeft - 8, y + 4, "end", "soft", tick.value == 0 ? "0" : tick.label);
    }
    out_ += fmt::format("<path class=\"axis\" fill=\"none\" d=\"M{},{}V{}H{}\"/>\n", kLeft, kTop,
                        kBottom, kRight);
    for (const Tick& tick : value_ticks()) {
      const double x = x_.at(tick.value);
      out_ += fmt::format("<path class=\"axis\" d=\"M{:.1f},{}v5\"/>\n", x, kBottom);
      out_ += text_at(x, kBottom + 20, "middle", "soft", tick.label);
    }
    out_ += text_at((kLeft + kRight) / 2, kBottom + 44, "middle", "", name_of_axis());
    out_ += fmt::format(
        "<text transform=\"translate(22,{}) rotate(-90)\" text-anchor=\"middle\">{}</text>\n",
        (kTop + kBottom) / 2, "time until the answer");
  }

  std::vector<Tick> value_ticks() const {
    if (!words()) return x_.ticks(sweep_.unit, kTicks);
    std::vector<Tick> ticks;
    const double room = (kRight - kLeft) / static_cast<double>(sweep_.points.size());
    for (std::size_t i = 0; i < sweep_.points.size(); ++i) {
      const auto letters = std::max<std::size_t>(3, static_cast<std::size_t>(room / kLetter));
      ticks.push_back({value(i), printable(sweep_.points[i].value.word, letters)});
    }
    return ticks;
  }

  std::string name_of_axis() const {
    std::string text = sweep_.name;
    if (sweep_.unit == Unit::size) text += " (bytes; 1k = 1024)";
    if (sweep_.logarithmic) text += ", logarithmic";
    return text;
  }

  void own_value() {
    if (!sweep_.own_amount) return;
    const auto amount = static_cast<double>(*sweep_.own_amount);
    if (amount < x_.low() || amount > x_.high()) return;
    const double x = x_.at(amount);
    const auto label = "the scenario: " + sweep_.own_value;
    const bool right = x + wide(label) + 10 > kRight;
    out_ += fmt::format("<path class=\"axis\" d=\"M{:.1f},{}v-13m-4,7l4,6l4,-6\" fill=\"none\"/>\n",
                        x, kBottom - 9);
    out_ += text_at(right ? x - 8 : x + 8, kBottom - 14, right ? "end" : "start", "soft", label);
  }

  double y_of(const Answer& answer) const { return y_.at(milliseconds(answer.elapsed)); }

  // Neighbours of one kind are joined.
  void runs() {
    if (words()) return;
    for (const auto& [name, drawn] : kinds_) {
      std::string path;
      for (std::size_t i = 0; i < drawn.size(); ++i) {
        const bool joined = i > 0 && drawn[i - 1].point + 1 == drawn[i].point;
        path += fmt::format("{}{:.1f},{:.1f}", joined ? "L" : "M", x_.at(value(drawn[i].point)),
                            y_of(drawn[i].latest));
      }
      out_ += fmt::format("<path class=\"run\" style=\"--c:var(--{})\" d=\"{}\"/>\n",
                          look_of(drawn.front().latest).colour, path);
    }
  }

  void marks() {
    for (const auto& [name, drawn] : kinds_) {
      for (const Drawn& one : drawn) {
        const auto tip = fmt::format("{}: {}", shown(points_[one.point]->value, sweep_.unit),
                                     to_text({one.latest}, {one.latest}));
        out_ += mark(look_of(one.latest), x_.at(value(one.point)), y_of(one.latest), tip);
      }
    }
  }

  void legend() {
    double x = kLeft + 6;
    for (const auto& [name, drawn] : kinds_) {
      const double y = kHeight - 22;
      if (x + wide(name) + 24 > kRight) return;
      out_ += mark(look_of(drawn.front().latest), x, y - 4, name);
      out_ += text_at(x + 12, y, "start", "", name);
      x += wide(name) + 44;
    }
  }

  const Scenario& scenario_;
  const Sweep& sweep_;
  std::vector<const SweepPoint*> points_;  // also those at the thresholds, in rising order
  Axis x_;
  Axis y_;
  std::map<std::string, std::vector<Drawn>> kinds_;  // by what() they are
  std::string out_;
};

}  // namespace

std::string to_svg(const Scenario& scenario, const Sweep& sweep) {
  return Plot(scenario, sweep).svg();
}

}  // namespace badgate::harness::change
