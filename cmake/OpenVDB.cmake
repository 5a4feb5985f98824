# OpenVDB as the target terrane_openvdb::openvdb: Debian's package has no pkg-config file, and its own module for
# CMake asks for more than is needed. Sets TERRANE_OPENVDB_FOUND. Included by the build, and by those who find
# terrane installed. Expects PkgConfig.

if(NOT TARGET terrane_openvdb::openvdb)
  pkg_check_modules(TERRANE_TBB QUIET IMPORTED_TARGET GLOBAL tbb)
  pkg_check_modules(TERRANE_IMATH QUIET IMPORTED_TARGET GLOBAL Imath)
  find_path(TERRANE_OPENVDB_INCLUDE openvdb/openvdb.h)
  find_library(TERRANE_OPENVDB_LIBRARY openvdb)
  mark_as_advanced(TERRANE_OPENVDB_INCLUDE TERRANE_OPENVDB_LIBRARY)
  if(TERRANE_OPENVDB_INCLUDE AND TERRANE_OPENVDB_LIBRARY AND TARGET PkgConfig::TERRANE_TBB AND
     TARGET PkgConfig::TERRANE_IMATH)
    add_library(terrane_openvdb::openvdb INTERFACE IMPORTED GLOBAL)
    target_include_directories(terrane_openvdb::openvdb SYSTEM INTERFACE ${TERRANE_OPENVDB_INCLUDE})
    target_link_libraries(terrane_openvdb::openvdb INTERFACE ${TERRANE_OPENVDB_LIBRARY} PkgConfig::TERRANE_TBB
      PkgConfig::TERRANE_IMATH)
  endif()
endif()
set(TERRANE_OPENVDB_FOUND FALSE)
if(TARGET terrane_openvdb::openvdb)
  set(TERRANE_OPENVDB_FOUND TRUE)
endif()
