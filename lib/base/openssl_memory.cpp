#include "base/openssl_memory.hpp"

#include <array>
#include <bit>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <utility>

#include <openssl/crypto.h>

namespace meshdrill::openssl {
namespace {

// Kinds of blocks: by steps of 32 bytes, then by four steps from one power of two to the next, then any size.
constexpr std::size_t step = 32, most_small = 1024, most_kept = 32768;
constexpr std::size_t small_kinds = most_small / step;
constexpr std::size_t kinds = small_kinds + 4 * (std::bit_width(most_kept / most_small) - 1U);
constexpr std::size_t any_size = kinds;

constexpr std::size_t kind_of(std::size_t size) {
  if (size <= most_small) return (size - 1) / step;
  if (size > most_kept) return any_size;
  const std::size_t power = std::bit_floor(size - 1);
  const std::size_t doublings = std::bit_width(power / most_small) - 1U;
  return small_kinds + 4 * doublings + (size - 1 - power) / (power / 4);
}

constexpr std::size_t size_of(std::size_t kind) {
  if (kind < small_kinds) return (kind + 1) * step;
  const std::size_t power = most_small << ((kind - small_kinds) / 4);
  return power + ((kind - small_kinds) % 4 + 1) * (power / 4);
}

static_assert(size_of(kind_of(1)) == 32 && size_of(kind_of(1024)) == 1024 && size_of(kind_of(1025)) == 1280);
static_assert(kind_of(size_of(small_kinds)) == small_kinds &&
              kind_of(size_of(small_kinds) + 1) == small_kinds + 1);
static_assert(size_of(kinds - 1) == most_kept && kind_of(most_kept) == kinds - 1);

// In front of each block.
struct alignas(std::max_align_t) Head {
  std::size_t kind;
};
Head* head_of(void* block) {
  return static_cast<Head*>(block) - 1;
}

struct Kept {
  Kept* next;
};
constinit thread_local std::array<Kept*, kinds> kept{};
constinit thread_local bool ending = false;

// OpenSSL gives back blocks even after this.
struct AtEndOfThread {
  ~AtEndOfThread() {
    ending = true;
    for (Kept*& first : kept) {
      while (first != nullptr) std::free(head_of(std::exchange(first, first->next)));
    }
  }
};

void free_at_end_of_thread() {
  thread_local const AtEndOfThread at_end;
  static_cast<void>(&at_end);
}

void* make_block(std::size_t kind, std::size_t size) {
  Head* const head = static_cast<Head*>(std::malloc(sizeof(Head) + size));
  if (head == nullptr) return nullptr;
  head->kind = kind;
  return head + 1;
}

void* allocate(std::size_t size, const char*, int) {
  if (size == 0) return nullptr;
  const std::size_t kind = kind_of(size);
  if (kind == any_size) return make_block(kind, size);
  Kept*& first = kept[kind];
  return first != nullptr ? std::exchange(first, first->next) : make_block(kind, size_of(kind));
}

void give_back(void* block, const char*, int) {
  if (block == nullptr) return;
  Head* const head = head_of(block);
  if (head->kind == any_size || ending) return std::free(head);
  free_at_end_of_thread();
  Kept* const free_block = static_cast<Kept*>(block);
  free_block->next = std::exchange(kept[head->kind], free_block);
}

void* resize(void* block, std::size_t size, const char* file, int line) {
  if (block == nullptr) return allocate(size, file, line);
  if (size == 0) {
    give_back(block, file, line);
    return nullptr;
  }
  Head* const head = head_of(block);
  if (head->kind == any_size) {
    // It stays one of any size, even if it becomes a small one: nobody knows how much of it there is.
    Head* const moved = static_cast<Head*>(std::realloc(head, sizeof(Head) + size));
    return moved != nullptr ? moved + 1 : nullptr;
  }
  const std::size_t there = size_of(head->kind);
  if (size <= there) return block;
  void* const larger = allocate(size, file, line);
  if (larger == nullptr) return nullptr;
  std::memcpy(larger, block, there);
  give_back(block, file, line);
  return larger;
}

}  // namespace

void keep_memory() {
  CRYPTO_set_mem_functions(allocate, resize, give_back);
}

}  // namespace meshdrill::openssl
