// as: test/base/format.cpp check: format
#pragma once
int f(int  a);  // reject: format
