# What `cmake --install` adds to the wings' own libraries and headers: the target of all wings, and the files
# by which find_package(terrane) finds them.

include(CMakePackageConfigHelpers)

add_library(terrane_all INTERFACE)
add_library(terrane::terrane ALIAS terrane_all)
set_target_properties(terrane_all PROPERTIES EXPORT_NAME terrane)
target_link_libraries(terrane_all INTERFACE terrane::render terrane::io terrane::volume terrane::model)

set(terrane_cmake_dir ${CMAKE_INSTALL_LIBDIR}/cmake/terrane)
install(TARGETS terrane_all EXPORT terrane)
install(EXPORT terrane FILE terrane-targets.cmake NAMESPACE terrane:: DESTINATION ${terrane_cmake_dir})
configure_package_config_file(cmake/terrane-config.cmake.in ${CMAKE_BINARY_DIR}/terrane-config.cmake
  INSTALL_DESTINATION ${terrane_cmake_dir})
# While the version is 0.x, each minor release may break what the one before it promised.
write_basic_package_version_file(${CMAKE_BINARY_DIR}/terrane-config-version.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/terrane-config.cmake ${CMAKE_BINARY_DIR}/terrane-config-version.cmake
  DESTINATION ${terrane_cmake_dir})
install(FILES LICENSE README.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
