#ifndef LINKWRIGHT_FILE_LOCK_H
#define LINKWRIGHT_FILE_LOCK_H

#include <node_api.h>

/* lockFile(number): locks an open file for whoever holds the descriptor with this number (flock(2)): 0, or a negative errno,
   -EWOULDBLOCK when another has it. Closing the descriptor, or the death of its holder, ends it. */
napi_value file_lock(napi_env env, napi_callback_info info);

#endif
