// Api: the lab's routes, from JSON to what they do and back. docs/openapi.json describes them, and
// a test holds that both have the same.
#pragma once

#include "harness/lab/jobs.h"
#include "harness/lab/routes.h"
#include "harness/lab/shelf.h"
#include "harness/lab/stages.h"

namespace badgate::harness::lab {

// What the handlers share; it must outlive the routes.
struct Rooms {
  Shelf& shelf;
  Jobs& jobs;
  Stages& stages;
};

Routes make_routes(const Rooms& rooms);

// Works an answer out in a child; its death, its time limit and a full queue become answers, too.
// It is given up when whoever asked for it leaves.
void answer_in_child(Jobs& jobs, const HttpRequest& request,
                     std::function<HttpAnswer(int interrupt_fd)> work, const Reply& reply);

// The scenario of the catalogue, or the text of a file if it is empty. The Error: there is none.
net::Result<PlayedText> played_text(const Shelf& shelf, const std::string& scenario,
                                    std::string toml);

// Each adds the routes of one topic.
void add_page_routes(Routes& routes);
void add_catalogue_routes(Routes& routes, const Rooms& rooms);
void add_incident_routes(Routes& routes, const Rooms& rooms);
void add_lesson_routes(Routes& routes);
void add_play_routes(Routes& routes, const Rooms& rooms);
void add_stage_routes(Routes& routes, const Rooms& rooms);

}  // namespace badgate::harness::lab
