#include "netlink/socket.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "boundary.h"
#include "netlink/exchange.h"
#include "thread/delivery.h"
#include "files/descriptor.h"
#include "netlink/netlink.h"
#include "namespace/namespace_lock.h"

/*
 * A socket is held by JavaScript and, from the job that opens it to the job that closes it or the thread's end, by its thread: the
 * jobs in between need not hold it. The event loop uses it only while the thread has no job that somebody waits for.
 */
struct socket {
  struct handle handle;
  struct resource resource;
  struct netlink_socket netlink;
  struct thread *thread;
  int lock; /* see namespace_lock.h */
  struct opening *closing; /* kept for its end, which must not fail for want of memory */
  _Atomic int references;
  _Atomic bool ready; /* it is open */
  bool closed; /* by JavaScript */
};

/* Opens a socket, or closes it. */
struct opening {
  struct job job;
  struct socket *socket;
  int family;
  int fd;
};

static const char socket_kind[] = "socket";

static void release(struct socket *socket) {
  if (--socket->references > 0)
    return;
  struct thread *thread = socket->thread;
  free(socket->closing);
  free(socket);
  thread_release(thread);
}

static void close_resource(struct resource *resource) {
  struct socket *socket = (struct socket *)((char *)resource - offsetof(struct socket, resource));
  socket->ready = false;
  socket->resource.close = NULL;
  if (socket->thread->asker == socket->netlink.fd)
    socket->thread->asker = -1;
  netlink_close(&socket->netlink);
  if (socket->lock >= 0)
    close(socket->lock);
  socket->lock = -1;
  release(socket);
}

static void open_run(struct job *job, struct thread *thread) {
  struct opening *opening = (struct opening *)job;
  struct socket *socket = opening->socket;
  int fd = opening->fd;
  opening->fd = -1;
  socket->references++;
  socket->resource.close = close_resource;
  thread_holds(thread, &socket->resource);
  job->error = fd >= 0 ? netlink_adopt(&socket->netlink, fd, &job->syscall)
                       : netlink_open(&socket->netlink, opening->family, &job->syscall);
  if (job->error != 0)
    return;
  if (thread->asker < 0)
    thread->asker = socket->netlink.fd;
  /* What is looked at first are links. */
  if (opening->family == NETLINK_ROUTE)
    socket->lock = namespace_lock_open();
  socket->ready = true;
}

static void close_run(struct job *job, struct thread *thread) {
  (void)thread;
  struct socket *socket = ((struct opening *)job)->socket;
  /* It may have been closed already, by whoever holds it or as nobody did. */
  if (socket->resource.close == NULL)
    return;
  thread_lets_go(&socket->resource);
  close_resource(&socket->resource);
}

static void opening_destroy(struct job *job) {
  struct opening *opening = (struct opening *)job;
  if (opening->fd >= 0)
    close(opening->fd);
  release(opening->socket);
}

static struct opening *opening_new(napi_env env, struct socket *socket, napi_value id,
                                   void (*run)(struct job *, struct thread *)) {
  struct opening *opening = job_new(env, sizeof *opening, id);
  if (opening == NULL)
    return NULL;
  opening->job.run = run;
  opening->job.destroy = opening_destroy;
  opening->socket = socket;
  opening->fd = -1;
  socket->references++;
  return opening;
}

static void on_lost(napi_env env, void *data, void *hint) {
  (void)env;
  (void)hint;
  struct socket *socket = data;
  struct opening *closing = socket->closing;
  if (!socket->thread->closing && closing != NULL) {
    socket->closing = NULL;
    delivery_submit(socket->thread, &closing->job); /* takes over JavaScript's reference */
    return;
  }
  release(socket);
}

static struct socket *socket_new(napi_env env, struct thread *thread) {
  struct socket *socket = calloc(1, sizeof *socket);
  struct opening *closing = calloc(1, sizeof *closing);
  if (socket == NULL || closing == NULL) {
    free(socket);
    free(closing);
    throw_errno(env, ENOMEM, NULL);
    return NULL;
  }
  socket->lock = -1;
  closing->job.silent = true;
  closing->job.run = close_run;
  closing->job.destroy = opening_destroy;
  closing->socket = socket;
  closing->fd = -1;
  socket->closing = closing;
  socket->netlink.fd = -1;
  socket->references = 1;
  socket->thread = thread;
  thread_retain(thread);
  return socket;
}

napi_value socket_open(napi_env env, napi_callback_info info) {
  napi_value arguments[4];
  napi_valuetype type;
  int32_t family;
  int fd = -1;
  if (!read_arguments(env, info, 4, arguments))
    return NULL;
  struct thread *thread = thread_from(env, arguments[0]);
  if (thread == NULL)
    return NULL;
  REQUIRE(env, napi_get_value_int32(env, arguments[2], &family));
  REQUIRE(env, napi_typeof(env, arguments[3], &type));
  if (type != napi_undefined && (fd = descriptor_fd(env, arguments[3])) < 0)
    return NULL;
  struct socket *socket = socket_new(env, thread);
  if (socket == NULL)
    return NULL;
  struct opening *opening = opening_new(env, socket, arguments[1], open_run);
  napi_value handle = handle_new(env, &socket->handle, on_lost, socket_kind);
  if (opening == NULL)
    return NULL;
  opening->family = family;
  if (handle != NULL && fd >= 0 && (opening->fd = fcntl(fd, F_DUPFD_CLOEXEC, 3)) < 0) {
    throw_errno(env, errno, NULL);
    handle = NULL;
  }
  if (handle == NULL) {
    job_destroy(&opening->job);
    return NULL;
  }
  delivery_submit(thread, &opening->job);
  return handle;
}

napi_value socket_close(napi_env env, napi_callback_info info) {
  napi_value arguments[3];
  if (!read_arguments(env, info, 3, arguments))
    return NULL;
  struct thread *thread = thread_from(env, arguments[0]);
  struct socket *socket = thread == NULL ? NULL : handle_data(env, arguments[2], socket_kind);
  struct opening *closing = socket == NULL ? NULL : opening_new(env, socket, arguments[1], close_run);
  if (closing == NULL)
    return NULL;
  socket->closed = true;
  delivery_submit(thread, &closing->job);
  return NULL;
}

/* What has been received, on its way to the event loop. */
struct piece {
  struct job job;
  unsigned char *bytes;
  size_t length;
};

struct exchange {
  struct piece last; /* the job; when it ends it carries the last piece */
  struct thread *thread;
  struct socket *socket;
  bool batch;
  struct requests requests;
  unsigned char bytes[];
};

static napi_value piece_result(napi_env env, struct job *job, struct thread *thread) {
  (void)thread;
  struct piece *piece = (struct piece *)job;
  napi_value value;
  if (piece->length == 0)
    REQUIRE(env, napi_get_undefined(env, &value));
  else
    REQUIRE(env, napi_create_buffer_copy(env, piece->length, piece->bytes, NULL, &value));
  return value;
}

static void piece_destroy(struct job *job) { free(((struct piece *)job)->bytes); }

static void exchange_destroy(struct job *job) {
  struct exchange *exchange = (struct exchange *)job;
  conditions_free(&exchange->requests.conditions);
  piece_destroy(job);
}

/* Moves what has been received into a piece. */
static int fill(struct piece *piece, struct netlink_socket *netlink) {
  if (netlink->length == 0)
    return 0;
  piece->bytes = malloc(netlink->length);
  if (piece->bytes == NULL)
    return ENOMEM;
  memcpy(piece->bytes, netlink->received, netlink->length);
  piece->length = netlink->length;
  netlink->length = 0;
  return 0;
}

/* Delivers what has been received so far. */
static int hand_over(void *context) {
  struct exchange *exchange = context;
  struct piece *piece = calloc(1, sizeof *piece);
  if (piece == NULL || fill(piece, &exchange->socket->netlink) != 0) {
    free(piece);
    return ENOMEM;
  }
  piece->job.id = exchange->last.job.id;
  piece->job.more = true;
  piece->job.result = piece_result;
  piece->job.destroy = piece_destroy;
  thread_deliver(exchange->thread, &piece->job);
  return 0;
}

static void exchange_run(struct job *job, struct thread *thread) {
  struct exchange *exchange = (struct exchange *)job;
  struct netlink_socket *netlink = &exchange->socket->netlink;
  struct listener listener = {hand_over, exchange};
  const char *syscall = "socket";
  exchange->thread = thread;
  netlink->length = 0;
  netlink->waits = true;
  bool locked = conditions_decide(&exchange->requests.conditions) && namespace_lock_take(exchange->socket->lock);
  int error = exchange->socket->ready
                  ? exchange_requests(netlink, &exchange->requests, &listener, exchange->batch, &syscall)
                  : EBADF;
  if (locked)
    namespace_lock_release(exchange->socket->lock);
  /* What has been answered is told in any case, where memory allows. */
  if (fill(&exchange->last, netlink) != 0 && error == 0) {
    syscall = "malloc";
    error = ENOMEM;
  }
  if (error != 0)
    job_fail(job, syscall, error);
}

/* A socket that the caller may use, or NULL with an exception pending. */
static struct socket *socket_from(napi_env env, napi_value value) {
  struct socket *socket = handle_data(env, value, socket_kind);
  if (socket != NULL && socket->closed) {
    throw_errno(env, EBADF, "the socket is closed");
    return NULL;
  }
  return socket;
}

/* Reads requests, whose conditions are to be freed whether that succeeds or not. */
static bool read_requests(napi_env env, napi_value bytes, napi_value conditions, struct requests *requests) {
  void *data;
  if (!read_bytes(env, bytes, &data, &requests->length))
    return false;
  requests->bytes = data;
  if (!requests_well_formed(requests->bytes, requests->length)) {
    throw_range(env, "not a sequence of whole netlink messages");
    return false;
  }
  return conditions_read(env, conditions, requests->bytes, requests->length, &requests->conditions);
}

napi_value socket_exchange(napi_env env, napi_callback_info info) {
  napi_value arguments[6];
  struct requests requests = {0};
  bool batch;
  if (!read_arguments(env, info, 6, arguments))
    return NULL;
  struct thread *thread = thread_from(env, arguments[0]);
  struct socket *socket = thread == NULL ? NULL : socket_from(env, arguments[2]);
  if (socket == NULL)
    return NULL;
  REQUIRE(env, napi_get_value_bool(env, arguments[5], &batch));
  struct exchange *exchange = NULL;
  if (read_requests(env, arguments[3], arguments[4], &requests))
    exchange = job_new(env, sizeof *exchange + requests.length, arguments[1]);
  if (exchange == NULL) {
    conditions_free(&requests.conditions);
    return NULL;
  }
  memcpy(exchange->bytes, requests.bytes, requests.length);
  exchange->requests = requests;
  exchange->requests.bytes = exchange->bytes;
  exchange->socket = socket;
  exchange->batch = batch;
  exchange->last.job.run = exchange_run;
  exchange->last.job.result = piece_result;
  exchange->last.job.destroy = exchange_destroy;
  delivery_submit(thread, &exchange->last.job);
  return NULL;
}

/* What answers requests and is not in the caller's buffer: { errno, syscall, answered }. */
static napi_value outcome_now(napi_env env, const struct netlink_socket *netlink, int error, const char *syscall) {
  napi_value outcome, number, name, answered;
  REQUIRE(env, napi_create_object(env, &outcome));
  REQUIRE(env, napi_create_int32(env, error, &number));
  REQUIRE(env, napi_create_string_utf8(env, syscall, NAPI_AUTO_LENGTH, &name));
  REQUIRE(env, napi_create_buffer_copy(env, netlink->length, netlink->received, NULL, &answered));
  REQUIRE(env, napi_set_named_property(env, outcome, "errno", number));
  REQUIRE(env, napi_set_named_property(env, outcome, "syscall", name));
  REQUIRE(env, napi_set_named_property(env, outcome, "answered", answered));
  return outcome;
}

napi_value socket_exchange_now(napi_env env, napi_callback_info info) {
  napi_value arguments[5], result;
  struct requests requests = {0};
  const char *syscall = "socket";
  void *into;
  size_t room;
  struct thread *thread;
  if (!read_arguments(env, info, 5, arguments) || (thread = thread_from(env, arguments[0])) == NULL)
    return NULL;
  struct socket *socket = socket_from(env, arguments[1]);
  if (socket == NULL || !read_bytes(env, arguments[4], &into, &room))
    return NULL;
  if (!read_requests(env, arguments[2], arguments[3], &requests)) {
    conditions_free(&requests.conditions);
    return NULL;
  }
  bool conditional = conditions_decide(&requests.conditions) && socket->lock >= 0;
  if (thread->pending > 0 || (conditional && !namespace_lock_try(socket->lock))) {
    conditions_free(&requests.conditions);
    REQUIRE(env, napi_get_undefined(env, &result));
    return result;
  }
  struct netlink_socket *netlink = &socket->netlink;
  netlink->length = 0;
  netlink->waits = false;
  int error = socket->ready ? exchange_requests(netlink, &requests, NULL, false, &syscall) : EBADF;
  if (conditional)
    namespace_lock_release(socket->lock);
  conditions_free(&requests.conditions);
  if (error != 0 || netlink->length > room)
    return outcome_now(env, netlink, error, syscall);
  if (netlink->length > 0)
    memcpy(into, netlink->received, netlink->length);
  REQUIRE(env, napi_create_uint32(env, (uint32_t)netlink->length, &result));
  return result;
}
