#include "terrane/python/errors.h"

#include <utility>

namespace py = pybind11;

namespace terrane::python {
namespace {

const char* class_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalid:
      return "InvalidError";
    case ErrorCode::kNotFound:
      return "NotFoundError";
    case ErrorCode::kMissing:
      return "MissingError";
    case ErrorCode::kCorrupt:
      return "CorruptError";
    case ErrorCode::kIo:
      return "IoError";
    case ErrorCode::kLocked:
      return "LockedError";
    case ErrorCode::kConflict:
      return "ConflictError";
    case ErrorCode::kIncomplete:
      return "IncompleteError";
    case ErrorCode::kUnsupported:
      return "UnsupportedError";
    case ErrorCode::kExhausted:
      return "ExhaustedError";
    case ErrorCode::kCancelled:
      return "CancelledError";
    case ErrorCode::kInternal:
      break;
  }
  return "InternalError";
}

void raise(const char* name, const char* message) {
  const py::object type = py::module_::import("terrane._errors").attr(name);
  PyErr_SetString(type.ptr(), message);
}

}  // namespace

void translate_errors() {
  py::register_exception_translator([](std::exception_ptr thrown) {
    try {
      if (thrown) std::rethrow_exception(std::move(thrown));
    } catch (const BadResult& e) {
      raise(class_of(e.error().code), e.what());
    } catch (const Closed& e) {
      raise("ClosedError", e.what());
    }
  });
}

}  // namespace terrane::python
