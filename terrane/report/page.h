#pragma once

#include <string>

#include "terrane/report/report.h"

namespace terrane {

// The tables of a page, each a piece of HTML; empty where there is nothing to say.
std::string targets_table(const StoreReport& report);
std::string facts_table(const StoreReport& report, const ReportFrame& frame);
std::string sizes_table(const StoreReport& report);
std::string strategies_table(const StoreReport& report);
std::string levels_table(const StoreReport& report);
std::string regions_table(const StoreReport& report);
std::string materials_table(const StoreReport& report);
std::string latency_table(const StoreReport& report);
std::string measured_table(const StoreReport& report, const ReportFrame& frame);

// The style of the page.
extern const char* const kPageStyle;

}  // namespace terrane
