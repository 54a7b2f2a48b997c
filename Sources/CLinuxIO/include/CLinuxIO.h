#ifndef SORTIE_CLINUXIO_H
#define SORTIE_CLINUXIO_H

#include "shared_ring.h"

#endif
