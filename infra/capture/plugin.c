/*
 * QEMU user-mode plugin: writes every load and store of a program, with its thread and instruction count, as blocks of
 * docs/trace-format.md to a pipe. Blocks are raw and carry no checksums: `damonlab capture` at the other end adds both.
 *
 * Arguments: fd=N (pipe), window=N (instructions), full=on|off, on=N, period=N (sampling, instructions of a thread).
 *
 * A thread's clock counts its own instructions. When it comes back from a system call that waits, and others have got further
 * meanwhile, its clock is set to theirs: so that the clocks of all threads tell what happened at about the same time.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "columns.h"
#include "qemu-api.h"

#ifndef PLUGIN_API
#define PLUGIN_API 1
#endif

#define PAGE_SHIFT 12
#define PAGE_BYTES 4096u
#define BLOCK_RECORDS (1u << 16)
#define BLOCK_PAGES (1u << 14)
#define BLOCK_ACCESSES (1u << 31)
/* So that little is lost of a program that is killed. */
#define BLOCK_TICKS 100000000u
#define HASH_SLOTS (1u << 16)
#define MAX_VCPUS 4096
#define NO_PAGE UINT64_MAX

enum { BLOCK_MAGIC = 0x42544c44, TYPE_ACCESSES = 'A', TYPE_MAPS = 'M', TYPE_SKIPPED = 'S' };
enum { HAS_COUNTS = 1, HAS_PLACES = 2 };

struct header {
  uint32_t magic;
  uint8_t type, codec, flags, zero;
  uint32_t stored, raw, crc;
  uint32_t thread, cpu, records;
  uint64_t first_clock, end_clock;
  uint32_t reads, writes, tid, header_crc;
};
_Static_assert(sizeof(struct header) == 64, "the header of docs/trace-format.md");

/* One traced thread. Only the thread itself touches it, but for the end of the program. */
struct thread {
  uint32_t number;
  uint32_t tid;
  /* Instructions made before the present translation block, and how many that one has. */
  uint64_t clock, pending;
  /* Clocks of the present window and of the last record. */
  uint64_t window, last;
  uint64_t skipped;
  struct header header;
  struct column pages, refs, ticks, rest;
  uint32_t nr_pages;
  uint64_t last_dict_page;
  /* Open addressing from page to index in the dictionary; a slot counts if its generation is the present one. */
  uint64_t keys[HASH_SLOTS];
  uint32_t index[HASH_SLOTS], generation[HASH_SLOTS];
  uint32_t present;
  uint64_t cached_page;
  uint32_t cached_index;
  /* Of the window, by index. */
  uint32_t reads[BLOCK_PAGES + 2], writes[BLOCK_PAGES + 2], touched[BLOCK_PAGES + 2];
  uint32_t nr_touched;
  /* Arguments of the system call that it is in. */
  uint64_t call[5];
};

__attribute__((visibility("default"))) int qemu_plugin_version = PLUGIN_API;

static struct thread *threads[MAX_VCPUS];
static _Atomic uint32_t nr_threads;
/* The furthest that any thread is known to be. */
static _Atomic uint64_t furthest;
static pthread_mutex_t pipe_lock = PTHREAD_MUTEX_INITIALIZER;
static int pipe_fd = -1;
static pid_t owner;
static uint64_t window_ticks = 100000, on_ticks, period_ticks;
static bool full;

static void reach(uint64_t clock)
{
  uint64_t known = atomic_load_explicit(&furthest, memory_order_relaxed);
  while (known < clock && !atomic_compare_exchange_weak(&furthest, &known, clock)) {
  }
}

static void write_all(const void *bytes, size_t length)
{
  const uint8_t *at = bytes;
  while (length > 0) {
    ssize_t written = write(pipe_fd, at, length);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) _exit(125);
    at += written;
    length -= (size_t)written;
  }
}

/* A child of the program is not part of the trace: it must not write into its parent's pipe. */
static void send_block(struct header *header, const void *payload, size_t length)
{
  if (getpid() != owner) return;
  header->magic = BLOCK_MAGIC;
  header->stored = header->raw = (uint32_t)length;
  pthread_mutex_lock(&pipe_lock);
  write_all(header, sizeof *header);
  write_all(payload, length);
  pthread_mutex_unlock(&pipe_lock);
}

static uint64_t zigzag(int64_t delta)
{
  return delta >= 0 ? 2 * (uint64_t)delta : 2 * (uint64_t)-delta - 1;
}

static void end_block(struct thread *t)
{
  struct column payload = {0};
  if (t->header.records > 0) {
    column_varint(&payload, t->nr_pages);
    column_bytes(&payload, t->pages.bytes, t->pages.length);
    column_varint(&payload, t->header.records);
    column_append(&payload, &t->refs);
    column_append(&payload, &t->ticks);
    column_append(&payload, &t->rest);
    t->header.type = TYPE_ACCESSES;
    t->header.flags = full ? HAS_PLACES : HAS_COUNTS;
    t->header.thread = t->number;
    t->header.tid = t->tid;
    t->header.end_clock = t->clock;
    send_block(&t->header, payload.bytes, payload.length);
    free(payload.bytes);
  }
  memset(&t->header, 0, sizeof t->header);
  t->pages.length = t->refs.length = t->ticks.length = t->rest.length = 0;
  t->nr_pages = 0;
  t->last_dict_page = 0;
  t->cached_page = NO_PAGE;
  t->present++;
}

static void begin_block(struct thread *t, uint64_t clock)
{
  if (t->tid == 0) t->tid = (uint32_t)syscall(SYS_gettid);
  t->header.first_clock = t->last = t->window = clock;
  t->header.cpu = (uint32_t)sched_getcpu();
}

static void record(struct thread *t, uint32_t index, unsigned write, uint32_t count, uint64_t clock)
{
  column_varint(&t->refs, 2 * (uint64_t)index + write);
  column_varint(&t->ticks, clock - t->last);
  t->last = clock;
  t->header.records++;
  if (write)
    t->header.writes += count;
  else
    t->header.reads += count;
}

static void close_if_full(struct thread *t)
{
  uint64_t accesses = (uint64_t)t->header.reads + t->header.writes;
  if (t->header.records >= BLOCK_RECORDS || t->nr_pages >= BLOCK_PAGES || accesses >= BLOCK_ACCESSES ||
      t->last - t->header.first_clock >= BLOCK_TICKS)
    end_block(t);
}

/* What the window has touched becomes records: one per page and kind of access, with a count, in the order of first touches. */
static void end_window(struct thread *t)
{
  for (uint32_t i = 0; i < t->nr_touched; i++) {
    uint32_t index = t->touched[i];
    uint32_t *counts[2] = {&t->reads[index], &t->writes[index]};
    for (unsigned write = 0; write < 2; write++) {
      if (*counts[write] == 0) continue;
      record(t, index, write, *counts[write], t->window);
      column_varint(&t->rest, *counts[write] - 1);
      *counts[write] = 0;
    }
  }
  t->nr_touched = 0;
  reach(t->window);
  close_if_full(t);
}

static uint32_t new_page(struct thread *t, uint64_t page, uint32_t slot)
{
  /* A window with more pages than a block has room for is cut in two. */
  if (t->nr_pages >= BLOCK_PAGES) {
    uint64_t window = t->window;
    end_window(t);
    end_block(t);
    begin_block(t, window);
    slot = (uint32_t)((page * 0x9e3779b97f4a7c15u) >> 48) & (HASH_SLOTS - 1);
  }
  column_varint(&t->pages, zigzag((int64_t)(page - t->last_dict_page)));
  t->last_dict_page = page;
  t->keys[slot] = page;
  t->generation[slot] = t->present;
  t->index[slot] = t->nr_pages;
  return t->nr_pages++;
}

static uint32_t index_of(struct thread *t, uint64_t page)
{
  if (page == t->cached_page) return t->cached_index;
  uint32_t slot = (uint32_t)((page * 0x9e3779b97f4a7c15u) >> 48) & (HASH_SLOTS - 1);
  while (t->generation[slot] == t->present && t->keys[slot] != page) slot = (slot + 1) & (HASH_SLOTS - 1);
  uint32_t index = t->generation[slot] == t->present ? t->index[slot] : new_page(t, page, slot);
  t->cached_page = page;
  t->cached_index = index;
  return index;
}

static void touch(struct thread *t, uint64_t page, unsigned offset, unsigned shift, unsigned write, uint64_t clock)
{
  uint64_t window = clock - clock % window_ticks;
  if (!full && window != t->window) end_window(t);
  if (t->nr_pages == 0) begin_block(t, full ? clock : window);
  t->window = window;
  uint32_t index = index_of(t, page);
  if (full) {
    uint16_t place = (uint16_t)(offset | (shift < 7 ? shift : 7) << 12);
    record(t, index, write, 1, clock > t->last ? clock : t->last);
    column_bytes(&t->rest, &place, sizeof place);
    close_if_full(t);
    return;
  }
  if (t->reads[index] == 0 && t->writes[index] == 0) t->touched[t->nr_touched++] = index;
  if (write)
    t->writes[index]++;
  else
    t->reads[index]++;
}

static bool recording(const struct thread *t)
{
  return period_ticks == 0 || t->clock % period_ticks < on_ticks;
}

/* `userdata`: number of the instruction in its block. */
static void on_access(unsigned int vcpu, mem_info info, uint64_t vaddr, void *userdata)
{
  struct thread *t = threads[vcpu];
  unsigned shift = qemu_plugin_mem_size_shift(info);
  unsigned write = qemu_plugin_mem_is_store(info);
  if (!recording(t)) {
    t->skipped++;
    return;
  }
  unsigned offset = (unsigned)vaddr & (PAGE_BYTES - 1);
  uint64_t clock = t->clock + (uintptr_t)userdata;
  touch(t, vaddr >> PAGE_SHIFT, offset, shift, write, clock);
  if (offset + (1u << shift) > PAGE_BYTES) touch(t, (vaddr >> PAGE_SHIFT) + 1, 0, shift, write, clock);
}

/* `userdata`: instructions of the block that is about to run. The clock moves on when the next one begins. */
static void on_block(unsigned int vcpu, void *userdata)
{
  struct thread *t = threads[vcpu];
  t->clock += t->pending;
  t->pending = (uintptr_t)userdata;
}

static void on_translation(plugin_id id, struct qemu_plugin_tb *tb)
{
  (void)id;
  size_t n = qemu_plugin_tb_n_insns(tb);
  qemu_plugin_register_vcpu_tb_exec_cb(tb, on_block, CB_NO_REGS, (void *)n);
  for (size_t i = 0; i < n; i++) {
    qemu_plugin_register_vcpu_mem_cb(qemu_plugin_tb_get_insn(tb, i), on_access, CB_NO_REGS, MEM_RW, (void *)i);
  }
}

static void send_map(struct thread *t, const char *op, uint64_t start, uint64_t length, uint64_t prot, const char *name)
{
  char text[512];
  struct header header = {.type = TYPE_MAPS};
  uint64_t first = start & ~(uint64_t)(PAGE_BYTES - 1);
  uint64_t end = (start + length + PAGE_BYTES - 1) & ~(uint64_t)(PAGE_BYTES - 1);
  int n = snprintf(text, sizeof text, "{\"op\":\"%s\",\"clock\":%llu,\"start\":%llu,\"end\":%llu,\"prot\":%u,\"name\":\"%s\"}", op,
                   (unsigned long long)t->clock, (unsigned long long)first, (unsigned long long)end, (unsigned)prot, name);
  if (n > 0 && (size_t)n < sizeof text) send_block(&header, text, (size_t)n);
}

/* The file that a descriptor stands for, without its directory, in letters that need no quoting. */
static void name_of(int64_t fd, char *name, size_t size)
{
  char link[64], target[256];
  snprintf(link, sizeof link, "/proc/self/fd/%d", (int)fd);
  ssize_t length = fd < 0 ? -1 : readlink(link, target, sizeof target - 1);
  if (length <= 0) {
    snprintf(name, size, "anon");
    return;
  }
  target[length] = 0;
  const char *base = strrchr(target, '/');
  snprintf(name, size, "%.*s", (int)size - 1, base == NULL ? target : base + 1);
  for (char *c = name; *c != 0; c++) {
    if (!(*c >= '+' && *c <= '9') && !(*c >= 'A' && *c <= 'Z') && !(*c >= 'a' && *c <= 'z') && *c != '_') *c = '_';
  }
}

static void on_mapping(struct thread *t, int64_t num, uint64_t ret)
{
  static uint64_t first_break;
  char name[64];
  switch (num) {
  case SYS_mmap:
    name_of((int32_t)t->call[4], name, sizeof name);
    send_map(t, "map", ret, t->call[1], t->call[2], name);
    break;
  case SYS_mprotect:
    send_map(t, "protect", t->call[0], t->call[1], t->call[2], "anon");
    break;
  case SYS_munmap:
    send_map(t, "unmap", t->call[0], t->call[1], 0, "");
    break;
  case SYS_mremap:
    send_map(t, "map", ret, t->call[2], 3, "anon");
    break;
  case SYS_brk:
    if (first_break == 0) first_break = ret;
    send_map(t, "brk", first_break, ret - first_break, 3, "heap");
    break;
  }
}

/* System calls that may wait for other threads, for other processes, or for time. */
static bool waits(int64_t num)
{
  static const int64_t waiting[] = {
    SYS_read, SYS_readv, SYS_futex, SYS_nanosleep, SYS_clock_nanosleep, SYS_accept, SYS_accept4, SYS_recvfrom, SYS_recvmsg, SYS_connect,
    SYS_wait4, SYS_waitid, SYS_epoll_pwait, SYS_ppoll, SYS_pselect6, SYS_rt_sigtimedwait, SYS_rt_sigsuspend, SYS_semtimedop, SYS_msgrcv,
    SYS_flock,
#ifdef __x86_64__
    SYS_epoll_wait, SYS_poll, SYS_select, SYS_pause, SYS_semop,
#endif
  };
  for (size_t i = 0; i < sizeof waiting / sizeof *waiting; i++) {
    if (waiting[i] == num) return true;
  }
  return false;
}

static void on_syscall(plugin_id id, unsigned int vcpu, int64_t num, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5,
                       uint64_t a6, uint64_t a7, uint64_t a8)
{
  (void)id, (void)num, (void)a6, (void)a7, (void)a8;
  struct thread *t = threads[vcpu];
  t->clock += t->pending;
  t->pending = 0;
  reach(t->clock);
  uint64_t call[5] = {a1, a2, a3, a4, a5};
  memcpy(t->call, call, sizeof call);
}

static void on_syscall_ret(plugin_id id, unsigned int vcpu, int64_t num, int64_t ret)
{
  (void)id;
  struct thread *t = threads[vcpu];
  if (ret >= 0 || ret < -4095) on_mapping(t, num, (uint64_t)ret);
  uint64_t others = atomic_load_explicit(&furthest, memory_order_relaxed);
  if (waits(num) && t->clock < others) t->clock = others;
}

static void on_vcpu_init(plugin_id id, unsigned int vcpu)
{
  (void)id;
  struct thread *t = calloc(1, sizeof *t);
  if (t == NULL || vcpu >= MAX_VCPUS) abort();
  t->number = atomic_fetch_add(&nr_threads, 1);
  t->present = 1;
  t->cached_page = NO_PAGE;
  /* A thread begins when the one that makes it has got there. */
  t->clock = atomic_load(&furthest);
  threads[vcpu] = t;
}

static void finish(unsigned int vcpu)
{
  struct thread *t = threads[vcpu];
  if (t == NULL) return;
  threads[vcpu] = NULL;
  t->clock += t->pending;
  reach(t->clock);
  if (!full) end_window(t);
  end_block(t);
  if (t->skipped > 0) {
    struct header header = {.type = TYPE_SKIPPED};
    send_block(&header, &t->skipped, sizeof t->skipped);
  }
  free(t);
}

static void on_vcpu_exit(plugin_id id, unsigned int vcpu)
{
  (void)id;
  finish(vcpu);
}

static void on_exit_all(plugin_id id, void *userdata)
{
  (void)id, (void)userdata;
  for (unsigned int vcpu = 0; vcpu < MAX_VCPUS; vcpu++) finish(vcpu);
}

static void read_argument(const char *argument)
{
  unsigned long long value;
  if (sscanf(argument, "fd=%llu", &value) == 1) pipe_fd = (int)value;
  if (sscanf(argument, "window=%llu", &value) == 1) window_ticks = value;
  if (sscanf(argument, "on=%llu", &value) == 1) on_ticks = value;
  if (sscanf(argument, "period=%llu", &value) == 1) period_ticks = value;
  if (strcmp(argument, "full=on") == 0) full = true;
}

__attribute__((visibility("default"))) int qemu_plugin_install(plugin_id id, const void *info, int argc, char **argv)
{
  (void)info;
  for (int i = 0; i < argc; i++) read_argument(argv[i]);
  /* Out of the way of the program, which shares our descriptors, and of programs that it starts. */
  int high = fcntl(pipe_fd, F_DUPFD_CLOEXEC, 900);
  if (high < 0 || window_ticks == 0) return -1;
  close(pipe_fd);
  pipe_fd = high;
  owner = getpid();
  qemu_plugin_register_vcpu_init_cb(id, on_vcpu_init);
  qemu_plugin_register_vcpu_exit_cb(id, on_vcpu_exit);
  qemu_plugin_register_vcpu_tb_trans_cb(id, on_translation);
  qemu_plugin_register_vcpu_syscall_cb(id, on_syscall);
  qemu_plugin_register_vcpu_syscall_ret_cb(id, on_syscall_ret);
  qemu_plugin_register_atexit_cb(id, on_exit_all, NULL);
  return 0;
}
