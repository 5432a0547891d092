#ifndef LINKWRIGHT_MOUNT_H
#define LINKWRIGHT_MOUNT_H

/* Makes a filesystem of this type that is mounted nowhere: a descriptor of its root, or -1 with errno and what failed. */
int mount_detached(const char *type, const char **syscall_name);

#endif
