# heddle_generate(TARGET <target> PROTOS <file>... [IMPORT_DIRS <dir>...] [OUT_DIR <dir>])
#
# Makes C++ of .proto files with protoc and protoc-gen-heddle and adds it to a target of the same directory (of any kind
# that has sources). X.pb.h and X.heddle.hpp are found by the target and by what links to it.
#
#   PROTOS       relative to the current source directory, or absolute; each must lie in one of IMPORT_DIRS
#   IMPORT_DIRS  where imports are looked up, most specific first; default: the current source directory
#   OUT_DIR      default: ${CMAKE_CURRENT_BINARY_DIR}/heddle_generated/<target>
#
# All PROTOS of a call go to protoc together: services are named with respect to everything else in their packages, and
# the plugin sees only what is given to it at once or imported. A change of one file, or of one that it imports from
# IMPORT_DIRS, makes all of them anew.
#
# The plugin is the file named by HEDDLE_PROTOC_GEN, or what this build or an installed heddle provides, or
# protoc-gen-heddle in PATH. When cross-compiling only the first and the last are programs that can run here.
# protoc is likewise Protobuf_PROTOC_EXECUTABLE, protobuf::protoc, or protoc in PATH.
include_guard(GLOBAL)

# A program for a custom command, and the target to depend on if there is one.
function(_heddle_find_program out_program name override)
  cmake_parse_arguments(PARSE_ARGV 3 arg "" "" "TARGETS")
  if(override)
    set(${out_program} "${override}" PARENT_SCOPE)
    return()
  endif()
  if(NOT CMAKE_CROSSCOMPILING)
    foreach(target IN LISTS arg_TARGETS)
      if(TARGET ${target})
        set(${out_program} "$<TARGET_FILE:${target}>" PARENT_SCOPE)
        return()
      endif()
    endforeach()
  endif()
  find_program(program ${name} NO_CACHE)
  if(NOT program)
    message(FATAL_ERROR "heddle_generate: ${name} was not found; put it in PATH or name it by a variable")
  endif()
  set(${out_program} "${program}" PARENT_SCOPE)
endfunction()

# Adds to a list of absolute .proto files those which they import from the directories given.
function(_heddle_add_imports out_files)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "FILES;DIRS")
  set(seen)
  while(arg_FILES)
    list(POP_FRONT arg_FILES file)
    if(file IN_LIST seen)
      continue()
    endif()
    list(APPEND seen "${file}")
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${file}")  # its imports may change
    file(STRINGS "${file}" lines REGEX "^[ \t]*import[ \t]")
    foreach(line IN LISTS lines)
      if(NOT line MATCHES "[\"']([^\"']+)[\"']")
        continue()
      endif()
      set(import "${CMAKE_MATCH_1}")
      foreach(dir IN LISTS arg_DIRS)
        if(EXISTS "${dir}/${import}")
          list(APPEND arg_FILES "${dir}/${import}")
          break()
        endif()
      endforeach()
    endforeach()
  endwhile()
  set(${out_files} "${seen}" PARENT_SCOPE)
endfunction()

function(heddle_generate)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "TARGET;OUT_DIR" "PROTOS;IMPORT_DIRS")
  if(arg_UNPARSED_ARGUMENTS OR NOT arg_PROTOS OR NOT TARGET "${arg_TARGET}")
    message(FATAL_ERROR "usage: heddle_generate(TARGET <existing target> PROTOS <file>... "
                        "[IMPORT_DIRS <dir>...] [OUT_DIR <dir>])")
  endif()
  # Elsewhere the rule that makes its sources would not be known to the target.
  get_target_property(target_dir ${arg_TARGET} SOURCE_DIR)
  if(NOT target_dir STREQUAL CMAKE_CURRENT_SOURCE_DIR)
    message(FATAL_ERROR "heddle_generate: call it where the target ${arg_TARGET} is made, in ${target_dir}")
  endif()
  if(NOT arg_OUT_DIR)
    set(arg_OUT_DIR "${CMAKE_CURRENT_BINARY_DIR}/heddle_generated/${arg_TARGET}")
  endif()
  if(NOT arg_IMPORT_DIRS)
    set(arg_IMPORT_DIRS "${CMAKE_CURRENT_SOURCE_DIR}")
  endif()
  set(import_dirs)
  foreach(dir IN LISTS arg_IMPORT_DIRS)
    cmake_path(ABSOLUTE_PATH dir NORMALIZE)
    string(REGEX REPLACE "(.)/$" "\\1" dir "${dir}")
    list(APPEND import_dirs "${dir}")
  endforeach()

  set(files)
  set(sources)
  set(headers)
  foreach(proto IN LISTS arg_PROTOS)
    cmake_path(ABSOLUTE_PATH proto NORMALIZE)
    list(APPEND files "${proto}")
    set(name)
    foreach(dir IN LISTS import_dirs)
      cmake_path(IS_PREFIX dir "${proto}" inside)
      if(inside)
        cmake_path(RELATIVE_PATH proto BASE_DIRECTORY "${dir}" OUTPUT_VARIABLE name)
        break()
      endif()
    endforeach()
    if(NOT name)
      message(FATAL_ERROR "heddle_generate: ${proto} is in none of IMPORT_DIRS: ${import_dirs}")
    endif()
    string(REGEX REPLACE "\\.proto$" "" stem "${arg_OUT_DIR}/${name}")
    list(APPEND sources "${stem}.pb.cc")
    list(APPEND headers "${stem}.pb.h" "${stem}.heddle.hpp")
  endforeach()

  _heddle_find_program(plugin protoc-gen-heddle "${HEDDLE_PROTOC_GEN}"
                       TARGETS heddle::protoc-gen-heddle protoc-gen-heddle)
  _heddle_find_program(protoc protoc "${Protobuf_PROTOC_EXECUTABLE}" TARGETS protobuf::protoc)
  _heddle_add_imports(inputs FILES ${files} DIRS ${import_dirs})

  # protoc finds google/protobuf/*.proto by itself only in the usual layout of an installation.
  if(TARGET protobuf::libprotobuf)
    get_target_property(dirs protobuf::libprotobuf INTERFACE_INCLUDE_DIRECTORIES)
    foreach(dir IN LISTS dirs)
      if(EXISTS "${dir}/google/protobuf/descriptor.proto")
        list(APPEND import_dirs "${dir}")
      endif()
    endforeach()
  endif()
  list(TRANSFORM import_dirs PREPEND "-I")
  file(MAKE_DIRECTORY "${arg_OUT_DIR}")
  add_custom_command(
    OUTPUT ${sources} ${headers}
    COMMAND "${protoc}" "--plugin=protoc-gen-heddle=${plugin}" ${import_dirs}
            "--cpp_out=${arg_OUT_DIR}" "--heddle_out=${arg_OUT_DIR}" ${files}
    DEPENDS ${inputs} "${plugin}" "${protoc}"
    COMMENT "Generating protobuf and heddle code of ${arg_TARGET}"
    VERBATIM)
  target_sources(${arg_TARGET} PRIVATE ${sources} ${headers})
  target_include_directories(${arg_TARGET} PUBLIC "$<BUILD_INTERFACE:${arg_OUT_DIR}>")
  foreach(library IN ITEMS protobuf::libprotobuf heddle::heddle)
    if(TARGET ${library})
      target_link_libraries(${arg_TARGET} PUBLIC ${library})
    endif()
  endforeach()
endfunction()
