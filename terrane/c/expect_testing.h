// What the tests in C share.
#pragma once

#include <stdio.h>

static int failures = 0;

static void expect(int good, const char* file, int line, const char* what) {
  if (good) return;
  ++failures;
  fprintf(stderr, "%s:%d: not so: %s\n", file, line, what);
}
#define EXPECT(condition) expect((condition), __FILE__, __LINE__, #condition)

enum { kErrorSize = 512 };
