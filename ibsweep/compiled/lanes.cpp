// The smallest library that there is, to try a compiler out.

#include "vectors.h"

extern "C" integer lanes() { return LANES; }
