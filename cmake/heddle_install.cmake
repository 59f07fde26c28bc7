# cmake --install: headers, archives, the plugin, the CMake package and pkg-config files. No installed file knows where
# it was installed: the prefix may be moved.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/heddle)

install(DIRECTORY include/heddle TYPE INCLUDE FILES_MATCHING PATTERN "*.hpp" PATTERN "*.ipp")
target_include_directories(heddle INTERFACE $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
set_target_properties(heddle_compiled PROPERTIES EXPORT_NAME compiled OUTPUT_NAME heddle)
install(TARGETS heddle heddle_compiled EXPORT heddle)
install(EXPORT heddle NAMESPACE heddle:: DESTINATION ${package_dir} FILE heddleTargets.cmake)
if(TARGET protoc-gen-heddle)
  install(TARGETS protoc-gen-heddle EXPORT heddle_plugin)
  install(EXPORT heddle_plugin NAMESPACE heddle:: DESTINATION ${package_dir} FILE heddlePlugin.cmake)
endif()

# Relative to its own place, as pkg-config tells it.
function(heddle_install_pc name description)
  cmake_parse_arguments(PARSE_ARGV 2 arg "" "CFLAGS;LIBS" "REQUIRES")
  file(RELATIVE_PATH up /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
  string(REGEX REPLACE "/$" "" up "${up}")
  list(JOIN arg_REQUIRES ", " requires)
  file(CONFIGURE OUTPUT ${name}.pc @ONLY CONTENT
"prefix=\${pcfiledir}/@up@
includedir=\${prefix}/@CMAKE_INSTALL_INCLUDEDIR@
libdir=\${prefix}/@CMAKE_INSTALL_LIBDIR@

Name: @name@
Description: @description@
Version: @PROJECT_VERSION@
Requires: @requires@
Cflags: @arg_CFLAGS@
Libs: @arg_LIBS@
")
  install(FILES ${CMAKE_CURRENT_BINARY_DIR}/${name}.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endfunction()

heddle_install_pc(heddle "gRPC for C++20 coroutines on Asio, as headers"
  CFLAGS "-I\${includedir} -pthread" LIBS "-pthread" REQUIRES ${heddle_pc_requires})
heddle_install_pc(heddle-compiled "heddle, compiled"
  CFLAGS "-DHEDDLE_SEPARATE_COMPILATION -DBOOST_ASIO_SEPARATE_COMPILATION" LIBS "-L\${libdir} -lheddle" REQUIRES heddle)

if(TARGET heddle_tls)
  set_target_properties(heddle_tls PROPERTIES EXPORT_NAME tls)
  install(TARGETS heddle_tls EXPORT heddle_tls)
  install(EXPORT heddle_tls NAMESPACE heddle:: DESTINATION ${package_dir} FILE heddleTls.cmake)
  # The archive needs the other one, in this order.
  heddle_install_pc(heddle-tls "TLS for heddle or heddle-compiled" LIBS "-L\${libdir} -lheddle_tls -lheddle"
    REQUIRES heddle "openssl >= 3.0")
endif()

configure_package_config_file(cmake/heddleConfig.cmake.in heddleConfig.cmake INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(heddleConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/heddleConfig.cmake ${CMAKE_CURRENT_BINARY_DIR}/heddleConfigVersion.cmake
  cmake/heddle_generate.cmake DESTINATION ${package_dir})
