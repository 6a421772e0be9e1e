#pragma once

#include "base/result.hpp"

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

namespace meshdrill {

// The whole file, or a message that names it and says why not. Refuses files over `limit` bytes.
Result<std::string> read_file(const std::filesystem::path& path, std::size_t limit = std::size_t{64} << 20);

// Writes `content` under a temporary name in the same folder, syncs it and renames it over `path`: a reader
// sees the old file or the new one, never half of one. The file gets exactly `mode` (0600 for keys). Leaves
// nothing behind on failure.
Result<> write_file(const std::filesystem::path& path, std::string_view content, unsigned mode = 0644);

// A fresh folder, mode 0700, named PREFIX-XXXXXX under the system's folder for temporary files. The caller
// removes it.
Result<std::filesystem::path> make_temporary_folder(std::string_view prefix);

}  // namespace meshdrill
