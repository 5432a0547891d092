#ifndef LINKWRIGHT_NAMING_H
#define LINKWRIGHT_NAMING_H

/* Names of namespaces: files that a namespace is mounted on, and lives by. Both give an errno and what failed, or 0. */

/* Mounts the namespace that a file leads to on another, which is made; EEXIST where another namespace has that name. Names in
   /run/netns are shared with other mount namespaces, as ip-netns(8) has it. */
int naming_give(const char *from, const char *path, const char **syscall_name);
/* Takes a name away. Who is in the namespace, or holds it, stays there. */
int naming_take(const char *path, const char **syscall_name);

#endif
