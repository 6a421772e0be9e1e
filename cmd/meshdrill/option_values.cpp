#include "option_values.hpp"

namespace meshdrill::cli {

CLI::Option* add_duration(CLI::App& command, const std::string& name, Duration& target,
                          const std::string& help) {
  const auto read = [&target](const std::string& text) {
    const auto duration = parse_duration(text);
    if (!duration || *duration <= Duration::zero()) {
      throw CLI::ValidationError(text + ": not a duration above zero, like 500ms, 10s or 1m30s");
    }
    target = *duration;
  };
  return command.add_option_function<std::string>(name, read, help)
      ->default_str(format_duration(target))
      ->type_name("DURATION");
}

std::optional<std::pair<std::string, std::string>> name_and_value(const std::string& text) {
  const std::size_t equals = text.rfind('=');
  if (equals == std::string::npos || equals == 0 || equals + 1 == text.size()) return std::nullopt;
  return std::pair{text.substr(0, equals), text.substr(equals + 1)};
}

}  // namespace meshdrill::cli
