#include "base/json_schema.hpp"
#include "drill/scenario/scenario.hpp"
#include "exit_codes.hpp"
#include "mesh/read/read_mesh.hpp"
#include "self_commands.hpp"

#include <cstdio>
#include <memory>

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

namespace meshdrill::cli {
namespace {

int schema(const std::string& kind) {
  const boost::json::object schema =
      kind == "mesh"
          ? json_schema(mesh::mesh_file_shape(), mesh::mesh_file_meanings(), "A mesh file of meshdrill")
          : json_schema(drill::drill_file_shape(), drill::drill_file_meanings(), "A drill file of meshdrill");
  fmt::print("{}\n", boost::json::serialize(schema));
  return exit_pass;
}

}  // namespace

void add_schema(CLI::App& app, Run& run) {
  CLI::App* verb =
      app.add_subcommand("schema", "Print the JSON Schema of a kind of file, for editors and CI");
  const auto kind = std::make_shared<std::string>();
  verb->add_option("kind", *kind, "Of which file")->required()->check(CLI::IsMember({"mesh", "drill"}));
  verb->callback([&run, kind] { run = [kind] { return schema(*kind); }; });
}

}  // namespace meshdrill::cli
