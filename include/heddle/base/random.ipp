#pragma once

#include <random>

#include <heddle/base/random.hpp>

namespace heddle {

struct detail::random_engine : std::mt19937_64 {};

HEDDLE_DECL default_random::default_random() : engine_(std::make_unique<detail::random_engine>()) {
  std::random_device device;
  std::seed_seq seed{device(), device(), device(), device()};
  engine_->seed(seed);
}
HEDDLE_DECL default_random::~default_random() = default;
HEDDLE_DECL std::uint64_t default_random::next() { return (*engine_)(); }

HEDDLE_DECL fixed_random::fixed_random(std::uint64_t seed) : engine_(std::make_unique<detail::random_engine>()) {
  engine_->seed(seed);
}
HEDDLE_DECL fixed_random::~fixed_random() = default;
HEDDLE_DECL std::uint64_t fixed_random::next() { return (*engine_)(); }

}  // namespace heddle
