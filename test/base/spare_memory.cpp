#include <heddle/base/spare_memory.hpp>

#include <cstring>
#include <thread>
#include <utility>
#include <vector>

#include <heddle/base/bytes.hpp>

#include "support/catch.hpp"

using heddle::byte_buffer;
using heddle::detail::memory_piece;
using heddle::detail::spare_memory;

// Under AddressSanitizer nothing is kept, and every test below is one of plain memory.
constexpr bool kept = spare_memory::keeps;

TEST_CASE("a large piece of memory that was given back is the next one of its size") {
  for (std::size_t const size :
       {spare_memory::smallest, std::size_t{65550}, std::size_t{1048581}, spare_memory::largest}) {
    INFO(size);
    memory_piece const first = spare_memory::take(size);
    CHECK(first.size >= size);
    CHECK(first.size - size <= size / 4);
    std::memset(first.data, 1, first.size);
    spare_memory::give_back(first);
    memory_piece const second = spare_memory::take(size);
    if (kept) CHECK(second.data == first.data);
    CHECK(second.size == first.size);
    std::memset(second.data, 2, second.size);
    spare_memory::give_back(second);
  }
}

TEST_CASE("a piece serves for less than its size, but not for less than half") {
  memory_piece const large = spare_memory::take(256 * 1024);
  spare_memory::give_back(large);
  memory_piece const small = spare_memory::take(100 * 1024);
  CHECK(small.size < 128 * 1024);
  memory_piece const fitting = spare_memory::take(200 * 1024);
  CHECK(fitting.size >= 200 * 1024);
  if (kept) CHECK(fitting.data == large.data);
  spare_memory::give_back(small);
  spare_memory::give_back(fitting);
}

TEST_CASE("a thread keeps no more than its share, and gives it back at its end") {
  std::thread([] {
    std::vector<memory_piece> pieces;
    for (int i = 0; i < 20; ++i) pieces.push_back(spare_memory::take(1024 * 1024));
    for (memory_piece const& piece : pieces) spare_memory::give_back(piece);
    std::size_t again = 0;
    std::vector<memory_piece> next;
    for (int i = 0; i < 20; ++i) {
      next.push_back(spare_memory::take(1024 * 1024));
      for (memory_piece const& piece : pieces)
        if (piece.data == next.back().data) ++again;
    }
    if (kept) CHECK(again >= 8);
    for (memory_piece const& piece : next) spare_memory::give_back(piece);
  }).join();
}

TEST_CASE("a buffer may be filled on one thread and destroyed on another, or after its thread") {
  byte_buffer here;
  std::thread([&here] {
    static thread_local byte_buffer outlives;  // made before the thread's stock, and so destroyed after it
    outlives.push_back(1);
    here.append(std::string_view("x"));
    here.prepare(100 * 1024);
    outlives.prepare(100 * 1024);
  }).join();
  CHECK(here.size() == 1);
  here.clear();
  here.shrink(0);
  CHECK(here.capacity() == 0);
}
