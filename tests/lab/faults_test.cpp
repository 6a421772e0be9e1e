#include "lab/faults.hpp"

#include <doctest/doctest.h>

using namespace meshdrill;
using namespace meshdrill::lab;

TEST_CASE("a fault is read as it is written") {
  for (const FaultInfo& info : fault_table()) {
    Fault fault{.kind = info.kind, .cluster = "lab-001", .resource = {}};
    if (info.value == FaultInfo::Value::duration) fault.value = std::chrono::seconds(2);
    if (info.value == FaultInfo::Value::number) fault.count = 7;
    if (info.value == FaultInfo::Value::writes) fault.resource = "deployments/scale";
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
  CHECK(reason("capacity").find("needs a number") != std::string::npos);
  CHECK(reason("capacity=0") != "");
  CHECK(reason("conflict=pots*2").find("no resource \"pots\"") != std::string::npos);
  CHECK(reason("conflict=leases*").find("no number") != std::string::npos);
}

TEST_CASE("which writes a fault is for") {
  const auto which = [](std::string_view text) {
    const Fault fault = parse_fault(text).value();
    return fault.resource + " " + std::to_string(fault.count);
  };
  CHECK(which("lost-answer") == "*/scale 1");
  CHECK(which("lost-answer=3") == "*/scale 3");
  CHECK(which("lost-answer=leases") == "leases 1");
  CHECK(which("conflict=deployments/scale*5@lab-001") == "deployments/scale 5");
  CHECK(which("conflict=any*all") == " 0");
  CHECK(which("refused-writes") == "*/scale 0");
  CHECK(which("refused-writes=*/scale*2") == "*/scale 2");
}
