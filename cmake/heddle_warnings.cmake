# heddle_warnings(target): the warnings that heddle's own code is clean of. Not for generated or foreign code.
function(heddle_warnings target)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wshadow $<$<BOOL:${HEDDLE_WERROR}>:-Werror>)
endfunction()
