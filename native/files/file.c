#include "files/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "boundary.h"
#include "files/opening.h"
#include "thread/delivery.h"

#define LARGEST_FILE 65536

struct file_job {
  struct job job;
  char *path;
  char *text;
  size_t length;
  file_opener *opener;
};

static int open_plainly(struct thread *thread, const char *path, int flags, const char **syscall_name) {
  (void)thread;
  *syscall_name = "open";
  return open(path, flags);
}

/* Opens the file of a job; -1 when that has failed, which is recorded. */
static int open_for(struct file_job *file, struct thread *thread, int flags) {
  const char *syscall_name;
  int fd = file->opener(thread, file->path, flags | O_CLOEXEC, &syscall_name);
  if (fd < 0)
    job_fail(&file->job, syscall_name, errno);
  return fd;
}

typedef napi_status string_getter(napi_env, napi_value, char *, size_t, size_t *);

static char *string_read(napi_env env, napi_value value, string_getter *get) {
  size_t length;
  if (get(env, value, NULL, 0, &length) != napi_ok) {
    throw_last_error(env);
    return NULL;
  }
  char *path = malloc(length + 1);
  if (path == NULL) {
    throw_errno(env, ENOMEM, NULL);
    return NULL;
  }
  get(env, value, path, length + 1, &length);
  if (strlen(path) != length) {
    throw_type(env, "a NUL byte in a path or text");
    free(path);
    return NULL;
  }
  return path;
}

char *path_read(napi_env env, napi_value value) {
  return string_read(env, value, napi_get_value_string_utf8);
}

/* A character is a byte: links' names, which are in paths, need not be UTF-8. */
static char *bytes_read(napi_env env, napi_value value) {
  return string_read(env, value, napi_get_value_string_latin1);
}

static void file_destroy(struct job *job) {
  struct file_job *file = (struct file_job *)job;
  free(file->path);
  free(file->text);
}

static void read_run(struct job *job, struct thread *thread) {
  struct file_job *file = (struct file_job *)job;
  file->text = malloc(LARGEST_FILE);
  if (file->text == NULL) {
    job_fail(job, "malloc", ENOMEM);
    return;
  }
  int fd = open_for(file, thread, O_RDONLY);
  if (fd < 0)
    return;
  while (file->length < LARGEST_FILE) {
    ssize_t count = read(fd, file->text + file->length, LARGEST_FILE - file->length);
    if (count < 0)
      job_fail(job, "read", errno);
    if (count <= 0)
      break;
    file->length += (size_t)count;
  }
  if (file->length == LARGEST_FILE)
    job_fail(job, "read", EFBIG);
  close(fd);
}

/* The names in a folder, a line each. */
static void list_run(struct job *job, struct thread *thread) {
  struct file_job *file = (struct file_job *)job;
  int fd = open_for(file, thread, O_RDONLY | O_DIRECTORY);
  if (fd < 0)
    return;
  DIR *folder = fdopendir(fd);
  if (folder == NULL) {
    job_fail(job, "fdopendir", errno);
    close(fd);
    return;
  }
  FILE *list = open_memstream(&file->text, &file->length);
  if (list == NULL) {
    job_fail(job, "open_memstream", errno);
    closedir(folder);
    return;
  }
  errno = 0;
  for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
    if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
        fprintf(list, "%s\n", entry->d_name) < 0)
      job_fail(job, "malloc", ENOMEM);
    errno = 0;
  }
  if (errno != 0)
    job_fail(job, "readdir", errno);
  if (fclose(list) != 0)
    job_fail(job, "malloc", ENOMEM);
  closedir(folder);
}

static napi_value read_result(napi_env env, struct job *job, struct thread *thread) {
  (void)thread;
  struct file_job *file = (struct file_job *)job;
  napi_value text;
  if (job->error != 0 ||
      napi_create_string_latin1(env, file->text, file->length, &text) != napi_ok)
    return NULL;
  return text;
}

static void write_run(struct job *job, struct thread *thread) {
  struct file_job *file = (struct file_job *)job;
  int fd = open_for(file, thread, O_WRONLY);
  if (fd < 0)
    return;
  ssize_t count = write(fd, file->text, file->length);
  if (count < 0)
    job_fail(job, "write", errno);
  else if ((size_t)count != file->length)
    job_fail(job, "write", EIO);
  close(fd);
}

/* Takes over the path. */
static struct file_job *file_job_new(napi_env env, napi_value id, char *path) {
  struct file_job *file = job_new(env, sizeof *file, id);
  if (file == NULL) {
    free(path);
    return NULL;
  }
  file->job.destroy = file_destroy;
  file->path = path;
  file->opener = open_plainly;
  return file;
}

struct path_opening {
  struct opening opening;
  char *path;
  int flags;
};

static void open_run(struct job *job, struct thread *thread) {
  struct path_opening *file = (struct path_opening *)job;
  const char *syscall_name;
  file->opening.fd = open_plainly(thread, file->path, file->flags | O_CLOEXEC, &syscall_name);
  if (file->opening.fd < 0)
    job_fail(job, syscall_name, errno);
}

static void open_forget(struct opening *opening) { free(((struct path_opening *)opening)->path); }

void file_open_path(napi_env env, struct thread *thread, napi_value id, char *path, int flags) {
  struct path_opening *file = opening_new(env, sizeof *file, id, open_run);
  if (file == NULL) {
    free(path);
    return;
  }
  file->opening.forget = open_forget;
  file->path = path;
  file->flags = flags;
  delivery_submit(thread, &file->opening.job);
}

/* Reads a file, or a folder's names. */
static napi_value submit_read(napi_env env, napi_callback_info info, file_opener *opener,
                              void (*work)(struct job *, struct thread *)) {
  napi_value arguments[3];
  if (!read_arguments(env, info, 3, arguments))
    return NULL;
  struct thread *thread = thread_from(env, arguments[0]);
  char *path = thread == NULL ? NULL : bytes_read(env, arguments[2]);
  struct file_job *file = path == NULL ? NULL : file_job_new(env, arguments[1], path);
  if (file == NULL)
    return NULL;
  file->opener = opener;
  file->job.run = work;
  file->job.result = read_result;
  delivery_submit(thread, &file->job);
  return NULL;
}

napi_value file_read_by(napi_env env, napi_callback_info info, file_opener *opener) {
  return submit_read(env, info, opener, read_run);
}

napi_value file_list_by(napi_env env, napi_callback_info info, file_opener *opener) {
  return submit_read(env, info, opener, list_run);
}

napi_value file_write_by(napi_env env, napi_callback_info info, file_opener *opener) {
  napi_value arguments[4];
  if (!read_arguments(env, info, 4, arguments))
    return NULL;
  struct thread *thread = thread_from(env, arguments[0]);
  char *path = thread == NULL ? NULL : bytes_read(env, arguments[2]);
  char *text = path == NULL ? NULL : bytes_read(env, arguments[3]);
  if (text == NULL) {
    free(path);
    return NULL;
  }
  struct file_job *file = file_job_new(env, arguments[1], path);
  if (file == NULL) {
    free(text);
    return NULL;
  }
  file->text = text;
  file->length = strlen(text);
  file->opener = opener;
  file->job.run = write_run;
  delivery_submit(thread, &file->job);
  return NULL;
}

napi_value file_read(napi_env env, napi_callback_info info) {
  return file_read_by(env, info, open_plainly);
}

napi_value file_list(napi_env env, napi_callback_info info) {
  return file_list_by(env, info, open_plainly);
}

napi_value file_write(napi_env env, napi_callback_info info) {
  return file_write_by(env, info, open_plainly);
}

napi_value file_open(napi_env env, napi_callback_info info) {
  napi_value arguments[3];
  if (!read_arguments(env, info, 3, arguments))
    return NULL;
  struct thread *thread = thread_from(env, arguments[0]);
  char *path = thread == NULL ? NULL : path_read(env, arguments[2]);
  if (path != NULL)
    file_open_path(env, thread, arguments[1], path, O_RDWR);
  return NULL;
}
