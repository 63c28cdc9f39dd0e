#include "node/heap_arenas.hpp"

#include <doctest/doctest.h>

#include <barrier>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <initializer_list>
#include <limits>
#include <malloc.h>
#include <thread>
#include <vector>

namespace weft {

TEST_CASE("a heap has two arenas for each CPU, four at least, and never more than a bound") {
  struct row {
    uint32_t cpus, arenas;
  };
  for (const auto& [cpus, arenas] :
       {row{0, 4}, row{1, 4}, row{2, 4}, row{3, 6}, row{64, 128}, row{std::numeric_limits<uint32_t>::max(), 2'048}}) {
    CAPTURE(cpus);
    CHECK(heap_arenas_for(cpus) == arenas);
  }
}

#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
namespace {

size_t arenas() {
  char* text = nullptr;
  size_t size = 0;
  std::FILE* out = open_memstream(&text, &size);
  REQUIRE(malloc_info(0, out) == 0);
  std::fclose(out);
  size_t count = 0;
  for (const char* at = text; (at = std::strstr(at, "<heap nr=")) != nullptr; ++at)
    ++count;
  std::free(text);
  return count;
}

} // namespace

TEST_CASE("more threads than arenas share them") {
  REQUIRE(arenas() <= 4); // of this process until here
  bound_heap_arenas(1);
  constexpr int count = 12;
  std::barrier all(count);
  std::vector<std::thread> threads;
  for (int i = 0; i < count; ++i)
    threads.emplace_back([&all] {
      const std::vector<char> mine(1'000, 'x'); // each has taken memory before any gives some back
      all.arrive_and_wait();
    });
  for (auto& thread : threads)
    thread.join();
  CHECK(arenas() <= heap_arenas_for(1));
}
#endif

} // namespace weft
