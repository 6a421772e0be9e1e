#include "base/openssl_memory.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <random>
#include <thread>
#include <vector>

#include <doctest/doctest.h>
#include <openssl/crypto.h>

namespace meshdrill::openssl {
namespace {

// Before any test has used OpenSSL: later it would do nothing. So all tests of this binary run on it.
const bool is_ours = [] {
  keep_memory();
  CRYPTO_malloc_fn allocate = nullptr;
  CRYPTO_get_mem_functions(&allocate, nullptr, nullptr);
  return allocate != &CRYPTO_malloc;
}();

unsigned char* get(std::size_t size) {
  return static_cast<unsigned char*>(CRYPTO_malloc(size, "", 0));
}
void give_back(void* block) {
  CRYPTO_free(block, "", 0);
}

TEST_CASE("a block that was given back is used again for one of its kind") {
  REQUIRE(is_ours);
  unsigned char* const first = get(100);
  give_back(first);
  unsigned char* const other_kind = get(200);
  CHECK(other_kind != first);
  unsigned char* const same_kind = get(97);
  CHECK(same_kind == first);
  give_back(same_kind);
  give_back(other_kind);
}

TEST_CASE("blocks are as large as asked, aligned, and apart from each other") {
  std::mt19937 random{1};
  struct Block {
    unsigned char* bytes;
    std::size_t size;
    unsigned char mark;
  };
  std::vector<Block> blocks;
  const auto is_intact = [](const Block& block) {
    for (std::size_t i = 0; i < block.size; ++i)
      if (block.bytes[i] != block.mark) return false;
    return reinterpret_cast<std::uintptr_t>(block.bytes) % alignof(std::max_align_t) == 0;
  };
  int broken = 0;
  for (int step = 0; step < 20'000; ++step) {
    const auto mark = static_cast<unsigned char>(step);
    // Small ones as often as large ones, and those beyond what is kept.
    const std::size_t size = 1 + random() % (std::size_t{32} << random() % 12);
    if (blocks.size() < 50) blocks.push_back({get(1), 0, 0});
    Block& block = blocks[random() % blocks.size()];
    broken += is_intact(block) ? 0 : 1;
    if (random() % 2 == 0) {
      block.bytes = static_cast<unsigned char*>(CRYPTO_realloc(block.bytes, size, "", 0));
      block.size = std::min(block.size, size);
      broken += is_intact(block) ? 0 : 1;
    } else {
      give_back(block.bytes);
      block.bytes = get(size);
    }
    block.size = size;
    block.mark = mark;
    std::memset(block.bytes, mark, size);
  }
  CHECK(broken == 0);
  for (const Block& block : blocks) give_back(block.bytes);
}

TEST_CASE("a block of no bytes is none, and none may be given back") {
  CHECK(get(0) == nullptr);
  give_back(nullptr);
  void* const made = CRYPTO_realloc(nullptr, 10, "", 0);
  CHECK(made != nullptr);
  CHECK(CRYPTO_realloc(made, 0, "", 0) == nullptr);
}

TEST_CASE("a block may be given back by another thread than asked for it, and outlive both") {
  std::array<unsigned char*, 3> blocks{};
  std::thread{[&] {
    for (auto& block : blocks) block = get(500);
  }}.join();
  std::thread{[&] { give_back(blocks[0]); }}.join();
  give_back(blocks[1]);
  std::memset(blocks[2], 1, 500);
  give_back(blocks[2]);
}

}  // namespace
}  // namespace meshdrill::openssl
