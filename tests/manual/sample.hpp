// A small command line for the tests.
#pragma once

#include "manual/command.hpp"

namespace meshdrill::manual {

inline Command sample() {
  const Option help{.names = {"-h", "--help"}, .takes_value = false, .help = "Print this"};
  const Option file{.names = {"-f", "--file"}, .required = true, .value = "FILE", .help = "The mesh file"};
  const Option output{.names = {"-o", "--output"},
                      .value = "FORMAT",
                      .choices = {"text", "json", "junit"},
                      .default_value = "text",
                      .help = "What to print"};
  const Option context{
      .names = {"--context"}, .repeats = true, .value = "CONTEXT", .help = "Of the kubeconfig"};
  const Option journal{.names = {"journal"}, .positional = true, .required = true, .value = "FILE"};
  Command run{
      .name = "run", .path = "meshdrill drill run", .summary = "Do it", .options = {help, file, journal}};
  Command plan{.name = "plan", .path = "meshdrill drill plan", .summary = "Say it", .options = {help}};
  Command drill{.name = "drill",
                .path = "meshdrill drill",
                .summary = "Drills",
                .options = {help},
                .commands = {run, plan}};
  Command status{.name = "status",
                 .path = "meshdrill status",
                 .summary = "Looks | says",
                 .footer = ".dot first\n'quote' and \\ too\n",
                 .options = {help, file, output, context}};
  return {.name = "meshdrill",
          .path = "meshdrill",
          .summary = "A sample",
          .options = {help},
          .commands = {drill, status}};
}

}  // namespace meshdrill::manual
