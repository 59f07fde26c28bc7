// Large pieces of memory that a thread keeps for its next large message, since getting pages from the system and giving
// them back costs more than everything else that is done with their content.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <new>
#include <utility>

#if defined(__SANITIZE_ADDRESS__)
#define HEDDLE_DETAIL_KEEPS_MEMORY false
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HEDDLE_DETAIL_KEEPS_MEMORY false
#endif
#endif
#ifndef HEDDLE_DETAIL_KEEPS_MEMORY
#define HEDDLE_DETAIL_KEEPS_MEMORY true
#endif

namespace heddle::detail {

struct memory_piece {
  std::uint8_t* data = nullptr;
  std::size_t size = 0;
};

/// What is taken on one thread may be given back on another. A thread keeps up to `most_kept`, of pieces between
/// `smallest` and `largest`; others come from and go to operator new at once, and so does everything under
/// AddressSanitizer, which is to see each use after the end.
class spare_memory {
 public:
  static constexpr bool keeps = HEDDLE_DETAIL_KEEPS_MEMORY;
  static constexpr std::size_t smallest = 32 * 1024, largest = 4 * 1024 * 1024, most_kept = 8 * 1024 * 1024;

  /// At least `size` bytes, not initialised.
  static memory_piece take(std::size_t size) {
    if (size < smallest || size > largest) return {allocate(size), size};
    std::size_t const quarter = std::bit_floor(size) / 4, rounded = (size + quarter - 1) / quarter * quarter;
    if (stock* const kept = of_thread()) {
      std::size_t const first = place_of(rounded);
      for (std::size_t i = first; i < first + 4 && i < kept->pieces.size(); ++i) {
        if (kept->pieces[i] == nullptr) continue;
        link* const found = std::exchange(kept->pieces[i], kept->pieces[i]->next);
        memory_piece const piece{reinterpret_cast<std::uint8_t*>(found), found->size};
        kept->bytes -= piece.size;
        return piece;
      }
    }
    return {allocate(rounded), rounded};
  }

  static void give_back(memory_piece piece) noexcept {
    stock* const kept = piece.size < smallest || piece.size > largest ? nullptr : of_thread();
    if (kept == nullptr || kept->bytes + piece.size > most_kept) return ::operator delete(piece.data);
    link*& place = kept->pieces[place_of(piece.size)];
    place = ::new (piece.data) link{place, piece.size};
    kept->bytes += piece.size;
  }

 private:
  // In the first bytes of a piece that nobody uses.
  struct link {
    link* next;
    std::size_t size;
  };
  // Without a destructor: a buffer that is destroyed after its thread's objects still finds it, and that it is closed.
  struct stock {
    std::array<link*, 29> pieces;  // four sizes to each doubling
    std::size_t bytes;
    bool closed;
  };
  struct closer {
    stock& kept;
    ~closer() {
      kept.closed = true;
      for (link*& place : kept.pieces)
        while (place != nullptr) ::operator delete(std::exchange(place, place->next));
    }
  };

  static std::uint8_t* allocate(std::size_t size) { return static_cast<std::uint8_t*>(::operator new(size)); }
  static std::size_t place_of(std::size_t size) noexcept {
    std::size_t const whole = std::bit_floor(size), octave = std::bit_width(size) - std::bit_width(smallest);
    return octave * 4 + (size - whole) / (whole / 4);
  }
  static stock* of_thread() noexcept {
    if (!keeps) return nullptr;
    static thread_local stock kept{};
    static thread_local closer const at_end{kept};
    return at_end.kept.closed ? nullptr : &kept;
  }
};

}  // namespace heddle::detail

#undef HEDDLE_DETAIL_KEEPS_MEMORY
