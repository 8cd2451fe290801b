/* A file system that shows others a file only when its last descriptor is closed, as gcsfuse does (LD_PRELOAD).
 *
 * EPOCHAL_SHIM_ROOT is the tree that the process writes, EPOCHAL_SHIM_PUBLIC what others see of it. A file that is
 * published once cannot be written again: opening it for that fails, as on an object store without append. With
 * EPOCHAL_SHIM_FAIL_CLOSES=n every nth close publishes nothing and fails with EIO, as a lost upload does. */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static _Thread_local int inside;
static atomic_int closes;

static int is_in_tree(const char *path) {
  const char *root = getenv("EPOCHAL_SHIM_ROOT");
  return root != NULL && strncmp(path, root, strlen(root)) == 0 && path[strlen(root)] == '/';
}

static void public_path(const char *path, char *target) {
  snprintf(target, PATH_MAX, "%s%s", getenv("EPOCHAL_SHIM_PUBLIC"), path + strlen(getenv("EPOCHAL_SHIM_ROOT")));
}

static int read_link(const char *directory, const char *name, char *path) {
  char link[64];
  snprintf(link, sizeof link, "%s/%.20s", directory, name);
  ssize_t length = readlink(link, path, PATH_MAX - 1);
  path[length < 0 ? 0 : length] = 0;
  return length > 0;
}

static int is_open(const char *path) {
  char other[PATH_MAX];
  int found = 0;
  DIR *descriptors = opendir("/proc/self/fd");
  struct dirent *entry;
  while (descriptors != NULL && (entry = readdir(descriptors)) != NULL)
    found |= read_link("/proc/self/fd", entry->d_name, other) && strcmp(other, path) == 0;
  if (descriptors != NULL) closedir(descriptors);
  return found;
}

static void publish(const char *path) {
  char target[PATH_MAX], temporary[PATH_MAX + 8], buffer[1 << 16];
  public_path(path, target);
  for (char *slash = strchr(target + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
    *slash = 0;
    mkdir(target, 0777);
    *slash = '/';
  }
  snprintf(temporary, sizeof temporary, "%s.part", target);
  int from = open(path, O_RDONLY), to = open(temporary, O_WRONLY | O_CREAT | O_TRUNC, 0666);
  ssize_t got;
  while (from >= 0 && (got = read(from, buffer, sizeof buffer)) > 0)
    if (write(to, buffer, (size_t)got) != got) break;
  close(from);
  close(to);
  rename(temporary, target);
}

int close(int fd) {
  static int (*real)(int);
  if (real == NULL) real = (int (*)(int))dlsym(RTLD_NEXT, "close");
  char number[16], path[PATH_MAX];
  snprintf(number, sizeof number, "%d", fd);
  struct stat stat;
  int ours = !inside && read_link("/proc/self/fd", number, path) && is_in_tree(path) && fstat(fd, &stat) == 0 &&
             S_ISREG(stat.st_mode);
  int result = real(fd);
  if (!ours) return result;
  inside = 1;
  const char *every = getenv("EPOCHAL_SHIM_FAIL_CLOSES");
  if (!is_open(path)) {
    if (every != NULL && ++closes % atoi(every) == 0) {
      result = -1;
    } else {
      publish(path);
    }
  }
  inside = 0;
  if (result != 0) errno = EIO;
  return result;
}

static int refuses(const char *path, int flags) {
  char target[PATH_MAX];
  if (inside || (flags & O_ACCMODE) == O_RDONLY || !is_in_tree(path)) return 0;
  public_path(path, target);
  return access(target, F_OK) == 0;
}

#define OPEN(name)                                                       \
  int name(const char *path, int flags, ...) {                           \
    static int (*real)(const char *, int, ...);                          \
    if (real == NULL) real = (int (*)(const char *, int, ...))dlsym(RTLD_NEXT, #name); \
    va_list arguments;                                                   \
    va_start(arguments, flags);                                          \
    int mode = va_arg(arguments, int);                                   \
    va_end(arguments);                                                   \
    if (refuses(path, flags)) {                                          \
      errno = ENOTSUP;                                                   \
      return -1;                                                         \
    }                                                                    \
    return real(path, flags, mode);                                      \
  }
OPEN(open)
OPEN(open64)
