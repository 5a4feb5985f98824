#pragma once

#include <cstdint>

#include "terrane/space/box.h"

namespace terrane::detail {

// How the codecs with a model write a brick down: the first byte of context and archive.
enum RowForm : std::uint8_t {
  kPacked,
  kAlongZ,  // the axis that rows run along
  kAlongY,
  kAlongX,
  kRowForms
};

// A place, a size or a stride by plane, row in the plane, and place in the row.
inline Coord turned(RowForm form, Coord c) {
  return form == kAlongX ? Coord{c.y, c.z, c.x} : form == kAlongY ? Coord{c.x, c.z, c.y} : c;
}

}  // namespace terrane::detail
