// Version and the two ways of building: header-only (default), or compiled once with heddle/src.hpp.
#pragma once

#define HEDDLE_VERSION_MAJOR 0
#define HEDDLE_VERSION_MINOR 1
#define HEDDLE_VERSION_PATCH 0
#define HEDDLE_VERSION_STRING "0.1.0"

// Generated code asserts that it meets the runtime it was written for. Raised when generated code must be made anew.
#define HEDDLE_CODEGEN_VERSION 1

// Non-template functions in *.ipp files are inline, or live in the one translation unit that includes heddle/src.hpp.
#ifdef HEDDLE_SEPARATE_COMPILATION
#define HEDDLE_DECL
#else
#define HEDDLE_DECL inline
#endif
