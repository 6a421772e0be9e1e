#include "report/live_view.hpp"

#include "drill/support.hpp"

#include <memory>

#include <doctest/doctest.h>

using namespace meshdrill;
using namespace std::chrono_literals;

namespace {

// What a view prints for some entries of a story.
std::string shown(bool terminal) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file{std::tmpfile(), &std::fclose};
  REQUIRE(file);
  {
    report::LiveView::Screen screen;
    if (terminal) screen = [] { return probe::Canvas{80, 24, false}; };
    report::LiveView view{file.get(), screen};
    drill::testing::Story story;
    const auto both = [&](probe::Offset at, const char* event, boost::json::object fields) {
      story.add(at, event, fields);
      view.show({at, event, std::move(fields)}, story.history());
    };
    both(1s, "phase", {{"phase", "baseline"}});
    probe::Batch batch;
    batch.upto = 5s;
    for (std::uint64_t i = 0; i < 10; ++i) {
      probe::Sample sample;
      sample.index = i;
      sample.outcome = i == 0 ? probe::Outcome::connect_refused : probe::Outcome::ok;
      sample.cluster = i == 0 ? "" : "two";
      batch.samples.push_back(sample);
    }
    both(5s, "samples", drill::encode(batch));
    // What is not about endpoints leaves them as they were.
    both(5s, "observed",
         {{"cluster", "one"},
          {"kind", "Deployment"},
          {"namespace", "default"},
          {"name", "api"},
          {"podsLeft", 1}});
    both(5s, "ownership", {{"message", "spec.replicas belongs to helm, as before"}});
    both(6s, "abort", {{"kind", "guard"}, {"message", "too \x1b[2Jmany"}});
    both(7s, "end", {});
  }
  std::string text(16384, '\0');
  std::rewind(file.get());
  text.resize(std::fread(text.data(), 1, text.size(), file.get()));
  return text;
}

}  // namespace

TEST_CASE("away from a terminal everything is a plain line") {
  const std::string text = shown(false);
  CAPTURE(text);
  CHECK(text ==
        "   1.000 s  == baseline: the steady state, for 15s\n"
        "   5.000 s     baseline   one    0/s  two    9/s  failed    1/s\n"
        "   5.000 s  Deployment default/api of one: 1 of the deleted Pods left\n"
        "   5.000 s  spec.replicas belongs to helm, as before\n"
        "   6.000 s  ENDING EARLY (guard): too ?[2Jmany\n");
}

TEST_CASE("on a terminal the picture is wiped before the next line") {
  const std::string text = shown(true);
  CAPTURE(text);
  CHECK(text.find("two      ████████████████████  100.0 %      9/s  ? ready") != std::string::npos);
  const std::size_t picture = text.find("deadline in");
  REQUIRE(picture != std::string::npos);
  // Up over the picture, clear to the end of the screen, then the line.
  CHECK(text.find("A\033[J   5.000 s  Deployment default/api", picture) != std::string::npos);
}
