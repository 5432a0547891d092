#include <string.h>
#include <uv.h>

#include "boundary.h"
#include "descriptor.h"
#include "device.h"
#include "fdpass.h"
#include "file.h"
#include "host.h"
#include "namespace.h"
#include "socket.h"
#include "sysfs.h"
#include "tap.h"

void throw_last_error(napi_env env) {
  const napi_extended_error_info *info = NULL;
  bool pending = false;
  napi_get_last_error_info(env, &info);
  const char *message = info != NULL && info->error_message != NULL ? info->error_message
                                                                     : "a Node-API call failed";
  if (napi_is_exception_pending(env, &pending) == napi_ok && !pending)
    napi_throw_type_error(env, NULL, message);
}

void throw_errno(napi_env env, int error) {
  napi_throw_error(env, uv_err_name(-error), strerror(error));
}

int read_arguments(napi_env env, napi_callback_info info, size_t count, napi_value *arguments) {
  size_t given = count;
  if (napi_get_cb_info(env, info, &given, arguments, NULL, NULL) != napi_ok || given != count) {
    napi_throw_type_error(env, NULL, "wrong number of arguments");
    return 0;
  }
  return 1;
}

int export_function(napi_env env, napi_value exports, const char *name, napi_callback function) {
  napi_value value;
  return napi_create_function(env, name, NAPI_AUTO_LENGTH, function, NULL, &value) == napi_ok &&
         napi_set_named_property(env, exports, name, value) == napi_ok;
}

NAPI_MODULE_INIT() {
  static const struct {
    const char *name;
    napi_callback function;
  } functions[] = {
      {"openHost", host_open},
      {"closeHost", host_close},
      {"exchange", socket_exchange},
      {"openTap", tap_open},
      {"controlTap", tap_control},
      {"openNamespace", namespace_open},
      {"readFile", file_read},
      {"writeFile", file_write},
      {"listFolder", file_list},
      {"openFile", file_open},
      {"readSysfs", sysfs_read},
      {"writeSysfs", sysfs_write},
      {"listSysfs", sysfs_list},
      {"openDevice", device_open},
      {"descriptorNumber", descriptor_number},
      {"closeDescriptor", descriptor_close},
      {"readDescriptor", descriptor_read},
      {"writeDescriptor", descriptor_write},
      {"watchDescriptor", descriptor_watch},
      {"adoptDescriptor", descriptor_adopt},
      {"socketPair", fdpass_socket_pair},
      {"connectSocket", fdpass_connect},
      {"sendDescriptors", fdpass_send},
      {"receiveDescriptors", fdpass_receive},
  };
  for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++) {
    if (!export_function(env, exports, functions[i].name, functions[i].function)) {
      throw_last_error(env);
      return NULL;
    }
  }
  return exports;
}
