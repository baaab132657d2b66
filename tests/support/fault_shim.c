/* Stands between a program and the C library (LD_PRELOAD): counts the calls that touch anything below one
 * folder, notes each, and lets a chosen one fail, end the process, or stop it. Nothing happens until csrtui_arm()
 * is called. The notes lie in memory that is shared with the parent, so that they outlive a kill. */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { KILL = -1, STOP = -2, SHORT = -3, EVERY = -1, ROOM = 1 << 20 };

struct shared {
    atomic_int count;   /* calls so far */
    atomic_int fired;   /* whether the fault was given */
    atomic_int used;    /* bytes of notes */
    char notes[ROOM];
};

static struct shared *shared;
static int armed, when, kind;
static char root[PATH_MAX];
static size_t root_length;

struct shared *csrtui_share(void) {
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return shared == MAP_FAILED ? NULL : shared;
}

void csrtui_arm(const char *folder, int number, int fault) {
    snprintf(root, sizeof root, "%s", folder);
    root_length = strlen(root);
    when = number;
    kind = fault;
    shared->count = shared->fired = shared->used = 0;
    memset(shared->notes, 0, 64);
    armed = 1;
}

void csrtui_disarm(void) { armed = 0; }

static void note(const char *format, ...) {
    char line[2 * PATH_MAX];
    va_list list;
    va_start(list, format);
    int length = vsnprintf(line, sizeof line, format, list);
    va_end(list);
    if (length >= (int)sizeof line) length = sizeof line - 1;
    int at = atomic_fetch_add(&shared->used, length);
    if (at + length < ROOM) memcpy(shared->notes + at, line, length);
}

/* The whole path of a name in a folder, or of a descriptor; empty when it is of no interest. */
static void whole_path(char *found, int folder, const char *name) {
    char base[PATH_MAX] = "";
    found[0] = 0;
    if (!name || name[0] != '/') {
        char link[64];
        if (folder == AT_FDCWD) snprintf(link, sizeof link, "/proc/self/cwd");
        else snprintf(link, sizeof link, "/proc/self/fd/%d", folder);
        ssize_t length = syscall(SYS_readlinkat, AT_FDCWD, link, base, sizeof base - 1);
        if (length <= 0) return;
        base[length] = 0;
        if (name && name[0]) snprintf(found, PATH_MAX, "%s/%s", base, name);
        else snprintf(found, PATH_MAX, "%s", base);
    } else snprintf(found, PATH_MAX, "%s", name);
    if (strncmp(found, root, root_length) || (found[root_length] && found[root_length] != '/')) found[0] = 0;
}

/* Counts a call; returns the errno that it shall end with, SHORT, or 0: it shall be made. */
static int gate(const char *call, int folder, const char *name) {
    char path[PATH_MAX];
    if (!armed) return 0;
    int before = errno;
    whole_path(path, folder, name);
    if (!path[0]) { errno = before; return 0; }
    int number = atomic_fetch_add(&shared->count, 1) + 1;
    note("%d %s %s\n", number, call, path);
    errno = before;
    if (when != EVERY && number != when) return 0;
    shared->fired = 1;
    if (kind == KILL) { syscall(SYS_kill, getpid(), SIGKILL); for (;;) pause(); }
    if (kind == STOP) { syscall(SYS_kill, getpid(), SIGSTOP); errno = before; return 0; }
    return kind;
}

/* Notes the mode of what has just come into being. */
static void made(int folder, const char *name) {
    char path[PATH_MAX];
    struct stat found;
    int before = errno;
    if (!armed) return;
    whole_path(path, folder, name);
    if (path[0] && !syscall(SYS_newfstatat, AT_FDCWD, path, &found, AT_SYMLINK_NOFOLLOW))
        note("mode %o %s\n", found.st_mode, path);
    errno = before;
}

#define REAL(name) \
    static __typeof__(&name) real; \
    if (!real) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)
#define GATE(name, folder, path, refused) \
    do { \
        int error_ = gate(#name, folder, path); \
        if (error_ > 0) { errno = error_; return refused; } \
    } while (0)

#define OPENS(name, declared, folder, path, given) \
    int name declared { \
        mode_t mode = 0; \
        if (flags & (O_CREAT | O_TMPFILE)) { \
            va_list list; va_start(list, flags); mode = va_arg(list, mode_t); va_end(list); \
        } \
        REAL(name); \
        GATE(name, folder, path, -1); \
        int opened = real given; \
        if (opened >= 0 && flags & O_CREAT) made(folder, path); \
        return opened; \
    }
OPENS(open, (const char *path, int flags, ...), AT_FDCWD, path, (path, flags, mode))
OPENS(open64, (const char *path, int flags, ...), AT_FDCWD, path, (path, flags, mode))
OPENS(openat, (int folder, const char *path, int flags, ...), folder, path, (folder, path, flags, mode))
OPENS(openat64, (int folder, const char *path, int flags, ...), folder, path, (folder, path, flags, mode))

int close(int descriptor) {
    REAL(close);
    int error = gate("close", descriptor, NULL);
    int closed = real(descriptor); /* Linux closes it whatever it says */
    if (error > 0) { errno = error; return -1; }
    return closed;
}

int closedir(DIR *folder) {
    REAL(closedir);
    int error = gate("closedir", dirfd(folder), NULL);
    int closed = real(folder);
    if (error > 0) { errno = error; return -1; }
    return closed;
}

ssize_t write(int descriptor, const void *data, size_t length) {
    REAL(write);
    int error = gate("write", descriptor, NULL);
    if (error > 0) { errno = error; return -1; }
    return real(descriptor, data, error == SHORT && length > 1 ? length / 2 : length);
}

#define SIMPLE(type, name, declared, folder, path, given, refused) \
    type name declared { REAL(name); GATE(name, folder, path, refused); return real given; }
SIMPLE(ssize_t, read, (int d, void *b, size_t n), d, NULL, (d, b, n), -1)
SIMPLE(ssize_t, pread, (int d, void *b, size_t n, off_t o), d, NULL, (d, b, n, o), -1)
SIMPLE(ssize_t, pread64, (int d, void *b, size_t n, off64_t o), d, NULL, (d, b, n, o), -1)
SIMPLE(ssize_t, pwrite, (int d, const void *b, size_t n, off_t o), d, NULL, (d, b, n, o), -1)
SIMPLE(ssize_t, pwrite64, (int d, const void *b, size_t n, off64_t o), d, NULL, (d, b, n, o), -1)
SIMPLE(int, fsync, (int d), d, NULL, (d), -1)
SIMPLE(int, fdatasync, (int d), d, NULL, (d), -1)
SIMPLE(int, ftruncate, (int d, off_t n), d, NULL, (d, n), -1)
SIMPLE(int, ftruncate64, (int d, off64_t n), d, NULL, (d, n), -1)
SIMPLE(int, unlink, (const char *p), AT_FDCWD, p, (p), -1)
SIMPLE(int, unlinkat, (int f, const char *p, int g), f, p, (f, p, g), -1)
SIMPLE(int, rmdir, (const char *p), AT_FDCWD, p, (p), -1)
SIMPLE(int, flock, (int d, int o), d, NULL, (d, o), -1)
SIMPLE(int, stat, (const char *restrict p, struct stat *restrict s), AT_FDCWD, p, (p, s), -1)
SIMPLE(int, lstat, (const char *restrict p, struct stat *restrict s), AT_FDCWD, p, (p, s), -1)
SIMPLE(int, fstat, (int d, struct stat *s), d, NULL, (d, s), -1)
SIMPLE(int, fstatat, (int f, const char *restrict p, struct stat *restrict s, int g), f, p, (f, p, s, g), -1)
SIMPLE(int, stat64, (const char *restrict p, struct stat64 *restrict s), AT_FDCWD, p, (p, s), -1)
SIMPLE(int, lstat64, (const char *restrict p, struct stat64 *restrict s), AT_FDCWD, p, (p, s), -1)
SIMPLE(int, fstat64, (int d, struct stat64 *s), d, NULL, (d, s), -1)
SIMPLE(int, fstatat64, (int f, const char *restrict p, struct stat64 *restrict s, int g), f, p, (f, p, s, g), -1)
SIMPLE(int, futimens, (int d, const struct timespec t[2]), d, NULL, (d, t), -1)
SIMPLE(int, utimensat, (int f, const char *p, const struct timespec t[2], int g), f, p, (f, p, t, g), -1)
SIMPLE(int, access, (const char *p, int m), AT_FDCWD, p, (p, m), -1)
SIMPLE(int, faccessat, (int f, const char *p, int m, int g), f, p, (f, p, m, g), -1)
SIMPLE(int, statvfs, (const char *restrict p, struct statvfs *restrict s), AT_FDCWD, p, (p, s), -1)
SIMPLE(int, statvfs64, (const char *restrict p, struct statvfs64 *restrict s), AT_FDCWD, p, (p, s), -1)
SIMPLE(int, fstatvfs, (int d, struct statvfs *s), d, NULL, (d, s), -1)
SIMPLE(ssize_t, readlink, (const char *restrict p, char *restrict b, size_t n), AT_FDCWD, p, (p, b, n), -1)
SIMPLE(DIR *, opendir, (const char *p), AT_FDCWD, p, (p), NULL)
SIMPLE(DIR *, fdopendir, (int d), d, NULL, (d), NULL)
SIMPLE(struct dirent *, readdir, (DIR *d), dirfd(d), NULL, (d), NULL)
SIMPLE(struct dirent64 *, readdir64, (DIR *d), dirfd(d), NULL, (d), NULL)

#define MAKES(name, declared, gate_folder, gate_path, made_folder, made_path, given) \
    int name declared { \
        REAL(name); \
        GATE(name, gate_folder, gate_path, -1); \
        int done = real given; \
        if (!done) made(made_folder, made_path); \
        return done; \
    }
MAKES(mkdir, (const char *p, mode_t m), AT_FDCWD, p, AT_FDCWD, p, (p, m))
MAKES(mkdirat, (int f, const char *p, mode_t m), f, p, f, p, (f, p, m))
MAKES(chmod, (const char *p, mode_t m), AT_FDCWD, p, AT_FDCWD, p, (p, m))
MAKES(fchmod, (int d, mode_t m), d, NULL, d, NULL, (d, m))
MAKES(fchmodat, (int f, const char *p, mode_t m, int g), f, p, f, p, (f, p, m, g))
MAKES(rename, (const char *a, const char *b), AT_FDCWD, a, AT_FDCWD, b, (a, b))
MAKES(renameat, (int f, const char *a, int g, const char *b), f, a, g, b, (f, a, g, b))
MAKES(renameat2, (int f, const char *a, int g, const char *b, unsigned o), f, a, g, b, (f, a, g, b, o))
MAKES(link, (const char *a, const char *b), AT_FDCWD, b, AT_FDCWD, b, (a, b))
MAKES(linkat, (int f, const char *a, int g, const char *b, int o), g, b, g, b, (f, a, g, b, o))

/* Locks of SQLite; F_DUPFD and its like touch no file. */
static int locks(int command) { return command == F_SETLK || command == F_SETLKW || command == F_OFD_SETLK; }
#define CONTROLS(name) \
    int name(int descriptor, int command, ...) { \
        va_list list; va_start(list, command); void *given = va_arg(list, void *); va_end(list); \
        REAL(name); \
        if (locks(command)) GATE(name, descriptor, NULL, -1); \
        return real(descriptor, command, given); \
    }
CONTROLS(fcntl)
CONTROLS(fcntl64)
