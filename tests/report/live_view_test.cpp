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
    report::LiveView view{file.get(), terminal};
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
    both(6s, "abort", {{"kind", "guard"}, {"message", "too \x1b[2Jmany"}});
    both(7s, "end", {});
  }
  std::string text(4096, '\0');
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
        "   6.000 s  ENDING EARLY (guard): too ?[2Jmany\n");
}

TEST_CASE("on a terminal the line of the moment is wiped before the next") {
  const std::string text = shown(true);
  CAPTURE(text);
  CHECK(text.find("failed    1/s\r\033[K   6.000 s  ENDING EARLY") != std::string::npos);
}
