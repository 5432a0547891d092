#include <stdbool.h>

#include "boundary.h"
#include "files/descriptor.h"
#include "files/device.h"
#include "sockets/unix_socket.h"
#include "files/file.h"
#include "files/file_lock.h"
#include "sockets/frames.h"
#include "sockets/internet.h"
#include "sockets/system_calls.h"
#include "lifetime.h"
#include "netlink/multicast.h"
#include "namespace/namespace.h"
#include "netlink/socket.h"
#include "namespace/sysfs.h"
#include "tap/tap.h"

static bool export_function(napi_env env, napi_value exports, const char *name, napi_callback function) {
  napi_value value;
  return napi_create_function(env, name, NAPI_AUTO_LENGTH, function, NULL, &value) == napi_ok &&
         napi_set_named_property(env, exports, name, value) == napi_ok;
}

NAPI_MODULE_INIT() {
  static const struct {
    const char *name;
    napi_callback function;
  } functions[] = {
      {"openThread", lifetime_open},
      {"closeThread", lifetime_close},
      {"openSocket", socket_open},
      {"closeSocket", socket_close},
      {"exchange", socket_exchange},
      {"exchangeNow", socket_exchange_now},
      {"openMulticast", multicast_open},
      {"setMembership", multicast_set_membership},
      {"setFilter", multicast_set_filter},
      {"receiveBatch", multicast_receive},
      {"openFrames", frames_open},
      {"claimPort", frames_claim_port},
      {"openInternet", internet_open},
      {"openTap", tap_open},
      {"controlTap", tap_control},
      {"openNamespace", namespace_open},
      {"nameNamespace", namespace_name},
      {"unnameNamespace", namespace_unname},
      {"readFile", file_read},
      {"writeFile", file_write},
      {"listFolder", file_list},
      {"openFile", file_open},
      {"readSysfs", sysfs_read},
      {"writeSysfs", sysfs_write},
      {"listSysfs", sysfs_list},
      {"openDevice", device_open},
      {"descriptorNumber", descriptor_number},
      {"isOpen", descriptor_is_open},
      {"openDescriptors", descriptor_list},
      {"closeDescriptor", descriptor_close},
      {"readDescriptor", descriptor_read},
      {"writeDescriptor", descriptor_write},
      {"watchDescriptor", descriptor_watch},
      {"adoptDescriptor", descriptor_adopt},
      {"duplicateDescriptor", descriptor_duplicate},
      {"socketPair", unix_socket_socket_pair},
      {"connectSocket", unix_socket_connect},
      {"sendDescriptors", unix_socket_send},
      {"receiveDescriptors", unix_socket_receive},
      {"listenSocket", unix_socket_listen},
      {"acceptSocket", unix_socket_accept},
      {"sendDatagram", unix_socket_send_datagram},
      {"lockFile", file_lock},
      {"filterSystemCalls", system_calls_filter},
  };
  for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++) {
    if (!export_function(env, exports, functions[i].name, functions[i].function)) {
      throw_last_error(env);
      return NULL;
    }
  }
  return exports;
}
