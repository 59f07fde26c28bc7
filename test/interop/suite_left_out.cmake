# heddle_suite_left_out(<suite> <programs> <why>): the programs of a suite cannot be built. Its test is one that is
# skipped, so that somebody notices.
include_guard(GLOBAL)
function(heddle_suite_left_out suite programs why)
  message(STATUS "heddle: ${programs} left out: ${why}")
  if(HEDDLE_BUILD_TESTS AND HEDDLE_TEST_PEERS)
    add_test(NAME ${suite} COMMAND bash -c ". ${PROJECT_SOURCE_DIR}/test/peers/support.sh && skip '${why}'")
    set_tests_properties(${suite} PROPERTIES LABELS "peers;${suite}" SKIP_RETURN_CODE 77)
  endif()
endfunction()
