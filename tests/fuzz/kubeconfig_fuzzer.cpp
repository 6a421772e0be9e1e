#include "base/files.hpp"
#include "fuzz.hpp"
#include "kube/kubeconfig.hpp"

#include <filesystem>

using namespace meshdrill;

namespace {

// A kubeconfig is read from a file only: one in a folder of this process's own.
const std::filesystem::path& folder() {
  static const std::filesystem::path made = make_temporary_folder("meshdrill-fuzz").value();
  static const int at_exit = std::atexit([] { std::filesystem::remove_all(made); });
  fuzz::demand(at_exit == 0, "the folder is removed in the end");
  return made;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::filesystem::path path = folder() / "config";
  std::FILE* file = std::fopen(path.c_str(), "wb");
  fuzz::demand(file != nullptr, "the file can be written");
  std::fwrite(data, 1, size, file);
  std::fclose(file);
  const auto config = kube::load_kubeconfig({path.string(), {}, {}});
  if (!config) {
    fuzz::demand_sound(config.error(), true);
    return 0;
  }
  for (const auto& context : config->contexts) {
    const auto choice = kube::choose_context(*config, context.name);
    if (!choice) fuzz::demand(has_errors(choice.error()), "what is refused is an error");
  }
  return 0;
}
