// as: include/heddle/base/warning.hpp check: headers
#pragma once
inline int warning(int unused) { return 0; }  // reject: alone
