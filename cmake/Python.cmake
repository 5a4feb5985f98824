# Which Python the package is built for and tests run with: Debian's, unless -DPython3_EXECUTABLE says another.
# A different `python3` that comes first in PATH would lack Debian's numpy and pybind11.
#
# TERRANE_PYTHON, unless it is given, is on where what it needs is there. A sanitizer would have to be loaded before Python itself, so
# builds with one leave the package out.

if(NOT Python3_EXECUTABLE AND EXISTS /usr/bin/python3)
  set(Python3_EXECUTABLE /usr/bin/python3 CACHE FILEPATH "The Python to build for")
endif()
find_package(Python3 COMPONENTS Interpreter OPTIONAL_COMPONENTS Development.Module)
if(Python3_Development.Module_FOUND)
  find_package(pybind11 2.10 CONFIG)
endif()

if(NOT DEFINED TERRANE_PYTHON)
  if(pybind11_FOUND AND NOT TERRANE_SANITIZE)
    set(TERRANE_PYTHON ON)
  else()
    set(TERRANE_PYTHON OFF)
  endif()
endif()
if(TERRANE_PYTHON AND NOT pybind11_FOUND)
  message(FATAL_ERROR "TERRANE_PYTHON needs pybind11-dev and python3-dev (scripts/install build), for ${Python3_EXECUTABLE}")
endif()
if(TERRANE_PYTHON AND TERRANE_SANITIZE)
  message(FATAL_ERROR "TERRANE_PYTHON cannot be built with a sanitizer; say -DTERRANE_PYTHON=OFF")
endif()
