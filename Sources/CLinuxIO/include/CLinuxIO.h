#ifndef SORTIE_CLINUXIO_H
#define SORTIE_CLINUXIO_H

#include "aio.h"
#include "entropy.h"
#include "io_thread.h"
#include "shared_ring.h"
#include "storage.h"
#include "tap.h"
#include "unix_socket.h"
#include "vhost.h"

#endif
