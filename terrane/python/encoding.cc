#include "terrane/python/encoding.h"

#include <pybind11/stl.h>

#include "terrane/python/index.h"

namespace py = pybind11;

namespace terrane::python {
namespace {

double number_of(py::handle value, const std::string& what) {
  if (!PyFloat_Check(value.ptr()) && PyIndex_Check(value.ptr()) == 0) {
    throw py::type_error(what + " must be a number, not " + std::string(py::repr(value)));
  }
  return py::float_(py::reinterpret_borrow<py::object>(value));
}

std::optional<double>* limit_of(Requirements& r, const std::string& keyword) {
  if (keyword == "max_read_ms") return &r.max_read_ms;
  if (keyword == "max_brick_read_ms") return &r.max_brick_read_ms;
  if (keyword == "min_encode_mb_per_s") return &r.min_encode_mb_per_s;
  if (keyword == "max_memory_mb") return &r.max_memory_mb;
  if (keyword == "max_share") return &r.max_share;
  return nullptr;
}

CodecId parse_strategy(const std::string& name) {
  std::string known;
  for (const Codec* codec : all_codecs()) {
    if (codec->id() == CodecId::kUniform) continue;  // cannot take every brick
    if (codec->name() == name) return codec->id();
    known += (known.empty() ? "" : ", ") + std::string(codec->name());
  }
  throw BadResult(invalid("there is no strategy `" + name + "`; use one of " + known));
}

}  // namespace

AccessPattern parse_access(const py::object& given) {
  if (!py::isinstance<py::dict>(given)) {
    throw py::type_error("access must be a dict of point_reads, brick_reads, brick_writes and locality");
  }
  AccessPattern out;
  double locality = 0;
  for (const auto& [key, value] : py::reinterpret_borrow<py::dict>(given)) {
    const std::string name = py::str(key);
    const double n = number_of(value, name);
    if (!(n >= 0 && n < 9e15)) throw BadResult(invalid("access: " + name + " must be 0 or more"));
    const auto count = static_cast<std::uint64_t>(n);
    if (name == "point_reads") {
      out.point_reads = count;
    } else if (name == "brick_reads") {
      out.brick_reads = count;
    } else if (name == "brick_writes") {
      out.brick_writes = count;
    } else if (name == "locality") {
      if (n > 1) throw BadResult(invalid("access: locality is a share, 0 to 1"));
      locality = n;
    } else {
      throw BadResult(
          invalid("access has point_reads, brick_reads, brick_writes and locality; got `" + name + "`"));
    }
  }
  out.local_reads = static_cast<std::uint64_t>(locality * static_cast<double>(out.reads()));
  return out;
}

Encoding parse_encoding(const std::string& policy, const py::kwargs& more) {
  Encoding out;
  out.policy = parse_policy(policy).value();
  Requirements requirements = Requirements::of(out.policy);
  for (const auto& [key, value] : more) {
    const std::string keyword = py::str(key);
    if (value.is_none()) continue;
    if (keyword == "profile") {
      out.profile = parse_profile(value.cast<std::string>()).value();
    } else if (keyword == "strategy") {
      out.codec = parse_strategy(value.cast<std::string>());
    } else if (keyword == "adaptive") {
      out.adaptive = value.cast<bool>();
    } else if (keyword == "access") {
      out.access = parse_access(py::reinterpret_borrow<py::object>(value));
    } else if (std::optional<double>* limit = limit_of(requirements, keyword)) {
      *limit = number_of(value, keyword);
      if (!(**limit > 0)) throw BadResult(invalid(keyword + " must be above 0"));
    } else {
      throw py::type_error("unexpected keyword argument '" + keyword + "'");
    }
  }
  if (requirements.limited()) out.requirements = requirements;
  return out;
}

}  // namespace terrane::python
