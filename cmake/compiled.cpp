// heddle::compiled: everything that is not a template, once.
#include <heddle/src.hpp>
