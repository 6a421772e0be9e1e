// The shell code that asks `meshdrill __complete` what may come next (complete.hpp).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace meshdrill::manual {

// For "bash", "zsh" or "fish"; nothing for another shell.
std::optional<std::string> completion_script(std::string_view shell);

}  // namespace meshdrill::manual
