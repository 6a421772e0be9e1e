#include "drill/scenario/scenario.hpp"
#include "fuzz.hpp"

using namespace meshdrill;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto scenario = drill::read_scenario_text(fuzz::as_text(data, size), "drill.yaml");
  if (!scenario) fuzz::demand_sound(scenario.error(), true);
  return 0;
}
