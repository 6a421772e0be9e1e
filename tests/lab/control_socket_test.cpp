#include "lab/control_socket.hpp"

#include "lab/lab_fixture.hpp"
#include "support/test_folder.hpp"

#include <filesystem>
#include <sys/stat.h>

#include <doctest/doctest.h>

using namespace meshdrill;
using namespace meshdrill::lab;
using namespace meshdrill::lab::testing;

TEST_CASE("faults are set and cleared over the control socket") {
  const TestFolder folder;
  const std::string path = folder.path / "control.sock";
  {
    LabFixture fixture;
    REQUIRE(fixture.lab().open_control_socket(path));
    struct stat status{};
    REQUIRE(::stat(path.c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0600);

    CHECK(ask_control_socket(path, "set missing-record@lab-001").value() == R"({"ok":true})");
    CHECK(fixture.lab().faults() == std::vector{Fault{FaultKind::missing_record, "lab-001", {}}});
    const std::string state = ask_control_socket(path, "status").value();
    CHECK(state.find("\"missing-record@lab-001\"") != std::string::npos);
    CHECK(state.find(fixture.lab().url()) != std::string::npos);
    CHECK(ask_control_socket(path, "clear missing-record").value() == R"({"ok":true})");
    CHECK(fixture.lab().faults().empty());
    CHECK(ask_control_socket(path, "set nothing-known").value().find("\"ok\":false") != std::string::npos);
    CHECK(ask_control_socket(path, "gibberish").value().find("\"ok\":false") != std::string::npos);

    LabFixture second;
    CHECK_FALSE(second.lab().open_control_socket(path));  // the first lab keeps it
    CHECK(ask_control_socket(path, "status").value() != "");
  }
  CHECK_FALSE(std::filesystem::exists(path));
  CHECK_FALSE(ask_control_socket(path, "status"));
  CHECK_FALSE(ask_control_socket("/" + std::string(200, 'x'), "status"));
}
