// The class behind write_runbook(). Internal to it.
#pragma once

#include "drill/scenario/scenario.hpp"
#include "mesh/model.hpp"

#include <string>
#include <utility>

#include <fmt/format.h>

namespace meshdrill::drill {

class Runbook {
 public:
  // `scenario` and `mesh` must outlive it.
  Runbook(const Scenario& scenario, const mesh::Mesh& mesh, std::string drill_file);

  // Once.
  std::string text();

 private:
  template <class... Arguments>
  void line(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
    text_ += fmt::format(format, std::forward<Arguments>(arguments)...) + "\n";
  }
  void blank() { text_ += "\n"; }
  void command(const std::string& command);
  [[nodiscard]] static std::string kubectl(const std::string& context, const std::string& rest);
  [[nodiscard]] std::string at_target(const std::string& rest) const;
  [[nodiscard]] std::string service_ns() const;
  [[nodiscard]] std::string url() const;
  [[nodiscard]] std::string floor_text() const;

  void head();
  void steady_state();
  void probe();
  void expectations(Phase phase);
  void times(const Expectation& expect);
  void hold();
  void recovered();
  void end();

  // runbook_before.cpp: what is looked at before anything is changed.
  void before();
  void limits();
  void survivors();
  void owners();

  // runbook_fault.cpp: what differs from fault to fault.
  void fault();
  [[nodiscard]] std::string workload_ns() const;
  void list_objects();
  [[nodiscard]] std::string fault_command() const;
  [[nodiscard]] std::string effect() const;
  void restore();

  const Scenario& scenario_;
  const mesh::Mesh& mesh_;
  std::string drill_file_;
  std::string context_;
  std::string text_;
};

}  // namespace meshdrill::drill
