// Randomness as an object that is passed in, so that tests can decide what is random.
#pragma once

#include <cstdint>
#include <memory>

#include <heddle/base/config.hpp>

namespace heddle {

namespace detail {
struct random_engine;  // std::mt19937_64, whose header costs more than most
}

/// 64 random bits at a time. Not for secrets. Implementations need not be thread-safe.
class random_source {
 public:
  random_source() = default;
  random_source(random_source const&) = delete;
  random_source& operator=(random_source const&) = delete;
  virtual ~random_source() = default;

  virtual std::uint64_t next() = 0;
  /// A number in [0, 1).
  double uniform() { return static_cast<double>(next() >> 11) * 0x1p-53; }
};

/// Seeded by the operating system, so that a fleet does not move in step.
class default_random final : public random_source {
 public:
  default_random();
  HEDDLE_DECL ~default_random() override;
  HEDDLE_DECL std::uint64_t next() override;

 private:
  std::unique_ptr<detail::random_engine> engine_;
};

/// The same numbers for the same seed, on every platform.
class fixed_random final : public random_source {
 public:
  explicit fixed_random(std::uint64_t seed);
  HEDDLE_DECL ~fixed_random() override;
  HEDDLE_DECL std::uint64_t next() override;

 private:
  std::unique_ptr<detail::random_engine> engine_;
};

}  // namespace heddle

#ifndef HEDDLE_SEPARATE_COMPILATION
#include <heddle/base/random.ipp>
#endif
