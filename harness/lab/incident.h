// Incident: something is wrong, and all that is known are logs, a configuration and what users say.
// Plain data, made from a template and a seed: names, paths and numbers differ, causes do not.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "harness/lab/lesson.h"
#include "harness/load/document.h"
#include "net/time.h"

namespace badgate::harness::lab {

struct IncidentOffer {
  std::string id;  // says nothing of the cause
  unsigned level = 1;
  std::string title;
};

struct IncidentCause {
  std::string id;
  std::string label;
  bool right = false;
  std::vector<std::string> rows;  // of the catalogue of causes: "D1"; what `explain` names
};

struct IncidentFix {
  std::string id;    // once it is dealt: a letter, which says nothing of it
  std::string name;  // in its file
  std::string label;
  bool helps = false;
  Node changes;  // laid over the scenario as a [remedy.NAME]
};

// What stands in place of a backend in what people see: "app[0]" → "10.4.7.11:8080".
using Addresses = std::vector<std::pair<std::string, std::string>>;

struct Incident {
  std::uint64_t seed = 1;
  std::string id;
  std::string template_name;  // its file's name; for nobody who is to solve it
  unsigned level = 1;
  std::string title;
  std::string prompt;
  std::vector<std::string> users_say;
  std::string config;  // nginx.conf, as an operator would find it
  std::vector<SampleRequest> requests;
  // Right and wrong ones; once they are dealt, some of the wrong ones, in an order that says
  // nothing.
  std::vector<IncidentCause> causes;
  std::vector<IncidentFix> fixes;
  std::vector<std::string> hints;  // from vague to plain
  std::vector<std::string> explanation;
  Addresses addresses;
  std::uint64_t process = 1;  // the id of nginx's worker
  std::string client;         // the balancer in front, from which all requests come
  Node scenario;              // what has happened so far: servers, faults, the users' requests
  net::TimePoint now;         // when the operator arrives; what is sent comes after it
};

}  // namespace badgate::harness::lab
