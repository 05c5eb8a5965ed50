/*
 * The yardstick of `npm run bench`: the memory accesses of masim's shapes, made natively, in ns per access.
 * Own code, written from the described behaviour of masim; MIT like the rest of damonlab.
 *
 *   masim-native [--ms N] [--precomputed] SHAPE...
 *
 *   seq:BYTES:STRIDE:COUNT:MODE  COUNT regions of BYTES; offset += STRIDE, back to 0 at the end of the region
 *   rand:BYTES:MODE              one region; a random byte of it
 *   MODE is ro (load), wo (store 1) or rw (load, store value + 1)
 *
 * 131072 accesses make one selection, before which the region is drawn at random. Random numbers come as in masim from a
 * table of 1000 rows of 1000 numbers of 64 bits: rows are read to their end, then the next row is drawn; the accessed byte
 * is number % size. --precomputed replaces number and division by a table of 32-bit page numbers: as cheap as a random
 * access can be made, so the stricter yardstick. It changes only `rand`.
 *
 * All memory is touched before the clock starts: page faults are no part of the figure. Each shape runs for N ms of CPU
 * time and prints one entry of a JSON list.
 */
#define _POSIX_C_SOURCE 200809L
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { ROWS = 1000, ROW_NUMBERS = 1000, SELECTION = 131072, MAX_REGIONS = 4096 };

enum mode { RO, WO, RW };

struct shape {
  const char *text;
  int random;
  enum mode mode;
  size_t bytes;
  size_t stride;
  size_t regions;
};

struct region {
  volatile char *base;
  size_t offset;
};

static uint64_t numbers[ROWS][ROW_NUMBERS];
static uint32_t offsets[ROWS][ROW_NUMBERS];
static size_t row, column;
static uint64_t generator = 0x9e3779b97f4a7c15u;

/* splitmix64: fills the table and draws rows and regions. */
static uint64_t draw(void) {
  uint64_t z = generator += 0x9e3779b97f4a7c15u;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

static void die(const char *what, const char *where) {
  fprintf(stderr, "masim-native: %s: %s\n", what, where);
  exit(2);
}

static inline void access_byte(volatile char *byte, enum mode mode) {
  if (mode == RO) (void)*byte;
  else if (mode == WO) *byte = 1;
  else *byte = (char)(*byte + 1);
}

static inline void next_row_if_exhausted(void) {
  if (column < ROW_NUMBERS) return;
  row = draw() % ROWS;
  column = 0;
}

/* `mode` is a constant where these are called, so that each of the three loops has no branch for it. */
static inline __attribute__((always_inline)) void random_numbers(struct region *r, size_t bytes, enum mode mode) {
  for (int i = 0; i < SELECTION; i++) {
    next_row_if_exhausted();
    access_byte(r->base + numbers[row][column++] % bytes, mode);
  }
}

static inline __attribute__((always_inline)) void precomputed_offsets(struct region *r, enum mode mode) {
  for (int i = 0; i < SELECTION; i++) {
    next_row_if_exhausted();
    access_byte(r->base + offsets[row][column++], mode);
  }
}

static inline __attribute__((always_inline)) void sequential(struct region *r, const struct shape *s, enum mode mode) {
  size_t offset = r->offset;
  for (int i = 0; i < SELECTION; i++) {
    offset += s->stride;
    if (offset >= s->bytes) offset = 0;
    access_byte(r->base + offset, mode);
  }
  r->offset = offset;
}

static void select_once(struct region *r, const struct shape *s, int precomputed) {
#define BY_MODE(call) \
  switch (s->mode) { \
    case RO: call(RO); break; \
    case WO: call(WO); break; \
    case RW: call(RW); break; \
  }
#define SEQUENTIAL(mode) sequential(r, s, mode)
#define OFFSETS(mode) precomputed_offsets(r, mode)
#define NUMBERS(mode) random_numbers(r, s->bytes, mode)
  if (!s->random) BY_MODE(SEQUENTIAL)
  else if (precomputed) BY_MODE(OFFSETS)
  else BY_MODE(NUMBERS)
}

static uint64_t clock_ns(clockid_t id) {
  struct timespec t;
  clock_gettime(id, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void run_shape(const struct shape *s, uint64_t duration_ns, int precomputed, int first) {
  struct region *regions = calloc(s->regions, sizeof *regions);
  if (regions == NULL) die("out of memory", s->text);
  for (size_t i = 0; i < s->regions; i++) {
    char *base = malloc(s->bytes);
    if (base == NULL) die("out of memory", s->text);
    memset(base, 1, s->bytes);
    regions[i].base = base;
  }
  for (size_t i = 0; i < ROWS; i++) {
    for (size_t j = 0; j < ROW_NUMBERS; j++) offsets[i][j] = (uint32_t)(numbers[i][j] % s->bytes);
  }
  select_once(&regions[0], s, precomputed);

  uint64_t accesses = 0;
  uint64_t wall_start = clock_ns(CLOCK_MONOTONIC), cpu_start = clock_ns(CLOCK_PROCESS_CPUTIME_ID), cpu_ns;
  do {
    select_once(&regions[draw() % s->regions], s, precomputed);
    accesses += SELECTION;
    cpu_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID) - cpu_start;
  } while (cpu_ns < duration_ns);
  uint64_t wall_ns = clock_ns(CLOCK_MONOTONIC) - wall_start;

  printf("%s{\"shape\":\"%s\",\"precomputed\":%s,\"accesses\":%llu,", first ? "" : ",\n ", s->text, precomputed ? "true" : "false",
         (unsigned long long)accesses);
  printf("\"wall_ns\":%llu,\"cpu_ns\":%llu,\"ns_per_access\":%.4f}", (unsigned long long)wall_ns, (unsigned long long)cpu_ns,
         (double)cpu_ns / (double)accesses);
  for (size_t i = 0; i < s->regions; i++) free((void *)regions[i].base);
  free(regions);
}

static struct shape parse_shape(const char *text) {
  struct shape s = {.text = text, .regions = 1};
  unsigned long long bytes, stride = 0, count = 1;
  char mode[3], rest;
  if (sscanf(text, "rand:%llu:%2[a-z]%c", &bytes, mode, &rest) == 2) s.random = 1;
  else if (sscanf(text, "seq:%llu:%llu:%llu:%2[a-z]%c", &bytes, &stride, &count, mode, &rest) != 4)
    die("not a shape (rand:BYTES:MODE or seq:BYTES:STRIDE:COUNT:MODE)", text);
  if (bytes == 0 || count == 0 || count > MAX_REGIONS) die("impossible size or count", text);
  if (s.random && bytes > UINT32_MAX) die("random offsets have 32 bits", text);
  s.bytes = bytes;
  s.stride = stride;
  s.regions = count;
  if (strcmp(mode, "ro") == 0) s.mode = RO;
  else if (strcmp(mode, "wo") == 0) s.mode = WO;
  else if (strcmp(mode, "rw") == 0) s.mode = RW;
  else die("mode is ro, wo or rw", text);
  return s;
}

int main(int argc, char **argv) {
  uint64_t duration_ns = 300u * 1000000u;
  int precomputed = 0, printed = 0;
  for (size_t i = 0; i < ROWS; i++) {
    for (size_t j = 0; j < ROW_NUMBERS; j++) numbers[i][j] = draw();
  }
  printf("[");
  for (int i = 1; i < argc; i++) {
    if (strcmp(argv[i], "--precomputed") == 0) precomputed = 1;
    else if (strcmp(argv[i], "--ms") == 0) {
      char *end = NULL;
      long ms = i + 1 < argc ? strtol(argv[++i], &end, 10) : 0;
      if (end == NULL || *end != '\0' || ms < 1) die("a number of milliseconds is needed", "--ms");
      duration_ns = (uint64_t)ms * 1000000u;
    } else {
      struct shape s = parse_shape(argv[i]);
      run_shape(&s, duration_ns, precomputed, printed++ == 0);
    }
  }
  printf("]\n");
  return 0;
}
