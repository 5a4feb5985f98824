# One wing of the house: one static library, its tests beside its sources.
#
#   terrane_wing(NAME space SOURCES a.cc PUBLIC_LINK terrane::base PRIVATE_LINK PkgConfig::ZSTD)
#   terrane_test(NAME space_test SOURCES a_test.cc LINK terrane::space)
#   terrane_fuzz(NAME npy_fuzz SOURCES npy_fuzz.cc LINK terrane::io DEFINE A=1)

function(terrane_options target)
  # Contraction would make the same source give other results on other machines.
  target_compile_options(${target} PRIVATE -ffp-contract=off)
  if(TERRANE_WARNINGS)
    target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wconversion -Werror)
  endif()
  if(TERRANE_SANITIZE)
    target_compile_definitions(${target} PRIVATE TERRANE_SANITIZED)
    target_compile_options(${target} PRIVATE -fsanitize=${TERRANE_SANITIZE} -fno-sanitize-recover=all)
    target_link_options(${target} PRIVATE -fsanitize=${TERRANE_SANITIZE})
  endif()
  if(TERRANE_FUZZ)
    target_compile_options(${target} PRIVATE -fsanitize=fuzzer-no-link)  # branches of libraries guide the fuzzer
  endif()
endfunction()

function(terrane_wing)
  cmake_parse_arguments(W "" "NAME" "SOURCES;PUBLIC_LINK;PRIVATE_LINK" ${ARGN})
  set(target terrane_${W_NAME})
  add_library(${target} STATIC ${W_SOURCES})
  add_library(terrane::${W_NAME} ALIAS ${target})
  set_target_properties(${target} PROPERTIES EXPORT_NAME ${W_NAME})
  # The headers are a file set: installed with the library, and each compiled alone by the target
  # all_verify_interface_header_sets where CMAKE_VERIFY_INTERFACE_HEADER_SETS is on. Those that only tests
  # include are not of it, nor those that show the headers of GDAL.
  cmake_path(GET CMAKE_CURRENT_FUNCTION_LIST_DIR PARENT_PATH root)
  file(GLOB headers CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.h)
  list(FILTER headers EXCLUDE REGEX "/(test_[a-z_]*|gdal_[a-z_]*|[a-z_]*_test|[a-z_]*_testing|conformance|scratch_dir)\\.h$")
  target_sources(${target} PUBLIC FILE_SET HEADERS BASE_DIRS ${root} FILES ${headers})
  target_compile_features(${target} PUBLIC cxx_std_20)
  target_link_libraries(${target} PUBLIC ${W_PUBLIC_LINK} PRIVATE ${W_PRIVATE_LINK})
  terrane_options(${target})
  if(NOT W_NAME STREQUAL "cli")  # a program, not a library for others
    install(TARGETS ${target} EXPORT terrane ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
      FILE_SET HEADERS DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
  endif()
endfunction()

function(terrane_test)
  if(NOT TERRANE_TESTS)
    return()
  endif()
  cmake_parse_arguments(T "" "NAME;TIMEOUT;COST" "SOURCES;LINK" ${ARGN})
  if(NOT T_TIMEOUT)
    set(T_TIMEOUT 1200)  # a bound on hanging: sanitizers on a busy machine take ten times as long
  endif()
  add_executable(${T_NAME} ${T_SOURCES})
  target_link_libraries(${T_NAME} PRIVATE ${T_LINK} GTest::gtest_main)
  terrane_options(${T_NAME})
  add_test(NAME ${T_NAME} COMMAND ${T_NAME})
  # Each build has a place of its own for what its tests write: two builds can be tested beside each other.
  file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/Testing/${T_NAME})
  set_tests_properties(${T_NAME} PROPERTIES TIMEOUT ${T_TIMEOUT}
                       ENVIRONMENT "TEST_TMPDIR=${PROJECT_BINARY_DIR}/Testing/${T_NAME}/")
  if(T_COST)  # seconds, more or less: the longest go first
    set_tests_properties(${T_NAME} PROPERTIES COST ${T_COST})
  endif()
endfunction()

function(terrane_fuzz)
  if(NOT TERRANE_FUZZ)
    return()
  endif()
  cmake_parse_arguments(F "" "NAME" "SOURCES;LINK;DEFINE" ${ARGN})
  add_executable(${F_NAME} ${F_SOURCES})
  target_link_libraries(${F_NAME} PRIVATE ${F_LINK})
  target_compile_definitions(${F_NAME} PRIVATE ${F_DEFINE})
  terrane_options(${F_NAME})
  target_link_options(${F_NAME} PRIVATE -fsanitize=fuzzer)
  if(NOT TARGET fuzz)
    add_custom_target(fuzz)  # all of them, and nothing else
  endif()
  add_dependencies(fuzz ${F_NAME})
endfunction()
