#pragma once

#include <pybind11/pybind11.h>

#include <array>
#include <vector>

#include "terrane/space/box.h"

namespace terrane::python {

// What v[key] selects: a box, whose axes that were given as an integer the result does not have.
struct Selection {
  Box box;
  std::array<bool, 3> dropped{};

  bool scalar() const { return dropped[0] && dropped[1] && dropped[2]; }
  std::vector<pybind11::ssize_t> shape() const;  // of the result
};

// As NumPy reads a key for an array of this extent: integers, slices, one ellipsis; negative numbers count
// from the end, slices are clipped. IndexError for an integer out of range, too many axes, or anything else
// in the key; InvalidError (a ValueError) for a step other than 1.
Selection select(pybind11::handle key, Coord extent);

// ((x0, x1), (y0, y1), (z0, z1)), or three slices with both ends; numbers as they are. TypeError otherwise.
Box parse_box(pybind11::handle box);

// (x, y, z) of integers. `what` names it in the TypeError.
Coord parse_coord(pybind11::handle triple, const char* what);

pybind11::tuple to_tuple(Coord c);
pybind11::tuple to_tuple(const Box& box);  // what parse_box reads

// An integer, of Python or NumPy; no bool. TypeError naming `what`.
std::int64_t parse_integer(pybind11::handle number, const char* what);

}  // namespace terrane::python
