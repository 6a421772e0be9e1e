#include "fuzz.hpp"
#include "mesh/values/check_values.hpp"

using namespace meshdrill;
using namespace meshdrill::mesh::values;

// Two clusters' values, cut at the first line that is "=====".
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::string_view cut = "\n=====\n";
  const std::string_view text = fuzz::as_text(data, size);
  const std::size_t at = text.find(cut);
  std::vector<ClusterInput> inputs;
  const auto add = [&](std::string_view part, const char* file) {
    auto read = read_helm_values_text(part, file);
    if (!read) return fuzz::demand_sound(read.error(), true);
    to_json(read->values);
    inputs.push_back({file, {file, 0, 0}, std::move(read->values)});
  };
  add(text.substr(0, at), "a.yaml");
  if (at != std::string_view::npos) add(text.substr(at + cut.size()), "b.yaml");
  for (const int minor : {0, mesh::oldest_minor, mesh::newest_minor}) {
    ValuesOptions options;
    if (minor != 0) options.version = mesh::CiliumVersion{1, minor, 0, {}};
    const ValuesReport report = check_values(inputs, options);
    fuzz::demand_sound(report.findings, false);
    for (const Diagnostic& finding : report.findings)
      fuzz::demand(!finding.rule.empty(), "a finding names its rule");
  }
  return 0;
}
