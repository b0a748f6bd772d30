// Stages: the scenarios that are up at real speed, each in a child (stage_host.h). They end when
// they are deleted, when nobody has asked for them for an hour, and with the lab.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "harness/lab/events.h"
#include "harness/lab/http.h"
#include "harness/lab/play.h"

namespace badgate::harness::lab {

class Stages {
 public:
  static constexpr std::size_t kMost = 16;

  // `events` must outlive it.
  explicit Stages(Events& events);
  // Ends all.
  ~Stages();
  Stages(const Stages&) = delete;
  Stages& operator=(const Stages&) = delete;

  // 201 when it is up; 503 if there are too many.
  void begin(PlayedText played, Reply reply);
  // A command of host_stage; 404 if there is no such stage.
  void ask(const std::string& id, std::string_view command, Reply reply);
  // 204 when its ports are free again.
  void end(const std::string& id, Reply reply);

 private:
  struct Live;

  void send(Live& stage);
  Live* find(const std::string& id);
  void read(Live& stage);
  void ended(Live& stage);
  void wait_for_answer(Live& stage);

  Events& events_;
  std::map<std::string, std::unique_ptr<Live>, std::less<>> stages_;
};

}  // namespace badgate::harness::lab
