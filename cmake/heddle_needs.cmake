# heddle_needs(<package> [<version>] TARGET <target> [PKG_CONFIG <module>]): something that heddle::heddle needs, found
# here, by heddleConfig.cmake, and by heddle.pc where it has a module of its own.
#
# Targets are made global: who links to heddle from another directory must see them, too.
macro(heddle_needs)
  cmake_parse_arguments(heddle_need "" "TARGET;PKG_CONFIG" "" ${ARGN})
  find_package(${heddle_need_UNPARSED_ARGUMENTS} REQUIRED GLOBAL)
  target_link_libraries(heddle INTERFACE ${heddle_need_TARGET})
  list(JOIN heddle_need_UNPARSED_ARGUMENTS " " heddle_need_package)
  string(APPEND heddle_find_dependencies "find_dependency(${heddle_need_package})\n")
  list(APPEND heddle_pc_requires ${heddle_need_PKG_CONFIG})
endmacro()
