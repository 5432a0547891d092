#ifndef LINKWRIGHT_UNIX_SOCKET_H
#define LINKWRIGHT_UNIX_SOCKET_H

#include <node_api.h>

/* Descriptors passed over a Unix socket (SCM_RIGHTS, unix(7)). Nothing here waits but connecting. */

/* socketPair(handle): two connected stream sockets. */
napi_value unix_socket_socket_pair(napi_env env, napi_callback_info info);
/* connectSocket(handle, id, path): a stream socket connected to a path, on the thread. */
napi_value unix_socket_connect(napi_env env, napi_callback_info info);
/* sendDescriptors(socket, bytes, descriptors): bytes sent, or a negative errno. */
napi_value unix_socket_send(napi_env env, napi_callback_info info);
/* receiveDescriptors(handle, socket, buffer): { length, descriptors }, or a negative errno. */
napi_value unix_socket_receive(napi_env env, napi_callback_info info);
/* listenSocket(handle, path, mode): a stream socket that listens, whose file has that mode. */
napi_value unix_socket_listen(napi_env env, napi_callback_info info);
/* acceptSocket(handle, listener): { descriptor, pid, uid, gid } of who connected (SO_PEERCRED), or a negative errno. */
napi_value unix_socket_accept(napi_env env, napi_callback_info info);
/* sendDatagram(path, bytes, descriptors): 0 or a negative errno; "@" in front of a path is a name without a file. */
napi_value unix_socket_send_datagram(napi_env env, napi_callback_info info);

#endif
