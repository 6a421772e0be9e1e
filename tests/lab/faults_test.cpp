#include "lab/faults.hpp"

#include <doctest/doctest.h>

using namespace meshdrill;
using namespace meshdrill::lab;

TEST_CASE("a fault is read as it is written") {
  for (const FaultInfo& info : fault_table()) {
    const Fault fault{info.kind, "lab-001",
                      info.takes_duration ? Duration(std::chrono::seconds(2)) : Duration::zero()};
    const auto read = parse_fault(to_string(fault));
    REQUIRE(read);
    CHECK(*read == fault);
  }
  CHECK(parse_fault("stale-backends")->cluster.empty());
}

TEST_CASE("what is no fault is refused with a reason") {
  const auto reason = [](std::string_view text) {
    const auto fault = parse_fault(text);
    return fault ? std::string() : fault.error().message;
  };
  CHECK(reason("stale-backend").find("did you mean \"stale-backends\"") != std::string::npos);
  CHECK(reason("zzz").find("ingress-down") != std::string::npos);
  CHECK(reason("propagation-delay").find("needs a duration") != std::string::npos);
  CHECK(reason("propagation-delay=fast") != "");
  CHECK(reason("ingress-down=3s").find("no value") != std::string::npos);
  CHECK(reason("ingress-down@").find("no cluster") != std::string::npos);
  CHECK(parse_fault("propagation-delay@lab-001", false));  // to clear it, no delay is needed
}
