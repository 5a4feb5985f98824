# OpenVDB as the target terrane_openvdb::openvdb: Debian's package has no pkg-config file, and its own module for
# CMake asks for more than is needed. Only the module terrane_vdb and its test link it.

find_path(TERRANE_OPENVDB_INCLUDE openvdb/openvdb.h REQUIRED)
find_library(TERRANE_OPENVDB_LIBRARY openvdb REQUIRED)
mark_as_advanced(TERRANE_OPENVDB_INCLUDE TERRANE_OPENVDB_LIBRARY)
pkg_check_modules(TBB REQUIRED IMPORTED_TARGET tbb)
pkg_check_modules(IMATH REQUIRED IMPORTED_TARGET Imath)
add_library(terrane_openvdb::openvdb INTERFACE IMPORTED)
target_include_directories(terrane_openvdb::openvdb SYSTEM INTERFACE ${TERRANE_OPENVDB_INCLUDE})
target_link_libraries(terrane_openvdb::openvdb INTERFACE ${TERRANE_OPENVDB_LIBRARY} PkgConfig::TBB PkgConfig::IMATH)
# TBB's hash map points where no object is (concurrent_hash_map.h), in code that is compiled with who includes it.
if(TERRANE_SANITIZE MATCHES "undefined")
  target_compile_options(terrane_openvdb::openvdb INTERFACE -fno-sanitize=alignment)
endif()
