# heddle_warnings(target): the warnings that heddle's own code is clean of. Not for generated or foreign code.
function(heddle_warnings target)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wshadow $<$<BOOL:${HEDDLE_WERROR}>:-Werror>)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # g++ takes the sized operator delete of Asio's coroutine frames for a mismatch when it inlines only one of both.
    target_compile_options(${target} PRIVATE -Wno-mismatched-new-delete)
  endif()
endfunction()
