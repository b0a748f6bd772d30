#include "harness/lab/frames.h"

#include <doctest/doctest.h>

#include "harness/lab/http.h"
#include "harness/lab/packed.h"

using namespace badgate::harness::lab;

TEST_CASE("frames come out as they went in, however they are cut") {
  const std::string stream = framed("one") + framed("") + framed(std::string(70'000, 'x'));
  for (const std::size_t step : {std::size_t{1}, std::size_t{7}, stream.size()}) {
    Frames frames(100'000);
    std::vector<std::string> out;
    for (std::size_t at = 0; at < stream.size(); at += step) {
      frames.feed(std::string_view(stream).substr(at, step));
      while (auto text = frames.next())
        out.push_back(std::move(*text));
    }
    CHECK(out == std::vector<std::string>{"one", "", std::string(70'000, 'x')});
    CHECK(!frames.broken());
  }
}

TEST_CASE("a frame that is announced as too long is none") {
  Frames frames(10);
  frames.feed(framed("12345678901").substr(0, 4));
  CHECK(!frames.next());
  CHECK(frames.broken());
}

TEST_CASE("answers are packed for the way") {
  const auto answer = unpacked(packed({422, "application/json", "{\"a b\":1}"}));
  CHECK(answer.status == 422);
  CHECK(answer.body == "{\"a b\":1}");
  CHECK(unpacked("").status == 500);
}

TEST_CASE("values of a query") {
  CHECK(query_value("seed=42&x=%41+b%zz", "seed") == "42");
  CHECK(query_value("seed=42&x=%41+b%zz", "x") == "A b%zz");
  CHECK(query_value("a&seed", "seed") == "");
  CHECK(!query_value("xseed=1", "seed"));
  CHECK(!query_value("", "seed"));
}
