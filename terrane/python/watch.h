#pragma once

#include <pybind11/pybind11.h>

#include <functional>

#include "terrane/base/task.h"
#include "terrane/python/handle.h"

namespace terrane::python {

// Does long work without the GIL, on a thread of its own, while the calling thread listens: it calls
// `progress` (None, or callable as progress(done, total, unit)) and looks for signals. So Python code runs
// only in the thread that called, and the work waits while it runs.
//
// An exception of the callback, or of a signal handler (KeyboardInterrupt), asks the work to stop, waits
// until it has, and goes on to the caller. What the work returns as an error is thrown as BadResult.
void watch(Handle& handle, const pybind11::object& progress, const std::function<Status(const Task&)>& work);

// Work that can be long only where there are many voxels: without a listener below 2^24 of them, which take
// milliseconds.
void watch_if_large(Handle& handle, double voxels, const std::function<Status(const Task&)>& work);

}  // namespace terrane::python
