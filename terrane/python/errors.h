#pragma once

#include <pybind11/pybind11.h>

#include <stdexcept>

#include "terrane/base/status.h"

namespace terrane::python {

// Thrown where a volume that was closed is asked for something; terrane.ClosedError in Python.
class Closed : public std::exception {
 public:
  const char* what() const noexcept override {
    return "the volume is closed; open it again with terrane.open()";
  }
};

// Every BadResult (what value() throws) and Closed becomes the exception of terrane/_errors.py that its code
// names. Called once, when the module is loaded.
void translate_errors();

}  // namespace terrane::python
