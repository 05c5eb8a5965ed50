/*
 * A program whose accesses depend on nothing but itself: no libc, no loader, a stack of its own, all memory at addresses that the
 * linker fixed. So every tool that counts instructions sees the same accesses at the same instructions.
 */
#include <stdint.h>

#define PAGE 4096
#define NR_PAGES 300
#define ROUNDS 20000

static volatile uint8_t memory[NR_PAGES * PAGE] __attribute__((aligned(PAGE)));
static uint8_t stack[16 * PAGE] __attribute__((aligned(PAGE), used));
static volatile uint64_t straddling[2 * PAGE / 8] __attribute__((aligned(PAGE)));

static __attribute__((noreturn)) void leave(void)
{
  __asm__ volatile("mov $231, %eax\n\txor %edi, %edi\n\tsyscall");
  __builtin_unreachable();
}

/* Rounds of random reads and writes over a part that wanders, a sweep now and then, and accesses over the end of a page. */
__attribute__((used, noreturn)) static void run(void)
{
  uint64_t state = 88172645463325252u;
  for (uint32_t round = 0; round < ROUNDS; round++) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    uint32_t page = (round / 200 + state % 20) % NR_PAGES;
    if (state & 1024)
      memory[page * PAGE + state % PAGE] = (uint8_t)round;
    else
      /* What nobody uses, valgrind does not load. */
      state += memory[page * PAGE + state % PAGE];
    if (round % 5000 == 4999) {
      for (uint32_t at = 0; at < sizeof memory; at += PAGE) memory[at]++;
    }
    if (round % 1000 == 0) *(volatile uint64_t *)((uintptr_t)straddling + PAGE - 4) = round;
  }
  leave();
}

__asm__(".globl _start\n_start:\n\tlea stack+16*4096(%rip), %rsp\n\tcall run\n");
