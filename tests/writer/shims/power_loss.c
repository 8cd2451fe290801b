/* Keeps what a disk would hold if the power failed now, for one directory tree (LD_PRELOAD).
 *
 * EPOCHAL_SHIM_ROOT is the tree, EPOCHAL_SHIM_DISK a directory outside it. A sync of a file copies what the file
 * holds at that moment to DISK/data/<path>; a sync of a directory notes each of its entries as DISK/entries/<path>.
 * A file that has one without the other would be lost. Copies appear whole (a rename), as a journal commits. */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *path_in_tree(int fd, char *path) {
  const char *root = getenv("EPOCHAL_SHIM_ROOT");
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, PATH_MAX - 1);
  if (root == NULL || length < 0) return NULL;
  path[length] = 0;
  size_t prefix = strlen(root);
  if (strncmp(path, root, prefix) != 0 || (path[prefix] != 0 && path[prefix] != '/')) return NULL;
  return path + prefix; /* "" is the root itself */
}

static void make_parents(char *path) {
  for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
    *slash = 0;
    mkdir(path, 0777);
    *slash = '/';
  }
}

static void place(const char *kind, const char *relative, const char *source, off_t size) {
  char target[PATH_MAX], temporary[PATH_MAX];
  const char *disk = getenv("EPOCHAL_SHIM_DISK");
  snprintf(target, sizeof target, "%s/%s%s", disk, kind, relative);
  snprintf(temporary, sizeof temporary, "%s/temporary-%d-%d", disk, getpid(), gettid());
  make_parents(target);
  int to = open(temporary, O_WRONLY | O_CREAT | O_TRUNC, 0666);
  int from = source == NULL ? -1 : open(source, O_RDONLY);
  char buffer[1 << 16];
  while (from >= 0 && size > 0) {
    ssize_t got = read(from, buffer, size < (off_t)sizeof buffer ? (size_t)size : sizeof buffer);
    if (got <= 0 || write(to, buffer, (size_t)got) != got) break;
    size -= got;
  }
  if (from >= 0) close(from);
  close(to);
  rename(temporary, target);
}

static int sync_to_disk(int fd) {
  char path[PATH_MAX];
  struct stat stat;
  const char *relative = path_in_tree(fd, path);
  if (relative == NULL || fstat(fd, &stat) != 0) return 0;
  if (S_ISREG(stat.st_mode)) {
    place("data", relative, path, stat.st_size);
  } else if (S_ISDIR(stat.st_mode)) {
    DIR *entries = opendir(path);
    struct dirent *entry;
    while (entries != NULL && (entry = readdir(entries)) != NULL) {
      char name[PATH_MAX];
      if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
      snprintf(name, sizeof name, "%s/%s/entry", relative, entry->d_name);
      place("entries", name, NULL, 0);
    }
    if (entries != NULL) closedir(entries);
  }
  return 0;
}

int fsync(int fd) { return sync_to_disk(fd); }
int fdatasync(int fd) { return sync_to_disk(fd); }
