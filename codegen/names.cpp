#include "names.hpp"

#include <algorithm>
#include <iterator>

namespace heddle::codegen {
namespace {

// Locale-free: proto identifiers are ASCII.
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
char to_lower(char c) { return is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c; }

// clang-format off
// Removing a name from this list, or adding one, renames methods in the programs of users.
// NULL and other names with capitals can't come out of snake_case.
constexpr std::string_view reserved[] = {
    // Keywords up to C++26, alternative tokens, and `typeof` of the GNU dialects.
    "alignas", "alignof", "and", "and_eq", "asm", "auto", "bitand", "bitor", "bool", "break", "case", "catch", "char",
    "char16_t", "char32_t", "char8_t", "class", "co_await", "co_return", "co_yield", "compl", "concept", "const",
    "const_cast", "consteval", "constexpr", "constinit", "continue", "contract_assert", "decltype", "default", "delete",
    "do", "double", "dynamic_cast", "else", "enum", "explicit", "export", "extern", "false", "float", "for", "friend",
    "goto", "if", "inline", "int", "long", "mutable", "namespace", "new", "noexcept", "not", "not_eq", "nullptr",
    "operator", "or", "or_eq", "private", "protected", "public", "register", "reinterpret_cast", "requires", "return",
    "short", "signed", "sizeof", "static", "static_assert", "static_cast", "struct", "switch", "template", "this",
    "thread_local", "throw", "true", "try", "typedef", "typeid", "typename", "typeof", "union", "unsigned", "using",
    "virtual", "void", "volatile", "wchar_t", "while", "xor", "xor_eq",

    // Members of the generated struct and classes, and of heddle::stub and heddle::service.
    "channel", "client", "descriptors", "fake", "full_name", "heddle_files_", "heddle_methods_", "methods", "read",
    "service", "stub",

    // Macros: predefined by compilers, in libc and POSIX headers that Asio or protobuf bring in, and in windows.h.
    "alloca", "assert", "assert_perror", "bswap_16", "bswap_32", "bswap_64", "cdecl", "clrbit", "complex", "errno",
    "far", "gettext", "h_addr", "h_errno", "hostalias", "howmany", "i386", "imaginary", "interface", "isclr",
    "isfinite", "isgreater", "isinf", "isless", "isnan", "isnormal", "isset", "linux", "major", "makedev",
    "math_errhandling", "minor", "mips", "near", "offsetof", "pascal", "powerof2", "putlong", "putshort", "roundup",
    "s_addr", "sa_handler", "sched_priority", "setbit", "setjmp", "sigmask", "signbit", "sigsetjmp", "small",
    "sparc", "stderr", "stdin", "stdout", "strdupa", "strndupa", "sun", "timeradd", "timerclear", "timercmp",
    "timerisset", "timersub", "unix", "va_arg", "va_copy", "va_end", "va_start",
};

constexpr std::string_view used_by_protobuf[] = {
    "absl", "boost", "google", "heddle", "int16_t", "int32_t", "int64_t", "int8_t", "internal", "pb", "proto2",
    "size_t", "std", "swap", "time_t", "uint16_t", "uint32_t", "uint64_t", "uint8_t", "va_list",
};
// clang-format on

}  // namespace

std::string snake_case(std::string_view name) {
  std::string result;
  for (std::size_t i = 0; i < name.size(); ++i) {
    bool const after_run = i > 0 && is_upper(name[i - 1]) && i + 1 < name.size() && is_lower(name[i + 1]);
    bool const after_word = i > 0 && (is_lower(name[i - 1]) || is_digit(name[i - 1]));
    if (is_upper(name[i]) && (after_run || after_word)) result += '_';
    result += to_lower(name[i]);
  }
  return result;
}

bool is_reserved(std::string_view name) {
  return std::find(std::begin(reserved), std::end(reserved), name) != std::end(reserved);
}

std::string name_scope::claim(std::string name) {
  while (is_reserved(name) || taken_.contains(name)) name += '_';
  taken_.insert(name);
  return name;
}

name_scope namespace_scope() {
  name_scope scope;
  for (std::string_view const name : used_by_protobuf) scope.take(std::string(name));
  return scope;
}

}  // namespace heddle::codegen
