#include "harness/lab/lesson_json.h"

namespace badgate::harness::lab {

using nlohmann::json;

namespace {

json to_json(const Control& control) {
  return {{"id", control.id},         {"directive", control.directive},
          {"label", control.label},   {"what", control.what},
          {"kind", control.kind},     {"default", control.fallback},
          {"values", control.values}, {"where", control.where}};
}

json to_json(const Break& one) {
  return {{"id", one.id}, {"label", one.label}, {"what", one.what}};
}

json to_json(const SampleRequest& request) {
  return {{"id", request.id},
          {"label", request.label},
          {"method", request.method()},
          {"path", request.path()}};
}

json to_json(const Step& step) {
  return {{"id", step.id}, {"text", step.text}, {"hint", step.hint}};
}

template <typename T>
json list_of(const std::vector<T>& items) {
  auto list = json::array();
  for (const T& item : items)
    list.push_back(to_json(item));
  return list;
}

}  // namespace

json to_json(const std::vector<SampleRequest>& requests) {
  return list_of(requests);
}

json summary_of(const Lesson& lesson) {
  return {{"id", lesson.id},         {"number", lesson.number},   {"title", lesson.title},
          {"family", lesson.family}, {"minutes", lesson.minutes}, {"summary", lesson.summary}};
}

json to_json(const Lesson& lesson) {
  json out = summary_of(lesson);
  out["story"] = lesson.story;
  out["breaks"] = list_of(lesson.breaks);
  out["requests"] = list_of(lesson.requests);
  out["controls"] = list_of(lesson.controls);
  out["steps"] = list_of(lesson.steps);
  out["debrief"] = lesson.debrief;
  out["helps"] = lesson.helps;
  out["does_not_help"] = lesson.does_not_help;
  out["scenarios"] = lesson.scenarios;
  return out;
}

}  // namespace badgate::harness::lab
