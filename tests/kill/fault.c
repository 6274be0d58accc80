/* What if the process dies, or the disk refuses, at the n-th call by which it changes a folder?
 *
 * Preloaded before libc, so that the calls of Python, HDF5 and Arrow are all seen. Until it is armed it only passes calls on.
 * A death within a write leaves half of it on disk.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

static char folder[PATH_MAX];
static long at;
static int fault, report = -1;
static atomic_long calls;

/* fault 0: kill at call `at`. Otherwise calls that need room fail with this errno from call `at` on. `report` is told each call. */
void arm(const char *path, long call, int number, int descriptor) {
    strncpy(folder, path, sizeof folder - 1);
    at = call;
    fault = number;
    report = descriptor;
    atomic_store(&calls, 0);
}

static int below(const char *path) {
    size_t length = strlen(folder);
    return length && strncmp(path, folder, length) == 0 && (path[length] == '/' || path[length] == 0);
}

static int held(int descriptor, char *path) {
    char link[64];
    if (!folder[0]) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, path, PATH_MAX - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return below(path);
}

static ssize_t real_write(int descriptor, const void *data, size_t size) {
    static ssize_t (*next)(int, const void *, size_t);
    if (!next) next = dlsym(RTLD_NEXT, "write");
    return next(descriptor, data, size);
}

/* 1: die now; -1: fail; 0: go on. */
static int verdict(const char *kind, const char *path, int room) {
    long call = atomic_fetch_add(&calls, 1) + 1;
    char line[PATH_MAX + 64];
    int length = snprintf(line, sizeof line, "%ld %s %s\n", call, kind, path + strlen(folder));
    if (report >= 0) real_write(report, line, length);
    if (!at || call < at) return 0;
    if (fault) return room ? -1 : 0;
    return 1;
}

static void die(void) { kill(getpid(), SIGKILL); for (;;) pause(); }

static int refused(const char *kind, const char *path, int room) {
    int said = verdict(kind, path, room);
    if (said > 0) die();
    if (said < 0) errno = fault;
    return said < 0;
}

#define NEXT(type, name, ...) \
    static type (*next)(__VA_ARGS__); \
    if (!next) next = dlsym(RTLD_NEXT, name)

ssize_t write(int descriptor, const void *data, size_t size) {
    char path[PATH_MAX];
    if (held(descriptor, path)) {
        int said = verdict("write", path, 1);
        if (said) real_write(descriptor, data, size / 2);
        if (said > 0) die();
        if (said < 0) { errno = fault; return -1; }
    }
    return real_write(descriptor, data, size);
}

static ssize_t at_place(const char *name, int descriptor, const void *data, size_t size, off_t place) {
    ssize_t (*next)(int, const void *, size_t, off_t) = dlsym(RTLD_NEXT, name);
    char path[PATH_MAX];
    if (held(descriptor, path)) {
        int said = verdict("write", path, 1);
        if (said) next(descriptor, data, size / 2, place);
        if (said > 0) die();
        if (said < 0) { errno = fault; return -1; }
    }
    return next(descriptor, data, size, place);
}
ssize_t pwrite(int descriptor, const void *data, size_t size, off_t place) { return at_place("pwrite", descriptor, data, size, place); }
ssize_t pwrite64(int descriptor, const void *data, size_t size, off_t place) { return at_place("pwrite64", descriptor, data, size, place); }

int fsync(int descriptor) {
    NEXT(int, "fsync", int);
    char path[PATH_MAX];
    if (held(descriptor, path) && refused("fsync", path, 0)) return -1;
    return next(descriptor);
}

int fdatasync(int descriptor) {
    NEXT(int, "fdatasync", int);
    char path[PATH_MAX];
    if (held(descriptor, path) && refused("fsync", path, 0)) return -1;
    return next(descriptor);
}

int ftruncate(int descriptor, off_t size) {
    NEXT(int, "ftruncate", int, off_t);
    char path[PATH_MAX];
    if (held(descriptor, path) && refused("truncate", path, 0)) return -1;
    return next(descriptor, size);
}

int ftruncate64(int descriptor, off_t size) {
    NEXT(int, "ftruncate64", int, off_t);
    char path[PATH_MAX];
    if (held(descriptor, path) && refused("truncate", path, 0)) return -1;
    return next(descriptor, size);
}

/* What is cut off makes room. */
int truncate(const char *path, off_t size) {
    NEXT(int, "truncate", const char *, off_t);
    if (folder[0] && fault && below(path)) at = 0;
    return next(path, size);
}

int truncate64(const char *path, off_t size) {
    NEXT(int, "truncate64", const char *, off_t);
    if (folder[0] && fault && below(path)) at = 0;
    return next(path, size);
}

int rename(const char *old, const char *new) {
    NEXT(int, "rename", const char *, const char *);
    if (folder[0] && below(new) && refused("rename", new, 0)) return -1;
    return next(old, new);
}

int mkdir(const char *path, mode_t mode) {
    NEXT(int, "mkdir", const char *, mode_t);
    if (folder[0] && below(path) && refused("mkdir", path, access(path, F_OK) != 0)) return -1;
    return next(path, mode);
}

int unlink(const char *path) {
    NEXT(int, "unlink", const char *);
    if (folder[0] && below(path) && access(path, F_OK) == 0 && refused("unlink", path, 0)) return -1;
    return next(path);
}

static int opening(const char *name, const char *path, int flags, mode_t mode) {
    int (*next)(const char *, int, ...) = dlsym(RTLD_NEXT, name);
    if (folder[0] && (flags & O_ACCMODE) != O_RDONLY && below(path)) {
        int missing = access(path, F_OK) != 0;
        if ((missing || flags & O_TRUNC || fault == EROFS) && refused("open", path, missing || fault == EROFS)) return -1;
    }
    return next(path, flags, mode);
}

#define OPEN(name) \
    int name(const char *path, int flags, ...) { \
        mode_t mode = 0; \
        if (flags & (O_CREAT | O_TMPFILE)) { va_list rest; va_start(rest, flags); mode = va_arg(rest, mode_t); va_end(rest); } \
        return opening(#name, path, flags, mode); \
    }
OPEN(open)
OPEN(open64)
