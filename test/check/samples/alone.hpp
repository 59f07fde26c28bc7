// as: include/heddle/base/alone.hpp check: headers
#pragma once
inline std::string alone() { return {}; }  // reject: alone
