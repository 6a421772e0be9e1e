#include "fuzz.hpp"
#include "mesh/allocate/lock.hpp"

using namespace meshdrill;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto lock = mesh::read_lock_text(fuzz::as_text(data, size), "mesh.lock.yaml");
  if (!lock) {
    fuzz::demand_sound(lock.error(), true);
    return 0;
  }
  // What is written is read again, and comes out the same.
  const std::string text = to_yaml(*lock);
  const auto again = mesh::read_lock_text(text, "mesh.lock.yaml");
  fuzz::demand(again.has_value(), "a lock file that was written can be read");
  fuzz::demand(to_yaml(*again) == text, "it says the same");
  return 0;
}
