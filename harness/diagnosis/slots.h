// Slots: a table of fixed size, found by hash. What is new takes the place of what was there: for
// things of which only the latest matter, in logs that may name any number of them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace badgate::harness::diagnosis {

template <typename T, std::size_t Size>
class Slots {
  static_assert((Size & (Size - 1)) == 0, "a power of two");

 public:
  // That of `hash`; a fresh one if it was another's.
  T& operator[](std::uint64_t hash) {
    Slot& slot = slots_[hash & (Size - 1)];
    if (slot.hash != hash || !slot.used) slot = {hash, true, T{}};
    return slot.value;
  }
  // Null: it is not there.
  const T* find(std::uint64_t hash) const {
    const Slot& slot = slots_[hash & (Size - 1)];
    return slot.used && slot.hash == hash ? &slot.value : nullptr;
  }

 private:
  struct Slot {
    std::uint64_t hash = 0;
    bool used = false;
    T value{};
  };
  std::vector<Slot> slots_{Size};
};

}  // namespace badgate::harness::diagnosis
