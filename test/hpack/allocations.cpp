// Encoder and decoder do not allocate once warm. The operators below serve the whole test program, and count only
// between begin and end, on the thread that asked.
#include <cstdlib>
#include <new>
#include <string>

#include <heddle/hpack/decoder.hpp>
#include <heddle/hpack/encoder.hpp>

#include "hpack/support.hpp"
#include "support/catch.hpp"

namespace {

thread_local bool counting = false;
thread_local std::size_t allocations = 0;

class allocation_count {
 public:
  allocation_count() {
    allocations = 0;
    counting = true;
  }
  std::size_t end() const {
    counting = false;
    return allocations;
  }
};

class field_counter final : public heddle::hpack::field_sink {
 public:
  void on_field(heddle::header_field const&) override { ++fields; }
  std::size_t fields = 0;
};

}  // namespace

// All forms, or a sanitiser's own would be mixed with these.
void* operator new(std::size_t size, std::nothrow_t const&) noexcept {
  if (counting) ++allocations;
  return std::malloc(size != 0 ? size : 1);
}
void* operator new(std::size_t size) {
  if (void* const memory = operator new(size, std::nothrow)) return memory;
  throw std::bad_alloc();
}
void* operator new[](std::size_t size) { return operator new(size); }
void* operator new[](std::size_t size, std::nothrow_t const&) noexcept { return operator new(size, std::nothrow); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }

TEST_CASE("a warm encoder and decoder do not allocate, whatever comes and goes in their tables") {
  heddle::hpack::encoder encoder;
  heddle::hpack::decoder decoder;
  heddle::byte_buffer out;
  heddle::header_list list;
  field_counter sink;
  std::string path = "/package.service/method-000000";
  std::string id = "request-000000";
  auto const run = [&](int from, int to) {
    for (int i = from; i < to; ++i) {
      for (int n = i, digit = 1; digit <= 6; ++digit, n /= 10)
        path[path.size() - static_cast<std::size_t>(digit)] = id[id.size() - static_cast<std::size_t>(digit)] =
            static_cast<char>('0' + n % 10);
      list.clear();
      list.add(heddle::header_name::method, "POST");
      list.add(heddle::header_name::path, path);
      list.add(heddle::header_name::grpc_timeout, "999999u");
      list.add("x-request-id", id);
      list.add("x-tenant", "somebody");
      out.clear();
      encoder.encode(list, out);
      heddle::bytes_view const block = out.view();
      std::size_t const cut = static_cast<std::size_t>(i) % block.size();
      decoder.decode(block.first(cut), false, 1000, sink);
      decoder.decode(block.subspan(cut), true, 1000, sink);
    }
  };
  run(0, 2000);
  sink.fields = 0;
  allocation_count const count;
  run(2000, 6000);
  CHECK(count.end() == 0);
  CHECK(sink.fields == 5 * 4000);
}
