# heddle_generate(TARGET <target> PROTOS <file>... [IMPORT_DIRS <dir>...] [OUT_DIR <dir>] [LITE] [DESCRIPTORS] [FAKES])
#
# Makes C++ of .proto files with protoc and protoc-gen-heddle and adds it to a target of the same directory (of any kind
# that has sources). X.pb.h and X.heddle.hpp are found by the target and by what links to it; so are heddle::heddle and
# protobuf, which is looked for here if nobody has found it yet.
#
#   PROTOS       relative to the current source directory, or absolute; each must lie in one of IMPORT_DIRS
#   IMPORT_DIRS  where imports are looked up, most specific first; default: the current source directory
#   OUT_DIR      default: ${CMAKE_CURRENT_BINARY_DIR}/heddle_generated/<target>
#   LITE         links protobuf::libprotobuf-lite; every file must say `option optimize_for = LITE_RUNTIME;`
#   DESCRIPTORS  also X.heddle.descriptors.hpp: the files behind each service as bytes, for reflection, lite or not
#   FAKES        also X.heddle.fake.hpp: services for tests, whose answers are scripted
#
# All PROTOS of a call go to protoc together: services are named with respect to everything else in their packages, and
# the plugin sees only what is given to it at once or imported. A change of one file, or of one that it imports from
# IMPORT_DIRS, makes all of them anew.
#
# The plugin is, in this order: the file named by HEDDLE_PROTOC_GEN; protoc-gen-heddle where find_program() looks, also
# in PATH, if it was made for these very headers: others are passed over; the target, which this build makes or which
# came with an installed heddle. heddle's own tree takes what it makes itself. When cross-compiling only the variable
# and PATH count: everything else may be a program of another machine. protoc is Protobuf_PROTOC_EXECUTABLE,
# protobuf::protoc, which fits the library, or protoc in PATH.
include_guard(GLOBAL)

# Functions are known everywhere, variables only where this file was included.
set_property(GLOBAL PROPERTY _heddle_plugin_version "${heddle_plugin_version}")

# find_program() as a function with arguments behind its first two; empty when there is none.
function(_heddle_find_program out_program name)
  set(flags ${ARGN})
  if(CMAKE_CROSSCOMPILING)
    list(APPEND flags NO_PACKAGE_ROOT_PATH NO_CMAKE_PATH NO_CMAKE_ENVIRONMENT_PATH NO_CMAKE_SYSTEM_PATH
      NO_CMAKE_FIND_ROOT_PATH)
  endif()
  unset(_heddle_program)  # find_program() leaves alone what is set, also where that was done by a caller
  find_program(_heddle_program NAMES ${name} NO_CACHE ${flags})
  if(NOT _heddle_program)
    set(_heddle_program "")
  endif()
  set(${out_program} "${_heddle_program}" PARENT_SCOPE)
endfunction()

# Whether a plugin was made for these headers: a validator of find_program().
function(_heddle_fits out_fits plugin)
  get_property(wanted GLOBAL PROPERTY _heddle_plugin_version)
  execute_process(COMMAND "${plugin}" --version TIMEOUT 10 RESULT_VARIABLE status OUTPUT_VARIABLE version ERROR_QUIET
    OUTPUT_STRIP_TRAILING_WHITESPACE)
  if(NOT status STREQUAL "0" OR NOT version STREQUAL wanted)
    set(${out_fits} FALSE PARENT_SCOPE)
    set_property(GLOBAL APPEND PROPERTY _heddle_passed_over "${plugin}")
  endif()
endfunction()

function(_heddle_find_plugin out_plugin)
  set(target)
  if(TARGET heddle::protoc-gen-heddle AND NOT CMAKE_CROSSCOMPILING)
    set(target $<TARGET_FILE:heddle::protoc-gen-heddle>)
  endif()
  set(plugin "${HEDDLE_PROTOC_GEN}")
  if(NOT plugin AND NOT (target AND heddle_IS_TOP_LEVEL))
    set_property(GLOBAL PROPERTY _heddle_passed_over)
    _heddle_find_program(plugin protoc-gen-heddle VALIDATOR _heddle_fits)
  endif()
  if(NOT plugin)
    set(plugin "${target}")
  endif()
  if(NOT plugin)
    get_property(wanted GLOBAL PROPERTY _heddle_plugin_version)
    get_property(passed_over GLOBAL PROPERTY _heddle_passed_over)
    if(passed_over)
      string(PREPEND passed_over ". Of another version: ")
    endif()
    message(FATAL_ERROR "heddle_generate: protoc-gen-heddle was not found: put it in PATH or name it by "
      "HEDDLE_PROTOC_GEN. Its --version must say \"${wanted}\"${passed_over}")
  endif()
  set(${out_plugin} "${plugin}" PARENT_SCOPE)
endfunction()

function(_heddle_find_protoc out_protoc)
  set(protoc "${Protobuf_PROTOC_EXECUTABLE}")
  if(NOT protoc AND TARGET protobuf::protoc AND NOT CMAKE_CROSSCOMPILING)
    set(protoc $<TARGET_FILE:protobuf::protoc>)
  elseif(NOT protoc)
    _heddle_find_program(protoc protoc)
  endif()
  if(NOT protoc)
    message(FATAL_ERROR "heddle_generate: protoc was not found: put it in PATH or name it by "
      "Protobuf_PROTOC_EXECUTABLE")
  endif()
  set(${out_protoc} "${protoc}" PARENT_SCOPE)
endfunction()

# From protobuf 22 on only protobuf's own package knows its Abseil dependencies; before that distributions often leave
# it out, and CMake's module does.
function(_heddle_find_protobuf)
  if(NOT TARGET protobuf::libprotobuf)
    find_package(protobuf CONFIG QUIET GLOBAL)
  endif()
  if(NOT TARGET protobuf::libprotobuf)
    find_package(Protobuf 3.21 REQUIRED GLOBAL)
  endif()
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
  cmake_parse_arguments(PARSE_ARGV 0 arg "LITE;DESCRIPTORS;FAKES" "TARGET;OUT_DIR" "PROTOS;IMPORT_DIRS")
  if(arg_UNPARSED_ARGUMENTS OR NOT arg_PROTOS OR NOT TARGET "${arg_TARGET}")
    message(FATAL_ERROR "usage: heddle_generate(TARGET <existing target> PROTOS <file>... "
                        "[IMPORT_DIRS <dir>...] [OUT_DIR <dir>] [LITE] [DESCRIPTORS] [FAKES])")
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
    if(arg_DESCRIPTORS)
      list(APPEND headers "${stem}.heddle.descriptors.hpp")
    endif()
    if(arg_FAKES)
      list(APPEND headers "${stem}.heddle.fake.hpp")
    endif()
  endforeach()

  _heddle_find_protobuf()
  _heddle_find_plugin(plugin)
  _heddle_find_protoc(protoc)
  _heddle_add_imports(inputs FILES ${files} DIRS ${import_dirs})

  # protoc finds google/protobuf/*.proto by itself only in the usual layout of an installation.
  get_target_property(dirs protobuf::libprotobuf INTERFACE_INCLUDE_DIRECTORIES)
  foreach(dir IN LISTS dirs)
    if(EXISTS "${dir}/google/protobuf/descriptor.proto")
      list(APPEND import_dirs "${dir}")
    endif()
  endforeach()
  list(TRANSFORM import_dirs PREPEND "-I")
  set(options)
  if(arg_DESCRIPTORS)
    list(APPEND options "--heddle_opt=descriptors")
  endif()
  if(arg_FAKES)
    list(APPEND options "--heddle_opt=fakes")
  endif()
  file(MAKE_DIRECTORY "${arg_OUT_DIR}")
  add_custom_command(
    OUTPUT ${sources} ${headers}
    COMMAND "${protoc}" "--plugin=protoc-gen-heddle=${plugin}" ${import_dirs}
            "--cpp_out=${arg_OUT_DIR}" "--heddle_out=${arg_OUT_DIR}" ${options} ${files}
    DEPENDS ${inputs} "${plugin}" "${protoc}"
    COMMENT "Generating protobuf and heddle code of ${arg_TARGET}"
    VERBATIM)
  # The warnings of a project are about what people wrote.
  set_source_files_properties(${sources} PROPERTIES COMPILE_OPTIONS "$<$<CXX_COMPILER_ID:GNU,Clang,AppleClang>:-w>")
  target_sources(${arg_TARGET} PRIVATE ${sources} ${headers})
  target_include_directories(${arg_TARGET} SYSTEM PUBLIC "$<BUILD_INTERFACE:${arg_OUT_DIR}>")
  if(arg_LITE)
    target_link_libraries(${arg_TARGET} PUBLIC protobuf::libprotobuf-lite heddle::heddle)
  else()
    target_link_libraries(${arg_TARGET} PUBLIC protobuf::libprotobuf heddle::heddle)
  endif()
endfunction()
